import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createArrigoClient, createSessionRegistry } from '../connectors/arrigo/index.ts'
import { silentLogger } from '../runtime/log.ts'
import { type RunningDemoTown, startDemoTown } from './demo-town.ts'

let directory: string
let town: RunningDemoTown
let spare: Record<string, string>

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bvpro-demo-town-'))
  town = await startDemoTown({ directory, port: 0, log: silentLogger })
  spare = parse(readFileSync(join(directory, 'spare.env')))
}, 60_000)
afterAll(async () => {
  await town.close()
  rmSync(directory, { recursive: true, force: true })
})

async function housesOf(username: string | undefined, password: string | undefined): Promise<string[]> {
  const post = async <T>(path: string, body: object, key = ''): Promise<T> => {
    const headers = { 'content-type': 'application/json', authorization: key }
    const answer = await fetch(`${town.houses.homesideUrl}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return (await answer.json()) as T
  }
  const user = { Account: 'homeside', UserName: username, Password: password }
  const { querykey } = await post<{ querykey: string }>('/api/v2/authorize/account', { user, lang: 'sv' })
  const houses = await post<{ restapiurl: string }[]>('/api/v2/housefidlist', {}, querykey)
  return houses.map(({ restapiurl }) => restapiurl.split('/').at(-1) ?? '')
}

test('four houses, an office and five rooms are configured, and nothing of what is spare', () => {
  expect(readdirSync(join(directory, 'profiles')).sort()).toEqual([
    'HEM_FJV_Villa_901.json',
    'HEM_FJV_Villa_902.json',
    'HEM_FJV_Villa_903.json',
    'HEM_FJV_Villa_904.json',
  ])
  expect(readdirSync(join(directory, 'buildings'))).toEqual(['TE901_KVARNEN.json'])
  expect(readdirSync(join(directory, 'zones'))).toHaveLength(5)
  expect(readFileSync(join(directory, '.env'), 'utf8')).not.toMatch(/905|906|907|TE902/)
})

test('each house has a mode to show and says so in its name; the one that obeys another curve is not written to', () => {
  const shown = town.houses.houses.map(({ id }) => {
    const profile = JSON.parse(readFileSync(join(directory, 'profiles', `${id}.json`), 'utf8'))
    expect(profile.friendly_name).toContain(`(shows ${town.modes.get(id)})`)
    expect(profile.heat_curve_control.curve_control_mode).toBe('manual')
    return town.modes.get(id)
  })
  expect([...shown].sort()).toEqual(['monitor', 'optimise', 'rules', 'shadow'])
  for (const { id, specs } of town.houses.houses) {
    if (['rules', 'optimise'].includes(town.modes.get(id) ?? '')) {
      expect(specs.physics.controller.steering).toBe('yref')
    }
  }
})

describe('spare are', () => {
  test('a second house in the account of the first', async () => {
    expect(await housesOf(spare.TOWN_KNOWN_ACCOUNT, spare.TOWN_KNOWN_PASSWORD)).toEqual([
      'HEM_FJV_Villa_901',
      spare.TOWN_NEIGHBOUR,
    ])
  })

  test('an account of its own with two houses', async () => {
    expect(await housesOf(spare.TOWN_ACCOUNT, spare.TOWN_PASSWORD)).toEqual(['HEM_FJV_Villa_906', 'HEM_FJV_Villa_907'])
  })

  test('a second site on the Arrigo server, with a user, names and values of its own', async () => {
    const [site] = town.office.spareSites
    const client = createArrigoClient({
      host: spare.TOWN_ARRIGO ?? '',
      account: spare.TOWN_ARRIGO_ACCOUNT ?? '',
      credentials: async () => ({
        username: spare.TOWN_ARRIGO_USERNAME ?? '',
        password: spare.TOWN_ARRIGO_PASSWORD ?? '',
      }),
      sessions: createSessionRegistry(),
    })
    const { root, account, analogs, digitals, subAreas, problems } = await client.discover()
    expect([root.name, root.title, account, problems]).toEqual([
      site?.building.id,
      'Smedjan verkstad',
      'SmedjanLocal',
      [],
    ])
    const names = [...analogs, ...digitals, ...subAreas].map(({ name }) => name)
    expect(names.filter((name) => name?.startsWith('SMEDJAN') !== true)).toEqual([])
    expect(analogs.length).toBeGreaterThan(50)
  })

  test('two devices behind the five, each with registers to read', () => {
    expect(town.spareZones.map(({ port }) => String(port))).toContain(spare.TOWN_ZONE_PORT)
    expect(town.spareZones).toHaveLength(2)
    for (const { id } of town.spareZones) {
      expect(existsSync(join(directory, 'zones', `${id}.json`))).toBe(false)
      expect(town.zones.inside(id).temperature).toBeGreaterThan(10)
    }
  })

  test('told to the owner of the machine only, in words a shell understands', () => {
    expect(readFileSync(join(directory, 'spare.env'), 'utf8')).toContain("TOWN_PASSWORD='Granbacken #906'")
  })
})
