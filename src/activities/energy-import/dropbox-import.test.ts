/** Meter files that come by Dropbox, from delivery to archive, with what goes wrong in between. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDropboxExchange } from '../../connectors/energy-exchange/dropbox.ts'
import type { EnergyExchange } from '../../connectors/energy-exchange/exchange.ts'
import { StoreUnavailable } from '../../connectors/errors.ts'
import { resetCircuitBreakers } from '../../connectors/http.ts'
import { createLogger } from '../../runtime/log.ts'
import { type RunningDropbox, startDropbox } from '../../simulators/dropbox/server.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../../store/timeseries/sqlite.ts'
import type { EnergyFile, ImportedFile } from '../energy-import-contract.ts'
import { createEnergyImportActivities, type EnergyImportDependencies } from './energy-import.ts'
import { ENERGY_PLACES, type EnergyPlaceRecord } from './records.ts'

const FIXTURES = new URL('../../../test/fixtures/energy/', import.meta.url)
const NOW = Date.parse('2026-02-01T08:00:00Z')
const FILE = 'energy_20260110.txt'
const EK = { ref: { kind: 'house', id: 'DEMO_HOUSE_101' }, name: 'Villa Ek', dataStart: undefined } as const

let folder: string
let timeSeries: TimeSeriesStore
let dropbox: RunningDropbox
let places: Map<string, EnergyPlaceRecord>
let events: unknown[]

beforeEach(async () => {
  resetCircuitBreakers()
  folder = await mkdtemp(join(tmpdir(), 'bvpro-energy-'))
  timeSeries = openSqliteTimeSeries(join(folder, 'timeseries.db'))
  dropbox = await startDropbox({ pageEntries: 1 })
  dropbox.folder.put(`/data/${FILE}`, await readFile(new URL(FILE, FIXTURES)))
  places = new Map()
  events = []
})
afterEach(async () => {
  await dropbox.close()
  await timeSeries.close()
  await rm(folder, { recursive: true })
})

/** One worker; each has tokens of its own. */
function worker(overrides: Partial<EnergyImportDependencies> = {}, otherwise: Partial<EnergyExchange> = {}) {
  const log = createLogger('info', { write: (line: string) => events.push(JSON.parse(line).event) })
  const { url: apiUrl, app } = dropbox
  const tokens = { ...app, refreshToken: dropbox.tokens.issueRefresh(), accessToken: undefined }
  const requestFile = '/data/BVPro_DH.csv'
  const options = { apiUrl, contentUrl: apiUrl, requestFile, tokens: async () => tokens, log }
  const activities = createEnergyImportActivities({
    exchanges: new Map([['main', { ...createDropboxExchange(options), ...otherwise }]]),
    timeSeries,
    application: {
      putDocument: async (collection, key, value) => {
        if (collection === ENERGY_PLACES) places.set(key, value as EnergyPlaceRecord)
      },
    },
    meteredEntities: async () => [{ ...EK, meterIds: ['990000000000000101'] }],
    log,
    now: () => NOW,
    ...overrides,
  })
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') })
  const list = () => environment.run(activities.listEnergyFiles) as Promise<readonly EnergyFile[]>
  return {
    list,
    async importAll(): Promise<ImportedFile[]> {
      const imported: ImportedFile[] = []
      for (const file of await list()) {
        imported.push((await environment.run(activities.importEnergyFile, file)) as ImportedFile)
      }
      return imported
    },
    request: () => environment.run(activities.writeEnergyRequest),
  }
}

async function storedHours(): Promise<number> {
  const range = { from: Date.parse('2026-01-01T00:00:00Z'), to: NOW }
  return (await timeSeries.read({ measurement: 'energy_meter', tags: { house_id: EK.ref.id }, ...range })).length
}

const waiting = () => dropbox.folder.paths.filter((path) => /^\/data\/[^/]*\.txt$/.test(path))

