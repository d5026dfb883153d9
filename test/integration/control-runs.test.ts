/** Steering houses of the simulated town with a real process, through kill -9: what counts stands in the controllers. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decide } from '../../src/domain/control/decide.ts'
import type { DecisionInputs } from '../../src/domain/control/decision.ts'
import type { ControlRecord } from '../../src/domain/safety/house-control.ts'
import { startTown, type Town, writeDemoHome } from '../../src/simulators/town.ts'
import { openApplicationStore } from '../../src/store/application/index.ts'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

const missing = (await testServer('temporal')) === undefined

interface Registers {
  readonly baseCurve: readonly number[]
  readonly adaptedCurve: readonly number[]
  readonly adaptation: boolean
  readonly setpoint: number
}
interface Control {
  readonly state: string
  readonly leaseUntil: string | null
  readonly baselineAt: string | null
  readonly steerable: boolean | null
}
interface Decision {
  readonly time: string
  readonly mode: string
  readonly action: string
  readonly written: boolean
  readonly verified: boolean
  readonly inputs: object
  readonly curve: readonly number[]
}

/** Follows its base curve; its own adaptation is on. */
const FOLLOWS = 'HEM_FJV_Villa_901'
/** Follows the other curve while its adaptation is off. */
const DEAF = 'HEM_FJV_Villa_903'

let town: Town
let bvpro: Installation

beforeAll(async () => {
  // Beside BVPro, so that its controllers go on when BVPro is killed.
  town = await startTown({ houses: 3, pendingMs: 0, writeLatencyMs: 50 })
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
  for (const id of [FOLLOWS, DEAF]) {
    await bvpro.until(`${id} ok`, async () => (await bvpro.entity(id))?.health === 'ok')
    await bvpro.until(`weather for ${id}`, async () => {
      return (await bvpro.entity(id))?.lastReading?.effective_temp !== undefined
    })
  }
})
afterAll(async () => {
  await bvpro?.remove()
  await town?.close()
})

async function registers(id: string): Promise<Registers> {
  const answer = await fetch(`${town.url}/town/houses/${id}`)
  return ((await answer.json()) as { state: { registers: Registers } }).state.registers
}

async function controlOf(id: string): Promise<Control> {
  return (await bvpro.get<{ control: Control }>(`/api/v1/entities/house/${id}`)).control
}

