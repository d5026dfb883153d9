/** The whole way of an import over real sockets: portal, history server, mapping, store. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConfiguredEntity } from '../config/catalogue.ts'
import { parseHouse } from '../config/house.ts'
import { createHomeSideHistory } from '../connectors/homeside/history.ts'
import { createPastObservations } from '../connectors/smhi/past-observations.ts'
import { addCounts, type FieldCount } from '../domain/history/grid.ts'
import { chunkAt, chunkCount } from '../domain/history/plan.ts'
import { placeKey } from '../domain/weather/place.ts'
import { silentLogger } from '../runtime/log.ts'
import { startTown, type Town } from '../simulators/town.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../store/timeseries/sqlite.ts'
import { createEntityHistories } from './entity-history.ts'
import type { EntityWithHistory, ImportedChunk, ImportPlan } from './history-contract.ts'
import { createImportActivities } from './import-history.ts'

const NOW = Date.UTC(2026, 0, 15, 6, 10)

let directory: string
let town: Town
let store: TimeSeriesStore

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bvpro-import-'))
  town = await startTown({ houses: 4, now: () => NOW, pendingMs: 0, log: silentLogger })
  store = openSqliteTimeSeries(join(directory, 'timeseries.db'))
})
afterEach(async () => {
  await store.close()
  await town.close()
  await rm(directory, { recursive: true, force: true })
})

test('two months of every kind of house: whole, plausible, nothing taken for stuck, with the weather of the time', {
  timeout: 60_000,
}, async () => {
  const histories = createEntityHistories({
    config: {
      get: async ({ id }) => {
        const house = town.houses.find((candidate) => candidate.id === id)
        const location = { latitude: house?.latitude, longitude: house?.longitude }
        const { config } = parseHouse({ customer_id: id, location }, { id })
        return {
          ref: { kind: 'house', id },
          origin: 'demo',
          config,
          problems: [],
          etag: '1',
        } as unknown as ConfiguredEntity
      },
    },
    houseHistory: ({ id }) => {
      const house = town.houses.find((candidate) => candidate.id === id)
      return createHomeSideHistory({
        portalUrl: town.homesideUrl,
        historyUrl: town.homesideHistoryUrl,
        houseId: id,
        credentials: async () => ({ username: house?.username ?? '', password: house?.password ?? '' }),
      })
    },
    buildingHistory: () => {
      throw new Error('the town has no building')
    },
    overridesOf: async () => ({}),
    housePollSeconds: async () => 300,
    buildingPollSeconds: async () => 300,
    defaultPosition: undefined,
    now: () => NOW,
  })
  const stations = createPastObservations({ baseUrl: town.smhiObservationsUrl, now: () => NOW })
  const activities = createImportActivities({
    histories,
    timeSeries: store,
    pastObservations: async () => stations,
    log: silentLogger,
    now: () => NOW,
  })
  const run = <A, R>(activity: (input: A) => Promise<R>, input: A): Promise<R> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(activity, input)

  for (const { id, specs } of town.houses) {
    const entity: EntityWithHistory = { kind: 'house', id }
    const plan: ImportPlan = await run(activities.planImport, { entity, days: 56, resolutionMinutes: 60 })
    expect(plan.problems).toEqual([])
    expect(plan.fields.includes('dh_power')).toBe(specs.hasHeatMeter)
    let counts: Record<string, FieldCount> = {}
    for (let index = 0; index < chunkCount(plan.range); index += 1) {
      const range = chunkAt(plan.range, index)
      const chunk: ImportedChunk = await run(activities.importChunk, {
        entity,
        range,
        resolutionMinutes: 60,
        dryRun: false,
      })
      expect(chunk.problems).toEqual([])
      counts = addCounts(counts, chunk.fields)
    }
    for (const [field, { values, ...leftOut }] of Object.entries(counts)) {
      expect(leftOut, `${id} ${field}`).toEqual({})
      expect(values, `${id} ${field}`).toBeGreaterThan(0.98 * 56 * 24)
    }
    const rows = await store.read({ measurement: 'heating_system', tags: { house_id: id }, from: 0, to: NOW })
    expect(rows).toHaveLength(56 * 24)

    // Everything a polled row of a house without a readable curve has: of the weather, too.
    const effective = rows.filter(({ fields }) => typeof fields.effective_temp === 'number')
    expect(effective.length, id).toBeGreaterThan(0.97 * 56 * 24)
    for (const { fields } of effective) {
      const { effective_temp, outdoor_temperature, effective_temp_wind_effect } = fields
      expect(Math.abs(Number(effective_temp) - Number(outdoor_temperature))).toBeLessThan(16)
      expect(Number(effective_temp_wind_effect ?? 0)).toBeLessThanOrEqual(0)
    }
    const place = placeKey(specs)
    const observed = await store.read({ measurement: 'weather_observation', tags: { place }, from: 0, to: NOW })
    expect(observed.length, id).toBeGreaterThan(0.97 * 56 * 24)
  }
})
