/**
 * `npm start` as a stranger has it: a house in each mode, and kill -9 of BVPro, its Temporal server and the town in the
 * middle of a reduction. What counts is what the simulated controllers hold.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decide } from '../../src/domain/control/decide.ts'
import type { DecisionInputs } from '../../src/domain/control/decision.ts'
import type { ControlRecord } from '../../src/domain/safety/house-control.ts'
import { inventHouses } from '../../src/simulators/houses.ts'
import { openApplicationStore } from '../../src/store/application/index.ts'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

const missing = (await testServer('temporal')) === undefined

interface Registers {
  readonly baseCurve: readonly number[]
  readonly adaptation: boolean
  readonly setpoint: number
}
interface Controller {
  readonly registers: Registers
  /** Since the town began. */
  readonly writes: readonly { readonly name: string; readonly text: string }[]
}
interface Control {
  readonly state: string
  readonly leaseUntil: string | null
  readonly baselineAt: string | null
}
interface Decision {
  readonly mode: string
  readonly written: boolean
  readonly verified: boolean
  readonly modelVersion: string | null
  readonly reason: object
  readonly curve: readonly number[]
  readonly inputs: object
}

const [OPTIMISE, RULES, SHADOW, MONITOR] = [901, 902, 903, 904].map((number) => `HEM_FJV_Villa_${number}`) as [
  string,
  string,
  string,
  string,
]
const WRITTEN = [OPTIMISE, RULES]
const UNTOUCHED = new Map(inventHouses(4).map(({ id, registers }) => [id, asRead(registers)]))

let bvpro: Installation

beforeAll(async () => {
  bvpro = await Installation.create({ BVPRO_POLL_SECONDS: '3', BVPRO_TOWN_PORT: '0' })
  await bvpro.start()
})
afterAll(async () => {
  await bvpro?.remove()
})

function asRead({ baseCurve, adaptation, setpoint }: Registers): Registers {
  return { baseCurve: [...baseCurve], adaptation, setpoint }
}

async function controller(id: string): Promise<Controller> {
  const [, town] = /Simulated town\s+│ (http:\S+)\/town/.exec(bvpro.output) ?? []
  const { state, writes } = (await (await fetch(`${town}/town/houses/${id}`)).json()) as {
    state: { registers: Registers }
    writes: Controller['writes']
  }
  return { registers: asRead(state.registers), writes }
}

async function controlOf(id: string): Promise<Control> {
  return (await bvpro.get<{ control: Control }>(`/api/v1/entities/house/${id}`)).control
}

async function decisionsOf(id: string): Promise<readonly Decision[]> {
  return (await bvpro.get<{ decisions: Decision[] }>(`/api/v1/entities/house/${id}/decisions`)).decisions
}

async function put(id: string, path: 'mode' | 'setpoint', body: object): Promise<number> {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await bvpro.request(`/api/v1/entities/house/${id}/${path}`, {
    method: 'PUT',
    body: JSON.stringify(body),
    headers,
  })
  return answer.status
}

async function modes(): Promise<Record<string, string>> {
  const houses = (await bvpro.entities()).filter(({ kind }) => kind === 'house')
  return Object.fromEntries(houses.map(({ id, mode }) => [id, mode]))
}

/** By how much the base curve is lower than another one, K, where the difference is largest. */
function reduction({ baseCurve }: Registers, from: readonly number[]): number {
  return Math.max(...baseCurve.map((supply, index) => (from[index] ?? Number.NaN) - supply))
}

/** The process, its Temporal server and the town in it. */
async function killEverything(): Promise<void> {
  const server = bvpro.temporalPid
  await bvpro.kill('SIGKILL')
  process.kill(server, 'SIGKILL')
}

/** What half an hour without any process does. */
async function endLeases(): Promise<void> {
  const store = await openApplicationStore({ sqlitePath: join(bvpro.home, 'data', 'bvpro.db') })
  for (const id of WRITTEN) {
    const found = await store.getDocument<ControlRecord>('house-control', id)
    expect(found?.value.phase).toBe('held')
    await store.putDocument('house-control', id, { ...found?.value, leaseUntil: Date.now() - 1 })
  }
  await store.close()
}

