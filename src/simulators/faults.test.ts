import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../runtime/log.ts'
import { login, PortalClient, post, send, type Variable } from './homeside/testing/portal-client.ts'
import { startTown, type Town } from './town.ts'

let clock = Date.UTC(2026, 0, 15, 6, 10)
let town: Town
let client: PortalClient
const ID = 'HEM_FJV_Villa_901'

beforeEach(async () => {
  town = await startTown({ houses: 2, now: () => clock, pendingMs: 0, log: silentLogger })
  const first = town.houses[0]
  if (first === undefined) throw new Error('no house')
  client = new PortalClient(town.url, first)
  await client.signIn()
})
afterEach(() => town.close())

describe('trouble of one house', () => {
  test('unauthorized: 401 on token, read and write until a count is used up, never on the login', async () => {
    town.setFault(ID, { unauthorized: 2 })
    expect((await client.read()).status).toBe(401)
    expect((await client.token()).status).toBe(401)
    expect((await client.read()).status).toBe(200)
    town.setFault(ID, { unauthorized: true })
    expect((await client.save('Cwl.Advise.A[10]', '21')).status).toBe(401)
    expect((await login(town.url, client.house.username, client.house.password)).json).toHaveProperty('querykey')
  })

  test('tokenError: 200 with {"error":"token"}', async () => {
    town.setFault(ID, { tokenError: 1 })
    const answer = await client.token()
    expect([answer.status, answer.json]).toEqual([200, { error: 'token' }])
    expect((await client.token()).json).toHaveProperty('token')
  })

  test('zeroVariables: 200 with an empty list', async () => {
    town.setFault(ID, { zeroVariables: true })
    expect((await client.read()).json).toEqual({ variables: [] })
  })

  test('pending: most values never come', async () => {
    town.setFault(ID, { pending: true })
    clock += 60_000
    const pending = (await client.variables()).filter(({ type }) => type === 'Pending')
    expect(pending.length).toBeGreaterThan(180)
  })

  test('connectionReset and down: refuse end the connection, down is a 500 or what was asked for', async () => {
    town.setFault(ID, { connectionReset: 1 })
    await expect(client.read()).rejects.toThrow()
    town.setFault(ID, { down: 'refuse' })
    await expect(client.read()).rejects.toThrow()
    town.setFault(ID, { down: true })
    expect((await client.read()).status).toBe(500)
    town.setFault(ID, { down: 503 })
    expect((await client.read()).status).toBe(503)
    town.setFault(ID, {})
    expect((await client.read()).status).toBe(200)
  })

  test('slowMs: the answer waits, the next house does not', async () => {
    town.setFault(ID, { slowMs: 600_000 })
    const slow = client.read().then(
      () => 'answered',
      () => 'gave up',
    )
    const other = town.houses[1]
    if (other === undefined) throw new Error('no house')
    const neighbour = new PortalClient(town.url, other)
    await neighbour.signIn()
    expect((await neighbour.read()).status).toBe(200)
    expect(await Promise.race([slow, Promise.resolve('waiting')])).toBe('waiting')
    await town.close()
    expect(await slow).toBe('gave up')
    town = await startTown({ houses: 1, log: silentLogger })
  })

  test('wrongNumbers: impossible values that look like answers', async () => {
    town.setFault(ID, { wrongNumbers: true })
    expect(await client.variable('AI_GT_UTE_Output')).toMatchObject({ value: 6553.5, type: 'Response' })
    town.setFault(ID, { wrongNumbers: { AI_VS1_GT_TILL_1_Output: -3276.8 } })
    expect((await client.variable('AI_VS1_GT_TILL_1_Output')).value).toBe(-3276.8)
    expect(Number((await client.variable('AI_GT_UTE_Output')).value)).toBeLessThan(50)
  })

  test('stuck: sensors stand still while the house goes on', async () => {
    const names = ['MEAN_GT_RUM_1_Output', 'AI_GT_UTE_Output', 'AI_VS1_GT_TILL_1_Output', 'VMM1_Power']
    const values = async (): Promise<Variable['value'][]> =>
      Promise.all(names.map(async (name) => (await client.variable(name)).value))
    const before = await values()
    town.setFault(ID, { stuck: true })
    clock += 2 * 3_600_000
    expect(await values()).toEqual(before)
    town.setFault(ID, { stuck: ['AI_GT_UTE_Output'] })
    const held = await values()
    clock += 30 * 60_000
    const after = await values()
    expect(after[1]).toBe(held[1])
    expect(after[2]).not.toBe(held[2])
  })

  test('wrongPassword: the right password is refused like a wrong one', async () => {
    town.setFault(ID, { wrongPassword: true })
    expect((await login(town.url, client.house.username, client.house.password)).json).toEqual({})
  })

  test('lostWrites: 200 and no effect', async () => {
    const setpoint = await client.variable('KU_VS1_GT_TILL_1_SetPoint')
    town.setFault(ID, { lostWrites: true })
    expect((await client.save(setpoint.path, '17')).status).toBe(200)
    clock += 60_000
    expect((await client.variable('KU_VS1_GT_TILL_1_SetPoint')).value).toBe(setpoint.value)
  })
})

