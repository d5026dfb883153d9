/** `offboarded.json`, beside entries that others have written. */
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { createOffboardedFile, type OffboardedFile } from './offboarded-file.ts'

const FIXTURE = new URL('../../../test/fixtures/homeside/offboarded.json', import.meta.url)
const HOUSE = { kind: 'house', id: 'HEM_FJV_Villa_903' } as const
const OTHER = { kind: 'house', id: 'HEM_FJV_Villa_9' } as const
const AT = Date.parse('2026-01-20T06:00:00Z')
const DUE = Date.parse('2026-02-19T06:00:00Z')

let folder: string
let file: OffboardedFile
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-offboarded-'))
  file = createOffboardedFile(join(folder, 'offboarded.json'), silentLogger)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const content = async () => JSON.parse(await readFile(join(folder, 'offboarded.json'), 'utf8'))

test('is made with the first removal, in the form it has always had', async () => {
  expect(await file.pending()).toEqual([])
  await file.add({ entity: HOUSE, name: 'Testvillan', offboardedAt: AT, purgeAfter: DUE })
  expect(await content()).toEqual({
    pending_purge: [
      {
        id: 'HEM_FJV_Villa_903',
        type: 'house',
        friendly_name: 'Testvillan',
        offboarded_at: '2026-01-20T06:00:00.000+00:00',
        purge_after: '2026-02-19T06:00:00.000+00:00',
        influx_tag: 'house_id',
      },
    ],
    purged: [],
  })
  expect(await file.pending()).toEqual([{ entity: HOUSE, name: 'Testvillan', offboardedAt: AT, purgeAfter: DUE }])
  expect(await readdir(folder)).toEqual(['offboarded.json'])
})

test('keeps the entries of others as they are, and touches one id exactly', async () => {
  await copyFile(FIXTURE, join(folder, 'offboarded.json'))
  const before = await content()
  await file.add({ entity: OTHER, name: 'Nio', offboardedAt: AT, purgeAfter: DUE })
  await file.cancel(OTHER)
  await file.cancel({ kind: 'building', id: HOUSE.id })
  expect(await content()).toEqual(before)
  await file.purged(HOUSE, 'Testvillan 903', DUE, AT)
  const { pending_purge: pending, purged } = await content()
  expect(pending).toEqual([])
  expect(purged[0]).toEqual(before.purged[0])
  expect(purged[1]).toMatchObject({ id: HOUSE.id, friendly_name: 'Testvillan 903' })
})

test('tells of a purge once, however often it is told', async () => {
  await file.purged(HOUSE, 'Testvillan', DUE, AT)
  await file.purged(HOUSE, 'Testvillan', DUE + 1000, AT)
  expect((await content()).purged).toHaveLength(1)
  await file.purged(HOUSE, 'Testvillan', 2 * DUE, DUE + 2000)
  expect((await content()).purged).toHaveLength(2)
})

test('takes changes from several at a time', async () => {
  const ids = Array.from({ length: 8 }, (_, index) => `H${index}`)
  await Promise.all(
    ids.map((id) => file.add({ entity: { kind: 'house', id }, name: id, offboardedAt: AT, purgeAfter: DUE })),
  )
  expect((await file.pending()).map(({ entity }) => entity.id).sort()).toEqual(ids)
})

test('that cannot be read is set aside: it keeps nobody from being removed', async () => {
  await writeFile(join(folder, 'offboarded.json'), '{"pending_purge": [')
  await file.add({ entity: HOUSE, name: 'Testvillan', offboardedAt: AT, purgeAfter: DUE })
  expect(await file.pending()).toHaveLength(1)
  expect(await readFile(join(folder, 'offboarded.json.unreadable'), 'utf8')).toBe('{"pending_purge": [')
})
