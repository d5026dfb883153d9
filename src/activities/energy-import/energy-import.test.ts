import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFolderExchange } from '../../connectors/energy-exchange/folder.ts'
import { StoreUnavailable } from '../../connectors/errors.ts'
import { createLogger } from '../../runtime/log.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../../store/timeseries/sqlite.ts'
import type { EnergyFile, ImportedFile } from '../energy-import-contract.ts'
import { createEnergyImportActivities, type EnergyImportDependencies } from './energy-import.ts'
import type { MeteredEntity } from './meter-owners.ts'
import { ENERGY_FILES, ENERGY_PLACES, type EnergyFileRecord } from './records.ts'

const FIXTURES = new URL('../../../test/fixtures/energy/', import.meta.url)
const NOW = Date.parse('2026-02-01T08:00:00Z')

const ENTITIES: readonly MeteredEntity[] = [
  house('DEMO_HOUSE_101', 'Villa Ek', '990000000000000101'),
  house('DEMO_HOUSE_102', 'Villa Björk', '990000000000000102'),
  {
    ref: { kind: 'building', id: 'DEMO_BUILDING_1' },
    name: 'Kontor Norr',
    meterIds: ['990000000000000301', '099000000000000302'],
    dataStart: undefined,
  },
]

function house(id: string, name: string, meterId: string): MeteredEntity {
  return { ref: { kind: 'house', id }, name, meterIds: [meterId], dataStart: undefined }
}

let folder: string
let inbox: string
let timeSeries: TimeSeriesStore
let documents: Map<string, unknown>
let notes: unknown[]
let places: Map<string, unknown>
let lines: Record<string, unknown>[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-energy-'))
  inbox = join(folder, 'inbox')
  await mkdir(inbox)
  timeSeries = openSqliteTimeSeries(join(folder, 'timeseries.db'))
  documents = new Map()
  notes = []
  places = new Map()
  lines = []
})
afterEach(async () => {
  await timeSeries.close()
  await rm(folder, { recursive: true })
})

function activities(overrides: Partial<EnergyImportDependencies> = {}) {
  return createEnergyImportActivities({
    exchanges: new Map([['main', createFolderExchange({ directory: inbox, now: () => NOW })]]),
    timeSeries,
    application: {
      putDocument: async (collection, key, value) => {
        if (collection === ENERGY_FILES) documents.set(key, value)
        else if (collection === ENERGY_PLACES) places.set(key, value)
        else notes.push(value)
      },
    },
    meteredEntities: async () => ENTITIES,
    log: createLogger('info', { write: (line: string) => lines.push(JSON.parse(line)) }),
    now: () => NOW,
    ...overrides,
  })
}

function quietEnvironment() {
  return new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') })
}

async function deliver(name: string, text?: string): Promise<void> {
  await writeFile(join(inbox, name), text ?? (await readFile(new URL(name, FIXTURES))))
  await utimes(join(inbox, name), NOW / 1000 - 600, NOW / 1000 - 600)
}

async function importAll(overrides?: Partial<EnergyImportDependencies>): Promise<ImportedFile[]> {
  const { listEnergyFiles, importEnergyFile } = activities(overrides)
  const environment = quietEnvironment()
  const imported: ImportedFile[] = []
  const files: readonly EnergyFile[] = await environment.run(listEnergyFiles)
  for (const file of files) {
    imported.push((await environment.run(importEnergyFile, file)) as ImportedFile)
  }
  return imported
}

async function hoursOf(meterId: string, tags: Record<string, string>) {
  const range = { from: Date.parse('2026-01-01T00:00:00Z'), to: NOW }
  return timeSeries.read({ measurement: 'energy_meter', tags: { ...tags, meter_id: meterId }, ...range })
}

const EK = { house_id: 'DEMO_HOUSE_101' }

