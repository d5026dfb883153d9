/** Control of a house over HTTP: what is passed on to its loop, and how its answers come back. */
import { describe, expect, test } from 'vitest'
import { FREE } from '../../domain/safety/house-control.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, TEST_NOW } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

const ID = 'HEM_FJV_Villa_901'
const HOUSE = `/api/v1/entities/house/${ID}`

function setUp() {
  const fakes = fakeDependencies()
  fakes.addHouse()
  const ask = asker(createApi(fakes.dependencies))
  const send = (method: string, path: string, body?: object) =>
    ask(`${HOUSE}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
  return { ...fakes, ask, send }
}

describe('a request', () => {
  test.each([
    ['POST', '/control/take', undefined, { kind: 'take', force: false }],
    ['POST', '/control/take?force=true', undefined, { kind: 'take', force: true }],
    ['POST', '/control/release', undefined, { kind: 'release' }],
    ['PUT', '/mode', { mode: 'rules' }, { kind: 'mode', mode: 'rules', force: false }],
    ['PUT', '/mode', { mode: 'optimise', force: true }, { kind: 'mode', mode: 'optimise', force: true }],
    ['PUT', '/setpoint', { temperature: 21.5 }, { kind: 'setpoint', temperature: 21.5 }],
  ])('%s %s is passed on, and what was verified comes back', async (method, path, body, wish) => {
    const { send, control } = setUp()
    const response = await send(method, path, body)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ control: { state: 'held' }, mode: 'monitor' })
    expect(control.asked).toEqual([{ id: ID, ...wish }])
  })

  test('a rule refuses is 409 with the reason', async () => {
    const { send, control } = setUp()
    control.answer = { state: 'refused', reason: 'the base curve was not delivered in full (point 7 missing)' }
    const response = await send('POST', '/control/take')
    expect(response.status).toBe(409)
    const { detail } = await jsonOf<ProblemAnswer>(response)
    expect(detail).toBe('the base curve was not delivered in full (point 7 missing).')
  })

  test('the house has not confirmed in time is 202, and can be asked about', async () => {
    const { send, ask, control } = setUp()
    control.answer = { state: 'pending' }
    const response = await send('PUT', '/setpoint', { temperature: 21 })
    expect(response.status).toBe(202)
    const { requestId, expiresAt, statusUrl } = (await response.json()) as Record<string, string>
    expect(expiresAt).toBe('2026-01-10T07:06:12Z')
    const state = await (await ask(statusUrl ?? '')).json()
    expect(state).toMatchObject({ requestId, kind: 'setpoint', state: 'pending', reason: null })
  })

  test('nobody has taken up is called expired some minutes later', async () => {
    const { send, ask, control, clock } = setUp()
    control.answer = { state: 'pending' }
    const { statusUrl } = (await (await send('POST', '/control/release')).json()) as Record<string, string>
    clock.now = TEST_NOW + 20 * 60_000
    expect(await (await ask(statusUrl ?? '')).json()).toMatchObject({ state: 'expired' })
  })

  test.each([
    ['PUT', '/setpoint', { temperature: 30 }],
    ['PUT', '/setpoint', {}],
    ['PUT', '/mode', { mode: 'turbo' }],
    ['PUT', '/mode', { mode: 'rules', speed: 1 }],
  ])('%s %s %o is 422 and reaches nobody', async (method, path, body) => {
    const { send, control } = setUp()
    expect((await send(method, path, body)).status).toBe(422)
    expect(control.asked).toEqual([])
  })

  test('about what is not known is 404, about a zone 409 with what to do instead', async () => {
    const { ask, addZone, control } = setUp()
    addZone({ id: 'hall', name: 'Hall' })
    expect((await ask('/api/v1/entities/house/nobody/control/take', { method: 'POST' })).status).toBe(404)
    const response = await ask('/api/v1/entities/zone/hall/control/take', { method: 'POST' })
    expect(response.status).toBe(409)
    expect(control.asked).toEqual([])
  })
})

describe('a dry run', () => {
  test('says what would be done, and asks nobody', async () => {
    const { send, control } = setUp()
    const response = await send('PUT', '/mode?dryRun=true', { mode: 'rules' })
    expect(await response.json()).toMatchObject({ dryRun: true, control: { state: 'released' } })
    expect(control.asked).toEqual([])
  })

  test('is refused like the real one', async () => {
    const { send, control } = setUp()
    expect((await send('PUT', '/mode?dryRun=true', { mode: 'optimise' })).status).toBe(409)
    control.optimise = { allowed: true, reason: '' }
    expect((await send('PUT', '/mode?dryRun=true', { mode: 'optimise' })).status).toBe(200)
  })
})

test('an entity shows who holds its heat curve, until when, and since when', async () => {
  const { ask, application } = setUp()
  await application.putDocument('house-control', ID, {
    ...FREE,
    phase: 'held',
    leaseUntil: TEST_NOW + 60_000,
    baseline: { capturedAt: TEST_NOW, yref: [], y: [], adaption: true, setpoint: 21 },
    steerable: true,
  })
  const { control } = (await (await ask(HOUSE)).json()) as { control: object }
  expect(control).toEqual({
    state: 'held',
    leaseUntil: '2026-01-10T07:06:12Z',
    baselineAt: '2026-01-10T07:05:12Z',
    steerable: true,
  })
})

describe('decisions', () => {
  test('of a house nothing was decided about are none', async () => {
    const { ask } = setUp()
    expect(await (await ask(`${HOUSE}/decisions`)).json()).toEqual({ decisions: [] })
  })

  test('are asked for with times that are times', async () => {
    const { ask } = setUp()
    expect((await ask(`${HOUSE}/decisions?from=yesterday`)).status).toBe(422)
    expect((await ask(`${HOUSE}/decisions?from=2026-01-11T00:00:00Z&to=2026-01-10T00:00:00Z`)).status).toBe(422)
  })
})