/** The states that a controller went through by writes to what is taken over from a baseline, oldest first. */
function statesBy(writes: Controller['writes'], from: Registers): Registers[] {
  const states = [from]
  for (const { name, text } of writes) {
    const before = states.at(-1) ?? from
    const [, point] = /_Yref(\d+)$/.exec(name) ?? []
    if (point !== undefined) {
      states.push({ ...before, baseCurve: before.baseCurve.with(Number(point) - 1, Number(text)) })
    } else if (name.endsWith('_Adaption')) states.push({ ...before, adaptation: text === 'True' })
  }
  return states
}

describe.skipIf(missing)('the houses of the town', () => {
  test('are in one mode each soon after the start, by ordinary requests, and say so everywhere', async () => {
    const wanted = { [OPTIMISE]: 'optimise', [RULES]: 'rules', [SHADOW]: 'shadow', [MONITOR]: 'monitor' }
    await bvpro.until('in their modes', async () => JSON.stringify(await modes()) === JSON.stringify(wanted), 280)
    for (const { kind, mode, name } of await bvpro.entities()) {
      if (kind === 'house') expect(name).toContain(`(shows ${mode})`)
    }
    await bvpro.until('printed', async () => bvpro.output.includes('1 optimise, 1 rules, 1 shadow, 1 monitor'))
    const page = await (await bvpro.request('/')).text()
    for (const mode of ['Optimise', 'Rules', 'Shadow', 'Monitor']) expect(page).toContain(`<dd>${mode}</dd>`)
    // What was asked for is audited once it stands in the controller.
    const changes = async () => {
      const { entries } = await bvpro.get<{ entries: { action: string; detail: string }[] }>('/api/v1/audit')
      return entries.flatMap(({ action, detail }) => (action === 'mode.set' ? [detail] : [])).sort()
    }
    await bvpro.until('audited', async () => (await changes()).length >= 3)
    expect(await changes()).toEqual(['monitor → optimise', 'monitor → rules', 'monitor → shadow'])
  })

  test.each([
    ['shadow', SHADOW],
    ['rules', RULES],
    ['optimise', OPTIMISE],
  ])('in mode %s decisions are made, and come out the same when made again', async (mode, id) => {
    await bvpro.until('decided', async () => (await decisionsOf(id)).some((one) => one.mode === mode))
    const decision = (await decisionsOf(id)).find((one) => one.mode === mode)
    const again = decide(decision?.inputs as DecisionInputs)
    expect(again).toMatchObject({ curve: decision?.curve, reason: decision?.reason })
    if (mode !== 'optimise') return
    expect(again.by).toBe('plan')
    const { model } = await bvpro.get<{ model: { version: string } }>(`/api/v1/entities/house/${id}/scores`)
    expect(decision?.modelVersion).toBe(model.version)
    const { stdout } = await promisify(execFile)(process.execPath, ['bin/bvpro.js', 'house', 'explain', id, '--json'], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, BVPRO_HOME: bvpro.home, BVPRO_PORT: bvpro.port },
    })
    expect(JSON.parse(stdout)).toMatchObject({ mode, same: true })
  })

  test('are written to where the mode says so, and nowhere else', async () => {
    for (const id of WRITTEN) {
      expect(await controlOf(id)).toMatchObject({ state: 'held' })
      expect((await controller(id)).registers.adaptation).toBe(false)
    }
    for (const id of [SHADOW, MONITOR]) {
      const { registers, writes } = await controller(id)
      expect(registers).toEqual(UNTOUCHED.get(id))
      expect(writes).toEqual([])
    }
  })
})

