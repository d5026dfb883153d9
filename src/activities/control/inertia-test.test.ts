/** A house held for an inertia test, cycle by cycle: lowered in steps, ended in time, and always given back. */
import { beforeEach, describe, expect, test } from 'vitest'
import { optionsOf } from '../../domain/inertia/wish.ts'
import { newestAudit } from '../../store/application/audit.ts'
import type { BeginTestRequest } from '../inertia-contract.ts'
import { releaseHouse } from '../release-control.ts'
import { setMode, takeControl } from './house-controls.ts'
import { beginTest, endTest, INERTIA_WATCHES } from './inertia-test.ts'
import { restoreAllLapsed } from './restore-lapsed.ts'
import { ControlWorld, HOUSE_ID } from './testing/control-world.ts'
import { SimulatedController } from './testing/simulated-controller.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let world: ControlWorld
let request: BeginTestRequest
/** The registers before anything was written. */
let untouched: { base: number[]; adapted: number[]; adaptation: boolean }

beforeEach(async () => {
  await start(new SimulatedController())
})

async function start(controller: SimulatedController): Promise<void> {
  world = new ControlWorld(controller)
  const { registers } = controller
  untouched = {
    base: [...registers.baseCurve],
    adapted: [...registers.adaptedCurve],
    adaptation: registers.adaptation,
  }
  await world.cycle()
  request = {
    testId: 'test-1',
    by: 'Ann',
    options: optionsOf({}),
    window: { startAt: world.time, endAt: world.time + 10 * HOUR, coldest: -3, mildest: -3 },
    silenceMs: 15 * MINUTE,
  }
}

const begin = (change: Partial<BeginTestRequest> = {}) => beginTest(world.process, HOUSE_ID, { ...request, ...change })

const look = () => world.application.putDocument(INERTIA_WATCHES, HOUSE_ID, { testId: request.testId, at: world.time })

/** Cycles five minutes apart, with somebody looking at the test. */
async function cycles(count: number): Promise<void> {
  for (let cycle = 0; cycle < count; cycle += 1) {
    world.time += 5 * MINUTE
    await look()
    await world.cycle()
  }
}

function expectUntouched(): void {
  const { registers } = world.controller
  expect(registers.baseCurve).toEqual(untouched.base)
  expect(registers.adaptation).toBe(untouched.adaptation)
  for (const [index, supply] of registers.adaptedCurve.entries()) {
    expect(supply).toBeCloseTo(untouched.adapted[index] as number, 6)
  }
}

