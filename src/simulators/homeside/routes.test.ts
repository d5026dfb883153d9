import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { inventHouse, startTown, type Town, type TownHouse } from '../town.ts'
import { login, PortalClient, post, send, type Variable } from './testing/portal-client.ts'

const START = Date.UTC(2026, 0, 15, 6, 10)
const CURVE = 'KU_VS1_GT_TILL_1_'

let clock: number
let town: Town

beforeEach(async () => {
  clock = START
  town = await startTown({ houses: 4, now: () => clock, pendingMs: 0, log: silentLogger })
})
afterEach(() => town.close())

function house(index: number): TownHouse {
  const found = town.houses[index]
  if (found === undefined) throw new Error(`no house ${index}`)
  return found
}

async function signedIn(index = 0): Promise<PortalClient> {
  const client = new PortalClient(town.homesideUrl, house(index))
  await client.signIn()
  return client
}

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../test/fixtures/homeside/${name}.json`, import.meta.url), 'utf8')) as T
}

const fixtureVariables = (name: string) => fixture<{ variables: Variable[] }>(name).variables
const bare = (entry: Variable) => entry.variable.slice(entry.variable.indexOf('.') + 1)

describe('signing in', () => {
  test('answers with the keys of the documentation', async () => {
    const answer = await login(town.homesideUrl, house(0).username, house(0).password)
    expect(answer.status).toBe(200)
    expect(Object.keys(answer.json as object)).toEqual(Object.keys(fixture<object>('authorize')))
    const client = await signedIn()
    expect(Object.keys(client.bms)).toEqual(Object.keys(fixture<object>('bmstoken')))
  })

  test('with a wrong password or user is a 200 without querykey', async () => {
    const wrongPassword = await login(town.homesideUrl, house(0).username, 'wrong')
    expect([wrongPassword.status, wrongPassword.json]).toEqual([200, fixture('authorize-no-querykey')])
    expect((await login(town.homesideUrl, 'FC0000000000', 'x')).json).toEqual({})
  })

  test('lists the houses of the account as an array', async () => {
    const client = await signedIn()
    const answer = await post(town.homesideUrl, '/api/v2/housefidlist', {}, client.querykey)
    expect(answer.json).toEqual([{ name: 'Villa Ek', restapiurl: '38/Account/HEM_FJV_901/HEM_FJV_Villa_901' }])
  })

  test('an account may have several houses', async () => {
    const account = { username: 'FC2000000777', password: 'shared' }
    const shared = await startTown({
      houses: [inventHouse(0, 1, account), inventHouse(1, 1, account)],
      now: () => clock,
      log: silentLogger,
    })
    const key = ((await login(shared.url, account.username, account.password)).json as { querykey: string }).querykey
    const list = (await post(shared.url, '/api/v2/housefidlist', {}, key)).json as object[]
    await shared.close()
    expect(list).toHaveLength(2)
    expect(list).toEqual(
      fixture<{ name: string; restapiurl: string }[]>('houselist-two').map(({ restapiurl }) => ({
        name: expect.any(String),
        restapiurl,
      })),
    )
  })

  test('without header, with Bearer in front, or with an expired querykey there is no entrance', async () => {
    const client = await signedIn()
    const list = (authorization?: string) => post(town.homesideUrl, '/api/v2/housefidlist', {}, authorization)
    for (const authorization of [undefined, `Bearer ${client.querykey}`, 'guess']) {
      const answer = await list(authorization)
      expect([answer.status, answer.json]).toEqual([401, fixture('error-no-authorization')])
    }
    expect((await list(client.querykey)).status).toBe(200)
    clock += 3 * 3_600_000
    expect((await list(client.querykey)).status).toBe(401)
  })

  test("another account's client id is forbidden", async () => {
    const client = await signedIn()
    expect((await client.token(house(1).clientId)).json).toEqual(fixture('error-wrong-clientid'))
  })

  test('a BMS token of an earlier querykey reads nothing: status 200, no variables', async () => {
    const old = await signedIn()
    const client = await signedIn()
    client.bms = old.bms
    const answer = await client.read()
    expect([answer.status, answer.json]).toEqual([200, fixture('variables-empty')])
  })

  test('answers POST only, and unknown paths with 404', async () => {
    expect((await send('GET', `${town.url}/api/v2/housefidlist`)).status).toBe(405)
    expect((await post(town.url, '/api/v2/housearrigobmsapi/gethistory', {})).status).toBe(404)
  })
})

describe('reading variables', () => {
  test.each([
    [0, 'A', 'variables-901'],
    [1, 'B', 'variables-902'],
  ])('house %i has names, registers and value types of layout %s', async (index, _layout, file) => {
    const shown = new Map((await (await signedIn(index)).variables()).map((entry) => [bare(entry), entry]))
    for (const expected of fixtureVariables(file)) {
      const entry = shown.get(bare(expected))
      expect(entry, bare(expected)).toBeDefined()
      expect(Object.keys(entry ?? {})).toEqual(Object.keys(expected))
      if (expected.value !== null) expect(typeof entry?.value, bare(expected)).toBe(typeof expected.value)
      expect(entry?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,7}Z$/)
    }
    const head = /Output$|SetPoint$|Adapt|Limit$|Dev$|Yref|VMM1_(Temp|Power|Flow)|AKTIV|FORC|PID/
    const known = fixtureVariables(file).filter((entry) => {
      const name = bare(entry)
      return head.test(name) && (name.startsWith(CURVE) || Number(/\d+/.exec(entry.path)?.[0]) < 25)
    })
    expect(known.length).toBeGreaterThan(40)
    for (const entry of known) expect(shown.get(bare(entry))?.path, bare(entry)).toBe(entry.path)
  })

  test('every house shows 210 variables with unique names and registers but repeated short names', async () => {
    for (const index of [0, 1, 2, 3]) {
      const variables = await (await signedIn(index)).variables()
      expect(variables).toHaveLength(210)
      expect(new Set(variables.map(({ variable }) => variable)).size).toBe(210)
      expect(new Set(variables.map(({ path }) => path)).size).toBe(210)
      expect(variables.filter(({ variable }) => variable.endsWith('.T1'))).toHaveLength(8)
    }
  })

  test('the same setting has another register in another house', async () => {
    const registers = await Promise.all(
      [0, 1, 2, 3].map(async (index) => (await (await signedIn(index)).variable(`${CURVE}Yref7`)).path),
    )
    expect(new Set(registers).size).toBe(4)
  })

  test('a house without heat meter never shows its values', async () => {
    const meter = (await (await signedIn(1)).variables()).filter(({ variable }) => /\.VMM1_(T|P|F)/.test(variable))
    expect(meter.map(({ value }) => value)).toEqual([null, null, null, null])
    expect(meter.map(({ type }) => type).sort()).toEqual(['ErrorUnreachable', 'Pending', 'Pending', 'Pending'])
  })

  test('the 17 polled values are plausible', async () => {
    const client = await signedIn()
    const value = async (name: string) => Number((await client.variable(name)).value)
    expect(await value('MEAN_GT_RUM_1_Output')).toBeGreaterThan(18)
    expect(await value('AI_VS1_GT_TILL_1_Output')).toBeGreaterThan(await value('AI_VS1_GT_RETUR_1_Output'))
    expect(await value('AI_GP_EXP1_1_Output')).toBeGreaterThan(0.8)
    expect(await value('VMM1_TempForw')).toBeGreaterThan(60)
    expect(await value('VMM1_Power')).toBeGreaterThan(0)
    const power =
      1.163e-3 * (await value('VMM1_Flow')) * ((await value('VMM1_TempForw')) - (await value('VMM1_TempRet')))
    expect(Math.abs(power - (await value('VMM1_Power')))).toBeLessThan(0.1)
    expect(await value(`${CURVE}Output`)).toBe(await value('PID_VS1_GT_TILL_1_SetP'))
  })
})

describe('pending values', () => {
  let slowTown: Town
  beforeEach(async () => {
    slowTown = await startTown({ houses: 1, now: () => clock, pendingMs: 2000, log: silentLogger })
  })
  afterEach(() => slowTown.close())

  async function client(): Promise<PortalClient> {
    const first = slowTown.houses[0]
    if (first === undefined) throw new Error('no house')
    const portal = new PortalClient(slowTown.url, first)
    await portal.signIn()
    return portal
  }
  const pendingOf = async (portal: PortalClient) =>
    (await portal.variables()).filter(({ type, value }) => type === 'Pending' && value === null).length

  test('the first read after a sign-in is mostly pending, two seconds later everything is there', async () => {
    const portal = await client()
    const first = await pendingOf(portal)
    expect(first).toBeGreaterThan(180)
    expect(first).toBeLessThan(210)
    clock += 2000
    expect(await pendingOf(portal)).toBe(0)
    clock += 5 * 60_000
    expect(await pendingOf(portal)).toBe(0)
  })

  test('and so is the first after a quiet spell', async () => {
    const portal = await client()
    await portal.variables()
    clock += 5000
    expect(await pendingOf(portal)).toBe(0)
    clock += 20 * 60_000
    expect(await pendingOf(portal)).toBeGreaterThan(180)
  })
})

describe('writing', () => {
  test('a register arrives after the write latency and steers the house', async () => {
    const client = await signedIn(1)
    const before = await client.variable(`${CURVE}Output`)
    for (let point = 1; point <= 10; point += 1) {
      const { path } = await client.variable(`${CURVE}Yref${point}`)
      expect((await client.save(path, '38.5')).status).toBe(200)
    }
    expect((await client.variable(`${CURVE}Yref7`)).value).not.toBe(38.5)
    clock += 1000
    expect((await client.variable(`${CURVE}Yref7`)).value).toBe(38.5)
    expect(Number((await client.variable(`${CURVE}Output`)).value)).toBeGreaterThan(Number(before.value) + 3)
    const roomBefore = Number((await client.variable('MEAN_GT_RUM_1_Output')).value)
    clock += 36 * 3_600_000
    await client.signIn()
    expect(Number((await client.variable('MEAN_GT_RUM_1_Output')).value)).toBeGreaterThan(roomBefore + 1)
  })

  test('switches want True and False with a capital, numbers a decimal point', async () => {
    const client = await signedIn(0)
    const adaption = await client.variable(`${CURVE}Adaption`)
    expect(adaption.value).toBe(true)
    const setpoint = await client.variable(`${CURVE}SetPoint`)
    for (const [path, value] of [
      [adaption.path, 'false'],
      [setpoint.path, '19,5'],
    ] as const) {
      expect((await client.save(path, value)).status).toBe(200)
    }
    clock += 60_000
    expect((await client.variable(`${CURVE}Adaption`)).value).toBe(true)
    expect((await client.variable(`${CURVE}SetPoint`)).value).toBe(setpoint.value)
    await client.save(adaption.path, 'False')
    await client.save(setpoint.path, '19.5')
    clock += 60_000
    expect((await client.variable(`${CURVE}Adaption`)).value).toBe(false)
    expect((await client.variable(`${CURVE}SetPoint`)).value).toBe(19.5)
  })

  test('an unknown register and a measured value are accepted and nothing happens', async () => {
    const client = await signedIn()
    const room = await client.variable('MEAN_GT_RUM_1_Output')
    expect((await client.save('Cwl.Advise.A[999]', '30')).status).toBe(200)
    expect((await client.save(room.path, '30')).status).toBe(200)
    clock += 1000
    expect((await client.variable('MEAN_GT_RUM_1_Output')).value).toBe(room.value)
  })

  test('the token belongs into the body as text; an object is refused', async () => {
    const client = await signedIn()
    expect((await client.save('Cwl.Advise.A[10]', '21', client.bms)).status).toBe(400)
    expect((await client.save('Cwl.Advise.A[10]', 21)).status).toBe(400)
    expect((await client.save('Cwl.Advise.A[10]', '21', JSON.stringify({ ...client.bms, token: 'old' }))).status).toBe(
      401,
    )
  })

  test('by variable name there is no answer until the client gives up', async () => {
    const client = await signedIn()
    const answered = client.save(`${CURVE}Yref7`, '30').then(
      () => 'answered',
      () => 'connection ended',
    )
    // A read that was sent later is answered while the write still hangs.
    await client.variables()
    const first = await Promise.race([answered, Promise.resolve('still waiting')])
    expect(first).toBe('still waiting')
    await town.close()
    expect(await answered).toBe('connection ended')
    town = await startTown({ houses: 1, log: silentLogger })
  })
})
