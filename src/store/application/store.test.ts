import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applicationConformance } from '../../../test/integration/application-conformance.ts'
import { StoreUnavailable } from '../../connectors/errors.ts'
import { openSqliteFile } from '../sqlite-file.ts'
import { openApplicationDatabase } from './database.ts'
import { openApplicationStore } from './index.ts'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-application-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

applicationConformance('SQLite', {
  newDatabase: async () => {
    files += 1
    const sqlitePath = join(folder, `application-${files}.db`)
    return (now) => openApplicationStore({ sqlitePath }, now)
  },
})

test('a locked database is refused; what is stored after the lock has gone is committed and seen by others', async () => {
  const sqlitePath = join(folder, 'locked.db')
  const store = await openApplicationStore({ sqlitePath })
  const other = openSqliteFile(sqlitePath)
  other.exec('BEGIN IMMEDIATE')
  let turns = 0
  const turning = setInterval(() => {
    turns += 1
  }, 20)
  await expect(store.putDocument('lock', 'first', 1)).rejects.toMatchObject({
    type: 'StoreUnavailable',
    message: `the database ${sqlitePath} is locked by another process`,
  })
  clearInterval(turning)
  expect(turns, 'everything else in the process goes on meanwhile').toBeGreaterThan(40)
  other.exec('ROLLBACK')
  await store.putDocument('lock', 'second', 2)
  const seen = other.prepare("SELECT key FROM document WHERE collection = 'lock'").raw().all()
  expect(seen).toEqual([['second']])
  other.exec('BEGIN IMMEDIATE')
  other.exec('ROLLBACK')
  other.close()
  await store.close()
})

test('a lock that goes within seconds is waited for', async () => {
  const sqlitePath = join(folder, 'briefly-locked.db')
  const store = await openApplicationStore({ sqlitePath })
  const other = openSqliteFile(sqlitePath)
  other.exec('BEGIN IMMEDIATE')
  const kept = store.putDocument('lock', 'first', 1)
  await new Promise((resolve) => setTimeout(resolve, 300))
  other.exec('ROLLBACK')
  other.close()
  await kept
  expect(await store.getDocument('lock', 'first')).toMatchObject({ value: 1 })
  await store.close()
})

test('a transaction of the query builder takes the lock at its start and lets it go at its end', async () => {
  const sqlitePath = join(folder, 'transaction.db')
  const { database } = await openApplicationDatabase({ sqlitePath })
  const other = openSqliteFile(sqlitePath)
  other.pragma('busy_timeout = 0')
  await database.transaction().execute(async (transaction) => {
    await transaction.selectFrom('document').selectAll().execute()
    expect(() => other.exec('BEGIN IMMEDIATE')).toThrow(/locked/)
    await transaction.insertInto('document').values({ collection: 'a', key: 'b', value: '1', updated_at: 1 }).execute()
  })
  expect(other.prepare('SELECT value FROM document').raw().all()).toEqual([['1']])
  const undone = database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('document').execute()
    throw new Error('changed my mind')
  })
  await expect(undone).rejects.toThrow('changed my mind')
  other.exec('BEGIN IMMEDIATE')
  expect(other.prepare('SELECT value FROM document').raw().all()).toEqual([['1']])
  other.exec('ROLLBACK')
  other.close()
  await database.destroy()
})

test('a file that is no database is named in one sentence', async () => {
  const sqlitePath = join(folder, 'notes.db')
  await writeFile(sqlitePath, 'shopping list: radiators, valves\n'.repeat(100))
  const opening = openApplicationStore({ sqlitePath })
  await expect(opening).rejects.toBeInstanceOf(StoreUnavailable)
  await expect(opening).rejects.toThrow(`the database ${sqlitePath} is not a SQLite database`)
})

test('a PostgreSQL that is not there is named without user and password', async () => {
  const opening = openApplicationStore({ databaseUrl: 'postgres://bvpro:top-secret@127.0.0.1:1/bvpro' })
  await expect(opening).rejects.toBeInstanceOf(StoreUnavailable)
  await expect(opening).rejects.toThrow(/PostgreSQL bvpro at 127\.0\.0\.1:1 refused: .*ECONNREFUSED/)
  await expect(opening).rejects.not.toThrow(/top-secret/)
})
