import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applicationConformance } from '../../../test/integration/application-conformance.ts'
import { StoreUnavailable } from '../../connectors/errors.ts'
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
