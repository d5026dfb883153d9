/** `…/decisions`: what control decided about a house, why, and from what. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type KeptDecision, keptDecisions } from '../../activities/control/decisions.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { invalid } from '../problem.ts'
import { isoSeconds, parseTime, TIME_FORMATS } from '../times.ts'
import { DecisionsSchema } from './control-schemas.ts'
import { findEntity } from './directory.ts'
import { EntityParams } from './schemas.ts'

const DAY_MS = 86_400_000

const route = createRoute({
  method: 'get',
  path: '/api/v1/entities/{kind}/{id}/decisions',
  operationId: 'listDecisions',
  tags: ['Control'],
  summary: 'Decisions about a house with everything they follow from, the newest first',
  description: 'Kept for 90 days. A decision is a function of its `inputs`: made again, it comes out the same.',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    query: z.object({
      from: z
        .string()
        .optional()
        .openapi({ description: `Not older than this; a day ago when left out. ${TIME_FORMATS}` }),
      to: z
        .string()
        .optional()
        .openapi({ description: `Not newer than this. ${TIME_FORMATS}` }),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
  },
  responses: { 200: jsonAnswer(DecisionsSchema, 'The decisions'), ...problemAnswers(404, 422, 503) },
})

export function registerDecisionRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  app.openapi(route, async (context) => {
    const { id, kind } = context.req.valid('param')
    const { from, to, limit } = context.req.valid('query')
    await findEntity(dependencies, { kind, id })
    const end = timeOf('to', to, dependencies.now())
    const begin = timeOf('from', from, end - DAY_MS)
    if (begin > end) throw invalid('from', 'is after to')
    const kept = kind === 'house' ? await keptDecisions(dependencies, id, { from: begin, to: end + 1, limit }) : []
    return context.json({ decisions: kept.map(describeDecision) }, 200)
  })
}

function timeOf(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const time = parseTime(text)
  if (time === undefined) throw invalid(name, `"${text}" is not a time; ${TIME_FORMATS}`)
  return time
}

function describeDecision({ time, inputs, decision, written, verified, refused }: KeptDecision) {
  const { action, shiftK, reason, curve, alternatives } = decision
  return {
    time: isoSeconds(time),
    mode: inputs.mode,
    action,
    shiftK,
    reason: { ...reason },
    curve: [...curve],
    alternatives: alternatives.map((alternative) => ({ ...alternative })),
    inputs: { ...inputs },
    modelVersion: inputs.modelVersion,
    written,
    verified,
    refused,
  }
}
