import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sealedCredentialsConformance } from '../../../test/integration/sealed-credentials-conformance.ts'
import { silentLogger } from '../../runtime/log.ts'
import { openApplicationStore } from '../../store/application/index.ts'
import { StoreUnavailable } from '../errors.ts'
import { createCredentialStore } from './index.ts'
import { SealedCredentials } from './sealed-credentials.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-sealed-sqlite-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

sealedCredentialsConformance('SQLite', {
  newDatabase: async () => (now) => openApplicationStore({ sqlitePath: join(folder, 'bvpro.db') }, now),
})

test('rows that nobody has the key for any more can still be removed', async () => {
  const application = await openApplicationStore({ sqlitePath: join(folder, 'keyless.db') })
  const house = { kind: 'house', id: 'H1' } as const
  const storeWith = (key: string | undefined) =>
    createCredentialStore({
      real: { environmentFile: join(folder, '.env'), lockFile: join(folder, 'lock') },
      env: {},
      sealed: { table: application.sealedCredentials, key },
      configured: async () => [],
      log: silentLogger,
    })
  await storeWith('a key').set(house, { username: 'u', password: 'w' }, 'real')
  const without = storeWith(undefined)
  expect(await without.lookUp(house)).toBeUndefined()
  expect((await without.remove(house)).removed).toEqual(['HOUSE_H1_USERNAME', 'HOUSE_H1_PASSWORD'])
  expect(await storeWith('a key').lookUp(house)).toBeUndefined()
  await application.close()
})

test('while the store is away, what was last read stays in force, and nothing can be changed', async () => {
  const application = await openApplicationStore({ sqlitePath: join(folder, 'away.db') })
  let away = false
  const { sealedCredentials: table } = application
  const credentials = new SealedCredentials({
    key: 'invented key',
    table: {
      ...table,
      get: (key) => (away ? Promise.reject(new StoreUnavailable('gone')) : table.get(key)),
    },
  })
  const known = { origin: 'real', kind: 'house', id: 'H1' } as const
  await credentials.update(known, () => ({ username: 'u', password: 'w' }))
  expect(await credentials.get(known)).toEqual({ username: 'u', password: 'w' })
  away = true
  expect(await credentials.get(known)).toEqual({ username: 'u', password: 'w' })
  await expect(credentials.get({ ...known, id: 'H2' })).rejects.toBeInstanceOf(StoreUnavailable)
  await expect(credentials.update(known, () => ({ username: 'v', password: 'x' }))).rejects.toThrow('gone')
  away = false
  await credentials.delete(known)
  expect(await credentials.get(known)).toBeUndefined()
  away = true
  await expect(credentials.get(known)).rejects.toBeInstanceOf(StoreUnavailable)
  await application.close()
})
