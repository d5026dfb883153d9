import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelledFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseBuilding } from '../config/building.ts'
import type { ConfiguredEntity } from '../config/catalogue.ts'
import { parseHouse } from '../config/house.ts'
import { CredentialsRejected, Unavailable } from '../connectors/errors.ts'
import type { PastObservations } from '../connectors/weather.ts'
import { silentLogger } from '../runtime/log.ts'
import type { Row, TimeSeriesStore } from '../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../store/timeseries/sqlite.ts'
import { createEntityHistories } from './entity-history.ts'
import type { EntityWithHistory, ImportChunkInput, ImportedChunk, ImportPlan } from './history-contract.ts'
import { createImportActivities } from './import-history.ts'
import { type FakeHistory, fakeHistory, houseSignals } from './testing/fake-history.ts'

const ID = 'HEM_FJV_Villa_901'
const HOUSE: EntityWithHistory = { kind: 'house', id: ID }
const BUILDING: EntityWithHistory = { kind: 'building', id: 'TE901_KVARNEN' }
const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 0, 15, 6, 10)
const WEEK = { from: Date.UTC(2026, 0, 5), to: Date.UTC(2026, 0, 12) }
const at = (hour: number, minute = 0) => WEEK.from + hour * HOUR + minute * 60_000

let directory: string
let store: TimeSeriesStore
let source: FakeHistory
/** Calls that changed the store. */
let changes: string[]
let overrides: Record<string, string>
/** What the stations kept; undefined: nobody has it. */
let observations: PastObservations | undefined
/** Signals of the building besides those with a meaning. */
let manySignals: number

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bvpro-import-'))
  store = openSqliteTimeSeries(join(directory, 'timeseries.db'))
  source = fakeHistory(houseSignals(ID))
  changes = []
  overrides = {}
  observations = undefined
  manySignals = 0
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

function activities() {
  const house = parseHouse({ customer_id: ID, location: { latitude: 56.67, longitude: 12.86 } }, { id: ID }).config
  const signal = (id: string, unit: string, more: object = {}) => ({ signal_id: id, unit, fetch: true, ...more })
  const building = parseBuilding(
    {
      building_id: BUILDING.id,
      connection: { host: 'bms.example' },
      analog_signals: {
        'K1.GT_UTE': signal('old-id', '°C', { field_name: 'outdoor_temp_fvc' }),
        'K1.Pages(1).Power': signal('2', 'kW'),
        'K1.Unused': signal('3', '°C', { fetch: false }),
        ...Object.fromEntries(
          Array.from({ length: manySignals }, (_, index) => [`K1.S${index}`, signal(`K1.S${index}`, '%')]),
        ),
      },
    },
    { id: BUILDING.id },
  ).config
  const histories = createEntityHistories({
    config: {
      get: async (entity) =>
        ({
          ref: entity,
          origin: 'real',
          config: entity.kind === 'house' ? house : building,
          problems: [],
          etag: '1',
        }) as unknown as ConfiguredEntity,
    },
    houseHistory: () => source,
    buildingHistory: () => source,
    overridesOf: async () => overrides,
    housePollSeconds: async () => 300,
    buildingPollSeconds: async () => 300,
    defaultPosition: undefined,
    now: () => NOW,
  })
  const timeSeries: TimeSeriesStore = Object.create(store)
  timeSeries.write = async (points) => {
    if (points.length > 0) changes.push(`write ${points[0]?.measurement}`)
    await store.write(points)
  }
  timeSeries.replaceRange = async (measurement, ...rest) => {
    changes.push(`replace ${measurement}`)
    await store.replaceRange(measurement, ...rest)
  }
  timeSeries.read = (query) => store.read(query)
  return createImportActivities({
    histories,
    timeSeries,
    pastObservations: async () => observations,
    log: silentLogger,
    now: () => NOW,
  })
}

function environment(info: object = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') })
}

function importChunk(change: Partial<ImportChunkInput> = {}, env = environment()): Promise<ImportedChunk> {
  const input = { entity: HOUSE, range: WEEK, resolutionMinutes: 60, dryRun: false, ...change }
  return env.run(activities().importChunk, input)
}