describe('trouble of a server', () => {
  test('the portal down concerns every house, but not the weather', async () => {
    town.setFault('homeside', { down: 500 })
    expect((await client.read()).status).toBe(500)
    expect((await login(town.url, client.house.username, client.house.password)).status).toBe(500)
    expect((await send('GET', `${town.url}/api/category/snow1g/version/1/createdtime.json`)).status).toBe(200)
  })

  test('SMHI: down, gone, stale, without observations, with missing parameters', async () => {
    const get = (path: string) => send('GET', `${town.url}${path}`)
    const stamp = '/api/category/snow1g/version/1/createdtime.json'
    const point = '/api/category/snow1g/version/1/geotype/point/lon/12.86/lat/56.67/data.json?timeseries=1'
    const station = '/api/version/1.0/parameter/1/station-set/all/period/latest-hour/data.json'
    const reference = async () => Date.parse(((await get(stamp)).json as { referenceTime: string }).referenceTime)
    const fresh = await reference()
    town.setFault('smhi', { staleHours: 5 })
    expect(fresh - (await reference())).toBe(5 * 3_600_000)
    town.setFault('smhi', { down: true })
    expect((await get(station)).status).toBe(500)
    town.setFault('smhi', { forecastGone: true })
    expect((await get(stamp)).status).toBe(404)
    expect((await get(station)).status).toBe(200)
    town.setFault('smhi', { noObservations: true })
    const values = ((await get(station)).json as { station: { value: unknown }[] }).station.map(({ value }) => value)
    expect(new Set(values)).toEqual(new Set([null]))
    town.setFault('smhi', { missingParameters: ['wind_speed'] })
    const steps = (await get(point)).json as { timeSeries: { data: Record<string, number> }[] }
    expect(steps.timeSeries[0]?.data.wind_speed).toBe(9999)
  })
})

describe('control with curl', () => {
  test('PUT replaces the faults of a house, GET shows them, {} clears them', async () => {
    const url = `${town.url}/town/houses/${ID}/faults`
    expect((await send('PUT', url, { zeroVariables: true })).status).toBe(200)
    expect((await send('GET', url)).json).toEqual({ zeroVariables: true })
    expect((await client.read()).json).toEqual({ variables: [] })
    await send('PUT', url, {})
    expect((await client.variables()).length).toBe(210)
    expect((await send('PUT', `${town.url}/town/smhi/faults`, { down: 'refuse' })).status).toBe(200)
    await expect(send('GET', `${town.url}/api/version/1.0.json`)).rejects.toThrow()
  })

  test('what is no fault is refused by name', async () => {
    const answer = await send('PUT', `${town.url}/town/houses/${ID}/faults`, { slow: 3 })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('slow')
    expect(() => town.setFault(ID, JSON.parse('{"slowMs":-1}'))).toThrow()
    expect((await send('PUT', `${town.url}/town/houses/nobody/faults`, {})).status).toBe(404)
  })

  test('GET /town lists the houses without their passwords', async () => {
    const answer = await send('GET', `${town.url}/town`)
    expect((answer.json as { houses: object[] }).houses).toHaveLength(2)
    for (const { password } of town.houses) expect(answer.text).not.toContain(password)
    expect((await send('GET', `${town.url}/town/houses/${ID}`)).text).not.toContain(client.house.password)
  })

  test('other paths of the town are not found, and other methods not allowed', async () => {
    expect((await send('GET', `${town.url}/town/streets`)).status).toBe(404)
    expect((await post(town.url, `/town/houses/${ID}`, {})).status).toBe(405)
    expect((await send('GET', `${town.url}/elsewhere`)).status).toBe(404)
  })
})
