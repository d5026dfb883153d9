/** `…/energy/forecast`: the energy of the next two days, and how good such forecasts have been against the meter. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { ENERGY_FORECASTS, type IssuedEnergyForecast } from '../../activities/energy/forecast.ts'
import { type EnergyForecastScore, scoreEnergyForecasts } from '../../domain/energy/energy-forecast-score.ts'
import { ENTITY_TAG, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import type { Row, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import { EntityParams } from '../entities/schemas.ts'
import { isoSeconds } from '../times.ts'
import { type EnergyRouteDependencies, findMetered } from './routes.ts'

const SCORED_DAYS = 30
const DAY_MS = 86_400_000

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:00:00Z' })

const EnergyForecastSchema = z
  .object({
    issuedAt: utcTime.nullable(),
    modelVersion: z.string().nullable(),
    points: z.array(
      z.object({
        time: utcTime.openapi({ description: 'Start of the hour.' }),
        leadHours: z.int(),
        totalKwh: z.number(),
        lowKwh: z.number().openapi({ description: 'Lower end of the 80 % interval.' }),
        highKwh: z.number(),
        heatingKwh: z.number(),
        dhwKwh: z.number(),
      }),
    ),
    scores: z
      .array(
        z.object({
          leadHours: z.int(),
          rmse: z.number().openapi({ description: 'kWh in an hour, as the others.' }),
          mae: z.number(),
          bias: z.number(),
          coverage: z.number().openapi({ description: 'Share of hours within the interval.' }),
          persistenceRmse: z.number(),
          skill: z.number().nullable(),
          n: z.int(),
        }),
      )
      .openapi({ description: `Against the meter, over the last ${SCORED_DAYS} days.` }),
  })
  .openapi('EnergyForecast')

const forecastRoute = createRoute({
  method: 'get',
  path: '/api/v1/entities/{kind}/{id}/energy/forecast',
  operationId: 'readEnergyForecast',
  tags: ['Energy'],
  summary: 'Energy of the next two days by the hour, and how good such forecasts have been',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams },
  responses: {
    200: jsonAnswer(EnergyForecastSchema, 'The newest forecast; empty while there is no model'),
    ...problemAnswers(404, 409, 503),
  },
})

export function registerEnergyForecastRoutes(app: OpenAPIHono, dependencies: EnergyRouteDependencies): void {
  const { application, timeSeries, now } = dependencies
  app.openapi(forecastRoute, async (context) => {
    const { ref } = await findMetered(dependencies, context.req.valid('param'))
    const [kept, scores] = await Promise.all([
      application.getDocument<IssuedEnergyForecast>(ENERGY_FORECASTS, entityWorkflowId(ref)),
      scoresOf(timeSeries, ref, now()),
    ])
    const points = (kept?.value.points ?? []).map(({ time, meanKwh, ...point }) => ({
      time: isoSeconds(time),
      totalKwh: meanKwh,
      ...point,
    }))
    const issue = kept?.value
    return context.json(
      {
        issuedAt: issue === undefined ? null : isoSeconds(Date.parse(issue.issuedAt)),
        modelVersion: issue?.modelVersion ?? null,
        points,
        scores,
      },
      200,
    )
  })
}

async function scoresOf(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  { kind, id }: EntityRef,
  now: number,
): Promise<EnergyForecastScore[]> {
  const range = { tags: { [ENTITY_TAG[kind]]: id }, from: now - SCORED_DAYS * DAY_MS, to: now }
  const [forecasts, metered] = await Promise.all([
    timeSeries.read({ measurement: 'energy_forecast', ...range }),
    timeSeries.read({
      measurement: 'energy_hourly',
      ...range,
      from: range.from - 2 * DAY_MS,
      fields: ['energy_kwh'],
    }),
  ])
  return scoreEnergyForecasts(
    forecasts.flatMap(forecastOf),
    new Map(
      metered.flatMap(({ time, fields }) =>
        typeof fields.energy_kwh === 'number' ? [[time, fields.energy_kwh] as const] : [],
      ),
    ),
  )
}

function forecastOf({ time, tags, fields }: Row) {
  const { energy_kwh: meanKwh, energy_low_kwh: lowKwh, energy_high_kwh: highKwh } = fields
  if (typeof meanKwh !== 'number' || typeof lowKwh !== 'number' || typeof highKwh !== 'number') return []
  return [{ time, leadHours: Number(tags.lead_time_hours), meanKwh, lowKwh, highKwh }]
}
