/** Imports and the filling of holes on a real InfluxDB, which knows no transactions and deletes by range. */
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEntityHistories } from '../../src/activities/entity-history.ts'
import { createFillActivities } from '../../src/activities/fill-gaps.ts'
import type { EntityWithHistory, FilledBatch, ImportedChunk } from '../../src/activities/history-contract.ts'
import { createImportActivities } from '../../src/activities/import-history.ts'
import { fakeHistory, houseSignals } from '../../src/activities/testing/fake-history.ts'
import { parseBuilding } from '../../src/config/building.ts'
import type { ConfiguredEntity } from '../../src/config/catalogue.ts'
import { parseHouse } from '../../src/config/house.ts'
import { Unavailable } from '../../src/connectors/errors.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { openInfluxTimeSeries } from '../../src/store/timeseries/influx.ts'
import type { Row, TimeSeriesStore } from '../../src/store/timeseries/port.ts'
import { type InfluxServer, startInfluxd } from '../support/influx.ts'
import { memoryApplicationStore } from '../support/memory-application.ts'
import { testServer } from '../support/servers.ts'

const HOUSE: EntityWithHistory = { kind: 'house', id: 'HEM_FJV_Villa_901' }
const BUILDING: EntityWithHistory = { kind: 'building', id: 'TE901_KVARNEN' }
const START = Date.UTC(2026, 0, 12)
const NOW = Date.UTC(2026, 0, 15, 6, 10)
const DAYS = { from: START, to: START + 2 * 86_400_000 }
const at = (hour: number, minute = 0) => START + hour * 3_600_000 + minute * 60_000

describe.skipIf((await testServer('influxd')) === undefined)('InfluxDB', () => {
  let server: InfluxServer
  let store: TimeSeriesStore

  beforeAll(async () => {
    server = await startInfluxd()
    store = openInfluxTimeSeries(server)
  })
  afterAll(async () => {
    await store?.close()
    await server?.stop()
  })

  const entities = [HOUSE, BUILDING].map(({ kind, id }): ConfiguredEntity => {
    const config =
      kind === 'house'
        ? parseHouse({ customer_id: id }, { id }).config
        : parseBuilding(
            {
              building_id: id,
              connection: { host: 'bms.example' },
              analog_signals: {
                'K1.GT_UTE': { signal_id: '1', unit: '°C', fetch: true, field_name: 'outdoor_temp_fvc' },
              },
            },
            { id },
          ).config
    return { ref: { kind, id }, origin: 'real', file: '', config, problems: [], unknownKeys: [], etag: '1' }
  })
  const source = fakeHistory([
    ...houseSignals(HOUSE.id),
    { id: '1', name: 'K1.GT_UTE', unit: '°C', value: (time) => (time / 3_600_000) % 9 },
  ])
  const histories = createEntityHistories({
    config: { get: async ({ id }) => entities.find(({ ref }) => ref.id === id) },
    houseHistory: () => source,
    buildingHistory: () => source,
    overridesOf: async () => ({}),
    housePollSeconds: async () => 300,
    buildingPollSeconds: async () => 300,
    defaultPosition: undefined,
    now: () => NOW,
  })
  const run = <A, R>(activity: (input: A) => Promise<R>, input: A): Promise<R> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(activity, input)

  function importDays(entity: EntityWithHistory, resolutionMinutes: number): Promise<ImportedChunk> {
    const { importChunk } = createImportActivities({
      histories,
      timeSeries: store,
      pastObservations: async () => undefined,
      log: silentLogger,
      now: () => NOW,
    })
    return run(importChunk, { entity, range: DAYS, resolutionMinutes, dryRun: false })
  }

  const rowsOf = (measurement: string, tags: Record<string, string>): Promise<Row[]> =>
    store.read({ measurement, tags, from: START, to: NOW })

  test('a finer and a coarser import replace each other; polled readings stay', async () => {
    const tags = { house_id: HOUSE.id }
    const polled = {
      measurement: 'heating_system',
      tags,
      time: at(30, 2),
      fields: { room_temperature: 22.5, outdoor_temperature: -3, dh_power: 3.3 },
    }
    await store.write([polled])
    expect(await importDays(HOUSE, 60)).toMatchObject({ rows: 47, keptOut: 1 })
    const first = await rowsOf('heating_system', tags)
    expect(first).toHaveLength(48)
    expect(await importDays(HOUSE, 15)).toMatchObject({ rows: 191, keptOut: 1 })
    expect(await rowsOf('heating_system', tags)).toHaveLength(192)
    expect(await rowsOf('thermal_history', tags)).toHaveLength(192)
    await importDays(HOUSE, 60)
    const again = await rowsOf('heating_system', tags)
    expect(again).toEqual(first)
    expect(again.find(({ time }) => time === polled.time)?.fields).toMatchObject({ ...polled.fields, origin: null })
  })

  test('a building, whose fields are open', async () => {
    const tags = { building_id: BUILDING.id }
    expect(await importDays(BUILDING, 60)).toMatchObject({ rows: 48 })
    const first = await rowsOf('building_system', tags)
    expect(first[0]?.fields).toEqual({ outdoor_temp_fvc: expect.any(Number), origin_code: 1 })
    await importDays(BUILDING, 15)
    await importDays(BUILDING, 60)
    expect(await rowsOf('building_system', tags)).toEqual(first)
  })

  test('holes are found and filled, and what stays is marked until it is filled', async () => {
    const tags = { house_id: HOUSE.id }
    const { fillBatch } = createFillActivities({
      config: { list: async () => ({ entities, folders: [] }) },
      application: memoryApplicationStore(),
      histories,
      pastObservations: async () => undefined,
      timeSeries: store,
      defaultPosition: undefined,
      log: silentLogger,
      now: () => NOW,
    })
    const input = { after: null, entities: [HOUSE], days: 3, dryRun: false }
    source.fault = new Unavailable('away')
    const failed: FilledBatch = await run(fillBatch, input)
    expect(failed.series[0]).toMatchObject({ before: { holes: 1 }, after: { holes: 1 }, reason: 'away' })
    expect(await rowsOf('data_gap', tags)).toMatchObject([{ time: at(47), fields: { series: 'heating_system' } }])
    source.fault = undefined
    const filled: FilledBatch = await run(fillBatch, input)
    expect(filled.series[0]).toMatchObject({ before: { holes: 1 }, after: { holes: 0 }, reason: null })
    expect(await rowsOf('data_gap', tags)).toEqual([])
    const marks = (await rowsOf('heating_system', tags)).filter(({ fields }) => fields.origin === 'fill')
    expect(marks.length).toBeGreaterThan(300)
    expect(marks.every(({ fields }) => fields.dh_power === null && fields.room_temperature !== null)).toBe(true)
  })
})
