/** `…/forecast` and `…/scores`: the indoor temperature foreseen for a house, and how good such forecasts have been. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  type HouseModels,
  modelsOf,
  ofLearnedModels,
  readinessOf,
  scoresOf,
  versionInUse,
} from '../../activities/thermal/house-models.ts'
import { INDOOR_FORECASTS, type IssuedIndoorForecast } from '../../activities/thermal/issue-forecast.ts'
import { readOutcomes } from '../../activities/thermal/outcomes.ts'
import { SCORED_DAYS } from '../../activities/thermal/steering-model.ts'
import { houseKey } from '../../activities/thermal/thermal-house.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'
import { isoSeconds } from '../times.ts'
import { findEntity } from './directory.ts'
import { EntityParams } from './schemas.ts'

const DAY_MS = 86_400_000
/** Fewer outcomes of issued forecasts say less than those over the past. */
const LEAST_ISSUED = 24

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })
const kelvin = z.number().openapi({ description: 'K.' })

export const IndoorForecastSchema = z
  .object({
    issuedAt: utcTime.nullable(),
    modelVersion: z.string().nullable(),
    points: z.array(
      z.object({
        time: utcTime,
        leadHours: z.number(),
        mean: z.number().openapi({ description: 'Indoor temperature, °C.' }),
        q10: z.number(),
        q90: z.number(),
        outdoor: z.number().openapi({ description: 'Outdoor temperature assumed, °C.' }),
      }),
    ),
    reason: z.string().nullable().openapi({ description: 'Why there is no forecast; null when there is one.' }),
  })
  .openapi('IndoorForecast')

const ScoreSchema = z
  .object({
    leadHours: z.number(),
    rmse: kelvin,
    mae: kelvin,
    bias: z.number().openapi({ description: 'Mean of outcome less forecast, K.' }),
    persistenceRmse: z.number().openapi({ description: 'Of "it stays as it is", K.' }),
    skill: z.number().nullable().openapi({ description: '1 − rmse / persistenceRmse.' }),
    coverage: z.number().openapi({ description: 'Share of outcomes between q10 and q90.' }),
    referenceRmse: z.number().nullable().openapi({ description: 'Of the rules of thumb over the past, K.' }),
    n: z.number(),
    source: z.enum(['issued', 'past']).openapi({
      description: 'Forecasts that were issued, or as they would have been issued over the stored past.',
    }),
  })
  .openapi('ForecastScore')

export const ScoresSchema = z
  .object({
    scores: z.array(ScoreSchema),
    readiness: z.object({ allowed: z.boolean(), reason: z.string() }).openapi({
      description: 'Whether the house may be optimised, and why, a sentence without beginning or end.',
    }),
    model: z
      .object({
        version: z.string(),
        fittedAt: utcTime,
        order: z.number(),
        timeConstantsHours: z.array(z.number()),
        heatInput: z.enum(['power', 'supply', 'none']),
        spanHours: z.number(),
        accepted: z.boolean().openapi({ description: 'Sure and plausible enough to steer by.' }),
        reasons: z.array(z.string()).openapi({ description: 'Why not, whole sentences.' }),
      })
      .nullable(),
    reason: z.string().nullable().openapi({ description: 'Why there are no scores; null when there are.' }),
  })
  .openapi('ForecastScores')

const PATH = '/api/v1/entities/{kind}/{id}'
const common = {
  method: 'get' as const,
  tags: ['Forecasts'],
  security: TOKEN_REQUIRED,
  request: { params: EntityParams },
}

const forecastRoute = createRoute({
  ...common,
  path: `${PATH}/forecast`,
  operationId: 'readIndoorForecast',
  summary: 'Indoor temperature of a house for the next 48 hours, with quantiles',
  responses: { 200: jsonAnswer(IndoorForecastSchema, 'The newest forecast'), ...problemAnswers(404, 409, 503) },
})

