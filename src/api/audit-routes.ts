/** `/api/v1/audit`: who added, removed, restored and steered what. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { newestAudit } from '../store/application/audit.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from './answers.ts'
import type { ApiDependencies } from './dependencies.ts'
import { KindSchema } from './entities/schemas.ts'

const AuditSchema = z
  .object({
    entries: z.array(
      z.object({
        at: z.string().openapi({ format: 'date-time' }),
        by: z.string(),
        action: z.string().openapi({ example: 'removal.begun' }),
        entity: z.object({ kind: KindSchema, id: z.string() }),
        detail: z.string().nullable().openapi({ description: 'A sentence for people, without secrets.' }),
      }),
    ),
  })
  .openapi('Audit')

const route = createRoute({
  method: 'get',
  path: '/api/v1/audit',
  operationId: 'listAudit',
  tags: ['Coming and going'],
  summary: 'Who added, removed, restored and steered what, newest first',
  security: TOKEN_REQUIRED,
  request: { query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }) },
  responses: { 200: jsonAnswer(AuditSchema, 'The newest entries'), ...problemAnswers(422, 503) },
})

export function registerAuditRoutes(app: OpenAPIHono, { application }: Pick<ApiDependencies, 'application'>): void {
  app.openapi(route, async (context) => {
    const entries = await newestAudit(application, context.req.valid('query').limit)
    return context.json({ entries }, 200)
  })
}
