/** The newest reading of one observed parameter near a place, with as few questions to SMHI as its endpoints allow. */
import { Unavailable } from '../errors.ts'
import { createSharedFetch } from '../single-flight.ts'
import { documentedUrl, getJson } from '../weather-http.ts'
import {
  type CollectedStation,
  type ListedStation,
  newestReading,
  type Reading,
  readCollection,
  readStationList,
} from './metobs.ts'
import { type ObservedPlace, type RankedStation, rankStations, type Station } from './stations.ts'

const VERSION = '/api/version/1.0'
const LIST_TIMEOUT_MS = 30_000
const READING_TIMEOUT_MS = 15_000

const READINGS_REUSE_MS = 10 * 60_000
const STATIONS_REUSE_MS = 24 * 3_600_000

/**
 * A station that has been silent for longer is not current; the value for HH:00 normally appears about 55 min later.
 */
const SILENT_AFTER_MS = 3 * 3_600_000
/** Asked one by one, only when the hourly collection does not help: the nearest and its runners-up. */
const STATIONS_ASKED = 3

export interface ObservedParameter {
  /** SMHI's number of the parameter. */
  readonly key: number
  readonly limitKm: number
}

export interface NearbyReading {
  readonly station: Station
  readonly distanceKm: number
  readonly reading: Reading
}

export interface StationReadings {
  /**
   * The newest reading, at most three hours old, of the best station that has one; undefined when none has.
   * @throws Unavailable, RateLimited, BadData
   */
  nearest(parameter: ObservedParameter, place: ObservedPlace): Promise<NearbyReading | undefined>
}

/** @param baseUrl part before `/api/version/...` */
export function createStationReadings(baseUrl: string, now: () => number): StationReadings {
  const collections = createSharedFetch<CollectedStation[]>({ ttlMs: READINGS_REUSE_MS, maxEntries: 50, now })
  const lists = createSharedFetch<ListedStation[]>({ ttlMs: STATIONS_REUSE_MS, maxEntries: 50, now })
  const single = createSharedFetch<Reading | null>({ ttlMs: READINGS_REUSE_MS, maxEntries: 2000, now })

  /** Body of an answer, or undefined for a 404: this service's way of saying that it does not offer something. */
  async function ask(path: string, timeoutMs: number): Promise<unknown> {
    const url = documentedUrl(baseUrl, `${VERSION}${path}`)
    const { status, body } = await getJson(url, timeoutMs, "SMHI's observations")
    if (status === 404) return undefined
    if (status !== 200) throw new Unavailable(`SMHI answered HTTP ${status} when asked for observations`)
    return body
  }

  /** Every active station's newest value in one answer; empty when that is not offered. */
  function collection(parameter: number): Promise<CollectedStation[]> {
    return collections.get(String(parameter), async () => {
      const body = await ask(`/parameter/${parameter}/station-set/all/period/latest-hour/data.json`, LIST_TIMEOUT_MS)
      return body === undefined ? [] : readCollection(body)
    })
  }

  /**
   * Stations that delivered recently when the list was fetched; it is kept for a day, so `now` would be the wrong
   * measure.
   */
  function stations(parameter: number): Promise<ListedStation[]> {
    return lists.get(String(parameter), async () => {
      const body =
        (await ask(`/parameter/${parameter}.json`, LIST_TIMEOUT_MS)) ??
        (await ask(`/parameter/${parameter}/station.json`, LIST_TIMEOUT_MS))
      if (body === undefined) return []
      const fetchedAt = now()
      return readStationList(body).filter(
        ({ active, updatedAt }) => active && (updatedAt === null || fetchedAt - updatedAt <= SILENT_AFTER_MS),
      )
    })
  }

  function latest(parameter: number, stationId: string, period: 'latest-hour' | 'latest-day'): Promise<Reading | null> {
    return single.get(`${parameter}/${stationId}/${period}`, async () => {
      const path = `/parameter/${parameter}/station/${encodeURIComponent(stationId)}/period/${period}/data.json`
      return newestReading(await ask(path, READING_TIMEOUT_MS))
    })
  }

  function isCurrent(reading: Reading | null): reading is Reading {
    return reading !== null && now() - reading.time <= SILENT_AFTER_MS
  }

  async function fromCollection(
    parameter: ObservedParameter,
    place: ObservedPlace,
  ): Promise<NearbyReading | undefined> {
    const current = (await collection(parameter.key)).filter(({ reading }) => isCurrent(reading))
    const unplaced = current.some(({ station }) => station === null)
    const positions = new Map((unplaced ? await stations(parameter.key) : []).map((station) => [station.id, station]))
    const placed = current.flatMap(({ id, station, reading }) => {
      const position = station ?? positions.get(id)
      return position === undefined || reading === null ? [] : [{ ...position, reading }]
    })
    const best = rankStations(place, placed, parameter.limitKm)[0]
    return best && { station: best.station, distanceKm: best.distanceKm, reading: best.station.reading }
  }

  async function fromSingleStations(
    parameter: ObservedParameter,
    place: ObservedPlace,
  ): Promise<NearbyReading | undefined> {
    const ranked = rankStations(place, await stations(parameter.key), parameter.limitKm)
    for (const candidate of ranked.slice(0, STATIONS_ASKED)) {
      const reading = await newestOf(parameter.key, candidate)
      if (reading !== undefined) return { ...candidate, reading }
    }
    return undefined
  }

  async function newestOf(parameter: number, { station }: RankedStation<Station>): Promise<Reading | undefined> {
    for (const period of ['latest-hour', 'latest-day'] as const) {
      const reading = await latest(parameter, station.id, period)
      if (isCurrent(reading)) return reading
    }
    return undefined
  }

  return {
    async nearest(parameter, place) {
      return (await fromCollection(parameter, place)) ?? (await fromSingleStations(parameter, place))
    },
  }
}
