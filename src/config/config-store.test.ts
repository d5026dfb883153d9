import { mkdir, mkdtemp, readFile, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { EntityNotFound } from '../connectors/errors.ts'
import { ConfigConflict, ConfigExists, ConfigInvalid, type ConfigStore } from './catalogue.ts'
import { createConfigStore } from './config-store.ts'
import { applyMergePatch } from './merge-patch.ts'
import { recordingLogger } from './testing/recording-logger.ts'

const H1 = { kind: 'house', id: 'H1' } as const
const ZONE = {
  name: 'Hall',
  modbus_host: '127.0.0.1',
  modbus_port: 5020,
  preferences: { occupied_temp: 21, unoccupied_temp: 17 },
}

let real: string
let demo: string
let store: ConfigStore
let recorded: ReturnType<typeof recordingLogger>

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bvpro-config-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  real = join(folder, 'real')
  demo = join(folder, 'demo')
  for (const root of [real, demo]) {
    for (const kind of ['profiles', 'buildings', 'zones']) await mkdir(join(root, kind), { recursive: true })
  }
  recorded = recordingLogger()
  store = createConfigStore({
    roots: [
      { origin: 'demo', directory: demo },
      { origin: 'real', directory: real },
    ],
    log: recorded.log,
  })
})

const profile = (id: string, root = real) => join(root, 'profiles', `${id}.json`)
const put = (id: string, document: unknown, root = real) => writeFile(profile(id, root), JSON.stringify(document))
const read = async (id = 'H1', root = real): Promise<unknown> => JSON.parse(await readFile(profile(id, root), 'utf8'))
const idsOf = async () => (await store.list()).entities.map(({ ref }) => `${ref.kind}:${ref.id}`).sort()

/** Makes a file look as if it had been lying there for a while, so that the cache may trust its times. */
async function age(path: string): Promise<void> {
  await new Promise((done) => setTimeout(done, 120))
  await stat(path)
}

