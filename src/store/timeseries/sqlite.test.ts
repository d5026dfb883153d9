import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { timeSeriesConformance } from '../../../test/integration/store-conformance.ts'
import { StoreUnavailable } from '../../connectors/errors.ts'
import type { MeasurementRegistry, MeasurementSpec } from '../../domain/measurements.ts'
import { openSqliteFile } from '../sqlite-file.ts'
import type { Point } from './port.ts'
import { openSqliteTimeSeries, SqliteTimeSeries } from './sqlite.ts'

const NOON = Date.UTC(2026, 0, 10, 12)
const HOUR = 3_600_000

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-sqlite-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

function newFile(): string {
  files += 1
  return join(folder, `series-${files}.db`)
}

function reading(id: string, hour: number, temperature: number): Point {
  return { measurement: 'zone_reading', tags: { zone_id: id }, time: NOON + hour * HOUR, fields: { temperature } }
}

const readings = { measurement: 'zone_reading', tags: {}, fields: ['temperature'], from: 0, to: 2 * NOON }

timeSeriesConformance('SQLite', {
  open: async () => openSqliteTimeSeries(newFile()),
  propertyRuns: 60,
})

describe('a file that cannot be used is named in one sentence', () => {
  const refusal = (path: string) => {
    try {
      openSqliteTimeSeries(path)
    } catch (error) {
      return error
    }
    return undefined
  }

  test('text that is no database', async () => {
    const path = newFile()
    await writeFile(path, 'shopping list: radiators, valves\n'.repeat(100))
    expect(refusal(path)).toBeInstanceOf(StoreUnavailable)
    expect(refusal(path)).toMatchObject({
      message: expect.stringContaining(`the database ${path} is not a SQLite database`),
    })
  })

  test('a damaged database', async () => {
    const path = newFile()
    const store = openSqliteTimeSeries(path)
    await store.write([reading('A', 0, 20)])
    await store.close()
    const file = openSqliteFile(path)
    file.pragma('wal_checkpoint(TRUNCATE)')
    file.close()
    const bytes = await readFile(path)
    // The first page holds the list of tables: zeros behind the header make it unreadable.
    await writeFile(path, bytes.fill(0, 100, 4096))
    expect(refusal(path)).toMatchObject({
      type: 'StoreUnavailable',
      message: expect.stringContaining(`${path} is damaged`),
    })
  })

  test('a folder', () => {
    expect(refusal(folder)).toMatchObject({
      type: 'StoreUnavailable',
      message: expect.stringContaining(`the database ${folder} cannot be opened`),
    })
  })

  test('a missing folder is no fault: it is made', async () => {
    const store = openSqliteTimeSeries(join(folder, 'new', 'deeper', 'series.db'))
    await expect(store.check()).resolves.toBeUndefined()
    await store.close()
  })
})

describe('a store that refuses', () => {
  test('a full disk rejects with a plain sentence, keeps what was stored, and takes writes again when there is room', async () => {
    const path = newFile()
    const database = openSqliteFile(path)
    const store = new SqliteTimeSeries(database, path)
    await store.write([reading('A', 0, 20)])
    const [[pages] = []] = database.prepare('PRAGMA page_count').raw().all() as number[][]
    database.pragma(`max_page_count = ${pages}`)

    const many = Array.from({ length: 20_000 }, (_, index) => reading('B', index, index))
    await expect(store.write(many)).rejects.toMatchObject({
      type: 'StoreUnavailable',
      message: `the database ${path} cannot grow: the disk is full`,
    })
    expect((await store.read({ ...readings, tags: { zone_id: 'A' } }))[0]?.fields).toEqual({ temperature: 20 })

    database.pragma('max_page_count = 100000')
    await store.write(many)
    expect(await store.countEntity({ kind: 'zone', id: 'B' })).toMatchObject([{ rows: 20_000 }])
    await store.close()
  })

  test('a call too big for the disk does not take a small one down with it', async () => {
    const path = newFile()
    const database = openSqliteFile(path)
    const store = new SqliteTimeSeries(database, path)
    await store.write([reading('A', 0, 20)])
    const [[pages] = []] = database.prepare('PRAGMA page_count').raw().all() as number[][]
    database.pragma(`max_page_count = ${pages}`)
    const many = Array.from({ length: 400 }, (_, index) => reading('B', index, index))
    const outcomes = await Promise.allSettled([store.write(many), store.write([reading('A', 1, 21)])])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(await store.read({ ...readings, tags: { zone_id: 'A' } })).toHaveLength(2)
    await store.close()
  })

  test('a locked database rejects, and takes the same points once the lock is gone', async () => {
    const path = newFile()
    const store = openSqliteTimeSeries(path)
    const other = openSqliteFile(path)
    other.exec('BEGIN IMMEDIATE')
    const refused = { type: 'StoreUnavailable', message: `the database ${path} is locked by another process` }
    const [written, checked] = await Promise.allSettled([store.write([reading('A', 0, 20)]), store.check()])
    expect(written).toMatchObject({ status: 'rejected', reason: refused })
    expect(checked).toMatchObject({ status: 'rejected', reason: refused })
    expect(await store.read(readings)).toEqual([])
    other.exec('ROLLBACK')
    other.close()
    await store.write([reading('A', 0, 20)])
    // Seen by another connection: only then it is committed and not just in the mind of this one.
    const witness = openSqliteTimeSeries(path)
    expect(await witness.read(readings)).toHaveLength(1)
    await expect(witness.check()).resolves.toBeUndefined()
    await witness.close()
    await store.close()
  })

  test('while a lock is waited for, everything else in the process goes on', async () => {
    const path = newFile()
    const store = openSqliteTimeSeries(path)
    const other = openSqliteFile(path)
    other.exec('BEGIN IMMEDIATE')
    let turns = 0
    const turning = setInterval(() => {
      turns += 1
    }, 20)
    const all = Promise.all([
      store.write([reading('A', 0, 20)]),
      store.replaceRange('zone_reading', { zone_id: 'B' }, NOON, NOON + HOUR, [reading('B', 0, 21)]),
      store.check(),
    ])
    await new Promise((resolve) => setTimeout(resolve, 1000))
    other.exec('ROLLBACK')
    await all
    clearInterval(turning)
    expect(turns).toBeGreaterThan(10)
    expect(await store.read({ ...readings, tags: { zone_id: 'A' } })).toHaveLength(1)
    other.close()
    await store.close()
  })

  test('a replacement that cannot be stored leaves the range as it was', async () => {
    const path = newFile()
    const database = openSqliteFile(path)
    const store = new SqliteTimeSeries(database, path)
    await store.write([reading('A', 0, 20), reading('A', 1, 21)])
    const [[pages] = []] = database.prepare('PRAGMA page_count').raw().all() as number[][]
    database.pragma(`max_page_count = ${pages}`)
    const many = Array.from({ length: 5000 }, (_, index) => reading('A', index, 0))
    const replacing = store.replaceRange('zone_reading', { zone_id: 'A' }, NOON, NOON + 5000 * HOUR, many)
    await expect(replacing).rejects.toBeInstanceOf(StoreUnavailable)
    expect((await store.read(readings)).map(({ fields }) => fields.temperature)).toEqual([20, 21])
    await store.close()
  })

  test('a database that may only be read', async () => {
    const path = newFile()
    const database = openSqliteFile(path)
    const store = new SqliteTimeSeries(database, path)
    database.pragma('query_only = ON')
    await expect(store.write([reading('A', 0, 20)])).rejects.toMatchObject({
      type: 'StoreUnavailable',
      message: `the database ${path} cannot be written: file or folder is read-only`,
    })
    await expect(store.check()).rejects.toBeInstanceOf(StoreUnavailable)
    expect(await store.read(readings)).toEqual([])
    await store.close()
  })
})