const scoresRoute = createRoute({
  ...common,
  path: `${PATH}/scores`,
  operationId: 'readForecastScores',
  summary: 'How good indoor forecasts of a house have been, by lead time, and whether it may be optimised',
  responses: { 200: jsonAnswer(ScoresSchema, 'The scores'), ...problemAnswers(404, 409, 503) },
})

const NO_LOOK_YET = 'No forecast has been tried yet; the next hourly look will.'

export function registerForecastRoutes(
  app: OpenAPIHono,
  dependencies: Pick<ApiDependencies, 'application' | 'config' | 'timeSeries' | 'now'>,
): void {
  const { application, timeSeries, now } = dependencies

  app.openapi(forecastRoute, async (context) => {
    const id = await houseId(dependencies, context.req.valid('param'))
    const kept = (await application.getDocument<IssuedIndoorForecast>(INDOOR_FORECASTS, houseKey(id)))?.value
    const { issuedAt = null, modelVersion = null, points = [], reason = NO_LOOK_YET } = kept ?? {}
    return context.json({ issuedAt, modelVersion, points: points.map((point) => ({ ...point })), reason }, 200)
  })

  app.openapi(scoresRoute, async (context) => {
    const id = await houseId(dependencies, context.req.valid('param'))
    const [models, outcomes] = await Promise.all([
      modelsOf(application, id),
      readOutcomes(timeSeries, id, { from: now() - SCORED_DAYS * DAY_MS, to: now() }),
    ])
    const issued = scoresOf(outcomes)
    const scores = scoreTable(models, issued)
    return context.json(
      {
        scores,
        readiness: { ...readinessOf(models, scoresOf(ofLearnedModels(outcomes))) },
        model: describeModel(models),
        reason: scores.length > 0 ? null : (models?.reason ?? 'No model has been fitted yet.'),
      },
      200,
    )
  })
}

/** Issued forecasts where enough have come true, those over the past elsewhere. */
function scoreTable(
  models: HouseModels | undefined,
  issued: ReturnType<typeof scoresOf>,
): z.infer<typeof ScoreSchema>[] {
  const past = versionInUse(models)?.training.pastScores ?? []
  const leads = [...new Set([...past, ...issued].map(({ leadHours }) => leadHours))].sort((one, other) => one - other)
  return leads.flatMap((leadHours) => {
    const over = past.find((score) => score.leadHours === leadHours)
    const live = issued.find((score) => score.leadHours === leadHours)
    const enough = live !== undefined && (live.n >= LEAST_ISSUED || over === undefined)
    const score = enough ? live : over
    if (score === undefined) return []
    const { rmse, mae, bias, persistenceRmse, skill, coverage, n } = score
    const referenceRmse = over?.referenceRmse ?? null
    const source = enough ? ('issued' as const) : ('past' as const)
    return [{ leadHours, rmse, mae, bias, persistenceRmse, skill, coverage, referenceRmse, n, source }]
  })
}

function describeModel(models: HouseModels | undefined): z.infer<typeof ScoresSchema>['model'] {
  const version = versionInUse(models)
  if (version === undefined) return null
  const { trained, identification } = version.training
  const { parameters, spanHours, accepted, implausible, excitation } = identification
  return {
    version: version.version,
    fittedAt: isoSeconds(version.fittedAt),
    order: trained.model.structure.order,
    timeConstantsHours: [...parameters.timeConstantsHours],
    heatInput: trained.heatInput,
    spanHours,
    accepted,
    reasons: [...implausible, ...excitation.reasons],
  }
}

/** @throws Problem 404, or 409 for what has no model */
async function houseId(
  dependencies: Pick<ApiDependencies, 'application' | 'config'>,
  asked: EntityRef,
): Promise<string> {
  const { ref } = await findEntity(dependencies, asked)
  if (ref.kind !== 'house') throw new Problem(409, `Only houses are forecast; ${ref.id} is a ${ref.kind}.`)
  return ref.id
}