test('a file’s hours are stored under the entities that name its meters, and the file is kept', async () => {
  await deliver('energy_20260110.txt')
  const [imported] = await importAll()
  expect(imported).toMatchObject({ added: 192, corrected: 0, unchanged: 0, refused: 0 })
  expect(imported?.touched).toEqual([
    { entity: { kind: 'building', id: 'DEMO_BUILDING_1' }, days: ['2026-01-08', '2026-01-09'] },
    { entity: { kind: 'house', id: 'DEMO_HOUSE_101' }, days: ['2026-01-08', '2026-01-09'] },
    { entity: { kind: 'house', id: 'DEMO_HOUSE_102' }, days: ['2026-01-08', '2026-01-09'] },
  ])
  const hours = await hoursOf('990000000000000101', EK)
  expect(hours).toHaveLength(48)
  expect(hours[0]?.fields).toMatchObject({ state: 'measured', source: 'energy_20260110.txt', reason: null })
  expect(await readdir(inbox)).toEqual(['processed'])
  expect([...documents.keys()]).toEqual([expect.stringMatching(/^energy_20260110\.txt@/)])
})

test('the same file again changes nothing, a corrected one changes what it corrects', async () => {
  await deliver('energy_20260110.txt')
  await importAll()
  await deliver('energy_20260110.txt')
  expect(await importAll()).toMatchObject([{ added: 0, corrected: 0, unchanged: 192, touched: [] }])
  const text = await readFile(new URL('energy_20260110.txt', FIXTURES), 'utf8')
  const [header, first = ''] = text.split('\n')
  const cells = first.split(';')
  cells[3] = '7'
  await deliver('energy_20260111.txt', `${header}\n${cells.join(';')}\n`)
  const [correction] = await importAll()
  expect(correction).toMatchObject({ added: 0, corrected: 1, touched: [{ days: ['2026-01-08'] }] })
  await deliver('energy_20260110.txt')
  expect(await importAll()).toMatchObject([{ corrected: 0, unchanged: 191, superseded: 1 }])
  const [hour] = await hoursOf('990000000000000101', EK)
  expect(hour?.fields).toMatchObject({ consumption: 7, state: 'corrected', source: 'energy_20260111.txt' })
})

test('good rows are stored although others are bad; those lie in quarantine with a report a person can read', async () => {
  await deliver('energy_20260112_bad_rows.txt')
  const [imported] = await importAll()
  expect(imported).toMatchObject({ added: 8, refused: 11, missing: 1 })
  const failed = await readdir(join(inbox, 'failed'))
  expect(failed).toHaveLength(2)
  const report = await readFile(
    join(inbox, 'failed', failed.find((name) => name.endsWith('.report.txt')) ?? ''),
    'utf8',
  )
  expect(report).toContain('line 4 (value-unreadable): The energy "fel" is no number.')
  expect(report).toContain('line 9 (unknown-meter): No house or building has the meter 990000000000009999.')
  const rows = await readFile(join(inbox, 'failed', failed.find((name) => name.endsWith('.rows.txt')) ?? ''), 'utf8')
  expect(rows.trim().split('\n')).toHaveLength(12)
  expect(lines.map(({ event }) => event)).toEqual([
    'energy.file_imported',
    'energy.rows_refused',
    'energy.meter_not_assigned',
  ])
  const [record] = [...documents.values()] as EnergyFileRecord[]
  expect(record).toMatchObject({ refused: 11, strangeMeters: ['990000000000009999'] })
})

test.each(['energy_20260113_empty.txt', 'energy_20260113_header_only.txt'])('%s leaves a report', async (name) => {
  await deliver(name)
  expect(await importAll()).toMatchObject([{ added: 0, refused: 0 }])
  const [report = ''] = await readdir(join(inbox, 'failed'))
  expect(await readFile(join(inbox, 'failed', report), 'utf8')).toContain('holds no rows')
})

