/** Puts the HTTP interface together: what every request passes through, the REST resources, and the pages. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { messagePage } from '../web/message.tsx'
import { registerPages } from '../web/routes.tsx'
import { registerAuditRoutes } from './audit-routes.ts'
import { requireToken } from './authentication.ts'
import { registerCredentialRoutes } from './credentials-routes.ts'
import type { ApiDependencies } from './dependencies.ts'
import { LARGEST_METER_FILE_BYTES, LARGEST_UPLOAD_BYTES, registerEnergyFileRoutes } from './energy/file-routes.ts'
import { registerEnergyForecastRoutes } from './energy/forecast-routes.ts'
import { registerEnergyRoutes } from './energy/routes.ts'
import { registerConfigRoutes } from './entities/config-routes.ts'
import { registerControlRoutes } from './entities/control-routes.ts'
import { registerDecisionRoutes } from './entities/decision-routes.ts'
import { registerForecastRoutes } from './entities/forecast-routes.ts'
import { registerInertiaRoutes } from './entities/inertia-routes.ts'
import { registerRemovalRoutes } from './entities/removal-routes.ts'
import { registerEntityRoutes } from './entities/routes.ts'
import { registerGapRoutes } from './gap-routes.ts'
import { registerHealthRoutes } from './health-routes.ts'
import { registerImportRoutes } from './import-routes.ts'
import { registerOnboardingRoutes } from './onboarding/index.ts'
import { Problem, toProblem } from './problem.ts'
import { registerReference } from './reference.ts'
import { requestFaults } from './request-faults.ts'
import { registerSavingsRoutes } from './savings/routes.ts'
import { registerScheduleRoutes } from './schedule-routes.ts'
import { registerSeriesRoutes } from './series/routes.ts'
import { registerWeatherRoutes } from './weather-routes.ts'
import { registerZoneRoutes } from './zones/routes.ts'

const MEBIBYTE = 1024 * 1024
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Pages answer people with pages; everything else answers programs with problem documents. */
function isPagePath(path: string): boolean {
  return !path.startsWith('/api/') && !path.startsWith('/health/')
}

function limitedTo(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new Problem(413, `The request body is over ${maxSize / MEBIBYTE} MiB.`)
    },
  })
}

const SMALL_BODY = limitedTo(MEBIBYTE)
const UPLOAD_BODY = limitedTo(LARGEST_UPLOAD_BYTES)
const METER_FILE_BODY = limitedTo(LARGEST_METER_FILE_BYTES)

function bodyLimitFor(path: string): typeof SMALL_BODY {
  if (path === '/api/v1/energy/files') return METER_FILE_BODY
  return path.endsWith('/energy/upload') ? UPLOAD_BODY : SMALL_BODY
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
      const errors = requestFaults(result.error.issues, 'data' in result ? result.data : undefined)
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
  app.use((context, next) => bodyLimitFor(context.req.path)(context, next))
  app.use('/api/v1/*', requireToken(apiToken))

  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The administrator token: BVPRO_API_TOKEN, or the one kept in data/api-token.',
  })
  registerHealthRoutes(app, dependencies)
  registerEntityRoutes(app, dependencies)
  registerConfigRoutes(app, dependencies)
  registerControlRoutes(app, dependencies)
  registerInertiaRoutes(app, dependencies)
  registerDecisionRoutes(app, dependencies)
  registerForecastRoutes(app, dependencies)
  registerSavingsRoutes(app, dependencies)
  registerSeriesRoutes(app, dependencies)
  registerWeatherRoutes(app, dependencies)
  registerImportRoutes(app, dependencies)
  registerGapRoutes(app, dependencies)
  registerScheduleRoutes(app, dependencies)
  registerEnergyRoutes(app, dependencies)
  registerEnergyForecastRoutes(app, dependencies)
  registerEnergyFileRoutes(app, dependencies)
  registerCredentialRoutes(app, dependencies)
  registerOnboardingRoutes(app, dependencies)
  registerRemovalRoutes(app, dependencies)
  registerAuditRoutes(app, dependencies)
  registerZoneRoutes(app, dependencies)
  registerReference(app, dependencies)
  registerPages(app, dependencies)
  return app
}
