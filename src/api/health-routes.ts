/** `/health/live` and `/health/ready`: for container platforms and load balancers, hence without a token. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { jsonAnswer } from './answers.ts'
import type { ApiDependencies } from './dependencies.ts'
import { reasonOf } from './problem.ts'

/** A part that hangs is not ready; platforms give up after seconds themselves. */
const CHECK_TIMEOUT_MS = 5000

const PartSchema = z
  .object({ ok: z.boolean(), reason: z.string().nullable().openapi({ description: 'Why it is not ok.' }) })
  .openapi('Part')

const ReadinessSchema = z
  .object({
    ready: z.boolean(),
    parts: z.object({ timeSeries: PartSchema, application: PartSchema, temporal: PartSchema }),
  })
  .openapi('Readiness')

const liveRoute = createRoute({
  method: 'get',
  path: '/health/live',
  operationId: 'live',
  tags: ['Health'],
  summary: 'The process answers',
  responses: {
    200: jsonAnswer(z.object({ status: z.literal('ok'), version: z.string() }).openapi('Liveness'), 'It does'),
  },
})

const readyRoute = createRoute({
  method: 'get',
  path: '/health/ready',
  operationId: 'ready',
  tags: ['Health'],
  summary: 'Every part that is needed answers',
  responses: {
    200: jsonAnswer(ReadinessSchema, 'All parts answer'),
    503: jsonAnswer(ReadinessSchema, 'A part does not answer; its reason says why'),
  },
})

type Part = z.infer<typeof PartSchema>

async function checkPart(check: () => Promise<void>, timeoutMs: number): Promise<Part> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs)
  })
  try {
    await Promise.race([check(), silence])
    return { ok: true, reason: null }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** @param timeoutMs how long a part may take to say that it is well */
export function registerHealthRoutes(
  app: OpenAPIHono,
  { timeSeries, application, operations, version }: ApiDependencies,
  timeoutMs = CHECK_TIMEOUT_MS,
): void {
  app.openapi(liveRoute, (context) => context.json({ status: 'ok' as const, version }, 200))

  app.openapi(readyRoute, async (context) => {
    const [timeSeriesPart, applicationPart, temporalPart] = await Promise.all([
      checkPart(() => timeSeries.check(), timeoutMs),
      checkPart(() => application.check(), timeoutMs),
      checkPart(() => operations.check(), timeoutMs),
    ])
    const ready = timeSeriesPart.ok && applicationPart.ok && temporalPart.ok
    const parts = { timeSeries: timeSeriesPart, application: applicationPart, temporal: temporalPart }
    return context.json({ ready, parts }, ready ? 200 : 503)
  })
}
