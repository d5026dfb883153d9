/** Inertia tests of a house of the simulated town with a real process, through kill -9 and Terminate: what counts stands in the controller. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ControlRecord } from '../../src/domain/safety/house-control.ts'
import { inventHouse } from '../../src/simulators/houses.ts'
import { startTown, type Town, writeDemoHome } from '../../src/simulators/town.ts'
import { openApplicationStore } from '../../src/store/application/index.ts'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

const missing = (await testServer('temporal')) === undefined
const HOUSE = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${HOUSE}/inertia-test`

interface Registers {
  readonly baseCurve: readonly number[]
  readonly adaptedCurve: readonly number[]
  readonly adaptation: boolean
}
interface InertiaTest {
  readonly testId: string
  readonly state: string
  readonly held: boolean
  readonly plan: { readonly cutK: number; readonly lowered: readonly number[] } | null
  readonly end: { readonly reason: string; readonly detail: string | null } | null
  readonly result: { readonly grade: string; readonly why: string | null } | null
}

let town: Town
let bvpro: Installation
let untouched: Registers

beforeAll(async () => {
  const spec = inventHouse(0, undefined, { distribution: 'radiator', layout: 'A', steering: 'yref', adaptation: true })
  // So warm a curve that there is something to lower in every season.
  const warmer = (curve: readonly number[]) => curve.map((supply) => Math.min(62, supply + 8))
  const { baseCurve, adaptedCurve } = spec.registers
  const registers = { ...spec.registers, baseCurve: warmer(baseCurve), adaptedCurve: warmer(adaptedCurve) }
  town = await startTown({ houses: [{ ...spec, registers }], pendingMs: 0, writeLatencyMs: 50 })
  bvpro = await Installation.create({
    BVPRO_POLL_SECONDS: '3',
    BVPRO_DEMO: '0',
    HOMESIDE_URL: town.homesideUrl,
    HOMESIDE_HISTORY_URL: town.homesideHistoryUrl,
    SMHI_FORECAST_URL: town.smhiForecastUrl,
    SMHI_OBSERVATIONS_URL: town.smhiObservationsUrl,
    OPENMETEO_URL: town.smhiForecastUrl,
  })
  await writeDemoHome(bvpro.home, town.houses)
  await bvpro.start()
  await bvpro.until('ok', async () => (await bvpro.entity(HOUSE))?.health === 'ok')
  await bvpro.until('weather', async () => (await bvpro.entity(HOUSE))?.lastReading?.effective_temp !== undefined)
})
afterAll(async () => {
  await bvpro?.remove()
  await town?.close()
})

async function registers(): Promise<Registers> {
  const answer = await fetch(`${town.url}/town/houses/${HOUSE}`)
  return ((await answer.json()) as { state: { registers: Registers } }).state.registers
}

/** How much lower the base curve stands than the curve that was in force, K, at its lowest point. */
async function lowered(): Promise<number> {
  const { baseCurve } = await registers()
  return Math.max(...baseCurve.map((supply, index) => (untouched.adaptedCurve[index] as number) - supply))
}

async function expectUntouched(): Promise<void> {
  const now = await registers()
  expect(now.baseCurve).toEqual(untouched.baseCurve)
  expect(now.adaptation).toBe(untouched.adaptation)
}

const shown = () => bvpro.get<InertiaTest>(PATH)

async function post(
  path: string,
  body?: object,
): Promise<{ status: number; body: { testId?: string; detail?: string } }> {
  const answer = await bvpro.request(`${PATH}${path}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  })
  return { status: answer.status, body: (await answer.json()) as { testId?: string; detail?: string } }
}

async function proposed(): Promise<InertiaTest> {
  const { status, body } = await post('', { force: true, hours: 0.2 })
  expect(body.detail).toBeUndefined()
  expect(status).toBe(202)
  await bvpro.until('judged', async () => {
    const answer = await bvpro.request(PATH)
    const test = (await answer.json()) as InertiaTest
    return answer.status === 200 && test.testId === body.testId && test.state !== 'preparing'
  })
  return shown()
}

async function loweredTest(): Promise<InertiaTest> {
  const test = await proposed()
  expect(test).toMatchObject({ state: 'proposed' })
  expect((await post('/approve')).status).toBe(202)
  await bvpro.until('lowered', async () => (await shown()).state === 'lowered' && (await lowered()) > 0.9)
  return shown()
}

describe.skipIf(missing)('an inertia test', () => {
  test('is proposed, and nothing is written before somebody approves it', async () => {
    untouched = await registers()
    const test = await proposed()
    expect(test).toMatchObject({ state: 'proposed', held: false })
    expect(test.plan?.cutK).toBeGreaterThan(0.9)
    expect((await post('', {})).status).toBe(409)
    expect((await post('/abort')).status).toBe(202)
    await bvpro.until('declined', async () => (await shown()).state === 'declined')
    expect((await post('/approve')).status).toBe(409)
    await expectUntouched()
  })

  test('killed while lowered, and started after the lease: the controller has its own curve back', async () => {
    await loweredTest()
    await bvpro.kill('SIGKILL')
    expect(await lowered()).toBeGreaterThan(0.9)
    await endLease()
    await bvpro.start()
    await bvpro.until('restored', async () => (await registers()).adaptation)
    await expectUntouched()
    await bvpro.until('over', async () => (await shown()).state === 'done')
    expect(await shown()).toMatchObject({ held: false, end: { reason: 'lapsed' }, result: { grade: 'inconclusive' } })
  })

  test('killed while lowered, and soon started again: it goes on, until somebody aborts it', async () => {
    const { testId } = await loweredTest()
    await bvpro.kill('SIGKILL')
    await bvpro.start()
    const leaseUntil = await leaseOf()
    await bvpro.until('held on', async () => (await leaseOf()) > leaseUntil)
    expect(await shown()).toMatchObject({ testId, state: 'lowered', held: true })
    expect(await lowered()).toBeGreaterThan(0.9)
    expect((await post('/abort')).status).toBe(202)
    await bvpro.until('over', async () => (await shown()).state === 'done')
    expect(await shown()).toMatchObject({ held: false, end: { reason: 'aborted' } })
    await expectUntouched()
  })

  test('whose workflow is terminated is ended by the loop of its house', async () => {
    await loweredTest()
    await bvpro.temporal((client) => client.workflow.getHandle(`inertia:${HOUSE}`).terminate('for the test'))
    expect(await shown()).toMatchObject({ state: 'lost', held: true })
    await bvpro.until('restored', async () => !(await shown()).held, 120)
    await expectUntouched()
    expect(await shown()).toMatchObject({ state: 'lost', end: { reason: 'not-watched' } })
    const audit = await bvpro.get<{ entries: { action: string }[] }>('/api/v1/audit?limit=100')
    const actions = audit.entries.map(({ action }) => action)
    for (const action of ['inertia.proposed', 'inertia.approved', 'inertia.begun', 'inertia.done']) {
      expect(actions).toContain(action)
    }
  })
})

async function leaseOf(): Promise<string> {
  const { control } = await bvpro.get<{ control: { leaseUntil: string | null } }>(`/api/v1/entities/house/${HOUSE}`)
  return control.leaseUntil ?? ''
}

/** What half an hour without any process does. */
async function endLease(): Promise<void> {
  const store = await openApplicationStore({ sqlitePath: join(bvpro.home, 'data', 'bvpro.db') })
  const found = await store.getDocument<ControlRecord>('house-control', HOUSE)
  await store.putDocument('house-control', HOUSE, { ...found?.value, leaseUntil: Date.now() - 1 })
  await store.close()
}