describe('a test', () => {
  test('takes the curve as it stands, with the test in the record from the first moment', async () => {
    const begun = await begin()
    expect(begun).toMatchObject({ begunAt: world.time, startIndoor: 21, lowestIndoor: 20.2 })
    const record = await world.record()
    expect(record).toMatchObject({ phase: 'held', test: { testId: 'test-1' } })
    expect(record.baseline?.yref).toEqual(untouched.base)
    expect((await newestAudit(world.application, 10)).map(({ action }) => action)).toContain('inertia.begun')
  })

  test('lowers the points around the weather by at most 2 K a cycle, and no others', async () => {
    await begin()
    const heights: number[] = []
    for (let cycle = 0; cycle < 4; cycle += 1) {
      const before = [...world.controller.registers.baseCurve]
      await cycles(1)
      const now = world.controller.registers.baseCurve
      for (const [index, supply] of now.entries()) {
        expect(Math.abs(supply - (before[index] as number))).toBeLessThanOrEqual(2.06)
      }
      heights.push(now[5] as number)
    }
    const { registers } = world.controller
    const lowered = registers.baseCurve.map((supply, index) => supply < (untouched.adapted[index] as number) - 0.2)
    // −5 and 0 °C outdoors; colder points keep their heat.
    expect(lowered.slice(0, 7)).toEqual([false, false, false, false, false, true, true])
    // 39.25 − 2 − as far as a fast and light house could be left alone for twelve hours.
    expect(heights[0]).toBeCloseTo(37.3, 1)
    expect(heights.at(-1)).toBeLessThan(37)
    expect(heights.at(-1)).toBeGreaterThan(35.5)
  })

  test('is kept alive by healthy cycles for hours, and ends when its time is up', async () => {
    await begin({ window: { ...request.window, endAt: world.time + 3 * HOUR } })
    await cycles(35)
    expect(await world.record()).toMatchObject({ phase: 'held', test: { testId: 'test-1' } })
    await cycles(2)
    expect(await world.record()).toMatchObject({ phase: 'free', lastTest: { testId: 'test-1', reason: 'time-is-up' } })
    expectUntouched()
  })

  test.each<[string, () => void]>([
    ['drop-reached', () => (world.controller.room = 20.1)],
    ['too-cold', () => (world.controller.room = 18.5)],
    ['room-target-changed', () => (world.controller.registers.setpoint = 22)],
  ])('ends by itself: %s', async (reason, happens) => {
    await begin()
    await cycles(3)
    happens()
    await cycles(1)
    expect(await world.record()).toMatchObject({ phase: 'free', lastTest: { reason }, test: null })
    expectUntouched()
  })

  test('ends when nobody looks at it any more', async () => {
    await begin()
    await cycles(2)
    world.time += 10 * MINUTE
    await world.cycle()
    expect((await world.record()).phase).toBe('held')
    world.time += 10 * MINUTE
    await world.cycle()
    expect(await world.record()).toMatchObject({ phase: 'free', lastTest: { reason: 'not-watched' } })
    expectUntouched()
  })

  test('ends when there is no fresh forecast', async () => {
    await begin()
    await cycles(2)
    world.forecast = () => ({ issuedAt: world.time - 5 * HOUR, points: [] })
    await cycles(1)
    expect(await world.record()).toMatchObject({ phase: 'free', lastTest: { reason: 'no-forecast' } })
    expectUntouched()
  })

  test('is ended by a person at the house, whose points stay', async () => {
    await begin()
    await cycles(3)
    world.controller.apply({ target: 'yref', point: 7, value: 65 })
    await cycles(1)
    expect(await world.record()).toMatchObject({ phase: 'free', lastTest: { reason: 'overridden' } })
    expect(world.controller.registers.baseCurve[6]).toBe(65)
    expect(world.controller.registers.baseCurve[5]).toBe(untouched.base[5])
  })

  test('is ended by a person who gives the curve back', async () => {
    await begin()
    await cycles(2)
    expect(await releaseHouse(world.process, HOUSE_ID, {}, 'Bob')).toBe('released')
    expect(await world.record()).toMatchObject({ lastTest: { reason: 'released', detail: 'given back by Bob' } })
    expectUntouched()
  })

  test('ends with its lease when all processes are dead for half an hour', async () => {
    await begin()
    await cycles(3)
    world.time += 31 * MINUTE
    world.restart()
    expect(await restoreAllLapsed(world.process)).toEqual([HOUSE_ID])
    expect(await world.record()).toMatchObject({ phase: 'free', lastTest: { reason: 'lapsed' } })
    expectUntouched()
  })

  test('of a house that does not follow is ended, and the house said not to be steerable', async () => {
    await start(new SimulatedController({ steering: 'y-without-adaptation' }))
    await begin()
    await cycles(4)
    expect(await world.record()).toMatchObject({
      phase: 'free',
      steerable: false,
      lastTest: { reason: 'not-steerable' },
    })
    expectUntouched()
  })

  test('a curve the house could not be left alone on is raised again', async () => {
    await begin()
    await cycles(4)
    const deep = world.controller.registers.baseCurve[5] as number
    // A floor that binds sooner: the resident tolerates less.
    world.document = { ...world.document, comfort: { acceptable_deviation: 0.5 } }
    await cycles(1)
    expect(world.controller.registers.baseCurve[5]).toBeGreaterThan(deep + 0.5)
    expect((await world.record()).test).not.toBeNull()
  })
})

