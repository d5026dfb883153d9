import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreUnavailable, Unavailable } from '../connectors/errors.ts'
import type { PastObservations } from '../connectors/weather.ts'
import type { TimeRange } from '../domain/history/row.ts'
import { observationPoint } from '../domain/weather/points.ts'
import type { WeatherObservation } from '../domain/weather/record.ts'
import { createLogger } from '../runtime/log.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../store/timeseries/sqlite.ts'
import { createPastWeather } from './past-weather.ts'

const PLACE = '58.400,15.600'
const COORDINATES = { latitude: 58.4, longitude: 15.6 }
const HOUR = 3_600_000
const START = Date.UTC(2026, 0, 14)
const NOW = START + 24 * HOUR + 10 * 60_000
const at = (hour: number) => START + hour * HOUR
const DAY = { from: at(0), to: at(12) }

let directory: string
let store: TimeSeriesStore
/** Hours the stations have. */
let stations: number[]
let asked: TimeRange[]
let fault: Error | undefined
let lines: Record<string, unknown>[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bvpro-past-weather-'))
  store = openSqliteTimeSeries(join(directory, 'timeseries.db'))
  stations = Array.from({ length: 48 }, (_, hour) => hour - 24)
  asked = []
  fault = undefined
  lines = []
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const observation = (hour: number, temperature = -1 - hour): WeatherObservation => ({
  source: 'metobs',
  fetchedAt: NOW,
  record: {
    validAt: at(hour),
    stepHours: 0,
    temperature,
    windSpeed: 3,
    windGust: null,
    windDirection: null,
    relativeHumidity: 80,
    cloudOctas: 8,
    globalIrradiance: null,
    precipitationMm: null,
  },
  stationId: '62410',
  stationName: 'Station',
  distanceKm: 9.1,
  quality: 'G',
})

const source: PastObservations = {
  async hours(_, range) {
    asked.push(range)
    if (fault !== undefined) throw fault
    return stations.filter((hour) => at(hour) >= range.from && at(hour) < range.to).map((hour) => observation(hour))
  },
}

function hours(range: TimeRange = DAY, keep = true, service: PastObservations | undefined = source) {
  const weather = createPastWeather({
    pastObservations: async () => service,
    timeSeries: store,
    log: createLogger('info', { write: (line: string) => lines.push(JSON.parse(line)) }),
    now: () => NOW,
  })
  return weather.hours(PLACE, range, { keep, call: {} })
}

const hoursOf = (records: readonly { readonly validAt: number }[]) =>
  records.map(({ validAt }) => (validAt - START) / HOUR)
const stored = () => store.read({ measurement: 'weather_observation', tags: { place: PLACE }, from: 0, to: NOW })
const from0to = (last: number) => Array.from({ length: last + 1 }, (_, hour) => hour)

test('hours the store does not have are asked of the stations, kept, and marked as fetched later', async () => {
  const { hours: found, problem } = await hours()
  expect(hoursOf(found)).toEqual(from0to(12))
  expect(problem).toBeNull()
  const rows = await stored()
  expect(rows).toHaveLength(13)
  expect(rows[3]).toMatchObject({
    time: at(3),
    fields: { temperature: -4, wind_speed: 3, humidity: 80, cloud_cover: 8, station_id: '62410', origin: 'fill' },
  })
})

test('a second time nobody is asked, and the answer is the same', async () => {
  const first = await hours()
  asked = []
  expect((await hours()).hours).toEqual(first.hours)
  expect(asked).toEqual([])
})

test('what was fetched in its hour is neither asked for again nor written over', async () => {
  await store.write([observationPoint(COORDINATES, observation(5, -40))])
  const { hours: found } = await hours()
  expect(found[5]).toMatchObject({ validAt: at(5), temperature: -40 })
  expect((await stored())[5]).toMatchObject({ fields: { temperature: -40, origin: null } })
})

test('only the stretch of missing hours is asked for', async () => {
  await store.write([0, 1, 2, 6, 11, 12].map((hour) => observationPoint(COORDINATES, observation(hour))))
  await hours()
  expect(asked).toEqual([{ from: at(3), to: at(10) + 1 }])
})

test('hours whose values are not out yet are not asked for', async () => {
  const { hours: found } = await hours({ from: at(20), to: at(24) })
  expect(asked).toEqual([{ from: at(20), to: at(21) + 1 }])
  expect(hoursOf(found)).toEqual([20, 21])
})

test('a range within an hour has the hours around it, so that there is something to go between', async () => {
  expect(hoursOf((await hours({ from: at(5) + 600_000, to: at(5) + 1_200_000 })).hours)).toEqual([5, 6])
})

test('hours the stations have not either stay out', async () => {
  stations = [2, 3, 9]
  expect(hoursOf((await hours()).hours)).toEqual([2, 3, 9])
})

test('what is not to be kept is asked for, and not written', async () => {
  expect(hoursOf((await hours(DAY, false)).hours)).toEqual(from0to(12))
  expect(await stored()).toEqual([])
})

describe('a service that cannot be asked', () => {
  test('leaves what the store has, and the reason', async () => {
    await store.write([observationPoint(COORDINATES, observation(5))])
    fault = new Unavailable('SMHI answered HTTP 503 when asked for past observations')
    const { hours: found, problem } = await hours()
    expect(hoursOf(found)).toEqual([5])
    expect(problem).toContain('HTTP 503')
    expect(lines).toMatchObject([{ event: 'weather.past_not_read', place: PLACE, reasonCode: 'Unavailable' }])
  })

  test('because there is none leaves what the store has', async () => {
    const weather = createPastWeather({
      pastObservations: async () => undefined,
      timeSeries: store,
      log: createLogger('silent'),
      now: () => NOW,
    })
    expect(await weather.hours(PLACE, DAY, { keep: true, call: {} })).toEqual({ hours: [], problem: null })
  })

  test('but a store that refuses ends it', async () => {
    fault = new StoreUnavailable('the disk is full')
    await expect(hours()).rejects.toThrow(StoreUnavailable)
  })
})
