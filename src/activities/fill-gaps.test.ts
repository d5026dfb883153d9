import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import type { ConfiguredEntity } from '../config/catalogue.ts'
import { parseHouse } from '../config/house.ts'
import { StoreUnavailable, Unavailable } from '../connectors/errors.ts'
import type { PastObservations } from '../connectors/weather.ts'
import type { WeatherObservation } from '../domain/weather/record.ts'
import { silentLogger } from '../runtime/log.ts'
import type { Point, Row, TimeSeriesStore } from '../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../store/timeseries/sqlite.ts'
import { createEntityHistories } from './entity-history.ts'
import { createFillActivities } from './fill-gaps.ts'
import type { FillBatchInput, FilledBatch, FilledSeries } from './history-contract.ts'
import { type FakeHistory, fakeHistory, houseSignals } from './testing/fake-history.ts'

const ID = 'HEM_FJV_Villa_901'
const KEY = `house:${ID}`
const PLACE = '56.670,12.860'
const HOUR = 3_600_000
const MINUTE = 60_000
const START = Date.UTC(2026, 0, 14)
const NOW = START + 12 * HOUR + 10 * MINUTE
const at = (hour: number, minute = 0) => START + hour * HOUR + minute * MINUTE

let directory: string
let store: TimeSeriesStore
let source: FakeHistory
let application: ReturnType<typeof memoryApplicationStore>
let houses: string[]
let stations: WeatherObservation[]
let writes: number
let storeFault: Error | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bvpro-gaps-'))
  store = openSqliteTimeSeries(join(directory, 'timeseries.db'))
  source = fakeHistory(houseSignals(ID))
  application = memoryApplicationStore()
  houses = [ID]
  stations = []
  writes = 0
  storeFault = undefined
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const observation = (hour: number, temperature: number): WeatherObservation => ({
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

function fillBatch(change: Partial<FillBatchInput> = {}, info: object = {}): Promise<FilledBatch> {
  const configured = houses.map((id): ConfiguredEntity => {
    const document = { customer_id: id, location: { latitude: 56.67, longitude: 12.86 } }
    const { config } = parseHouse(document, { id })
    return {
      ref: { kind: 'house', id },
      origin: 'real',
      file: `${id}.json`,
      config,
      problems: [],
      unknownKeys: [],
      etag: '1',
    }
  })
  const histories = createEntityHistories({
    config: { get: async ({ id }) => configured.find(({ ref }) => ref.id === id) },
    houseHistory: () => source,
    buildingHistory: () => source,
    overridesOf: async () => ({}),
    housePollSeconds: async () => 300,
    buildingPollSeconds: async () => 300,
    defaultPosition: undefined,
    now: () => NOW,
  })
  const pastObservations: PastObservations = {
    hours: async (_place, { from, to }) =>
      stations.filter(({ record }) => record.validAt >= from && record.validAt < to),
  }
  const timeSeries = {
    read: (query: Parameters<TimeSeriesStore['read']>[0]) => store.read(query),
    replaceRange: (...given: Parameters<TimeSeriesStore['replaceRange']>) => {
      writes += 1
      return store.replaceRange(...given)
    },
    async write(points: readonly Point[]) {
      if (storeFault !== undefined) throw storeFault
      if (points.length > 0) writes += 1
      await store.write(points)
    },
  }
  const { fillBatch: activity } = createFillActivities({
    config: { list: async () => ({ entities: configured, folders: [] }) },
    application,
    histories,
    pastObservations: async () => pastObservations,
    timeSeries,
    defaultPosition: undefined,
    log: silentLogger,
    now: () => NOW,
  })
  const input = { after: null, days: 2, dryRun: false, ...change }
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') }).run(activity, input)
}

/** Polls at the phase of two minutes, from the beginning on, but for the hours left out. */
async function pollExcept(...missing: readonly (readonly [from: number, to: number])[]): Promise<void> {
  const points: Point[] = []
  for (let time = at(0, 2); time < NOW; time += 5 * MINUTE) {
    if (missing.some(([from, to]) => time >= from && time < to)) continue
    points.push({
      measurement: 'heating_system',
      tags: { house_id: ID },
      time,
      fields: { room_temperature: 21.3, outdoor_temperature: -3.4, dh_power: 4.2 },
    })
  }
  await store.write(points)
}

/** Observations at every full hour up to 9 o'clock, but for those left out. */
async function observeExcept(...missing: readonly number[]): Promise<void> {
  const hours = Array.from({ length: 10 }, (_, hour) => hour).filter((hour) => !missing.includes(hour))
  await store.write(
    hours.map((hour) => ({
      measurement: 'weather_observation',
      tags: { place: PLACE },
      time: at(hour),
      fields: { temperature: -4 - hour / 10 },
    })),
  )
}

const rowsOf = (measurement: string, tags: Record<string, string> = { house_id: ID }): Promise<Row[]> =>
  store.read({ measurement, tags, from: 0, to: NOW })
const filledRows = async () => (await rowsOf('heating_system')).filter(({ fields }) => fields.origin !== null)
const seriesOf = ({ series }: FilledBatch, key = KEY): FilledSeries | undefined =>
  series.find((filled) => filled.key === key)

describe('a house', () => {
  test('without holes nothing is asked and nothing is written', async () => {
    await pollExcept()
    await observeExcept()
    expect(await fillBatch()).toEqual({ next: null, looked: 2, series: [] })
    expect(source.queries).toEqual([])
    expect(writes).toBe(0)
  })

  test('a hole is filled with temperatures and setpoints, never with power or energy', async () => {
    await pollExcept([at(3), at(5)])
    await observeExcept()
    const batch = await fillBatch()
    expect(seriesOf(batch)).toEqual({
      key: KEY,
      before: { holes: 1, minutes: 125 },
      after: { holes: 0, minutes: 0 },
      fromHistory: 24,
      fromObservations: 0,
      reason: null,
    })
    const filled = await filledRows()
    expect(filled).toHaveLength(24)
    expect(filled[0]?.fields).toMatchObject({
      origin: 'fill',
      target_temp_setpoint: 21.5,
      room_temperature: expect.any(Number),
      dh_power: null,
      dh_energy_total: null,
    })
    expect((await rowsOf('thermal_history')).map(({ fields }) => fields.origin)).toEqual(Array(24).fill('fill'))
    writes = 0
    expect((await fillBatch()).series).toEqual([])
    expect(writes).toBe(0)
  })

  test('filled points get their effective temperature of the weather the stations had, though it was missing too', async () => {
    await pollExcept([at(3), at(5)])
    await observeExcept(3, 4, 5)
    stations = [observation(3, -7.3), observation(4, -7.4), observation(5, -7.5)]
    const batch = await fillBatch()
    for (const { fields } of await filledRows()) {
      // 0.56·√3 of wind and 0.01·(80 − 50) of humidity, by night.
      expect(Number(fields.effective_temp) - Number(fields.outdoor_temperature)).toBeCloseTo(-0.97 - 0.3, 1)
      expect(fields.effective_temp_wind_effect).toBe(-0.97)
    }
    expect(seriesOf(batch)).toMatchObject({ fromHistory: 24, after: { holes: 0 } })
    expect(seriesOf(batch, `place:${PLACE}`)).toMatchObject({ before: { holes: 1 }, fromObservations: 3 })
  })

  test('where the vendor has hourly values only, those are enough', async () => {
    const hourly = houseSignals(ID).map((signal) => ({ ...signal, series: [3600] }))
    source = fakeHistory(hourly)
    await pollExcept([at(3), at(6)])
    await observeExcept()
    expect(seriesOf(await fillBatch())).toMatchObject({ fromHistory: 3, after: { holes: 0 } })
    expect((await filledRows()).map(({ time }) => time)).toEqual([at(3), at(4), at(5)])
  })

  test('a vendor without values leaves the outdoor temperature of the stations, and a mark', async () => {
    source = fakeHistory(houseSignals(ID).map((signal) => ({ ...signal, value: () => null })))
    await pollExcept([at(3), at(6)])
    await observeExcept()
    expect(seriesOf(await fillBatch())).toMatchObject({
      before: { holes: 1 },
      after: { holes: 1, minutes: 185 },
      fromHistory: 0,
      fromObservations: 3,
      reason: expect.stringContaining('no values'),
    })
    expect((await filledRows()).map(({ time, fields }) => [time, fields.outdoor_temperature, fields.origin])).toEqual([
      [at(3), -4.3, 'fill-observed'],
      [at(4), -4.4, 'fill-observed'],
      [at(5), -4.5, 'fill-observed'],
    ])
    expect(await rowsOf('data_gap')).toMatchObject([
      { time: at(2, 57), fields: { series: 'heating_system', minutes: 185, ended_at: at(6, 2) / 1000 } },
    ])
  })

  test('a vendor that is away is told of, and asked again the next time; then the mark goes', async () => {
    await pollExcept([at(3), at(6)])
    await observeExcept()
    source.fault = new Unavailable('the history server does not answer')
    expect(seriesOf(await fillBatch())).toMatchObject({ reason: 'the history server does not answer' })
    expect(await rowsOf('data_gap')).toHaveLength(1)
    source.fault = undefined
    expect(seriesOf(await fillBatch())).toMatchObject({ after: { holes: 0 }, fromHistory: 36 })
    expect(await rowsOf('data_gap')).toEqual([])
    // The stand-ins at full hours have become values of the vendor.
    expect((await filledRows()).map(({ fields }) => fields.origin)).toEqual(Array(36).fill('fill'))
  })

  test('a house that is still silent has a hole to the end; before its first reading it has none', async () => {
    await pollExcept([at(10), NOW])
    await observeExcept()
    expect(seriesOf(await fillBatch())).toMatchObject({ before: { holes: 1, minutes: 118 } })
    expect((await filledRows()).map(({ time }) => time)).toEqual(
      Array.from({ length: 23 }, (_, index) => at(10, 5 * index)),
    )
  })

  test('imported hours are no holes', async () => {
    const hours = Array.from({ length: 12 }, (_, hour) => hour)
    await store.write(
      hours.map((hour) => ({
        measurement: 'heating_system',
        tags: { house_id: ID },
        time: at(hour),
        fields: { room_temperature: 21, origin: 'import' },
      })),
    )
    await observeExcept()
    expect(await fillBatch()).toMatchObject({ series: [] })
  })

  test('a dry run tells what would be done', async () => {
    await pollExcept([at(3), at(5)])
    await observeExcept()
    expect(seriesOf(await fillBatch({ dryRun: true }))).toMatchObject({ fromHistory: 24 })
    expect(writes).toBe(0)
  })

  test('a paused house is left alone, the weather of its place is not', async () => {
    await pollExcept([at(3), at(5)])
    await observeExcept()
    await application.putStatus({ kind: 'house', id: ID }, { paused: true })
    expect(await fillBatch()).toMatchObject({ looked: 1, series: [] })
  })

  test('a store that refuses is a failure that is tried again', async () => {
    await pollExcept([at(3), at(5)])
    storeFault = new StoreUnavailable('the disk is full')
    await expect(fillBatch()).rejects.toMatchObject({ type: 'StoreUnavailable', nonRetryable: false })
  })
})

describe('a place', () => {
  test('missing hours are taken from the stations, with a mark', async () => {
    await pollExcept()
    await observeExcept(3, 4, 7)
    stations = [observation(3, -7.3), observation(4, -7.4), observation(5, -7.5)]
    expect(seriesOf(await fillBatch(), `place:${PLACE}`)).toEqual({
      key: `place:${PLACE}`,
      before: { holes: 2, minutes: 300 },
      after: { holes: 1, minutes: 120 },
      fromHistory: 0,
      fromObservations: 2,
      reason: expect.stringContaining('no station'),
    })
    const rows = await rowsOf('weather_observation', { place: PLACE })
    expect(rows.filter(({ fields }) => fields.origin === 'fill').map(({ time }) => time)).toEqual([at(3), at(4)])
    // What had been observed in its hour stays.
    expect(rows.find(({ time }) => time === at(5))?.fields.temperature).toBe(-4.5)
    expect(await rowsOf('data_gap', { place: PLACE })).toHaveLength(1)
  })
})

describe('the fleet', () => {
  test('goes in batches by key, and every batch goes on after the one before', async () => {
    houses = Array.from({ length: 30 }, (_, index) => `HEM_FJV_Villa_${900 + index}`)
    const first = await fillBatch()
    expect(first).toMatchObject({ next: 'house:HEM_FJV_Villa_924', looked: 25 })
    expect(await fillBatch({ after: first.next })).toEqual({ next: null, looked: 6, series: [] })
  })

  test('an attempt after a kill goes on where the one before was', async () => {
    await pollExcept([at(3), at(5)])
    await observeExcept()
    const done = { after: KEY, looked: 1, series: [] }
    expect(await fillBatch({}, { attempt: 2, heartbeatDetails: done })).toMatchObject({ looked: 2, series: [] })
    expect(source.queries).toEqual([])
  })

  test('only the entities asked for', async () => {
    houses = [ID, 'HEM_FJV_Villa_902']
    expect(await fillBatch({ entities: [{ kind: 'house', id: ID }] })).toMatchObject({ looked: 2 })
  })
})
