import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import type { ConfigStore } from '../config/catalogue.ts'
import { parseHouse } from '../config/house.ts'
import { CredentialsRejected, StoreUnavailable, Unavailable } from '../connectors/errors.ts'
import type { HomeSideClient, HouseReading } from '../connectors/homeside/index.ts'
import { createLogger } from '../runtime/log.ts'
import { createReadingSpool } from '../store/spool.ts'
import type { Point, TimeSeriesStore } from '../store/timeseries/port.ts'
import type { PollInput, PollResult } from './contract.ts'
import { createHouseActivities } from './house.ts'

const ID = 'HEM_FJV_Villa_901'
const HOUSE = { kind: 'house', id: ID } as const
const DUE = Date.UTC(2026, 0, 10, 7, 5)

let directory: string
let stored: Point[]
let storeFault: Error | undefined
let vendorFault: Error | undefined
let application: ReturnType<typeof memoryApplicationStore>
let fields: Record<string, number>
let weatherFault: Error | undefined
let position: { latitude: number; longitude: number } | undefined
let logged: Record<string, unknown>[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bvpro-activity-'))
  stored = []
  storeFault = undefined
  vendorFault = undefined
  weatherFault = undefined
  position = undefined
  logged = []
  application = memoryApplicationStore()
  fields = { room_temperature: 21.304, outdoor_temperature: -3.4, supply_temp: 41.6 }
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function poll(input: Partial<PollInput> = {}, attempt = 1): Promise<PollResult> {
  const { config } = parseHouse({ customer_id: ID, friendly_name: 'Villa Ek' }, { id: ID })
  const activities = createHouseActivities({
    config: { get: async () => ({ ref: HOUSE, origin: 'real', config, problems: [] }) } as unknown as ConfigStore,
    timeSeries: {
      async write(points: Point[]) {
        if (storeFault !== undefined) throw storeFault
        stored.push(...points)
      },
    } as unknown as TimeSeriesStore,
    application,
    weather: {
      forecast: async () => {
        if (weatherFault !== undefined) throw weatherFault
        return undefined
      },
      observation: async () => undefined,
      refresh: async () => false,
    },
    spool: createReadingSpool(join(directory, 'spool')),
    homeSideClient: () =>
      ({
        async read() {
          if (vendorFault !== undefined) throw vendorFault
          const curve = { y: { 5: 45, 6: 43, 7: 40 } }
          return {
            fields,
            missing: [],
            rejected: [],
            curve,
            house: { name: 'Testvillan' },
            renewed: false,
          } as unknown as HouseReading
        },
      }) as unknown as HomeSideClient,
    pollSecondsOf: async () => 300,
    overridesOf: async () => ({}),
    defaultPosition: position,
    log: createLogger('info', { write: (line: string) => logged.push(JSON.parse(line)) }),
    now: () => DUE + 1_500,
  })
  const environment = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') })
  return environment.run(activities.pollHouse, { id: ID, dueAt: DUE, carried: [], ...input })
}

/** Readings of the cycles before the present one, oldest first. */
const carriedReadings = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    time: DUE - (count - index) * 300_000,
    fields: { room_temperature: 20 },
  }))

describe('a cycle', () => {
  test('stores the reading under its due time, with what is computed, and the status row', async () => {
    expect(await poll()).toEqual({ pollSeconds: 300, mode: 'monitor', unstored: [], storeProblem: null, concern: null })
    expect(stored).toMatchObject([
      {
        measurement: 'heating_system',
        tags: { house_id: ID },
        time: DUE,
        fields: { room_temperature: 21.3, supply_temp_heat_curve: 42.04, curve_control_mode: 1 },
      },
      { measurement: 'thermal_history', time: DUE, fields: { room_temperature: 21.3, outdoor_temperature: -3.4 } },
    ])
    expect(application.rows.get(`house:${ID}`)).toMatchObject({
      name: 'Villa Ek',
      lastPollAt: DUE,
      lastGoodAt: DUE,
      failures: 0,
      health: 'ok',
    })
  })

  test('a field that no series has does not cost the house its other values', async () => {
    fields = { ...fields, of_nobody: 1 }
    await poll()
    expect(stored[0]?.fields).not.toHaveProperty('of_nobody')
  })
})

