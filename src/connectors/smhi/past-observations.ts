/** Station observations of the last four months: what SMHI keeps for hours that were not fetched in time. */
import type { TimeRange } from '../../domain/history/row.ts'
import type { WeatherObservation } from '../../domain/weather/record.ts'
import { Unavailable } from '../errors.ts'
import { createSharedFetch } from '../single-flight.ts'
import type { PastObservations } from '../weather.ts'
import { documentedUrl, getJson, within } from '../weather-http.ts'
import { type ListedStation, type Reading, readSeries, readStationList } from './metobs.ts'
import { OTHERS, octasOf, TEMPERATURE } from './observations.ts'
import type { ObservedParameter } from './station-readings.ts'
import { type ObservedPlace, type RankedStation, rankStations } from './stations.ts'

const VERSION = '/api/version/1.0'
const HOUR_MS = 3_600_000
const LIST_TIMEOUT_MS = 30_000
/** Four months of one station are some 300 kB. */
const SERIES_TIMEOUT_MS = 60_000
const STATIONS_REUSE_MS = 24 * HOUR_MS
/** Places of one town ask for the same stations, one after the other. */
const SERIES_REUSE_MS = 30 * 60_000

/** `latest-months` are about four; what is older stands in archives of another format, which are not read. */
const MONTHS_REACH_MS = 130 * 24 * HOUR_MS
/** What `latest-day` is sure to reach back. */
const DAY_REACH_MS = 22 * HOUR_MS
/** The nearest station and its runners-up. */
const STATIONS_ASKED = 3

export interface PastObservationsOptions {
  /** Part before `/api/version/...`. */
  readonly baseUrl: string
  readonly now?: () => number
}

type Call = NonNullable<Parameters<PastObservations['hours']>[2]>

interface NearbySeries {
  readonly found: RankedStation<ListedStation>
  readonly byTime: ReadonlyMap<number, Reading>
}

export function createPastObservations({ baseUrl, now = Date.now }: PastObservationsOptions): PastObservations {
  const lists = createSharedFetch<ListedStation[]>({ ttlMs: STATIONS_REUSE_MS, maxEntries: 10, now })
  const series = createSharedFetch<Reading[]>({ ttlMs: SERIES_REUSE_MS, maxEntries: 40, now })

  /** Body of an answer, or undefined for a 404: this service's way of saying that it does not offer something. */
  async function ask(path: string, timeoutMs: number, { heartbeat, signal }: Call): Promise<unknown> {
    signal?.throwIfAborted()
    heartbeat?.()
    const url = documentedUrl(baseUrl, `${VERSION}${path}`)
    const { status, body } = await getJson(url, timeoutMs, "SMHI's observations")
    if (status === 404) return undefined
    if (status !== 200) throw new Unavailable(`SMHI answered HTTP ${status} when asked for past observations`)
    return body
  }

  function stations(parameter: number, call: Call): Promise<ListedStation[]> {
    return lists.get(String(parameter), async () => {
      const body = await ask(`/parameter/${parameter}.json`, LIST_TIMEOUT_MS, call)
      return body === undefined ? [] : readStationList(body).filter(({ active }) => active)
    })
  }

  function seriesOf(parameter: number, stationId: string, from: number, call: Call): Promise<Reading[]> {
    const period = from >= now() - DAY_REACH_MS ? 'latest-day' : 'latest-months'
    return series.get(`${parameter}/${stationId}/${period}`, async () => {
      const path = `/parameter/${parameter}/station/${encodeURIComponent(stationId)}/period/${period}/data.json`
      return readSeries(await ask(path, SERIES_TIMEOUT_MS, call))
    })
  }

  /** The series of the best station that has any value in the range. */
  async function nearest(
    parameter: ObservedParameter,
    place: ObservedPlace,
    { from, to }: TimeRange,
    call: Call,
  ): Promise<NearbySeries | undefined> {
    const ranked = rankStations(place, await stations(parameter.key, call), parameter.limitKm)
    for (const found of ranked.slice(0, STATIONS_ASKED)) {
      const readings = await seriesOf(parameter.key, found.station.id, from, call)
      const inside = readings.filter(({ time }) => time >= from && time < to)
      if (inside.length > 0) return { found, byTime: new Map(inside.map((reading) => [reading.time, reading])) }
    }
    return undefined
  }

  return {
    async hours(place, range, call = {}) {
      if (range.to < now() - MONTHS_REACH_MS) return []
      const temperature = await nearest(TEMPERATURE, place, range, call)
      if (temperature === undefined) return []
      const wind = await nearest(OTHERS.wind, place, range, call)
      const humidity = await nearest(OTHERS.humidity, place, range, call)
      const cloud = await nearest(OTHERS.cloud, place, range, call)
      const irradiance = await nearest(OTHERS.irradiance, place, range, call)
      const at = (series: NearbySeries | undefined, time: number) => series?.byTime.get(time)?.value ?? null
      const { found, byTime } = temperature
      return [...byTime.values()]
        .filter(({ time }) => time % HOUR_MS === 0)
        .sort((a, b) => a.time - b.time)
        .map(
          ({ time, value, quality }): WeatherObservation => ({
            source: 'metobs',
            fetchedAt: now(),
            record: {
              validAt: time,
              stepHours: 0,
              temperature: value,
              windSpeed: within(at(wind, time), 0, 150),
              windGust: null,
              windDirection: null,
              relativeHumidity: within(at(humidity, time), 0, 105),
              cloudOctas: octasOf(at(cloud, time)),
              globalIrradiance: at(irradiance, time),
              precipitationMm: null,
            },
            stationId: found.station.id,
            stationName: found.station.name,
            distanceKm: Math.round(found.distanceKm * 10) / 10,
            quality,
          }),
        )
    },
  }
}