describe.skipIf(missing)('kill -9 of everything', () => {
  const baselines = new Map<string, string | null>()
  /** Curves in the controllers before anybody wanted it colder. */
  const before = new Map<string, readonly number[]>()

  test('in the middle of a reduction, started again within the lease: resumed, with nothing lost in the controllers', async () => {
    for (const id of WRITTEN) {
      before.set(id, (await controller(id)).registers.baseCurve)
      baselines.set(id, (await controlOf(id)).baselineAt)
    }
    const reducedBy = async (id: string) => reduction((await controller(id)).registers, before.get(id) ?? [])
    // Nobody feels as warm as that: the supply is lowered, step by step.
    expect(await put(RULES, 'setpoint', { temperature: 17.5 })).toBe(200)
    await bvpro.until('rules reduce', async () => (await reducedBy(RULES)) > 0.5)
    expect(await put(OPTIMISE, 'setpoint', { temperature: 17.5 })).toBe(200)
    // Seen in the controller before BVPro has read it back: the write is cut short.
    await bvpro.until('the plan reduces', async () => (await reducedBy(OPTIMISE)) > 0.5)
    const standing = new Map<string, Registers>()
    for (const id of WRITTEN) standing.set(id, (await controller(id)).registers)
    const leases = new Map<string, string | null>()
    for (const id of WRITTEN) leases.set(id, (await controlOf(id)).leaseUntil)
    await killEverything()

    await bvpro.start()
    for (const id of WRITTEN) {
      const { registers, writes } = await controller(id)
      const [first] = statesBy(writes, standing.get(id) ?? registers)
      expect(first).toEqual(standing.get(id))
      await bvpro.until('steered on', async () => ((await controlOf(id)).leaseUntil ?? '') > (leases.get(id) ?? ''))
      expect(await controlOf(id)).toMatchObject({ state: 'held', baselineAt: baselines.get(id) })
      expect(await reducedBy(id)).toBeGreaterThan(0.5)
      // It was never given back meanwhile.
      const after = await controller(id)
      expect(after.registers.adaptation).toBe(false)
      expect(after.writes.filter(({ name }) => name.endsWith('_Adaption'))).toEqual([])
    }
  })

  test('for longer than the lease: the baseline stands in the controllers before anything else, then control goes on', async () => {
    // What a person chooses stays, whatever the house is there to show.
    expect(await put(SHADOW, 'mode', { mode: 'monitor' })).toBe(200)
    const standing = new Map<string, Registers>()
    await bvpro.until('reduced', async () => {
      for (const id of WRITTEN) {
        const { registers } = await controller(id)
        standing.set(id, registers)
        if (reduction(registers, before.get(id) ?? []) < 0.5) return false
      }
      return true
    })
    await killEverything()
    await endLeases()

    await bvpro.start()
    for (const id of WRITTEN) {
      const { adaptation, baseCurve } = UNTOUCHED.get(id) ?? asRead((await controller(id)).registers)
      await bvpro.until(`${id} taken again`, async () => {
        const { state, baselineAt } = await controlOf(id)
        return state === 'held' && baselineAt !== baselines.get(id)
      })
      const now = await controller(id)
      const states = statesBy(now.writes, standing.get(id) ?? now.registers)
      const restored = states.findIndex(
        (state) => state.adaptation === adaptation && state.baseCurve.join() === baseCurve.join(),
      )
      expect(restored).toBeGreaterThan(0)
      // Every write up to then brought a point of the baseline back.
      for (const state of states.slice(1, restored)) {
        const wrong = state.baseCurve.filter(
          (supply, index) => supply !== baseCurve[index] && supply !== standing.get(id)?.baseCurve[index],
        )
        expect(wrong).toEqual([])
      }
      const { rows } = await bvpro.get<{ rows: (number | string)[][] }>(
        `/api/v1/entities/house/${id}/series?measurement=heat_curve_baseline&fields=yref_1,yref_5,yref_7,yref_10`,
      )
      expect(new Set(rows.map(([, ...curve]) => curve.join(' '))).size).toBe(1)
    }
    expect((await modes())[SHADOW]).toBe('monitor')
  })

  test('leaves nothing behind: given back, every controller stands as it was found', async () => {
    for (const id of WRITTEN) expect(await put(id, 'mode', { mode: 'monitor' })).toBe(200)
    for (const [id, untouched] of UNTOUCHED) {
      const setpoint = WRITTEN.includes(id) ? 17.5 : untouched.setpoint
      expect((await controller(id)).registers).toEqual({ ...untouched, setpoint })
    }
  })
})