describe('listing', () => {
  test('finds houses, buildings and zones, and nothing that only looks like one', async () => {
    await put('H1', {})
    await put('H1_signals', {})
    await put('EXAMPLE', {})
    await put('.hidden', {})
    await writeFile(`${profile('H1')}.123456`, '{')
    await writeFile(join(real, 'profiles', '.H1.json.1.1.tmp'), '{')
    await mkdir(profile('folder'))
    await writeFile(join(real, 'buildings', 'B1.json'), '{"connection": {"host": "bms.example.com"}}')
    await writeFile(join(real, 'zones', 'hall.json'), JSON.stringify(ZONE))
    expect(await idsOf()).toEqual(['building:B1', 'house:H1', 'zone:hall'])
  })

  test('keeps a broken file to itself: the entity is there with its faults, the others are fine', async () => {
    await put('H1', { comfort: { target_indoor_temp: 'warm' }, meter_ids: [1] })
    await writeFile(profile('H2'), '{\n "customer_id": \n}')
    await put('H3', {})
    const { entities } = await store.list()
    expect(entities.map(({ ref, config, problems }) => [ref.id, config === null, problems.map((p) => p.path)])).toEqual(
      [
        ['H1', true, ['meter_ids[0]', 'comfort.target_indoor_temp']],
        ['H2', true, ['']],
        ['H3', false, []],
      ],
    )
    expect(entities[1]?.problems[0]?.message).toBe('H2.json:3:1: not JSON: expected a value')
  })

  test('says of each folder whether it was read, missing or unreadable', async () => {
    await rm(join(real, 'zones'), { recursive: true })
    await rm(join(real, 'buildings'), { recursive: true })
    await writeFile(join(real, 'buildings'), 'a file where a folder should be')
    const { folders } = await store.list()
    const states = folders.filter(({ origin }) => origin === 'real').map(({ kind, state }) => [kind, state])
    expect(states).toEqual([
      ['house', 'read'],
      ['building', 'unreadable'],
      ['zone', 'missing'],
    ])
    expect(folders).toHaveLength(6)
  })

  test('shows a file that cannot be read as an entity with that fault', async () => {
    await mkdir(join(real, 'elsewhere'))
    await symlink(join(real, 'elsewhere'), profile('H1'))
    await symlink(join(real, 'nowhere'), profile('H2'))
    const { entities } = await store.list()
    expect(entities.map((entity) => entity.problems[0]?.message)).toEqual([
      'the file cannot be read (EISDIR); check its permissions',
      'the file is a link to nothing',
    ])
    await store.list()
    expect(recorded.events('config.invalid')).toHaveLength(2)
    await unlink(profile('H2'))
    await put('H2', {})
    expect((await store.get({ kind: 'house', id: 'H2' }))?.problems).toEqual([])
  })

  test('lets the real one of two entities with one id count and reports the other once', async () => {
    await put('H1', { friendly_name: 'real' })
    await put('H1', { friendly_name: 'simulated' }, demo)
    await put('H2', {}, demo)
    const { entities } = await store.list()
    expect(entities.map(({ ref, origin }) => [ref.id, origin])).toEqual([
      ['H1', 'real'],
      ['H2', 'demo'],
    ])
    expect(entities[0]?.config).toMatchObject({ friendly_name: 'real' })
    await store.list()
    expect(recorded.events('config.invalid')).toMatchObject([{ origin: 'demo', file: profile('H1', demo) }])
  })

  test('follows files that come, change and go', async () => {
    await put('H1', { friendly_name: 'one' })
    const first = await store.get(H1)
    await put('H1', { friendly_name: 'two' })
    await put('H2', {})
    const second = await store.get(H1)
    expect(second?.config).toMatchObject({ friendly_name: 'two' })
    expect(second?.etag).not.toBe(first?.etag)
    expect(await idsOf()).toEqual(['house:H1', 'house:H2'])
    await unlink(profile('H1'))
    expect(await store.get(H1)).toBeUndefined()
    expect(await idsOf()).toEqual(['house:H2'])
  })

  test('does not read an unchanged file again', async () => {
    await put('H1', {})
    await age(profile('H1'))
    const first = await store.get(H1)
    expect(await store.get(H1)).toBe(first)
    expect((await store.list()).entities[0]).toBe(first)
    await utimes(profile('H1'), 1, 1)
    expect(await store.get(H1)).toBe(first)
  })

  test('reports faults and unknown keys once per version of a file', async () => {
    await put('H1', { comfrot: {}, comfort: { target_indoor_temp: 3 } })
    for (let n = 0; n < 3; n += 1) await store.list()
    expect(recorded.events('config.invalid')).toMatchObject([
      { id: 'H1', problems: ['comfort.target_indoor_temp: expected a number from 15 to 28 °C, found 3'] },
    ])
    expect(recorded.events('config.unknown_keys')).toMatchObject([{ id: 'H1', keys: ['comfrot'] }])
    await put('H1', { comfrot: 1 })
    await store.list()
    expect(recorded.events('config.invalid')).toHaveLength(1)
    expect(recorded.events('config.unknown_keys')).toHaveLength(2)
  })

  test.each(['../H1', 'a/b', '', '.', '..', 'EXAMPLE', 'H1_signals', 'a\\b', 'a\0b'])(
    'never looks for %j',
    async (id) => {
      await put('H1', {})
      expect(await store.get({ kind: 'house', id })).toBeUndefined()
      await expect(store.create({ kind: 'house', id }, {})).rejects.toBeInstanceOf(ConfigInvalid)
    },
  )
})

