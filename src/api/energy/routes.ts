/** `…/energy`: what is known of an entity's energy, and having it worked out anew. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { addDays, dayLabel } from '../../domain/time/day.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { findEntity } from '../entities/directory.ts'
import { EntityParams } from '../entities/schemas.ts'
import { invalid, Problem } from '../problem.ts'
import { dayRange, energyDays, energyHours } from './days.ts'
import { heatLossOf } from './heat-loss.ts'
import { recalibrationWorkflowId, separationWorkflowId } from './ports.ts'
import { AcceptedSchema, EnergySchema, OperationSchema, SeparationWishSchema } from './schemas.ts'

export type EnergyRouteDependencies = Pick<
  ApiDependencies,
  'application' | 'config' | 'timeSeries' | 'now' | 'energy' | 'energyInbox' | 'log'
>

const PATH = '/api/v1/entities/{kind}/{id}/energy'
const OPERATION_PATH = '/api/v1/energy/operations/'
const LONGEST_SEPARATION_DAYS = 3_660

const energyRoute = createRoute({
  method: 'get',
  path: PATH,
  operationId: 'readEnergy',
  tags: ['Energy'],
  summary: 'Energy by day, split into space heating and hot water, and the heat loss coefficient',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    query: z.object({
      from: z
        .string()
        .optional()
        .openapi({ description: 'First Swedish date, or a time in it; 90 days before `to` when left out.' }),
      to: z
        .string()
        .optional()
        .openapi({ description: 'Last Swedish date, or a time, exclusive; today when left out.' }),
      hours: z.stringbool().default(false).openapi({ type: 'boolean', description: 'The hours too.' }),
    }),
  },
  responses: { 200: jsonAnswer(EnergySchema, 'The energy; unknown is null'), ...problemAnswers(404, 409, 422, 503) },
})

const separateRoute = createRoute({
  method: 'post',
  path: `${PATH}/separate`,
  operationId: 'separateEnergy',
  tags: ['Energy'],
  summary: 'Split the energy of an entity now: the days given, or those that need it',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    body: { required: false, content: { 'application/json': { schema: SeparationWishSchema } } },
  },
  responses: { 202: jsonAnswer(AcceptedSchema, 'It has begun'), ...problemAnswers(400, 404, 409, 413, 422, 503) },
})

const recalibrateRoute = createRoute({
  method: 'post',
  path: `${PATH}/recalibrate`,
  operationId: 'recalibrateHeatLoss',
  tags: ['Energy'],
  summary: 'Work out the heat loss coefficient of an entity now',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams },
  responses: { 202: jsonAnswer(AcceptedSchema, 'It has begun'), ...problemAnswers(404, 409, 503) },
})

const syncRoute = createRoute({
  method: 'post',
  path: '/api/v1/energy/sync',
  operationId: 'syncEnergy',
  tags: ['Energy'],
  summary: 'Look for meter files now, import them and split what they touch',
  security: TOKEN_REQUIRED,
  responses: { 202: jsonAnswer(AcceptedSchema, 'It has begun'), ...problemAnswers(503) },
})

const operationRoute = createRoute({
  method: 'get',
  path: `${OPERATION_PATH}{workflowId}`,
  operationId: 'energyOperation',
  tags: ['Energy'],
  summary: 'How far an energy workflow is, or how it ended',
  security: TOKEN_REQUIRED,
  request: {
    params: z.object({
      workflowId: z
        .string()
        .regex(/^(energy-inbox|(separate|recalibrate):(house|building):.+|(dailyEnergy|checkEnergyInbox).*)$/)
        .openapi({ param: { name: 'workflowId', in: 'path' }, example: 'separate:house:HEM_FJV_Villa_901' }),
    }),
  },
  responses: { 200: jsonAnswer(OperationSchema, 'The progress'), ...problemAnswers(404, 503) },
})

export function registerEnergyRoutes(app: OpenAPIHono, dependencies: EnergyRouteDependencies): void {
  const { timeSeries, energy, now } = dependencies

  app.openapi(energyRoute, async (context) => {
    const { ref, configured } = await findMetered(dependencies, context.req.valid('param'))
    const { from, to, hours } = context.req.valid('query')
    const range = dayRange({ from, to, hours }, now())
    const [days, heatLoss, hourly] = await Promise.all([
      energyDays(timeSeries, ref, range),
      heatLossOf(timeSeries, ref, configured, now()),
      hours ? energyHours(timeSeries, ref, range) : undefined,
    ])
    const { inForce, calculation } = heatLoss
    const answer = { days, heatLoss: inForce, lastCalculation: calculation }
    return context.json(hourly === undefined ? answer : { ...answer, hours: hourly }, 200)
  })

  app.openapi(separateRoute, async (context) => {
    const { ref } = await findConfigured(dependencies, context.req.valid('param'))
    // Without a body the validator hands on an empty object, without defaults.
    const { from, to, dryRun } = SeparationWishSchema.parse(context.req.valid('json') ?? {})
    const days = daysBetween(from ?? to, to ?? addDays(dayLabel(now()), -1))
    const wish = days === undefined ? { dryRun } : { days, dryRun }
    if ((await energy.startSeparation(ref, wish)) === 'running') {
      throw new Problem(409, `The energy of ${ref.kind} ${ref.id} is being split already; wait for its end.`)
    }
    return context.json(accepted(separationWorkflowId(ref)), 202)
  })

  app.openapi(recalibrateRoute, async (context) => {
    const { ref } = await findConfigured(dependencies, context.req.valid('param'))
    if ((await energy.startRecalibration(ref)) === 'running') {
      throw new Problem(409, `The heat loss of ${ref.kind} ${ref.id} is being worked out already; wait for its end.`)
    }
    return context.json(accepted(recalibrationWorkflowId(ref)), 202)
  })

  app.openapi(syncRoute, async (context) => context.json(accepted(await energy.startSync()), 202))

  app.openapi(operationRoute, async (context) => {
    const { workflowId } = context.req.valid('param')
    const progress = await energy.progress(workflowId)
    if (progress === undefined) throw new Problem(404, `No energy workflow is known as ${workflowId}.`)
    const { pipeline, separation, recalibration, ...rest } = progress
    return context.json(
      {
        workflowId,
        ...rest,
        pipeline: pipeline === null ? null : { ...pipeline, failures: [...pipeline.failures] },
        separation: separation === null ? null : { ...separation, days: [...separation.days] },
        recalibration:
          recalibration === null
            ? null
            : { done: recalibration.done.map((one) => ({ ...one })), failures: [...recalibration.failures] },
      },
      200,
    )
  })
}

function accepted(workflowId: string) {
  return { workflowId, progressUrl: `${OPERATION_PATH}${encodeURIComponent(workflowId)}` }
}

/** Undefined when none are named. @throws Problem 422 */
function daysBetween(from: string | undefined, to: string): readonly string[] | undefined {
  if (from === undefined) return undefined
  if (from > to) throw invalid('from', 'must not be after to')
  if (from < addDays(to, 1 - LONGEST_SEPARATION_DAYS)) throw invalid('from', 'this is more than ten years')
  const days: string[] = []
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day)
  return days
}

/** @throws Problem 404, or 409 for a zone */
export async function findMetered(
  dependencies: Pick<ApiDependencies, 'application' | 'config'>,
  asked: EntityRef,
): Promise<{ readonly ref: EntityRef; readonly configured: ConfiguredEntity | undefined }> {
  const { ref, configured } = await findEntity(dependencies, asked)
  if (ref.kind === 'zone') throw new Problem(409, 'A zone has no energy meter.')
  return { ref, configured }
}

/** @throws Problem 404, or 409 for a zone and where there is no valid configuration to work with */
export async function findConfigured(
  dependencies: Pick<ApiDependencies, 'application' | 'config'>,
  asked: EntityRef,
): Promise<{ readonly ref: EntityRef }> {
  const { ref, configured } = await findMetered(dependencies, asked)
  if (configured?.config == null) {
    throw new Problem(409, `The configuration of ${ref.kind} ${ref.id} is missing or has a fault; mend it first.`)
  }
  return { ref }
}
