/** `/api/v1/weather`: the forecast and newest observation of any place, from the same runs the entities use. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { parsePlace, placeKey } from '../domain/weather/place.ts'
import type { WeatherRecord } from '../domain/weather/record.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from './answers.ts'
import type { ApiDependencies } from './dependencies.ts'
import { PlaceSchema } from './entities/schemas.ts'
import { Problem, reasonOf } from './problem.ts'
import { isoSeconds } from './times.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

const unknownable = z.number().nullable()

const RecordSchema = z.object({
  time: z.string().openapi({ format: 'date-time' }),
  temperature: unknownable.openapi({ description: '°C' }),
  windSpeed: unknownable.openapi({ description: 'm/s' }),
  windGust: unknownable.openapi({ description: 'm/s' }),
  windDirection: unknownable.openapi({ description: 'degrees, where the wind comes from' }),
  relativeHumidity: unknownable.openapi({ description: '%' }),
  cloudOctas: unknownable.openapi({ description: '0 to 8' }),
  globalIrradiance: unknownable.openapi({ description: 'W/m²' }),
  precipitationMm: unknownable.openapi({ description: 'mm in the step' }),
})

const ForecastPointSchema = RecordSchema.extend({
  stepHours: z.number().openapi({ description: 'Length of the step that ends at `time`; steps differ in length.' }),
}).openapi('ForecastPoint')

const ObservationSchema = RecordSchema.extend({
  source: z.string(),
  fetchedAt: z.string(),
  stationId: z.string().nullable(),
  stationName: z.string().nullable(),
  distanceKm: unknownable,
  quality: z.enum(['G', 'Y']).nullable(),
}).openapi('Observation')

const WeatherSchema = z
  .object({
    place: PlaceSchema,
    source: z.string().nullable(),
    issuedAt: z.string().nullable().openapi({ description: 'Reference time of the model run.' }),
    ageSeconds: z.int().nullable().openapi({ description: 'Age of the model run.' }),
    fetchedAt: z.string().nullable(),
    observation: ObservationSchema.nullable(),
    forecast: z.array(ForecastPointSchema),
  })
  .openapi('Weather')

/** Degrees. `Number('')` is 0, and 0° is a place: an empty parameter must not become one. */
function degrees(limit: number, example: number) {
  return z
    .string()
    .trim()
    .min(1, 'is empty')
    .transform(Number)
    .pipe(z.number().min(-limit).max(limit))
    .openapi({ type: 'number', minimum: -limit, maximum: limit, example })
}

const weatherRoute = createRoute({
  method: 'get',
  path: '/api/v1/weather',
  operationId: 'readWeather',
  tags: ['Weather'],
  summary: 'Forecast and newest observation for a place',
  security: TOKEN_REQUIRED,
  request: {
    query: z.object({
      lat: degrees(90, 56.67),
      lon: degrees(180, 12.86),
      days: z.coerce.number().int().min(1).max(10).default(2).openapi({ description: 'How far ahead, 1 to 10.' }),
    }),
  },
  responses: { 200: jsonAnswer(WeatherSchema, 'What is known of the weather'), ...problemAnswers(422, 503) },
})

function recordAnswer({ validAt, stepHours: _, ...values }: WeatherRecord) {
  return { time: isoSeconds(validAt), ...values }
}

export function registerWeatherRoutes(app: OpenAPIHono, { weather, now, log }: ApiDependencies): void {
  /** Undefined when all went well; an old run is still worth showing, its age is in the answer. */
  async function refreshFailure(key: string): Promise<string | undefined> {
    try {
      await weather.refresh(key)
      return undefined
    } catch (error) {
      const reason = reasonOf(error)
      log.warn('api.weather_not_refreshed', { place: key, reason })
      return reason
    }
  }

  app.openapi(weatherRoute, async (context) => {
    const { lat, lon, days } = context.req.valid('query')
    const key = placeKey({ latitude: lat, longitude: lon })
    const failure = await refreshFailure(key)
    const [forecast, observation] = await Promise.all([weather.forecast(key), weather.observation(key)])
    if (forecast === undefined && observation === undefined) {
      throw new Problem(503, `No weather can be had for ${key}: ${failure ?? 'no source knows this place'}.`)
    }
    const at = now()
    const steps = (forecast?.steps ?? []).filter(
      ({ validAt }) => validAt > at - HOUR_MS && validAt <= at + days * DAY_MS,
    )
    return context.json(
      {
        place: { key, ...(parsePlace(key) ?? { latitude: lat, longitude: lon }) },
        source: forecast?.source ?? null,
        issuedAt: isoSeconds(forecast?.issuedAt ?? null),
        ageSeconds: forecast === undefined ? null : Math.max(0, Math.round((at - forecast.issuedAt) / 1000)),
        fetchedAt: isoSeconds(forecast?.fetchedAt ?? null),
        observation:
          observation === undefined
            ? null
            : {
                ...recordAnswer(observation.record),
                source: observation.source,
                fetchedAt: isoSeconds(observation.fetchedAt),
                stationId: observation.stationId,
                stationName: observation.stationName,
                distanceKm: observation.distanceKm,
                quality: observation.quality,
              },
        forecast: steps.map((step) => ({ ...recordAnswer(step), stepHours: step.stepHours })),
      },
      200,
    )
  })
}
