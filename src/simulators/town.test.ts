import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'dotenv'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger, silentLogger } from '../runtime/log.ts'
import { PortalClient, send } from './homeside/testing/portal-client.ts'
import { demoProfile, inventHouse, inventHouses, startTown, type Town, writeDemoHome } from './town.ts'

const START = Date.UTC(2026, 0, 15, 6, 10)
const HOUR = 3_600_000

let clock: number
let directory: string
const towns: Town[] = []

beforeEach(async () => {
  clock = START
  directory = await mkdtemp(path.join(tmpdir(), 'town-'))
})
afterEach(async () => {
  for (const town of towns.splice(0)) await town.close()
  await rm(directory, { recursive: true })
})

async function open(options: Partial<Parameters<typeof startTown>[0]> = {}): Promise<Town> {
  const town = await startTown({ houses: 2, now: () => clock, pendingMs: 0, log: silentLogger, ...options })
  towns.push(town)
  return town
}

async function close(town: Town): Promise<void> {
  towns.splice(towns.indexOf(town), 1)
  await town.close()
}

async function clientOf(town: Town, index = 0): Promise<PortalClient> {
  const house = town.houses[index]
  if (house === undefined) throw new Error('no house')
  const client = new PortalClient(town.url, house)
  await client.signIn()
  return client
}

const values = async (client: PortalClient) =>
  Object.fromEntries((await client.variables()).map(({ variable, value }) => [variable, value]))

describe('the same seed', () => {
  test('makes the same houses and the same readings, another seed others', async () => {
    expect(inventHouses(20, 3)).toEqual(inventHouses(20, 3))
    const one = await values(await clientOf(await open({ seed: 3 })))
    const two = await values(await clientOf(await open({ seed: 3 })))
    const other = await values(await clientOf(await open({ seed: 4 })))
    expect(two).toEqual(one)
    expect(other).not.toEqual(one)
  })

  test('the fleet has unique ids and users, both layouts, emitters and steering layers', () => {
    const houses = inventHouses(200)
    expect(new Set(houses.map(({ id }) => id)).size).toBe(200)
    expect(new Set(houses.map(({ username }) => username)).size).toBe(200)
    expect(new Set(houses.map(({ name }) => name)).size).toBe(200)
    for (const { username } of houses) expect(username).toMatch(/^FC\d{10}$/)
    const kinds = houses.map((house) => [house.layout, house.distribution, house.physics.controller.steering].join(' '))
    expect(new Set(kinds).size).toBe(8)
  })

  test('the first four are the demonstration: 901–904, with and without meter, both layouts, one steered by Y', () => {
    const demo = inventHouses(4)
    expect(demo.map(({ id }) => id)).toEqual([901, 902, 903, 904].map((number) => `HEM_FJV_Villa_${number}`))
    expect(demo.map(({ distribution }) => distribution)).toEqual(['radiator', 'floor', 'radiator', 'floor'])
    expect(demo.map(({ hasHeatMeter }) => hasHeatMeter)).toEqual([true, false, true, true])
    expect(demo.filter(({ physics }) => physics.controller.steering === 'y-without-adaptation')).toHaveLength(1)
    expect(demo.slice(0, 2).map(({ layout }) => layout)).toEqual(['A', 'B'])
  })
})

describe('the snapshot', () => {
  test('carries houses and written registers over a restart, as if there had been none', async () => {
    const kept = await open({ directory })
    const uninterrupted = await open()
    for (const town of [kept, uninterrupted]) {
      const client = await clientOf(town)
      await client.save((await client.variable('KU_VS1_GT_TILL_1_SetPoint')).path, '19.5')
    }
    clock += 500
    await close(kept)
    clock += 5 * HOUR
    const restarted = await values(await clientOf(await open({ directory })))
    const reference = await values(await clientOf(uninterrupted))
    expect(restarted['HEM_FJV_Villa_901.KU_VS1_GT_TILL_1_SetPoint']).toBe(19.5)
    expect(restarted).toEqual(reference)
  })

  test('holds a write before it is confirmed, so that a controller outlives a town that is killed', async () => {
    const client = await clientOf(await open({ directory }))
    await client.save((await client.variable('KU_VS1_GT_TILL_1_Yref7')).path, '31.5')
    // A killed town writes nothing more; this one is just not asked to.
    const folder = path.join(directory, 'killed')
    await cp(path.join(directory, 'town.json'), path.join(folder, 'town.json'))
    clock += 2_000
    const after = await values(await clientOf(await open({ directory: folder })))
    expect(after['HEM_FJV_Villa_901.KU_VS1_GT_TILL_1_Yref7']).toBe(31.5)
  })

  test('is written whole: after snapshot() the file can be read', async () => {
    const town = await open({ directory })
    await (await clientOf(town)).variables()
    await town.snapshot()
    const saved = JSON.parse(await readFile(path.join(directory, 'town.json'), 'utf8'))
    expect(Object.keys(saved.houses)).toEqual(['HEM_FJV_Villa_901'])
  })

  test('that is corrupt is reported, kept aside, and the town starts afresh', async () => {
    for (const text of ['{"version":1,"seed":', '{"version":1,"seed":20260115,"houses":{"a":{}}}']) {
      await writeFile(path.join(directory, 'town.json'), text)
      const lines: string[] = []
      const log = createLogger('warn', { write: (line: string) => lines.push(line) })
      const town = await open({ directory, log })
      expect((await values(await clientOf(town)))['HEM_FJV_Villa_901.MEAN_GT_RUM_1_Output']).toBeGreaterThan(15)
      expect(lines.join('')).toContain('town.snapshot_unusable')
      const aside = (await readdir(directory)).filter((name) => name.startsWith('town.json.unusable-'))
      const kept = await Promise.all(aside.map((name) => readFile(path.join(directory, name), 'utf8')))
      expect(kept).toContain(text)
      await close(town)
    }
  })

  test('of a clock that was ahead goes on from now', async () => {
    clock += 48 * HOUR
    const ahead = await open({ directory })
    await (await clientOf(ahead)).variables()
    await close(ahead)
    clock = START
    const client = await clientOf(await open({ directory }))
    const before = await client.variable('VMM1_Energy')
    clock += HOUR
    expect(Number((await client.variable('VMM1_Energy')).value)).toBeGreaterThan(Number(before.value))
  })
})