test('a delivery is imported, archived, its strange meters quarantined, and the rest asked for', async () => {
  const { importAll, request } = worker()
  expect(await importAll()).toMatchObject([{ name: FILE, added: 48, refused: 144 }])
  expect(await request()).toEqual({ meters: 1 })
  expect(dropbox.folder.paths).toEqual([
    '/data/BVPro_DH.csv',
    expect.stringMatching(/^\/data\/failed\/energy_20260110\..+\.report\.txt$/),
    expect.stringMatching(/^\/data\/failed\/energy_20260110\..+\.rows\.txt$/),
    `/data/processed/${FILE}`,
  ])
  expect(dropbox.folder.text('/data/BVPro_DH.csv')).toBe(
    'meter_id;from_datetime;house_name\n990000000000000101;2026-01-09 23:00;Villa Ek',
  )
})

describe('nothing is lost and nothing doubled', () => {
  test('when the process ends between storing and archiving', async () => {
    const killed = async () => {
      throw new Error('killed')
    }
    await expect(worker({}, { archive: killed }).importAll()).rejects.toThrow('killed')
    expect([await storedHours(), waiting()]).toEqual([48, [`/data/${FILE}`]])
    expect(await worker().importAll()).toMatchObject([{ added: 0, corrected: 0, unchanged: 48 }])
    expect([await storedHours(), waiting()]).toEqual([48, []])
  })

  test('when two workers import it at once', async () => {
    await Promise.allSettled([worker().importAll(), worker().importAll()])
    expect(await storedHours()).toBe(48)
    expect(dropbox.folder.paths.filter((path) => path.startsWith('/data/processed/'))).toEqual([
      `/data/processed/${FILE}`,
    ])
  })

  test('when the connection breaks in the middle of the file', async () => {
    dropbox.faults = { downloadBreaksOff: 1 }
    const { importAll } = worker()
    await expect(importAll()).rejects.toMatchObject({ type: 'Unavailable' })
    expect(waiting()).toEqual([`/data/${FILE}`])
    await importAll()
    expect([await storedHours(), waiting()]).toEqual([48, []])
  })

  test('when the store goes down in between', async () => {
    let writes = 0
    const failing = {
      read: timeSeries.read.bind(timeSeries),
      async write() {
        writes += 1
        throw new StoreUnavailable('the disk is full')
      },
    }
    await expect(worker({ timeSeries: failing }).importAll()).rejects.toMatchObject({ type: 'StoreUnavailable' })
    expect([writes, waiting()]).toEqual([1, [`/data/${FILE}`]])
    await worker().importAll()
    expect(await storedHours()).toBe(48)
  })
})

describe('trouble is told, and not made worse', () => {
  test('429 is repeated when Dropbox says', async () => {
    dropbox.faults = { rateLimited: true, retryAfterSeconds: 90 }
    const failure = await worker()
      .list()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ApplicationFailure)
    expect(failure).toMatchObject({ type: 'RateLimited', nonRetryable: false, nextRetryDelay: 90_000 })
    expect(places.get('main')).toMatchObject({ place: 'Dropbox', error: { code: 'RateLimited' } })
  })

  test('an outage is seen, and its end', async () => {
    const { list } = worker()
    dropbox.faults = { down: 503 }
    await expect(list()).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false })
    expect(events).toEqual(['energy.place_unreachable'])
    dropbox.faults = {}
    expect(await list()).toHaveLength(1)
    expect(places.get('main')).toMatchObject({ error: null })
  })

  test('a revoked token is one alarm, one request, and never tried again by itself', async () => {
    const { list } = worker()
    dropbox.tokens.revokeAll()
    for (let hour = 0; hour < 3; hour++) {
      await expect(list()).rejects.toMatchObject({ type: 'CredentialsRejected', nonRetryable: true })
    }
    expect(dropbox.asked).toEqual(['/oauth2/token'])
    expect(events).toEqual(['energy.access_refused'])
    expect(places.get('main')?.error?.message).toContain('bvpro dropbox login')
  })
})
