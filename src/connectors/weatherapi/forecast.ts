/** WeatherAPI.com's point forecast: worldwide, with a key, asked where neither SMHI nor Open-Meteo answers. */
import { z } from 'zod'
import { type Coordinates, parsePlace, placeKey } from '../../domain/weather/place.ts'
import type { WeatherForecast, WeatherRecord } from '../../domain/weather/record.ts'
import { BadData, BvproError } from '../errors.ts'
import { httpRequest } from '../http.ts'
import { parseJson } from '../json.ts'
import { createSharedFetch } from '../single-flight.ts'
import { documentedUrl, numberOrNull, within } from '../weather-http.ts'
import { isOfTheKey, refusal } from './refusal.ts'

const PATH = '/v1/forecast.json'
const TIMEOUT_MS = 15_000
const HOUR_MS = 3_600_000
const REMEMBERED_PLACES = 1000
/** What the free plan gives; a longer wish is cut to the plan without a word. */
const DAYS = 3
/** A key that is refused or used up stays so for a while, and every place would ask with it. */
const REST_AFTER_REFUSAL_MS = HOUR_MS

export interface WeatherApiOptions {
  /** Part before `/v1/forecast.json`. */
  readonly baseUrl: string
  readonly key: string
  readonly now?: () => number
}

export interface WeatherApiClient {
  /**
   * The forecast of this hour, or `'unchanged'` when `knownIssuedAt` is this hour already. The service names no run, so
   * `issuedAt` is the full hour of fetching: the age it shows is that of the answer.
   *
   * A refused or used-up key is not asked with again for an hour; until then the same error is thrown.
   * @throws CredentialsRejected for the key, BadConfig when its plan has no forecasts, RateLimited when it is used up;
   *   EntityNotFound for a place the service does not know; BadData when the answer makes no sense; Unavailable.
   */
  forecast(place: Coordinates, knownIssuedAt?: number): Promise<WeatherForecast | 'unchanged'>
}

export function createWeatherApiClient({ baseUrl, key, now = Date.now }: WeatherApiOptions): WeatherApiClient {
  const forecasts = createSharedFetch<WeatherForecast>({ ttlMs: HOUR_MS, maxEntries: REMEMBERED_PLACES, now })
  let resting: { readonly until: number; readonly error: BvproError } | undefined

  async function fetchForecast(place: Coordinates, issuedAt: number): Promise<WeatherForecast> {
    const url = documentedUrl(baseUrl, PATH, forecastQuery(place, key))
    try {
      const { status, text } = await httpRequest({ url, timeoutMs: TIMEOUT_MS })
      if (status !== 200) throw refusal(status, text)
      return readForecast(text, issuedAt, now())
    } catch (error) {
      if (error instanceof BvproError && isOfTheKey(error)) {
        resting = { until: now() + (error.retryAfterMs ?? REST_AFTER_REFUSAL_MS), error }
      }
      throw error
    }
  }

  return {
    async forecast(place, knownIssuedAt) {
      const issuedAt = Math.floor(now() / HOUR_MS) * HOUR_MS
      if (knownIssuedAt !== undefined && issuedAt <= knownIssuedAt) return 'unchanged'
      if (resting !== undefined && now() < resting.until) throw resting.error
      const rounded = placeKey(place)
      return forecasts.get(`${rounded}@${issuedAt}`, () => fetchForecast(parsePlace(rounded) ?? place, issuedAt))
    },
  }
}

function forecastQuery({ latitude, longitude }: Coordinates, key: string): string {
  return [
    `key=${encodeURIComponent(key)}`,
    `q=${latitude.toFixed(4)},${longitude.toFixed(4)}`,
    `days=${DAYS}`,
    'aqi=no',
    'alerts=no',
  ].join('&')
}

/** Fields depend on plan and version, so an hour needs only its time. */
const answerSchema = z.object({
  location: z.object({ lat: z.number(), lon: z.number() }).optional().catch(undefined),
  forecast: z.object({
    forecastday: z.array(z.object({ hour: z.array(z.unknown()) }).catch({ hour: [] })),
  }),
})
const hourSchema = z.looseObject({ time_epoch: z.number() })

function readForecast(text: string, issuedAt: number, fetchedAt: number): WeatherForecast {
  const answer = answerSchema.safeParse(parseJson(text))
  if (!answer.success) throw new BadData("WeatherAPI's forecast has no days")
  const { location, forecast } = answer.data
  const steps = forecast.forecastday
    .flatMap(({ hour }) => hour)
    .flatMap((entry): WeatherRecord[] => {
      const hour = hourSchema.safeParse(entry)
      return hour.success ? [toRecord(hour.data)] : []
    })
    // The first day starts at local midnight; hours that were over when it was fetched are no forecast.
    .filter(({ validAt }) => validAt >= issuedAt)
    .sort((a, b) => a.validAt - b.validAt)
  if (!steps.some(({ temperature }) => temperature !== null)) {
    throw new BadData("WeatherAPI's forecast has no temperature for the hours ahead")
  }
  const gridPoint = location === undefined ? null : { latitude: location.lat, longitude: location.lon }
  return { source: 'weatherapi', issuedAt, fetchedAt, gridPoint, steps }
}

/** `time` is local and says no offset, so only `time_epoch` is read. Wind comes in km/h, clouds in %. */
function toRecord(hour: z.infer<typeof hourSchema>): WeatherRecord {
  const metresPerSecond = (kmh: number | null) => (kmh === null ? null : kmh / 3.6)
  const cloudPercent = within(numberOrNull(hour.cloud), 0, 100)
  return {
    validAt: hour.time_epoch * 1000,
    stepHours: 1,
    temperature: within(numberOrNull(hour.temp_c), -90, 60),
    windSpeed: metresPerSecond(within(numberOrNull(hour.wind_kph), 0, 540)),
    windGust: metresPerSecond(within(numberOrNull(hour.gust_kph), 0, 540)),
    windDirection: within(numberOrNull(hour.wind_degree), 0, 360),
    relativeHumidity: within(numberOrNull(hour.humidity), 0, 105),
    cloudOctas: cloudPercent === null ? null : (cloudPercent * 8) / 100,
    globalIrradiance: within(numberOrNull(hour.short_rad), 0, 1500),
    precipitationMm: within(numberOrNull(hour.precip_mm), 0, 500),
  }
}