describe('the home of the demonstration', () => {
  test('has a profile with the keys of a real one, a place, and manual control', async () => {
    const town = await open({ houses: 4 })
    const fixture = JSON.parse(
      await readFile(new URL('../../test/fixtures/homeside/profile-901.json', import.meta.url), 'utf8'),
    )
    for (const house of town.houses) {
      const { location, ...profile } = demoProfile(house)
      expect(location).toEqual({ latitude: house.latitude, longitude: house.longitude })
      expect(Object.keys(profile)).toEqual(Object.keys(fixture))
      for (const section of ['building', 'comfort', 'cost', 'heating_system', 'energy_separation'] as const) {
        expect(Object.keys(profile[section])).toEqual(Object.keys(fixture[section]))
      }
      expect(Object.keys(profile.heat_curve_control)).toEqual(Object.keys(fixture.heat_curve_control))
      expect(Object.keys(profile.learned)).toEqual(Object.keys(fixture.learned))
      expect(profile.heat_curve_control.curve_control_mode).toBe('manual')
      for (const meter of profile.meter_ids) expect(meter).toMatch(/^\d{18}$/)
    }
  })

  test('holds credentials that survive quoting, for the owner only', async () => {
    const { houses } = await open({ houses: 4 })
    await writeDemoHome(directory, houses)
    const file = path.join(directory, '.env')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const environment = parse(await readFile(file))
    for (const { id, username, password } of houses) {
      expect(environment[`HOUSE_${id.toUpperCase()}_USERNAME`]).toBe(username)
      expect(environment[`HOUSE_${id.toUpperCase()}_PASSWORD`]).toBe(password)
    }
    expect(await readdir(path.join(directory, 'profiles'))).toHaveLength(4)
  })

  test("is filled up, never overwritten: a person's edits stay", async () => {
    const { houses } = await open({ houses: 2 })
    await writeDemoHome(directory, houses.slice(0, 1))
    const profile = path.join(directory, 'profiles', 'HEM_FJV_Villa_901.json')
    await writeFile(profile, '{"edited":true}')
    await writeFile(path.join(directory, '.env'), 'HOUSE_HEM_FJV_VILLA_901_PASSWORD=mine')
    await writeDemoHome(directory, houses)
    expect(await readFile(profile, 'utf8')).toBe('{"edited":true}')
    const environment = parse(await readFile(path.join(directory, '.env')))
    expect(environment.HOUSE_HEM_FJV_VILLA_901_PASSWORD).toBe('mine')
    expect(environment.HOUSE_HEM_FJV_VILLA_901_USERNAME).toBe(houses[0]?.username)
    expect(environment.HOUSE_HEM_FJV_VILLA_902_PASSWORD).toBe(houses[1]?.password)
    const settled = await readFile(path.join(directory, '.env'), 'utf8')
    await writeDemoHome(directory, houses)
    expect(await readFile(path.join(directory, '.env'), 'utf8')).toBe(settled)
  })

  test('does not bring back who was removed', async () => {
    const { houses } = await open({ houses: 2 })
    await writeDemoHome(directory, houses)
    await rm(path.join(directory, 'profiles', 'HEM_FJV_Villa_901.json'))
    await rm(path.join(directory, '.env'))
    await writeDemoHome(directory, houses)
    expect(await readdir(path.join(directory, 'profiles'))).toEqual(['HEM_FJV_Villa_902.json'])
    expect(Object.keys(parse(await readFile(path.join(directory, '.env'))))).toEqual([
      'HOUSE_HEM_FJV_VILLA_902_USERNAME',
      'HOUSE_HEM_FJV_VILLA_902_PASSWORD',
    ])
  })
})

test('a town with two houses of one id, or two passwords for one account, does not start', async () => {
  const house = inventHouse(0)
  await expect(open({ houses: [house, house] })).rejects.toThrow('same id')
  const other = inventHouse(1, undefined, { username: house.username, password: 'another' })
  await expect(open({ houses: [house, other] })).rejects.toThrow('different passwords')
})

test('everything is on one listener', async () => {
  const town = await open()
  expect(new Set([town.url, town.homesideUrl, town.smhiForecastUrl, town.smhiObservationsUrl]).size).toBe(1)
  expect((await send('GET', `${town.url}/api/version/1.0.json`)).status).toBe(200)
})