describe('patching', () => {
  test('changes what it names and keeps unknown keys, order and all else', async () => {
    await writeFile(
      profile('H1'),
      '\uFEFF{"zebra": [1], "comfort": {"x": 1, "target_indoor_temp": 21}, "customer_id": "H1"}',
    )
    const entity = await store.patch(H1, {
      comfort: { target_indoor_temp: 20 },
      location: { latitude: 57, longitude: 12 },
    })
    expect(entity.config).toMatchObject({ comfort: { target_indoor_temp: 20 } })
    expect(entity.unknownKeys).toEqual(expect.arrayContaining(['zebra', 'comfort.x']))
    expect(await readFile(profile('H1'), 'utf8')).toBe(
      `${JSON.stringify(
        {
          zebra: [1],
          comfort: { x: 1, target_indoor_temp: 20 },
          customer_id: 'H1',
          location: { latitude: 57, longitude: 12 },
        },
        null,
        2,
      )}\n`,
    )
    expect((await store.get(H1))?.etag).toBe(entity.etag)
  })

  test('refuses what would not be valid, with all faults, and writes nothing', async () => {
    await put('H1', { comfort: { target_indoor_temp: 21 } })
    const refused = store.patch(H1, { comfort: { target_indoor_temp: 99 }, customer_id: 'H2' })
    await expect(refused).rejects.toMatchObject({
      name: 'ConfigInvalid',
      problems: [
        { path: 'comfort.target_indoor_temp', message: 'expected a number from 15 to 28 °C, found 99' },
        { path: 'customer_id', message: 'expected "H1" as the file is named, found "H2"' },
      ],
    })
    await expect(store.patch(H1, ['not', 'an', 'object'])).rejects.toBeInstanceOf(ConfigInvalid)
    expect(await read()).toEqual({ comfort: { target_indoor_temp: 21 } })
  })

  test('can repair a file whose values are at fault, but not one that is no JSON', async () => {
    await put('H1', { comfort: { target_indoor_temp: 99 } })
    expect((await store.patch(H1, { comfort: null })).problems).toEqual([])
    await writeFile(profile('H1'), '{')
    await expect(store.patch(H1, { comfort: null })).rejects.toMatchObject({ problems: [{ path: '' }] })
  })

  test('made from an older version is refused', async () => {
    await put('H1', {})
    const before = await store.get(H1)
    const after = await store.patch(H1, { friendly_name: 'Ek' }, before === undefined ? {} : { ifMatch: before.etag })
    await expect(store.patch(H1, { friendly_name: 'Al' }, { ifMatch: before?.etag ?? '' })).rejects.toBeInstanceOf(
      ConfigConflict,
    )
    expect((await store.patch(H1, { friendly_name: 'Al' }, { ifMatch: after.etag })).config).toMatchObject({
      friendly_name: 'Al',
    })
  })

  test('that changes nothing leaves the file untouched', async () => {
    await writeFile(profile('H1'), '{"friendly_name":"Ek"}')
    await store.patch(H1, { friendly_name: 'Ek', cost: null })
    expect(await readFile(profile('H1'), 'utf8')).toBe('{"friendly_name":"Ek"}')
  })

  test('of an entity that is not there says so', async () => {
    await expect(store.patch(H1, {})).rejects.toBeInstanceOf(EntityNotFound)
  })

  test('forty times at once loses nothing', async () => {
    await put('H1', {})
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => store.patch(H1, { variable_overrides: { [`V${n}`]: `field_${n}` } })),
    )
    expect(Object.keys((await read()) as object)).toEqual(['variable_overrides'])
    const { config } = (await store.get(H1)) ?? {}
    expect(config).toMatchObject({
      variable_overrides: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`V${n}`, `field_${n}`])),
    })
  })

  test('that fails does not hold up those behind it', async () => {
    await put('H1', {})
    const results = await Promise.allSettled([
      store.patch(H1, { comfort: { target_indoor_temp: 99 } }),
      store.patch(H1, { friendly_name: 'Ek' }),
    ])
    expect(results.map((one) => one.status)).toEqual(['rejected', 'fulfilled'])
  })

  test('and reading gives the merge of both, whatever keys they hold', async () => {
    const key = fc.string({ minLength: 1 }).map((text) => `x_${text}`)
    const value = fc.jsonValue({ maxDepth: 3 })
    const document = fc.dictionary(key, value, { maxKeys: 5 })
    await fc.assert(
      fc.asyncProperty(document, document, async (before, patch) => {
        await put('H1', before)
        await store.patch(H1, patch)
        expect(await read()).toEqual(
          applyMergePatch(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(patch))),
        )
      }),
      { numRuns: 60 },
    )
  })
})