const rowsOf = (measurement: string, tags: Record<string, string> = { house_id: ID }): Promise<Row[]> =>
  store.read({ measurement, tags, from: 0, to: NOW })

const polled = (time: number) => ({
  measurement: 'heating_system',
  tags: { house_id: ID },
  time,
  fields: { room_temperature: 22.5, dh_power: 3.3 },
})

describe('the plan', () => {
  test('names the fields there are, those there are not, and the range', async () => {
    const input = { entity: HOUSE, days: 90, resolutionMinutes: 60 }
    const plan: ImportPlan = await environment().run(activities().planImport, input)
    expect(plan.fields).toEqual(expect.arrayContaining(['outdoor_temperature', 'dh_energy_total']))
    expect(plan.missing).toContain('hot_water_temp')
    expect(plan.range).toEqual({ from: Date.UTC(2025, 9, 17, 5), to: Date.UTC(2026, 0, 15, 5) })
  })

  test('a password that is refused is a failure that does not retry', async () => {
    source.fault = new CredentialsRejected('HomeSide refused user name and password')
    const input = { entity: HOUSE, days: 90, resolutionMinutes: 60 }
    await expect(environment().run(activities().planImport, input)).rejects.toMatchObject({
      type: 'CredentialsRejected',
      nonRetryable: true,
    })
  })
})

describe('a week of a house', () => {
  test('every hour becomes a marked point of both series, in the units of the registry', async () => {
    const chunk = await importChunk()
    expect(chunk).toMatchObject({ rows: 168, keptOut: 0, problems: [] })
    expect(chunk.fields.room_temperature).toEqual({ values: 168 })
    const [first, ...others] = await rowsOf('heating_system')
    expect(others).toHaveLength(167)
    expect(first).toMatchObject({
      time: WEEK.from,
      fields: { origin: 'import', target_temp_setpoint: 21.5, dh_energy_total: 63_504, curve_control_mode: null },
    })
    const thermal = await rowsOf('thermal_history')
    expect(thermal).toHaveLength(168)
    expect(thermal[0]?.fields).toMatchObject({ origin: 'import', room_temperature: first?.fields.room_temperature })
  })

  test('a second time nothing is written at all', async () => {
    await importChunk()
    const before = await rowsOf('heating_system')
    changes = []
    expect(await importChunk()).toMatchObject({ rows: 168 })
    expect(changes).toEqual([])
    expect(await rowsOf('heating_system')).toEqual(before)
  })

  test('a dry run counts the same and writes nothing', async () => {
    expect(await importChunk({ dryRun: true })).toMatchObject({ rows: 168 })
    expect(changes).toEqual([])
  })

  test('polled readings stay as they are, and their hours are not imported', async () => {
    const polls = [polled(at(30, 2)), polled(at(30, 7)), polled(at(100, 2))]
    await store.write(polls)
    expect(await importChunk()).toMatchObject({ rows: 166, keptOut: 2 })
    const rows = await rowsOf('heating_system')
    expect(rows.filter(({ fields }) => fields.origin === null)).toMatchObject(
      polls.map(({ time, fields }) => ({ time, fields })),
    )
    expect(rows.map(({ time }) => time)).not.toContain(at(30))
  })

  test('what was polled since an earlier import takes the place of what it brought', async () => {
    await importChunk()
    await store.write([polled(at(30, 2))])
    expect(await importChunk()).toMatchObject({ rows: 167, keptOut: 1 })
    expect((await rowsOf('heating_system')).map(({ time }) => time)).not.toContain(at(30))
  })

  test('a finer import replaces a coarser one and the other way round', async () => {
    await importChunk()
    expect(await importChunk({ resolutionMinutes: 15 })).toMatchObject({ rows: 4 * 168 })
    expect(await rowsOf('heating_system')).toHaveLength(4 * 168)
    await importChunk()
    expect(await rowsOf('heating_system')).toHaveLength(168)
    expect(await rowsOf('thermal_history')).toHaveLength(168)
  })

  test('values that cannot be true are left out and told, not stored in silence', async () => {
    const dead = (time: number) => (time >= at(24) && time < at(72) ? 33.3 : 30 + ((time / HOUR) % 5))
    source = fakeHistory(
      houseSignals(ID, {
        MEAN_GT_RUM_1_Output: { value: (time) => (time === at(5) ? 6553.5 : 21 + ((time / HOUR) % 3) / 10) },
        AI_VS1_GT_RETUR_1_Output: { value: dead },
      }),
    )
    const chunk = await importChunk()
    expect(chunk.fields.room_temperature).toEqual({ values: 167, outOfRange: 1 })
    expect(chunk.fields.return_temp).toEqual({ values: 120, stuck: 48 })
    const rows = await rowsOf('heating_system')
    expect(rows.find(({ time }) => time === at(5))?.fields.room_temperature).toBeNull()
    expect(rows.find(({ time }) => time === at(30))?.fields.return_temp).toBeNull()
  })

  test('a signal that is kept only every five minutes is averaged into the hours', async () => {
    const value = (time: number) => 20 + ((time / 300_000) % 12) + (time - WEEK.from) / (7 * DAY)
    source = fakeHistory(houseSignals(ID, { MEAN_GT_RUM_1_Output: { value, series: [300] } }))
    await importChunk()
    expect((await rowsOf('heating_system'))[0]?.fields.room_temperature).toBe(25.5)
    expect(source.queries.map(({ resolutionSeconds }) => resolutionSeconds)).toEqual([3600, 300])
  })

  test('an override decides where a field comes from', async () => {
    overrides = { AI_VS1_GT_TILL_1_Output: 'room_temperature' }
    const chunk = await importChunk()
    expect(chunk.fields.supply_temp).toBeUndefined()
    // 38 °C is no room: the plausible range is that of the field.
    expect(chunk.fields.room_temperature?.outOfRange).toBeGreaterThan(100)
  })
})