describe('a store that refuses', () => {
  beforeEach(() => {
    storeFault = new StoreUnavailable('the disk is full')
  })

  test('the reading comes back to be carried, and the row says why', async () => {
    const result = await poll({ carried: carriedReadings(2) })
    expect(result.unstored.map(({ time }) => time)).toEqual([DUE - 600_000, DUE - 300_000, DUE])
    expect(result.storeProblem).toBe('the disk is full')
    expect(application.rows.get(`house:${ID}`)).toMatchObject({
      failures: 1,
      reasonCode: 'StoreUnavailable',
      lastGoodAt: null,
    })
  })

  test('beyond twelve readings they go to the disk spool, and all are stored when the store takes them again', async () => {
    const result = await poll({ carried: carriedReadings(12) })
    expect(result.unstored.map(({ time }) => time)).toEqual([DUE])
    expect(await readdir(join(directory, 'spool'))).toHaveLength(1)
    storeFault = undefined
    await poll({ carried: result.unstored, dueAt: DUE + 300_000 })
    const times = new Set(stored.map(({ time }) => time))
    expect(times.size).toBe(14)
    expect(await readdir(join(directory, 'spool'))).toEqual([])
  })
})

describe('a spool that refuses too', () => {
  const SPOOL = () => join(directory, 'spool')

  test('what does not go to disk is carried on, up to a day; what is beyond is said to be lost', async () => {
    storeFault = new StoreUnavailable('the disk is full')
    await writeFile(SPOOL(), 'not a folder')
    const carried = carriedReadings(290)
    const result = await poll({ carried })
    expect(result.unstored.map(({ time }) => time)).toEqual([...carried.slice(3).map(({ time }) => time), DUE])
    expect(result.unstored).toHaveLength(288)
    expect(logged).toContainEqual(
      expect.objectContaining({
        event: 'readings.lost',
        readings: 3,
        from: new Date(carried[0]?.time ?? 0).toISOString(),
      }),
    )
  })

  test('a spool that cannot be read costs no reading, and is said', async () => {
    await mkdir(join(SPOOL(), `house-${ID}.jsonl`, 'x'), { recursive: true })
    await mkdir(join(SPOOL(), `house-${ID}.jsonl.draining`, 'x'), { recursive: true })
    expect(await poll()).toMatchObject({ unstored: [], storeProblem: null })
    expect(stored.map(({ time }) => time)).toContain(DUE)
    expect(logged).toContainEqual(expect.objectContaining({ event: 'spool.not_drained' }))
  })
})

describe('an application store that refuses', () => {
  test('costs a reading the effective temperature at most', async () => {
    weatherFault = new StoreUnavailable('the database is locked')
    position = { latitude: 56.67, longitude: 12.86 }
    expect(await poll()).toMatchObject({ unstored: [], storeProblem: null })
    expect(stored[0]?.fields).toMatchObject({ room_temperature: 21.3 })
    expect(stored[0]?.fields).not.toHaveProperty('effective_temp')
    expect(logged).toContainEqual(expect.objectContaining({ event: 'weather.not_recalled' }))
  })
})

describe('a vendor that fails', () => {
  test('a passing fault retries and is recorded with the last attempt only, once per cycle', async () => {
    vendorFault = new Unavailable('the portal does not answer')
    await expect(poll({}, 1)).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false, details: [] })
    expect(application.rows.size).toBe(0)
    await expect(poll({}, 3)).rejects.toMatchObject({ details: ['recorded'] })
    await expect(poll({}, 3)).rejects.toBeInstanceOf(ApplicationFailure)
    expect(application.rows.get(`house:${ID}`)).toMatchObject({
      failures: 1,
      failingSince: DUE,
      reasonCode: 'Unavailable',
    })
  })

  test('refused credentials do not retry and are recorded at once', async () => {
    vendorFault = new CredentialsRejected('HomeSide refused user name and password')
    await expect(poll({}, 1)).rejects.toMatchObject({ nonRetryable: true, details: ['recorded'] })
    expect(application.rows.get(`house:${ID}`)).toMatchObject({ health: 'offline', reasonCode: 'CredentialsRejected' })
  })
})
