/** Puts the HTTP interface together: what every request passes through, the REST resources, and the pages. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { messagePage } from '../web/message.tsx'
import { registerPages } from '../web/routes.tsx'
import { requireToken } from './authentication.ts'
import type { ApiDependencies } from './dependencies.ts'
import { registerConfigRoutes } from './entities/config-routes.ts'
import { registerEntityRoutes } from './entities/routes.ts'
import { registerHealthRoutes } from './health-routes.ts'
import { registerImportRoutes } from './import-routes.ts'
import { Problem, toProblem } from './problem.ts'
import { registerReference } from './reference.ts'
import { registerSeriesRoutes } from './series/routes.ts'
import { registerWeatherRoutes } from './weather-routes.ts'
import { registerZoneRoutes } from './zones/routes.ts'

const MAX_BODY_BYTES = 1024 * 1024
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Pages answer people with pages; everything else answers programs with problem documents. */
function isPagePath(path: string): boolean {
  return !path.startsWith('/api/') && !path.startsWith('/health/')
}

/** Methods that some route takes at this path; middleware, which takes all, does not count. */
function allowedMethods(app: OpenAPIHono, path: string): string[] {
  return METHODS.filter((method) => app.router.match(method, path)[0].some(([[, route]]) => route.method !== 'ALL'))
}

function unknownPath(app: OpenAPIHono, context: Context): Problem {
  const { method, path } = context.req
  const allowed = allowedMethods(app, path)
  if (allowed.length === 0 || allowed.some((known) => known === method))
    return new Problem(404, `There is nothing at ${path}.`)
  const allow = allowed.includes('GET') ? ['HEAD', ...allowed] : allowed
  return new Problem(405, `${method} is not possible at ${path}; ${allowed.join(', ')} is.`, {
    headers: { Allow: allow.join(', ') },
  })
}

/** The whole HTTP interface as an app that only needs a socket; see `serveApi`. */
export function createApi(dependencies: ApiDependencies): OpenAPIHono {
  const { log, apiToken } = dependencies
  const app = new OpenAPIHono({
    defaultHook: (result, context) => {
      if (result.success) return
      // A kind or id that cannot be is simply not there.
      if (result.target === 'param') throw new Problem(404, `There is nothing at ${context.req.path}.`)
      const errors = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
      const detail = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
      throw new Problem(422, detail, { errors })
    },
  })

  const answer = (problem: Problem, context: Context) => {
    const wantsPage = isPagePath(context.req.path) && (context.req.header('Accept') ?? '').includes('text/html')
    return wantsPage ? messagePage(context, problem) : problem.toResponse()
  }
  app.onError((error, context) => answer(toProblem(error, context, log), context))
  app.notFound((context) => answer(unknownPath(app, context), context))

  app.use(async (context, next) => {
    const startedAt = performance.now()
    await next()
    const { method, path } = context.req
    log.debug('api.request', {
      method,
      path,
      status: context.res.status,
      durationMs: Math.round(performance.now() - startedAt),
    })
  })
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
      // BVPro itself speaks plain HTTP; a proxy in front that speaks TLS says this for its own host.
      strictTransportSecurity: false,
    }),
  )
  app.use(async (context, next) => {
    await next()
    if (!context.res.headers.has('Cache-Control')) context.header('Cache-Control', 'no-store')
  })
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new Problem(413, 'The request body is over 1 MiB.')
      },
    }),
  )
  app.use('/api/v1/*', requireToken(apiToken))

  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The administrator token: BVPRO_API_TOKEN, or the one kept in data/api-token.',
  })
  registerHealthRoutes(app, dependencies)
  registerEntityRoutes(app, dependencies)
  registerConfigRoutes(app, dependencies)
  registerSeriesRoutes(app, dependencies)
  registerWeatherRoutes(app, dependencies)
  registerImportRoutes(app, dependencies)
  registerZoneRoutes(app, dependencies)
  registerReference(app, dependencies)
  registerPages(app, dependencies)
  return app
}
