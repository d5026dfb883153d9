/**
 * `/api/openapi.json` and the reference page `/api/docs`. The page is rendered here from the document, because the
 * packaged reference viewers load their script from a content network and BVPro also runs where there is none.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { referencePage } from '../web/reference-page.tsx'
import type { ApiDependencies } from './dependencies.ts'

export function registerReference(app: OpenAPIHono, { version }: ApiDependencies): void {
  const makeDocument = () =>
    app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'BVPro',
        version,
        description:
          'Watches and steers heating. Times are ISO 8601 in UTC, unknown is null and never 0, errors are RFC 9457 ' +
          'problem documents.',
        license: { name: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
    })
  // Made at the first request, when every route is registered.
  let made: ReturnType<typeof makeDocument> | undefined
  const document = () => {
    made ??= makeDocument()
    return made
  }
  app.get('/api/openapi.json', (context) => context.json(document()))
  app.get('/api/docs', (context) => referencePage(context, document()))
}
