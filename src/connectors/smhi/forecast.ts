/**
 * SMHI's point forecasts (category snow1g, version 1): asks for the run's stamp first and fetches a forecast only when
 * the run is new.
 */
import { z } from 'zod'
import { type Coordinates, parsePlace, placeKey } from '../../domain/weather/place.ts'
import type { WeatherForecast } from '../../domain/weather/record.ts'
import { putBounded } from '../bounded-map.ts'
import { EntityNotFound, Unavailable } from '../errors.ts'
import { createSharedFetch } from '../single-flight.ts'
import { documentedUrl, getJson, parseUtc } from '../weather-http.ts'
import { readPointForecast } from './point-forecast.ts'

const CATEGORY = '/api/category/snow1g/version/1'
const STAMP_TIMEOUT_MS = 10_000
const POINT_TIMEOUT_MS = 15_000

/** All places share one question per minute for the newest run. */
const STAMP_REUSE_MS = 60_000
/**
 * How long a fetched run serves when the stamp does not confirm it is the newest; SMHI asks not to fetch the same again
 * and again.
 */
const UNCONFIRMED_REUSE_MS = 5 * 60_000
const REMEMBERED_PLACES = 1000

export interface SmhiForecastOptions {
  /** Part before `/api/category/...`. */
  readonly baseUrl: string
  readonly now?: () => number
}

export interface SmhiForecastClient {
  /**
   * The newest run for a place, or `'unchanged'` when it is no newer than the run of `knownIssuedAt` (epoch
   * milliseconds).
   * @throws EntityNotFound outside the forecast area; Unavailable when SMHI is down or has withdrawn the category;
   * RateLimited; BadData.
   */
  forecast(place: Coordinates, knownIssuedAt?: number): Promise<WeatherForecast | 'unchanged'>
}

/** What `createdtime.json` says: the reference time of the newest run, nothing we can read, or 404. */
type RunStamp = number | 'unreadable' | 'gone'

interface FetchedRun {
  readonly forecast: WeatherForecast
  /** What the stamp was when the forecast was fetched: a cache in between may still hand out the run before. */
  readonly stamp: RunStamp
}

const stampSchema = z.object({ referenceTime: z.string() })

export function createSmhiForecastClient({ baseUrl, now = Date.now }: SmhiForecastOptions): SmhiForecastClient {
  const stamps = createSharedFetch<RunStamp>({ ttlMs: STAMP_REUSE_MS, maxEntries: 1, now })
  const points = createSharedFetch<WeatherForecast>({ ttlMs: 0, maxEntries: 0, now })
  const newest = new Map<string, FetchedRun>()

  async function fetchStamp(): Promise<RunStamp> {
    const { status, body } = await getJson(url('/createdtime.json'), STAMP_TIMEOUT_MS, "SMHI's run stamp")
    if (status === 404) return 'gone'
    if (status !== 200) throw new Unavailable(`SMHI answered HTTP ${status} when asked for its newest run`)
    const stamp = stampSchema.safeParse(body)
    return (stamp.success ? parseUtc(stamp.data.referenceTime) : undefined) ?? 'unreadable'
  }

  async function fetchPoint(place: Coordinates, stamp: RunStamp): Promise<WeatherForecast> {
    const { status, body } = await getJson(url(pointPath(place)), POINT_TIMEOUT_MS, "SMHI's point forecast")
    if (status === 200) {
      const forecast = readPointForecast(body, now())
      putBounded(newest, placeKey(place), { forecast, stamp }, REMEMBERED_PLACES)
      return forecast
    }
    if (status !== 400 && status !== 404) throw new Unavailable(`SMHI answered HTTP ${status} to a point forecast`)
    // Outside the area is told by 400 or 404 with changing texts, a withdrawn category by 404 on everything.
    if (stamp === 'gone')
      throw new Unavailable('the forecast category has gone: SMHI answers 404 to all of snow1g version 1')
    throw new EntityNotFound(`${placeKey(place)} is outside SMHI's forecast area`)
  }

  /**
   * The run the stamp names, if it is here; for a while also what SMHI answered to that very stamp, even if it lagged
   * behind it.
   */
  function remembered(key: string, stamp: RunStamp): WeatherForecast | undefined {
    const run = newest.get(key)
    if (run === undefined) return undefined
    const confirmed = typeof stamp === 'number' && run.forecast.issuedAt >= stamp
    const justAsked = run.stamp === stamp && now() - run.forecast.fetchedAt < UNCONFIRMED_REUSE_MS
    return confirmed || justAsked ? run.forecast : undefined
  }

  function url(path: string): string {
    return documentedUrl(baseUrl, `${CATEGORY}${path}`)
  }

  return {
    async forecast(place, knownIssuedAt) {
      const key = placeKey(place)
      const stamp = await stamps.get('newest', fetchStamp)
      const isKnown = (issuedAt: number) => knownIssuedAt !== undefined && issuedAt <= knownIssuedAt
      if (typeof stamp === 'number' && isKnown(stamp)) return 'unchanged'
      const forecast =
        remembered(key, stamp) ??
        (await points.get(`${key}@${stamp}`, () => fetchPoint(parsePlace(key) ?? place, stamp)))
      return isKnown(forecast.issuedAt) ? 'unchanged' : forecast
    },
  }
}

/**
 * Longitude first, and never more than six decimals: SMHI answers 404 to a seventh. Four are 11 m of its 2.5 km grid.
 */
function pointPath({ latitude, longitude }: Coordinates): string {
  return `/geotype/point/lon/${longitude.toFixed(4)}/lat/${latitude.toFixed(4)}/data.json`
}
