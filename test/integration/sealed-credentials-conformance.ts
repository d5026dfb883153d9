/** What credentials sealed in the application store must do, as one suite that runs against SQLite and PostgreSQL. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCredentialStore, type OpenCredentialStore } from '../../src/connectors/credentials/index.ts'
import { BadConfig, BadData, CredentialsMissing } from '../../src/connectors/errors.ts'
import type { EntityRef } from '../../src/domain/entity.ts'
import { redactSecrets, silentLogger } from '../../src/runtime/log.ts'
import type { OpenApplicationStore, SealedCredentialKey } from '../../src/store/application/index.ts'

export interface SealedCredentialsConformanceOptions {
  /** Makes an empty database and gives the way to open it, as often as asked. */
  readonly newDatabase: () => Promise<(now: () => number) => Promise<OpenApplicationStore>>
}

const KEY = 'invented key of the tests'
const DAY_MS = 24 * 60 * 60 * 1000
const house = (id: string): EntityRef => ({ kind: 'house', id })
const keyOf = ({ kind, id }: EntityRef): SealedCredentialKey => ({ origin: 'real', kind, id })

export function sealedCredentialsConformance(name: string, { newDatabase }: SealedCredentialsConformanceOptions): void {
  describe(`credentials sealed in ${name}`, () => {
    let folder: string
    let open: (now: () => number) => Promise<OpenApplicationStore>
    let application: OpenApplicationStore
    let environmentFile: string
    let now = Date.UTC(2026, 0, 10)
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bvpro-sealed-'))
      environmentFile = join(folder, '.env')
      open = await newDatabase()
      application = await open(() => now)
    })
    afterAll(async () => {
      await application?.close()
      await rm(folder, { recursive: true, force: true })
    })

    function storeWith(key: string, previousKey?: string, from = application): OpenCredentialStore {
      return createCredentialStore({
        real: { environmentFile, lockFile: join(folder, 'environment-file.lock') },
        demo: { environmentFile: join(folder, '.env.demo'), lockFile: join(folder, 'town.lock') },
        env: {},
        sealed: { table: from.sealedCredentials, key, previousKey },
        configured: async () => [],
        log: silentLogger,
        now: () => now,
      })
    }
    const rowsOf = async () => JSON.stringify(await application.sealedCredentials.list())

    test('any user name and password come back as they were given', async () => {
      const store = storeWith(KEY)
      // No database, and no environment either, can hold these; see `refuseUnkeepable`.
      const secret = fc
        .string({ unit: 'binary', minLength: 1 })
        .filter((text) => !/[\r\n\u2028\u2029\0]|\p{Cs}/u.test(text) && text.trim() !== '')
      const property = fc.asyncProperty(secret, secret, async (username, password) => {
        await store.set(house('H1'), { username, password }, 'real')
        expect(await store.lookUp(house('H1'))).toEqual({ username, password })
      })
      await fc.assert(property, { numRuns: 25 })
      await store.set(house('H1'), { username: ' u\'"`#$\\ ', password: ' p\'"`#$\\ ' }, 'real')
      expect(await store.lookUp(house('H1'))).toEqual({ username: ' u\'"`#$\\ ', password: ' p\'"`#$\\ ' })
    })

    test('neither stand in the table nor in a file nor in the log', async () => {
      const store = storeWith(KEY)
      const reference = await store.keep({ username: 'planted-user', password: 'planted-word' })
      await store.bind(reference, house('H2'), 'real')
      expect(await rowsOf()).not.toContain('planted')
      await expect(readFile(environmentFile, 'utf8')).rejects.toThrow('ENOENT')
      expect(redactSecrets('it is planted-word')).toBe('it is [redacted]')
    })

    test('are seen by another process at once, and a change there without a restart here', async () => {
      const other = await open(() => now)
      const here = storeWith(KEY)
      const there = storeWith(KEY, undefined, other)
      await here.set(house('H3'), { username: 'u', password: 'first-word' }, 'real')
      expect(await there.lookUp(house('H3'))).toEqual({ username: 'u', password: 'first-word' })
      const before = await here.fingerprint(house('H3'))
      expect(await there.fingerprint(house('H3'))).toBe(before)
      await there.set(house('H3'), { password: 'second-word' }, 'real')
      expect(await here.lookUp(house('H3'))).toEqual({ username: 'u', password: 'second-word' })
      expect(await here.fingerprint(house('H3'))).not.toBe(before)
      await other.close()
    })

    test('changed in part by two processes at once keep both parts', async () => {
      const other = await open(() => now)
      const stores = [storeWith(KEY), storeWith(KEY, undefined, other)]
      await stores[0]?.set(house('H4'), { username: 'u', password: 'w' }, 'real')
      await Promise.all([
        stores[0]?.set(house('H4'), { username: 'new-user' }, 'real'),
        stores[1]?.set(house('H4'), { password: 'new-word' }, 'real'),
      ])
      expect(await stores[0]?.lookUp(house('H4'))).toEqual({ username: 'new-user', password: 'new-word' })
      await other.close()
    })

    test('win over those in .env, which count until there are some', async () => {
      await writeFile(environmentFile, 'HOUSE_H5_USERNAME=old\nHOUSE_H5_PASSWORD=old-word\n')
      const store = storeWith(KEY)
      expect(await store.lookUp(house('H5'))).toEqual({ username: 'old', password: 'old-word' })
      await store.set(house('H5'), { password: 'new-word' }, 'real')
      expect(await store.lookUp(house('H5'))).toEqual({ username: 'old', password: 'new-word' })
      expect(await store.namesOf(house('H5'))).toEqual(['HOUSE_H5_USERNAME', 'HOUSE_H5_PASSWORD'])
      expect(await store.remove(house('H5'))).toEqual({
        removed: ['HOUSE_H5_USERNAME', 'HOUSE_H5_PASSWORD'],
        leftInEnvironment: [],
      })
      expect(await readFile(environmentFile, 'utf8')).toBe('')
      expect(await store.lookUp(house('H5'))).toBeUndefined()
      await rm(environmentFile)
    })

    test('of one entity are not those of another whose id goes on, nor of the town', async () => {
      const store = storeWith(KEY)
      await store.set(house('901'), { username: 'u1', password: 'w1' }, 'real')
      await store.set(house('901_TEST'), { username: 'u2', password: 'w2' }, 'real')
      await store.set(house('901_TEST'), { username: 'u3', password: 'w3' }, 'demo')
      await store.remove(house('901'))
      expect(await store.lookUp(house('901'))).toBeUndefined()
      expect(await store.sourceOf('real').lookUp(house('901_TEST'))).toEqual({ username: 'u2', password: 'w2' })
      expect(await store.sourceOf('demo').lookUp(house('901_TEST'))).toEqual({ username: 'u3', password: 'w3' })
    })

    test('under a reference are forgotten by discarding it, or a day later', async () => {
      const store = storeWith(KEY)
      const reference = await store.keep({ username: 'u', password: 'w' })
      expect(reference).toMatch(/^c[0-9a-f]{16}$/)
      const forgotten = await store.keep({ username: 'v', password: 'x' })
      expect(await storeWith(KEY).kept(reference)).toEqual({ username: 'u', password: 'w' })
      await store.discard(reference)
      await store.discard(reference)
      expect(await store.kept(reference)).toBeUndefined()
      await expect(store.bind(reference, house('H6'), 'real')).rejects.toBeInstanceOf(CredentialsMissing)
      await store.discardStale(now + DAY_MS)
      expect(await store.kept(forgotten)).toBeDefined()
      expect(await store.discardStale(now + DAY_MS + 1)).toBeGreaterThan(0)
      expect(await store.kept(forgotten)).toBeUndefined()
    })

    describe('with another key', () => {
      const FIRST = 'first key of the exchange'
      const SECOND = 'second key of the exchange'

      test('are refused by name, and lost by nothing', async () => {
        await storeWith(FIRST).set(house('K1'), { username: 'u', password: 'planted-word' }, 'real')
        const before = await application.sealedCredentials.get(keyOf(house('K1')))
        const wrong = storeWith(SECOND)
        const attempts = [
          () => wrong.lookUp(house('K1')),
          () => wrong.set(house('K1'), { password: 'x' }, 'real'),
          () => wrong.reseal(),
        ]
        for (const attempt of attempts) {
          await expect(attempt()).rejects.toBeInstanceOf(BadConfig)
          await expect(attempt()).rejects.toThrow(/were sealed with another key; set BVPRO_SECRETS_KEY as it was/)
          await expect(attempt()).rejects.not.toThrow(/planted/)
        }
        expect(await wrong.fingerprint(house('K1'))).toMatch(/^[0-9a-f]{64}$/)
        expect(await application.sealedCredentials.get(keyOf(house('K1')))).toEqual(before)
        expect(await storeWith(FIRST).lookUp(house('K1'))).toEqual({ username: 'u', password: 'planted-word' })
        expect((await wrong.remove(house('K1'))).removed).toEqual(['HOUSE_K1_USERNAME', 'HOUSE_K1_PASSWORD'])
      })

      test('are opened with the previous one; sealed again, they no longer need it', async () => {
        now += DAY_MS
        const fresh = await open(() => now)
        for (const row of await fresh.sealedCredentials.list()) await fresh.sealedCredentials.delete(row)
        await storeWith(FIRST).set(house('K2'), { username: 'u', password: 'w2' }, 'real')
        const reference = await storeWith(FIRST).keep({ username: 'v', password: 'w3' })
        const exchanging = storeWith(SECOND, FIRST)
        expect(await exchanging.lookUp(house('K2'))).toEqual({ username: 'u', password: 'w2' })
        const before = await rowsOf()
        expect(await exchanging.reseal({ dryRun: true })).toEqual({ resealed: 2 })
        expect(await rowsOf()).toBe(before)
        expect(await exchanging.reseal()).toEqual({ resealed: 2 })
        expect(await exchanging.reseal()).toEqual({ resealed: 0 })
        const afterwards = storeWith(SECOND)
        expect(await afterwards.lookUp(house('K2'))).toEqual({ username: 'u', password: 'w2' })
        expect(await afterwards.kept(reference)).toEqual({ username: 'v', password: 'w3' })
        await expect(storeWith(FIRST).lookUp(house('K2'))).rejects.toBeInstanceOf(BadConfig)
        await fresh.close()
      })

      test('are sealed again all or none', async () => {
        await storeWith(FIRST).set(house('K3'), { username: 'u', password: 'w' }, 'real')
        await storeWith('a third key').set(house('K4'), { username: 'u', password: 'w' }, 'real')
        const before = await rowsOf()
        await expect(storeWith(SECOND, FIRST).reseal()).rejects.toThrow('the credentials of house K4 were sealed')
        expect(await rowsOf()).toBe(before)
        await storeWith('a third key').remove(house('K4'))
      })

      test('lose nothing that is given while they are sealed again', async () => {
        const writer = storeWith(SECOND, FIRST)
        const before = storeWith(FIRST)
        for (const n of [1, 2, 3, 4]) await before.set(house(`R${n}`), { username: 'u', password: `old-${n}` }, 'real')
        await Promise.all([
          storeWith(SECOND, FIRST).reseal(),
          ...[1, 2, 3, 4].map((n) => writer.set(house(`R${n}`), { password: `new-${n}` }, 'real')),
        ])
        for (const n of [1, 2, 3, 4]) {
          expect(await storeWith(SECOND).lookUp(house(`R${n}`))).toEqual({ username: 'u', password: `new-${n}` })
        }
      })
    })

    test('in a row of somebody else open nothing', async () => {
      const store = storeWith(KEY)
      await store.set(house('S1'), { username: 'u', password: 'w' }, 'real')
      const { sealed = '' } = (await application.sealedCredentials.get(keyOf(house('S1')))) ?? {}
      await application.sealedCredentials.change([{ key: keyOf(house('S2')), seen: undefined, sealed }])
      await expect(store.lookUp(house('S2'))).rejects.toBeInstanceOf(BadData)
    })

    test('a row that is no longer what was seen is not changed, nor is any other with it', async () => {
      const { sealedCredentials: table } = application
      const [a, b] = [keyOf(house('T1')), keyOf(house('T2'))]
      expect(await table.change([{ key: a, seen: undefined, sealed: '1' }])).toBe(true)
      expect(await table.change([{ key: a, seen: undefined, sealed: '2' }])).toBe(false)
      const both = [
        { key: b, seen: undefined, sealed: '1' },
        { key: a, seen: 'other', sealed: '2' },
      ]
      expect(await table.change(both)).toBe(false)
      expect(await table.get(b)).toBeUndefined()
      expect(await table.get(a)).toMatchObject({ sealed: '1' })
      expect(await table.change([{ key: a, seen: '1', sealed: undefined }])).toBe(true)
      expect(await table.get(a)).toBeUndefined()
      expect(await table.change([{ key: a, seen: '1', sealed: undefined }])).toBe(false)
    })
  })
}
