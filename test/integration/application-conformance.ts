/** What the application store must do, as one suite that runs against SQLite and PostgreSQL. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadData, StoreUnavailable } from '../../src/connectors/errors.ts'
import type { EntityRef } from '../../src/domain/entity.ts'
import type { ApplicationStore, EntityStatus, StatusChange } from '../../src/store/application/port.ts'

export interface ApplicationConformanceOptions {
  /** Makes an empty database and gives the way to open it, as often as asked. */
  readonly newDatabase: () => Promise<(now: () => number) => Promise<ApplicationStore>>
}

const NOW = Date.UTC(2026, 0, 10, 7, 5)

const VILLA: EntityRef = { kind: 'house', id: 'HEM_FJV_Villa_901' }

const READ_WELL: Partial<EntityStatus> = {
  lastPollAt: NOW,
  lastGoodAt: NOW,
  lastReading: { room_temperature: 21.3, outdoor_temperature: null, note: 'å "quoted"\n\u0000' },
  health: 'ok',
}

export function applicationConformance(name: string, { newDatabase }: ApplicationConformanceOptions): void {
  describe(`${name} as an application store`, () => {
    let openDatabase: (now: () => number) => Promise<ApplicationStore>
    let store: ApplicationStore
    let now = NOW
    beforeAll(async () => {
      openDatabase = await newDatabase()
      store = await openDatabase(() => now)
    })
    afterAll(async () => {
      await store?.close()
    })

    describe('entity status', () => {
      test('an entity nobody spoke of is unknown', async () => {
        expect(await store.getStatus({ kind: 'zone', id: 'nobody' })).toBeUndefined()
      })

      test('the first word about an entity sets the rest to defaults', async () => {
        await store.putStatus(VILLA, { name: 'Villa Ek' })
        expect(await store.getStatus(VILLA)).toEqual({
          kind: 'house',
          id: 'HEM_FJV_Villa_901',
          name: 'Villa Ek',
          origin: 'real',
          mode: 'monitor',
          paused: false,
          pollSeconds: 300,
          place: null,
          registeredAt: NOW,
          lastPollAt: null,
          lastGoodAt: null,
          failingSince: null,
          failures: 0,
          reason: null,
          reasonCode: null,
          problems: [],
          lastReading: null,
          configHash: null,
          offboarding: false,
          health: 'starting',
          since: NOW,
          modeSince: NOW,
        } satisfies EntityStatus)
      })

      test('without a name the id is the name', async () => {
        await store.putStatus({ kind: 'zone', id: 'office' }, {})
        expect(await store.getStatus({ kind: 'zone', id: 'office' })).toMatchObject({
          name: 'office',
          health: 'starting',
        })
      })

      test('a change touches the given columns only, and defaults do not come back', async () => {
        await store.putStatus(VILLA, READ_WELL)
        now = NOW + 1000
        await store.putStatus(VILLA, { paused: true, problems: [{ path: 'comfort', message: 'missing' }] })
        await store.putStatus(VILLA, {})
        now = NOW
        expect(await store.getStatus(VILLA)).toMatchObject({
          ...READ_WELL,
          name: 'Villa Ek',
          registeredAt: NOW,
          paused: true,
          problems: [{ path: 'comfort', message: 'missing' }],
        })
        await store.putStatus(VILLA, { lastReading: null, paused: false, problems: [] })
        expect(await store.getStatus(VILLA)).toMatchObject({ lastReading: null, paused: false, problems: [] })
      })

      test('since when the mode holds changes with the mode alone', async () => {
        const ref: EntityRef = { kind: 'house', id: 'steered' }
        const since = async () => (await store.getStatus(ref))?.modeSince
        try {
          await store.putStatus(ref, { mode: 'rules', name: 'Steered' })
          now = NOW + 1000
          await store.putStatus(ref, { mode: 'rules', paused: true })
          await store.putStatus(ref, { name: 'Renamed' })
          expect(await since()).toBe(NOW)
          await store.putStatus(ref, { mode: 'optimise' })
          expect(await since()).toBe(NOW + 1000)
        } finally {
          now = NOW
        }
      })

      test('times come back as numbers, to the millisecond', async () => {
        const time = 1_799_999_999_999
        await store.putStatus(VILLA, { lastPollAt: time, failingSince: time, failures: 7, pollSeconds: 0.5 })
        expect(await store.getStatus(VILLA)).toMatchObject({
          lastPollAt: time,
          failingSince: time,
          failures: 7,
          pollSeconds: 0.5,
        })
      })

      test('a house and a zone of the same id are two; lists are ordered by kind and id', async () => {
        const refs: EntityRef[] = [
          { kind: 'zone', id: 'b' },
          { kind: 'building', id: 'å' },
          { kind: 'building', id: 'b' },
          { kind: 'building', id: 'B' },
        ]
        for (const ref of refs) await store.putStatus(ref, {})
        expect((await store.listStatus('building')).map(({ id }) => id)).toEqual(['B', 'b', 'å'])
        const kinds = (await store.listStatus()).map(({ kind }) => kind)
        expect(kinds).toEqual([...kinds].sort())
        await store.deleteStatus({ kind: 'building', id: 'b' })
        expect((await store.listStatus('building')).map(({ id }) => id)).toEqual(['B', 'å'])
        expect(await store.getStatus({ kind: 'zone', id: 'b' })).toBeDefined()
      })

      test('changes of many writers to different columns of a new entity all last', async () => {
        const ref: EntityRef = { kind: 'house', id: 'contended' }
        const changes: StatusChange[] = [
          { name: 'Contended' },
          { paused: true },
          { mode: 'shadow' },
          { failures: 3 },
          { place: '58.403,15.604' },
          { configHash: 'abc' },
        ]
        await Promise.all(changes.map((change) => store.putStatus(ref, change)))
        expect(await store.getStatus(ref)).toMatchObject(Object.assign({}, ...changes))
      })

      test('a property the store does not know is refused, and nothing is written', async () => {
        const ref: EntityRef = { kind: 'house', id: 'strange' }
        const change: object = { name: 'Strange', temperature: 21 }
        await expect(store.putStatus(ref, change)).rejects.toBeInstanceOf(BadData)
        expect(await store.getStatus(ref)).toBeUndefined()
      })

      test('ids are values, never part of a statement', async () => {
        const ref: EntityRef = { kind: 'house', id: `x'; DROP TABLE entity_status; --` }
        await store.putStatus(ref, { name: `"; DELETE` })
        expect(await store.getStatus(ref)).toMatchObject({ id: ref.id, name: `"; DELETE` })
      })
    })

    describe('documents', () => {
      test('a document is kept with the time of its last change, and replaced whole', async () => {
        await store.putDocument('weather', '58.403,15.604', { a: 1, b: [null, 'å'] })
        now = NOW + 60_000
        await store.putDocument('weather', '58.403,15.604', { a: 2 })
        now = NOW
        expect(await store.getDocument('weather', '58.403,15.604')).toEqual({
          value: { a: 2 },
          updatedAt: NOW + 60_000,
        })
      })

      test('a collection lists its own documents by key', async () => {
        for (const key of ['b', 'a', 'ä', 'B']) await store.putDocument('list', key, key)
        await store.putDocument('list2', 'c', 1)
        await store.deleteDocument('list', 'b')
        expect((await store.listDocuments('list')).map(({ key, value }) => [key, value])).toEqual([
          ['B', 'B'],
          ['a', 'a'],
          ['ä', 'ä'],
        ])
        expect(await store.getDocument('list', 'b')).toBeUndefined()
      })

      test('any JSON value comes back as it went in', async () => {
        await fc.assert(
          fc.asyncProperty(fc.jsonValue(), async (value) => {
            await store.putDocument('any', 'value', value)
            // Through JSON, which has no negative zero.
            expect((await store.getDocument('any', 'value'))?.value).toEqual(JSON.parse(JSON.stringify(value)))
          }),
          { numRuns: 50 },
        )
      })

      test('a value JSON cannot hold is refused', async () => {
        await expect(store.putDocument('any', 'value', undefined)).rejects.toBeInstanceOf(BadData)
      })
    })

    describe('leases', () => {
      test('a name is held by one, until it is given back', async () => {
        const first = await store.acquireLease('given-back', 'worker 1', 10_000)
        expect(first).toEqual({ name: 'given-back', holder: 'worker 1', epoch: 1, expiresAt: NOW + 10_000 })
        expect(await store.acquireLease('given-back', 'worker 2', 10_000)).toBeUndefined()
        expect(await store.acquireLease('given-back', 'worker 1', 10_000)).toBeUndefined()
        expect(await store.acquireLease('another', 'worker 2', 10_000)).toMatchObject({ epoch: 1 })
        if (first !== undefined) await store.releaseLease(first)
        expect(await store.acquireLease('given-back', 'worker 2', 10_000)).toMatchObject({
          holder: 'worker 2',
          epoch: 2,
        })
      })

      test('a holder that died loses it when its time is over, to the millisecond', async () => {
        const first = await store.acquireLease('died', 'worker 1', 10_000)
        now = NOW + 9_999
        expect(await store.acquireLease('died', 'worker 2', 10_000)).toBeUndefined()
        now = NOW + 10_000
        const second = await store.acquireLease('died', 'worker 2', 10_000)
        now = NOW
        expect(second).toMatchObject({ holder: 'worker 2', epoch: 2, expiresAt: NOW + 20_000 })
        expect(first?.epoch).toBe(1)
      })

      test('renewing counts from now, also when the time was over and nobody has asked', async () => {
        const first = await store.acquireLease('renewed', 'worker 1', 1_000)
        if (first === undefined) throw new Error('not acquired')
        now = NOW + 5_000
        expect(await store.renewLease(first, 1_000)).toEqual({ ...first, expiresAt: NOW + 6_000 })
        now = NOW + 5_999
        expect(await store.acquireLease('renewed', 'worker 2', 1_000)).toBeUndefined()
        now = NOW
      })

      test('a name that is forgotten leaves no trace, and whoever held it before holds it no more', async () => {
        const before = await store.acquireLease('forgotten', 'worker 1', 1_000)
        if (before === undefined) throw new Error('a name that nobody holds must be had')
        await store.forgetLease('forgotten')
        expect(await store.renewLease(before, 1_000)).toBeDefined()
        await store.releaseLease(before)
        await store.forgetLease('forgotten')
        expect(await store.renewLease(before, 1_000)).toBeUndefined()
        expect(await store.acquireLease('forgotten', 'worker 2', 1_000)).toMatchObject({ epoch: 1 })
        expect(await store.renewLease(before, 1_000)).toBeUndefined()
        expect(await store.putDocumentUnder(before, 'fenced', 'forgotten', 1)).toBe(false)
      })

      test('whoever comes too late neither renews, releases nor writes', async () => {
        const late = await store.acquireLease('late', 'worker 1', 1_000)
        now = NOW + 1_000
        const present = await store.acquireLease('late', 'worker 2', 1_000)
        if (late === undefined || present === undefined) throw new Error('not acquired')
        expect(await store.putDocumentUnder(present, 'fenced', 'token', 'new')).toBe(true)
        expect(await store.putDocumentUnder(late, 'fenced', 'token', 'old')).toBe(false)
        expect(await store.renewLease(late, 1_000)).toBeUndefined()
        await store.releaseLease(late)
        expect(await store.acquireLease('late', 'worker 3', 1_000)).toBeUndefined()
        now = NOW
        expect(await store.getDocument('fenced', 'token')).toEqual({ value: 'new', updatedAt: NOW + 1_000 })
      })

      test('of many that ask at once, from several processes, one gets it', async () => {
        const others = await Promise.all(Array.from({ length: 3 }, () => openDatabase(() => NOW)))
        const asked = await Promise.all(
          Array.from({ length: 24 }, (_, index) =>
            (others[index % others.length] ?? store).acquireLease('wanted', `worker ${index}`, 10_000),
          ),
        )
        expect(asked.filter((lease) => lease !== undefined)).toHaveLength(1)
        for (const other of others) await other.close()
      })

      test('of many changes under leases that follow one another none is lost', async () => {
        const others = await Promise.all(Array.from({ length: 3 }, () => openDatabase(() => NOW)))
        const count = async (from: ApplicationStore, holder: string): Promise<void> => {
          const lease = await from.acquireLease('counting', holder, 10_000)
          if (lease === undefined) return count(from, holder)
          const before = await from.getDocument<number>('counted', 'changes')
          await from.putDocumentUnder(lease, 'counted', 'changes', (before?.value ?? 0) + 1)
          await from.releaseLease(lease)
        }
        await Promise.all(
          others.map(async (other, index) => {
            for (let turn = 0; turn < 5; turn += 1) await count(other, `worker ${index}`)
          }),
        )
        expect((await store.getDocument('counted', 'changes'))?.value).toBe(15)
        for (const other of others) await other.close()
      })
    })

    describe('life cycle', () => {
      test('check resolves while the database takes writes', async () => {
        await expect(store.check()).resolves.toBeUndefined()
      })

      test('several stores that open an empty database at once all come up, and see one another', async () => {
        const open = await newDatabase()
        const stores = await Promise.all(Array.from({ length: 4 }, () => open(() => NOW)))
        for (const [index, each] of stores.entries()) await each.putDocument('seen', String(index), index)
        for (const each of stores) expect(await each.listDocuments('seen')).toHaveLength(4)
        for (const each of stores) await each.close()
      })

      test('what was stored is there after opening again', async () => {
        const open = await newDatabase()
        const first = await open(() => NOW)
        await first.putStatus(VILLA, READ_WELL)
        await first.close()
        const second = await open(() => NOW + 1)
        expect(await second.getStatus(VILLA)).toMatchObject(READ_WELL)
        await second.close()
      })

      test('after close every call is refused as an unavailable store', async () => {
        const closed = await openDatabase(() => NOW)
        await closed.close()
        await expect(closed.getStatus(VILLA)).rejects.toBeInstanceOf(StoreUnavailable)
        await expect(closed.check()).rejects.toBeInstanceOf(StoreUnavailable)
      })
    })
  })
}