async function send(method: 'POST' | 'PUT', id: string, path: string, body?: object) {
  const answer = await bvpro.request(`/api/v1/entities/house/${id}/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  })
  return { status: answer.status, body: (await answer.json()) as { control?: Control; detail?: string } }
}

/** How far the base curve is from another one, K, at most. */
function distance(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? Number.NaN))))
}

let untouched: Registers

describe.skipIf(missing)('a house that follows', () => {
  test('is taken over as it stands: the curve in force goes on, its own adaptation is off', async () => {
    untouched = await registers(FOLLOWS)
    const { status, body } = await send('POST', FOLLOWS, 'control/take')
    expect(body).toMatchObject({ control: { state: 'held' } })
    expect(status).toBe(200)
    const now = await registers(FOLLOWS)
    expect(now.adaptation).toBe(false)
    expect(distance(now.baseCurve, untouched.adaptedCurve)).toBeLessThan(0.06)
    expect((await controlOf(FOLLOWS)).leaseUntil).not.toBeNull()
  })

  test('its lease is renewed by every cycle', async () => {
    const before = (await controlOf(FOLLOWS)).leaseUntil ?? ''
    await bvpro.until('lease renewed', async () => ((await controlOf(FOLLOWS)).leaseUntil ?? '') > before)
  })

  test('may not be optimised without a score, and a dry run changes nothing', async () => {
    const refused = await send('PUT', FOLLOWS, 'mode', { mode: 'optimise' })
    expect(refused.status).toBe(409)
    expect(refused.body.detail).toContain('may not be optimised yet')
    expect((await send('PUT', FOLLOWS, 'mode?dryRun=true', { mode: 'rules' })).status).toBe(200)
    expect((await bvpro.entity(FOLLOWS))?.mode).toBe('monitor')
  })

  test('in mode rules, decisions are written to it and can be made again', async () => {
    // Nobody feels as warm as that: the rules lower the supply.
    expect((await send('PUT', FOLLOWS, 'setpoint', { temperature: 17.5 })).status).toBe(200)
    expect((await registers(FOLLOWS)).setpoint).toBe(17.5)
    expect((await send('PUT', FOLLOWS, 'mode', { mode: 'rules' })).status).toBe(200)
    await bvpro.until('a curve written', async () => {
      const now = await registers(FOLLOWS)
      return distance(now.baseCurve, untouched.adaptedCurve) > 0.25
    })
    const decisionsOf = () => bvpro.get<{ decisions: Decision[] }>(`/api/v1/entities/house/${FOLLOWS}/decisions`)
    // The decision is stored after the write it led to was read back.
    await bvpro.until('decision stored', async () => (await decisionsOf()).decisions.some(({ written }) => written))
    const { decisions } = await decisionsOf()
    const decision = decisions.find(({ written }) => written)
    expect(decision).toMatchObject({ mode: 'rules', verified: true })
    expect(decide(decision?.inputs as DecisionInputs).curve).toEqual(decision?.curve)
  })

  test('killed in the middle of a reduction, and soon started again: steered on, from the same baseline', async () => {
    const { baselineAt } = await controlOf(FOLLOWS)
    await bvpro.kill('SIGKILL')
    const abandoned = await registers(FOLLOWS)
    expect(distance(abandoned.baseCurve, untouched.adaptedCurve)).toBeGreaterThan(0.25)
    await bvpro.start()
    const leaseUntil = (await controlOf(FOLLOWS)).leaseUntil ?? ''
    await bvpro.until('steered on', async () => ((await controlOf(FOLLOWS)).leaseUntil ?? '') > leaseUntil)
    expect(await controlOf(FOLLOWS)).toMatchObject({ state: 'held', baselineAt })
    expect((await registers(FOLLOWS)).adaptation).toBe(false)
  })

  test('killed for longer than its lease: restored before anything else, and taken again from the same baseline', async () => {
    await bvpro.kill('SIGKILL')
    expect(distance((await registers(FOLLOWS)).baseCurve, untouched.adaptedCurve)).toBeGreaterThan(0.25)
    await endLeaseOf(FOLLOWS)
    await bvpro.start()
    await bvpro.until('restored', async () => (await registers(FOLLOWS)).adaptation)
    expect((await registers(FOLLOWS)).baseCurve).toEqual(untouched.baseCurve)
    // The mode still is `rules`: a fault of ours ends control only for as long as it lasts.
    await bvpro.until('held again', async () => (await controlOf(FOLLOWS)).state === 'held')
    const { rows } = await bvpro.get<{ rows: (number | string)[][] }>(
      `/api/v1/entities/house/${FOLLOWS}/series?measurement=heat_curve_baseline&fields=yref_1,yref_5,yref_7,yref_10`,
    )
    expect(rows.length).toBeGreaterThanOrEqual(2)
    expect(new Set(rows.map(([, ...curve]) => curve.join(' '))).size).toBe(1)
  })

  test('given back, it stands exactly as it was found', async () => {
    const { status, body } = await send('POST', FOLLOWS, 'control/release')
    expect(body).toMatchObject({ control: { state: 'released' } })
    expect(status).toBe(200)
    const now = await registers(FOLLOWS)
    expect(now.baseCurve).toEqual(untouched.baseCurve)
    expect(now.adaptation).toBe(untouched.adaptation)
    // The controller has its own adaptation back, and may have begun to move this curve.
    expect(distance(now.adaptedCurve, untouched.adaptedCurve)).toBeLessThan(0.3)
    expect(now.setpoint).toBe(17.5)
  })
})

describe.skipIf(missing)('a house that obeys another curve', () => {
  test('is found not to be steerable, is given back, and says so', async () => {
    const before = await registers(DEAF)
    expect((await send('PUT', DEAF, 'setpoint', { temperature: 17.5 })).status).toBe(200)
    expect((await send('PUT', DEAF, 'mode', { mode: 'rules' })).status).toBe(200)
    await bvpro.until('found out and given back', async () => {
      const { steerable, state } = await controlOf(DEAF)
      return steerable === false && state === 'released'
    })
    const after = await registers(DEAF)
    expect(after.baseCurve).toEqual(before.baseCurve)
    expect(after.adaptation).toBe(before.adaptation)
    await bvpro.until('said so', async () => (await bvpro.entity(DEAF))?.reasonCode === 'NotSteerable')
    expect((await send('POST', DEAF, 'control/take')).status).toBe(409)
  })
})

/** What half an hour without any process does. */
async function endLeaseOf(id: string): Promise<void> {
  const store = await openApplicationStore({ sqlitePath: join(bvpro.home, 'data', 'bvpro.db') })
  const found = await store.getDocument<ControlRecord>('house-control', id)
  await store.putDocument('house-control', id, { ...found?.value, leaseUntil: Date.now() - 1 })
  await store.close()
}