describe('a building', () => {
  test('signals are found by name when their ids have changed, and marked by a number', async () => {
    const value = (time: number) => 5 + ((time / HOUR) % 7)
    source = fakeHistory([
      { id: '1', name: 'K1.GT_UTE', unit: '°C', value },
      { id: '2', name: 'K1.Pages(1).Power', unit: 'kW', value },
      { id: '3', name: 'K1.Unused', unit: '°C', value },
    ])
    expect(await importChunk({ entity: BUILDING })).toMatchObject({ rows: 168 })
    const rows = await rowsOf('building_system', { building_id: BUILDING.id })
    expect(rows[0]?.fields).toEqual({
      k1_pages_1_power: expect.any(Number),
      origin_code: 1,
      outdoor_temp_fvc: expect.any(Number),
    })
    changes = []
    await importChunk({ entity: BUILDING })
    expect(changes).toEqual([])
  })
})

describe('an attempt that ends', () => {
  test('by a kill is continued by the next one where it was last heard of', async () => {
    manySignals = 90
    const names = Array.from({ length: manySignals }, (_, index) => `K1.S${index}`)
    const value = (time: number) => (time / 300_000) % 50
    source = fakeHistory(names.map((name) => ({ id: name, name, unit: '%', value })))
    const input = { entity: BUILDING, resolutionMinutes: 5, range: { from: at(0), to: at(72) } }
    const beats: (ImportedChunk & { doneUntil: number })[] = []
    const first = environment()
    first.on('heartbeat', (details?: (typeof beats)[number]) => {
      if (details !== undefined) beats.push(details)
    })
    const whole = await importChunk(input, first)
    const reached = [...new Set(beats.map(({ doneUntil }) => doneUntil))]
    expect(reached).toEqual([at(48), at(72)])

    source.queries.length = 0
    changes = []
    const lastBeat = beats.find(({ doneUntil }) => doneUntil === at(48))
    expect(await importChunk(input, environment({ attempt: 2, heartbeatDetails: lastBeat }))).toEqual(whole)
    expect(source.queries.map(({ from }) => from)).toEqual([at(48)])
    expect(changes).toEqual([])
  })

  test('by cancellation stores nothing more', async () => {
    const env = environment()
    source.onQuery = () => env.cancel()
    await expect(importChunk({}, env)).rejects.toBeInstanceOf(CancelledFailure)
    expect(changes).toEqual([])
  })

  test('by an outage is a failure that is tried again', async () => {
    source.onQuery = () => {
      source.fault = new Unavailable('the history server does not answer')
    }
    await expect(importChunk()).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false })
    expect(changes).toEqual([])
  })
})

