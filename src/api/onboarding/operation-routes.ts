/** `/api/v1/operations/{workflowId}`: how far something that takes a while is, also after its end. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'

const ProgressSchema = z
  .object({
    workflowId: z.string(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    step: z.string().openapi({ description: 'The step it is at, or was at last.' }),
    steps: z.array(
      z.object({
        name: z.string(),
        state: z
          .enum(['pending', 'running', 'done', 'failed', 'undone', 'skipped'])
          .openapi({ description: '`undone`: what it did was taken back.' }),
        detail: z.string().nullable(),
      }),
    ),
    entityId: z.string().nullable(),
    percent: z.int(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    waitingFor: z.string().nullable().openapi({ description: 'What it waits for or retries at present.' }),
    dueAt: z.string().nullable().openapi({
      format: 'date-time',
      description: 'When something happens by itself, such as the end of a grace period.',
    }),
  })
  .openapi('OperationProgress')

const showRoute = createRoute({
  method: 'get',
  path: '/api/v1/operations/{workflowId}',
  operationId: 'showOperation',
  tags: ['On-boarding'],
  summary: 'How far an on-boarding or off-boarding is, or how it ended',
  security: TOKEN_REQUIRED,
  request: {
    params: z.object({
      workflowId: z
        .string()
        .regex(/^(onboard|offboard):(house|building|zone):.{1,200}$/, 'not an operation')
        .openapi({ param: { name: 'workflowId', in: 'path' }, example: 'onboard:house:c0123456789abcdef' }),
    }),
  },
  responses: { 200: jsonAnswer(ProgressSchema, 'The progress'), ...problemAnswers(404, 503) },
})

export function registerOperationRoutes(app: OpenAPIHono, { onboarding }: Pick<ApiDependencies, 'onboarding'>): void {
  app.openapi(showRoute, async (context) => {
    const { workflowId } = context.req.valid('param')
    const progress = await onboarding.progress(workflowId)
    if (progress === undefined) throw new Problem(404, `No operation ${workflowId} is known.`)
    return context.json({ workflowId, ...progress, steps: progress.steps.map((step) => ({ ...step })) }, 200)
  })
}
