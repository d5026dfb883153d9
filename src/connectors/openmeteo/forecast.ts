/** Open-Meteo's point forecast: worldwide and keyless, used where SMHI has no answer. */
import { z } from 'zod'
import { type Coordinates, parsePlace, placeKey } from '../../domain/weather/place.ts'
import type { WeatherForecast, WeatherRecord } from '../../domain/weather/record.ts'
import { BadData, Unavailable } from '../errors.ts'
import { httpRequest } from '../http.ts'
import { parseJson } from '../json.ts'
import { createSharedFetch } from '../single-flight.ts'
import { documentedUrl, numberOrNull, parseUtc, within } from '../weather-http.ts'

const PATH = '/v1/forecast'
const TIMEOUT_MS = 15_000
const HOUR_MS = 3_600_000
const REMEMBERED_PLACES = 1000

/** Fewer than the ten from which one call counts as several. */
const HOURLY = [
  'temperature_2m',
  'relative_humidity_2m',
  'wind_speed_10m',
  'wind_gusts_10m',
  'wind_direction_10m',
  'cloud_cover',
  'precipitation',
  'shortwave_radiation',
]

export interface OpenMeteoOptions {
  /** Part before `/v1/forecast`. */
  readonly baseUrl: string
  readonly now?: () => number
}

export interface OpenMeteoClient {
  /**
   * The forecast of this hour, or `'unchanged'` when `knownIssuedAt` is this hour already. Open-Meteo blends models and
   * names no run, so `issuedAt` is the full hour of fetching: the age it shows is that of the answer, not of the
   * models.
   * @throws BadData when the request is refused or the answer makes no sense; Unavailable; RateLimited.
   */
  forecast(place: Coordinates, knownIssuedAt?: number): Promise<WeatherForecast | 'unchanged'>
}

export function createOpenMeteoClient({ baseUrl, now = Date.now }: OpenMeteoOptions): OpenMeteoClient {
  const forecasts = createSharedFetch<WeatherForecast>({ ttlMs: HOUR_MS, maxEntries: REMEMBERED_PLACES, now })

  async function fetchForecast(place: Coordinates, issuedAt: number): Promise<WeatherForecast> {
    const url = documentedUrl(baseUrl, PATH, forecastQuery(place))
    const { status, text } = await httpRequest({ url, timeoutMs: TIMEOUT_MS })
    if (status === 400) throw new BadData(`Open-Meteo refused the request: ${refusalReason(text)}`)
    if (status !== 200) throw new Unavailable(`Open-Meteo answered HTTP ${status}`)
    return readForecast(text, issuedAt, now())
  }

  return {
    async forecast(place, knownIssuedAt) {
      const issuedAt = Math.floor(now() / HOUR_MS) * HOUR_MS
      if (knownIssuedAt !== undefined && issuedAt <= knownIssuedAt) return 'unchanged'
      const key = placeKey(place)
      return forecasts.get(`${key}@${issuedAt}`, () => fetchForecast(parsePlace(key) ?? place, issuedAt))
    },
  }
}

function forecastQuery({ latitude, longitude }: Coordinates): string {
  return [
    `latitude=${latitude.toFixed(4)}`,
    `longitude=${longitude.toFixed(4)}`,
    `hourly=${HOURLY.join(',')}`,
    'wind_speed_unit=ms',
    'timeformat=unixtime',
    'timezone=UTC',
    'forecast_days=3',
    'past_days=0',
  ].join('&')
}

const column = z.array(z.unknown())
const answerSchema = z.object({
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  hourly: z.looseObject({ time: column, temperature_2m: column }),
  hourly_units: z.looseObject({}).optional(),
})
type Answer = z.infer<typeof answerSchema>

function readForecast(text: string, issuedAt: number, fetchedAt: number): WeatherForecast {
  const answer = answerSchema.safeParse(parseJson(text))
  if (!answer.success) throw new BadData("Open-Meteo's forecast has no hourly temperatures")
  // The answer starts at midnight; hours that were over when it was fetched are no forecast.
  const steps = readSteps(answer.data).filter(({ validAt }) => validAt >= issuedAt)
  if (!steps.some(({ temperature }) => temperature !== null)) {
    throw new BadData("Open-Meteo's forecast has no temperature for the hours ahead")
  }
  const { latitude, longitude } = answer.data
  const gridPoint = latitude === undefined || longitude === undefined ? null : { latitude, longitude }
  return { source: 'openmeteo', issuedAt, fetchedAt, gridPoint, steps }
}

function readSteps({ hourly, hourly_units: units }: Answer): WeatherRecord[] {
  const cell = (name: string, row: number): number | null => {
    const values = hourly[name]
    return Array.isArray(values) ? numberOrNull(values[row]) : null
  }
  // Wind comes in km/h from a server that does not know `wind_speed_unit`; the answer names its unit.
  const wind = (name: string, row: number): number | null => {
    const value = cell(name, row)
    return value !== null && units?.[name] === 'km/h' ? value / 3.6 : value
  }
  return hourly.time
    .flatMap((stamp, row): WeatherRecord[] => {
      const validAt = typeof stamp === 'number' ? stamp * 1000 : parseUtc(stamp)
      if (validAt === undefined) return []
      const cloudPercent = within(cell('cloud_cover', row), 0, 100)
      return [
        {
          validAt,
          stepHours: 1,
          temperature: cell('temperature_2m', row),
          windSpeed: wind('wind_speed_10m', row),
          windGust: wind('wind_gusts_10m', row),
          windDirection: cell('wind_direction_10m', row),
          relativeHumidity: cell('relative_humidity_2m', row),
          cloudOctas: cloudPercent === null ? null : (cloudPercent * 8) / 100,
          // Mean of the hour that ends at `validAt`, which is what the record wants.
          globalIrradiance: cell('shortwave_radiation', row),
          precipitationMm: cell('precipitation', row),
        },
      ]
    })
    .sort((a, b) => a.validAt - b.validAt)
}

function refusalReason(text: string): string {
  const refusal = z.object({ reason: z.string() }).safeParse(parseJson(text))
  return refusal.success ? refusal.data.reason.slice(0, 200) : 'no reason given'
}