describe('creating, removing and setting aside', () => {
  test('writes a new file in the folder of its kind and origin', async () => {
    await rm(join(demo, 'zones'), { recursive: true })
    const entity = await store.create({ kind: 'zone', id: 'hall' }, ZONE, 'demo')
    expect(entity).toMatchObject({ origin: 'demo', file: join(demo, 'zones', 'hall.json'), problems: [] })
    expect(await idsOf()).toEqual(['zone:hall'])
    await store.create(H1, { friendly_name: 'Ek' })
    expect(await readFile(profile('H1'), 'utf8')).toBe('{\n  "friendly_name": "Ek"\n}\n')
  })

  test('refuses an id that is taken, also by the other origin, and a document at fault', async () => {
    await put('H1', {}, demo)
    await expect(store.create(H1, {})).rejects.toBeInstanceOf(ConfigExists)
    await expect(store.create({ kind: 'house', id: 'H2' }, { comfort: 1 })).rejects.toMatchObject({
      problems: [{ path: 'comfort', message: 'expected an object { … }, found 1' }],
    })
    expect(await idsOf()).toEqual(['house:H1'])
  })

  test('removes the file, once', async () => {
    await put('H1', {})
    await store.remove(H1)
    expect(await idsOf()).toEqual([])
    await expect(store.remove(H1)).rejects.toBeInstanceOf(EntityNotFound)
  })

  test('takes a file out of service and brings the very same bytes back', async () => {
    await writeFile(profile('H1'), '{"friendly_name":  "Ek", "of_another_program": 1}')
    expect(await store.findAside(H1)).toBeUndefined()
    await store.setAside(H1)
    expect(await idsOf()).toEqual([])
    expect(await store.get(H1)).toBeUndefined()
    expect(await store.findAside(H1)).toBe(`${profile('H1')}.removed`)
    expect(await store.bringBack(H1)).toMatchObject({ ref: H1, problems: [], unknownKeys: ['of_another_program'] })
    expect(await readFile(profile('H1'), 'utf8')).toBe('{"friendly_name":  "Ek", "of_another_program": 1}')
    expect(await store.findAside(H1)).toBeUndefined()
  })

  test('takes a broken file out of service, too, and keeps the origin of a file', async () => {
    await writeFile(profile('H1', demo), '{')
    await store.setAside(H1)
    expect(await idsOf()).toEqual([])
    expect(await store.bringBack(H1)).toMatchObject({ origin: 'demo', config: null })
  })

  test('does not bring a file back over one that is there again, or one that is not there', async () => {
    await put('H1', { friendly_name: 'old' })
    await store.setAside(H1)
    await put('H1', { friendly_name: 'new' })
    await expect(store.bringBack(H1)).rejects.toBeInstanceOf(ConfigExists)
    expect(await read()).toEqual({ friendly_name: 'new' })
    await store.setAside(H1)
    expect(await store.bringBack(H1)).toMatchObject({ config: { friendly_name: 'new' } })
    await expect(store.bringBack(H1)).rejects.toBeInstanceOf(EntityNotFound)
    await expect(store.setAside({ kind: 'house', id: 'H2' })).rejects.toBeInstanceOf(EntityNotFound)
  })

  test('discards what was set aside, as often as one likes', async () => {
    await put('H1', {})
    await store.setAside(H1)
    await store.discardAside(H1)
    await store.discardAside(H1)
    await expect(store.bringBack(H1)).rejects.toBeInstanceOf(EntityNotFound)
    expect(await store.findAside({ kind: 'house', id: '../H1' })).toBeUndefined()
  })
})