test('a year of hours in chunks of a week has no double and no missing hour', async () => {
  for (let week = 0; week < 4; week += 1) {
    await importChunk({ range: { from: WEEK.from - week * 7 * DAY, to: WEEK.to - week * 7 * DAY } })
  }
  const times = (await rowsOf('heating_system')).map(({ time }) => time)
  expect(times).toHaveLength(4 * 168)
  expect(new Set(times.slice(1).map((time, index) => time - (times[index] ?? 0)))).toEqual(new Set([HOUR]))
})

describe('the weather of the time', () => {
  const hourly: PastObservations = {
    async hours(_, { from, to }) {
      const first = Math.ceil(from / HOUR)
      return Array.from({ length: Math.max(0, Math.ceil(to / HOUR) - first) }, (__, index) => ({
        source: 'metobs',
        fetchedAt: NOW,
        record: {
          validAt: (first + index) * HOUR,
          stepHours: 0,
          temperature: -7,
          windSpeed: 4,
          windGust: null,
          windDirection: null,
          relativeHumidity: 50,
          cloudOctas: 8,
          globalIrradiance: null,
          precipitationMm: null,
        },
        stationId: '62410',
        stationName: 'Station',
        distanceKm: 9.1,
        quality: 'G',
      }))
    },
  }
  const stationsAway: PastObservations = {
    hours: async () => Promise.reject(new Unavailable('SMHI answered HTTP 503')),
  }
  const effectiveRows = async () =>
    (await rowsOf('heating_system')).filter(({ fields }) => typeof fields.effective_temp === 'number')

  test('gives imported points the effective temperature that polled ones have', async () => {
    observations = hourly
    expect((await importChunk()).problems).toEqual([])
    const rows = await rowsOf('heating_system')
    expect(await effectiveRows()).toHaveLength(rows.length)
    const night = rows.find(({ time }) => time === at(0))?.fields
    // Its own outdoor temperature, less 0.56·√4 of wind.
    expect(Number(night?.effective_temp) - Number(night?.outdoor_temperature)).toBeCloseTo(-1.12, 6)
    expect(await rowsOf('weather_observation', { place: '56.670,12.860' })).toHaveLength(7 * 24 + 1)
  })

  test('that cannot be asked for costs the effective temperature alone, and is told; the next import brings it', async () => {
    observations = stationsAway
    const first = await importChunk()
    expect(first.rows).toBe(7 * 24)
    expect(first.problems).toEqual([expect.stringContaining('SMHI answered HTTP 503')])
    expect(await effectiveRows()).toEqual([])
    observations = hourly
    expect((await importChunk()).problems).toEqual([])
    expect(await effectiveRows()).toHaveLength(7 * 24)
  })

  test('once known is not lost when the stations are away later', async () => {
    observations = hourly
    await importChunk()
    const before = await rowsOf('heating_system')
    observations = stationsAway
    changes = []
    await importChunk()
    expect(changes).toEqual([])
    expect(await rowsOf('heating_system')).toEqual(before)
  })

  test('is not written in a dry run, and is nothing to a polled reading', async () => {
    observations = hourly
    await importChunk({ dryRun: true })
    expect(changes).toEqual([])
    await store.write([polled(at(30, 2))])
    await importChunk()
    const reading = (await rowsOf('heating_system')).find(({ time }) => time === at(30, 2))
    expect(reading?.fields.effective_temp ?? null).toBeNull()
  })
})