describe('asking for the end', () => {
  test('gives the curve back, verified, once', async () => {
    await begin()
    await cycles(3)
    const wish = { testId: 'test-1', reason: 'aborted', detail: 'aborted by Bob' } as const
    expect(await endTest(world.process, HOUSE_ID, wish)).toEqual({ ...wish })
    expectUntouched()
    const asked = world.controller.asked.length
    expect(await endTest(world.process, HOUSE_ID, wish)).toEqual({ ...wish })
    expect(world.controller.asked.length).toBe(asked)
  })

  test('of a test the house is not held for does nothing', async () => {
    await takeControl(world.process, HOUSE_ID, { by: 'Ann' })
    expect(await endTest(world.process, HOUSE_ID, { testId: 'other', reason: 'aborted', detail: '' })).toBeNull()
    expect((await world.record()).phase).toBe('held')
  })

  test('fails while the house does not take the baseline, and the first reason stays', async () => {
    await begin()
    await cycles(3)
    world.controller.losesWrites = true
    await expect(
      endTest(world.process, HOUSE_ID, { testId: 'test-1', reason: 'aborted', detail: 'aborted by Bob' }),
    ).rejects.toMatchObject({ type: 'Unavailable' })
    expect(await world.record()).toMatchObject({ phase: 'restoring', test: { ending: 'aborted' } })
    world.controller.losesWrites = false
    const late = { testId: 'test-1', reason: 'time-is-up', detail: 'later' } as const
    expect(await endTest(world.process, HOUSE_ID, late)).toMatchObject({ reason: 'aborted' })
    expectUntouched()
  })
})

describe('beginning', () => {
  test('is the same test when it is asked for twice, and refused once it is over', async () => {
    const begun = await begin()
    world.time += 2 * MINUTE
    expect(await begin()).toEqual(begun)
    await endTest(world.process, HOUSE_ID, { testId: 'test-1', reason: 'aborted', detail: '' })
    await expect(begin()).rejects.toThrow('over already')
    expectUntouched()
  })

  test.each<[string, () => Promise<unknown> | unknown, string]>([
    ['a person', () => takeControl(world.process, HOUSE_ID, { by: 'Bob' }), 'somebody holds the heat curve'],
    ['a cold room', () => reads({ room_temperature: 19.5 }), 'below the band'],
    ['an unknown room', () => reads({ outdoor_temperature: -3 }), 'the room temperature is not known'],
    ['a moved axis', () => (world.controller.axisMoved = true), 'the outdoor axis'],
    ['a stale forecast', () => (world.forecast = () => ({ issuedAt: 0, points: [] })), 'forecast is'],
  ])('is refused for %s, and nothing is written', async (_, happens, says) => {
    await happens()
    const asked = world.controller.asked.length
    await expect(begin()).rejects.toThrow(says)
    expect(world.controller.asked.length).toBe(asked)
  })

  test('while it holds, nobody else takes control or another mode, and another test is refused', async () => {
    await begin()
    await expect(takeControl(world.process, HOUSE_ID, { by: 'Bob' })).rejects.toThrow('abort it first')
    await expect(setMode(world.process, HOUSE_ID, { mode: 'rules', force: false, by: 'Bob' })).rejects.toThrow(
      'abort it first',
    )
    expect(world.profile.heat_curve_control.curve_control_mode).toBe('monitor')
    await expect(begin({ testId: 'test-2' })).rejects.toThrow('another inertia test')
  })

  async function reads(fields: Record<string, number>): Promise<void> {
    await world.application.putStatus({ kind: 'house', id: HOUSE_ID }, { lastReading: fields, lastGoodAt: world.time })
  }
})

describe('in a mode that steers', () => {
  beforeEach(async () => {
    await setMode(world.process, HOUSE_ID, { mode: 'rules', force: false, by: 'Ann' })
    world.controller.room = 21.8
    await cycles(4)
  })

  test('its decisions pause during the test, and go on afterwards from the same baseline', async () => {
    const { baseline } = await world.record()
    const decisions = () => world.points.filter(({ measurement }) => measurement === 'heating_control').length
    await begin()
    expect(await world.record()).toMatchObject({ phase: 'held', mode: 'rules', baseline })
    const before = decisions()
    await cycles(6)
    expect(decisions()).toBe(before)
    await endTest(world.process, HOUSE_ID, { testId: 'test-1', reason: 'aborted', detail: 'aborted by Bob' })
    expectUntouched()
    await cycles(5)
    expect(await world.record()).toMatchObject({ phase: 'held', mode: 'rules', test: null })
    expect((await world.record()).baseline?.yref).toEqual(baseline?.yref)
    expect(decisions()).toBeGreaterThan(before)
  })

  test('a person who leaves the mode ends the test', async () => {
    await begin()
    await cycles(2)
    await setMode(world.process, HOUSE_ID, { mode: 'monitor', force: false, by: 'Bob' })
    expect(await world.record()).toMatchObject({ phase: 'free', resume: false, lastTest: { testId: 'test-1' } })
    await cycles(2)
    expect((await world.record()).phase).toBe('free')
    expectUntouched()
  })
})