test('a meter that two claim is given to neither, and both are named', async () => {
  await deliver('energy_20260113_crlf_bom.txt')
  const rival = house('DEMO_HOUSE_103', 'Radhus 7', '990000000000000102')
  const [imported] = await importAll({ meteredEntities: async () => [...ENTITIES, rival] })
  expect(imported).toMatchObject({ added: 0, refused: 24 })
  const [record] = [...documents.values()] as EnergyFileRecord[]
  expect(record?.refusals[0]?.message).toBe(
    'The meter 990000000000000102 is claimed by house Villa Björk (DEMO_HOUSE_102) and house Radhus 7 (DEMO_HOUSE_103).',
  )
})

describe('trouble in the middle', () => {
  test('a store that refuses leaves the file, and the next import completes it', async () => {
    await deliver('energy_20260110.txt')
    let writes = 0
    const failing = {
      read: timeSeries.read.bind(timeSeries),
      async write() {
        writes += 1
        throw new StoreUnavailable('the disk is full')
      },
    }
    await expect(importAll({ timeSeries: failing })).rejects.toThrow('the disk is full')
    expect(writes).toBe(1)
    // Noted although nothing was stored: the other way round, a day could be lost.
    expect(notes.length).toBeGreaterThan(0)
    expect(await readdir(inbox)).toEqual(['energy_20260110.txt'])
    expect(await importAll()).toMatchObject([{ added: 192 }])
  })

  test('killed between storing and archiving, the import is repeated without doubling anything', async () => {
    await deliver('energy_20260110.txt')
    const exchange = createFolderExchange({ directory: inbox, now: () => NOW })
    const killed = {
      ...exchange,
      archive: async () => {
        throw new Error('killed')
      },
    }
    await expect(importAll({ exchanges: new Map([['main', killed]]) })).rejects.toThrow('killed')
    expect(await importAll()).toMatchObject([{ added: 0, unchanged: 192 }])
    expect(await hoursOf('990000000000000101', EK)).toHaveLength(48)
  })

  test('two imports of one file at once store every hour once', async () => {
    await deliver('energy_20260110.txt')
    await Promise.allSettled([importAll(), importAll()])
    expect(await hoursOf('990000000000000101', EK)).toHaveLength(48)
    expect(await readdir(join(inbox, 'processed'))).toHaveLength(1)
  })
})

test('a place that is out of reach does not keep the files of another one waiting', async () => {
  await deliver('energy_20260110.txt')
  await writeFile(join(folder, 'plain'), '')
  const exchanges = new Map([
    ['away', createFolderExchange({ directory: join(folder, 'plain') })],
    ['main', createFolderExchange({ directory: inbox, now: () => NOW })],
  ])
  expect(await importAll({ exchanges })).toMatchObject([{ inbox: 'main', added: 192 }])
  expect(lines[0]).toMatchObject({ event: 'energy.place_unreachable' })
  expect(places.get('away')).toMatchObject({ error: { code: 'Unavailable' } })
  expect(places.get('main')).toMatchObject({ place: inbox, lookedAt: '2026-02-01T08:00:00Z', error: null })
  exchanges.delete('main')
  await expect(importAll({ exchanges })).rejects.toMatchObject({ type: 'Unavailable' })
})

test('the request asks for the first hole of every meter', async () => {
  await deliver('energy_20260110.txt')
  await importAll()
  const { writeEnergyRequest } = activities()
  expect(await quietEnvironment().run(writeEnergyRequest)).toEqual({ meters: 4 })
  expect(await readFile(join(inbox, 'BVPro_DH.csv'), 'utf8')).toBe(
    [
      'meter_id;from_datetime;house_name',
      '990000000000000101;2026-01-09 23:00;Villa Ek',
      '990000000000000102;2026-01-09 23:00;Villa Björk',
      '990000000000000301;2026-01-09 23:00;Kontor Norr',
      '099000000000000302;2026-01-09 23:00;Kontor Norr',
    ].join('\n'),
  )
})
