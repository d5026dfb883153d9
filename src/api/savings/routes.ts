/** `…/savings` and `…/savings/trial`: what steering has saved in a house, and the trial that proves it. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { ControlRefused } from '../../activities/control/refused.ts'
import { beginTrial, plannedTrial, stopTrial, trialOf } from '../../activities/savings/trials.ts'
import { controlModeOf, type HouseConfig } from '../../config/house.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { requireContentType } from '../entities/config-change.ts'
import { findEntity } from '../entities/directory.ts'
import { EntityParams } from '../entities/schemas.ts'
import { invalid, Problem } from '../problem.ts'
import { savingsAnswer } from './savings-answer.ts'
import { SavingsQuery, SavingsSchema, TrialSchema, TrialStartSchema } from './schemas.ts'
import { trialAnswer } from './trial-answer.ts'

/** Until people sign in, the holder of the token is all that is known of who asks. */
const ASKED_BY = 'API token'
const PATH = '/api/v1/houses/{id}/savings'
const common = { tags: ['Savings'], security: TOKEN_REQUIRED }
const params = EntityParams.pick({ id: true })
const DryRun = z.object({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .openapi({ description: 'Tell what would be, and change nothing.' }),
})

const savingsRoute = createRoute({
  ...common,
  method: 'get',
  path: PATH,
  operationId: 'readSavings',
  summary: 'What steering has saved in a house, day by day, against its own heat curve',
  description: 'By the learned model: the same weather and people on the curve the house had of its own.',
  request: { params, query: SavingsQuery },
  responses: { 200: jsonAnswer(SavingsSchema, 'The savings'), ...problemAnswers(404, 422, 503) },
})

const trialRoute = createRoute({
  ...common,
  method: 'get',
  path: `${PATH}/trial`,
  operationId: 'showSavingsTrial',
  summary: 'The last switch-back trial of a house and what it has shown so far',
  request: { params },
  responses: { 200: jsonAnswer(TrialSchema, 'The trial'), ...problemAnswers(404, 503) },
})

const beginRoute = createRoute({
  ...common,
  method: 'post',
  path: `${PATH}/trial`,
  operationId: 'beginSavingsTrial',
  summary: 'Begin a switch-back trial: blocks of days on its own curve and under control, in drawn order',
  description: 'Begins tomorrow. Needs mode `rules` or `optimise`, and ends when that is left.',
  request: {
    params,
    query: DryRun,
    body: { required: true, content: { 'application/json': { schema: TrialStartSchema } } },
  },
  responses: { 200: jsonAnswer(TrialSchema, 'The trial'), ...problemAnswers(400, 404, 409, 413, 415, 422, 503) },
})

const stopRoute = createRoute({
  ...common,
  method: 'delete',
  path: `${PATH}/trial`,
  operationId: 'stopSavingsTrial',
  summary: 'Stop the switch-back trial of a house; what it has shown stays',
  request: { params, query: DryRun },
  responses: { 200: jsonAnswer(TrialSchema, 'The trial'), ...problemAnswers(404, 503) },
})

export function registerSavingsRoutes(
  app: OpenAPIHono,
  dependencies: Pick<ApiDependencies, 'application' | 'config' | 'timeSeries' | 'log' | 'now'>,
): void {
  const { application } = dependencies
  app.use('/api/v1/houses/:id/savings/trial', requireContentType('POST', 'application/json'))
  const houseOf = async (id: string) => {
    const { configured } = await findEntity(dependencies, { kind: 'house', id })
    return configured
  }

  app.openapi(savingsRoute, async (context) => {
    const { id } = context.req.valid('param')
    await houseOf(id)
    return context.json(await savingsAnswer(dependencies, id, context.req.valid('query').days), 200)
  })

  app.openapi(trialRoute, async (context) => {
    const { id } = context.req.valid('param')
    await houseOf(id)
    return context.json(await trialAnswer(dependencies, id, await trialOf(application, id)), 200)
  })

  app.openapi(beginRoute, async (context) => {
    const { id } = context.req.valid('param')
    const { washOutDays, blockDays, ...plan } = context.req.valid('json')
    if (washOutDays !== undefined && washOutDays >= blockDays) {
      throw invalid('washOutDays', 'leaves no day of a block that counts')
    }
    const configured = await houseOf(id)
    if (configured?.config == null) throw new Problem(409, `${id} has no valid configuration.`)
    const mode = controlModeOf(configured.config as HouseConfig)
    const wish = { ...plan, blockDays, washOutDays, mode, by: ASKED_BY }
    const begin = context.req.valid('query').dryRun ? plannedTrial : beginTrial
    try {
      const trial = await begin(dependencies, id, wish)
      return context.json(await trialAnswer(dependencies, id, trial), 200)
    } catch (error) {
      if (error instanceof ControlRefused) throw new Problem(409, `${error.message}.`)
      throw error
    }
  })

  app.openapi(stopRoute, async (context) => {
    const { id } = context.req.valid('param')
    await houseOf(id)
    const stopped = context.req.valid('query').dryRun
      ? await trialOf(application, id)
      : await stopTrial(dependencies, id, { by: ASKED_BY, reason: 'Somebody has stopped it.' })
    return context.json(await trialAnswer(dependencies, id, stopped), 200)
  })
}