describe('a registry that grows', () => {
  const spec = (fields: MeasurementSpec['fields'], extraTags: string[] = []): MeasurementRegistry => ({
    boiler: { description: 'A boiler.', owner: ['house'], extraTags, time: 'poll', fields },
  })
  const temperature = { type: 'float', unit: '°C', description: 'Water' } as const
  const starts = { type: 'integer', unit: '', description: 'Starts of the burner' } as const
  const point = (fields: Point['fields']): Point => ({
    measurement: 'boiler',
    tags: { house_id: 'A' },
    time: NOON,
    fields,
  })

  test('gets its new columns, and the old rows are still there', async () => {
    const path = newFile()
    const before = openSqliteTimeSeries(path, spec({ temperature }))
    await before.write([point({ temperature: 60 })])
    await before.close()
    const after = openSqliteTimeSeries(path, spec({ temperature, starts }))
    await after.write([point({ starts: 7 })])
    expect(await after.latest('boiler', { house_id: 'A' })).toMatchObject({ fields: { temperature: 60, starts: 7 } })
    await after.close()
  })

  test('an older version still reads and writes a file with more columns than it knows', async () => {
    const path = newFile()
    await openSqliteTimeSeries(path, spec({ temperature, starts })).close()
    const older = openSqliteTimeSeries(path, spec({ temperature }))
    await older.write([point({ temperature: 61 })])
    expect(await older.latest('boiler', { house_id: 'A' })).toMatchObject({ fields: { temperature: 61 } })
    await older.close()
  })

  test('a changed type or tag is refused in words, for it cannot be changed in place', async () => {
    const path = newFile()
    await openSqliteTimeSeries(path, spec({ temperature })).close()
    const integer = spec({ temperature: { ...temperature, type: 'integer' } })
    expect(() => openSqliteTimeSeries(path, integer)).toThrow(/column temperature of the table boiler .* is REAL/)
    expect(() => openSqliteTimeSeries(path, spec({ temperature }, ['unit']))).toThrow(/other tags/)
  })
})

describe('several processes on one file', () => {
  test('that start at once all make the tables and store all their points; a killed one loses nothing it was promised', async () => {
    const path = newFile()
    const writer = join(folder, 'writer.mts')
    const module = fileURLToPath(new URL('./sqlite.ts', import.meta.url))
    await writeFile(
      writer,
      `import { openSqliteTimeSeries } from ${JSON.stringify(module)}
       const [path, id] = process.argv.slice(2)
       const store = openSqliteTimeSeries(path)
       for (let n = 0; n < 50; n++) {
         const point = { measurement: 'zone_reading', tags: { zone_id: id }, time: n * 1000, fields: { temperature: n } }
         await store.write([point])
       }
       // No close, no farewell: what was promised must be there all the same.
       process.kill(process.pid, 'SIGKILL')`,
    )
    const run = promisify(execFile)
    const ids = ['one', 'two', 'three']
    const ends = await Promise.allSettled(ids.map((id) => run(process.execPath, ['--import', 'tsx', writer, path, id])))
    expect(ends.map((end) => (end.status === 'rejected' ? end.reason.signal : end.value.stderr))).toEqual(
      ids.map(() => 'SIGKILL'),
    )
    const store = openSqliteTimeSeries(path)
    for (const id of ids) expect(await store.countEntity({ kind: 'zone', id })).toMatchObject([{ rows: 50 }])
    await store.close()
  }, 60_000)
})
