import { describe, expect, test } from 'vitest'
import { initialModel, learn, type ModelSample, type ModelState, modelOf, roomAfter } from './model.ts'
import { advanceRoom, display, type RoomTraits, roomAt, winter } from './testing/simulation.ts'

const MINUTE = 60_000
const start = Date.parse('2026-01-05T00:00:00Z')

const TRAITS: RoomTraits = {
  seed: 5,
  heatRate: 2.4,
  timeConstantHours: 30,
  dayGains: 0.1,
  steadyGains: 0.1,
  emitterLagMinutes: 0,
  unrest: 0.05,
  thermostat: { onBelow: 0.5, offAbove: 0 },
}

interface Course {
  readonly traits?: Partial<RoomTraits>
  readonly days: number
  readonly state?: ModelState
  /** What becomes of a sample on its way. */
  readonly change?: (sample: ModelSample, minute: number) => ModelSample
  readonly setpoint?: (hourOfDay: number) => number
}
/** A room with a set-back at night, read once a minute. */
function learned({ traits, days, state = initialModel(), change = (sample) => sample, setpoint }: Course): ModelState {
  const room = { ...TRAITS, ...traits }
  const outdoor = winter(room.seed, -2)
  const wanted = setpoint ?? ((hour: number) => (hour >= 5 && hour < 21 ? 22 : 17))
  let model = state
  let current = roomAt(start, 20, 20)
  for (let minute = 0; minute < days * 1440; minute++) {
    const time = start + minute * MINUTE
    current = { ...advanceRoom(room, current, time, { outdoor }), setpoint: wanted((minute / 60) % 24) }
    const { temperature, heater } = display(current, true)
    const sample = { time, temperature, heating: heater === 1, outdoor: outdoor(time), disturbed: false }
    model = learn(model, change(sample, minute))
  }
  return model
}
const sigma = (state: ModelState, index: number) => Math.sqrt(modelOf(state).covariance[index]?.[index] ?? Number.NaN)

describe('after a week of readings', () => {
  const state = learned({ days: 7 })
  const model = modelOf(state)

  test('the heating rate is known to a tenth, and its uncertainty says so', () => {
    expect(model.maturity).toBe('learned')
    expect(Math.abs(model.heatRate / TRAITS.heatRate - 1)).toBeLessThan(0.1)
    expect(Math.abs(model.heatRate - TRAITS.heatRate)).toBeLessThan(4 * sigma(state, 0))
    expect(sigma(state, 0)).toBeLessThan(0.2 * sigma(initialModel(), 0))
  })

  test('the free fall of the room over a winter night is foretold to a tenth', () => {
    const truth = { heatRate: TRAITS.heatRate, lossRate: 1 / TRAITS.timeConstantHours, gains: 0.1, lagHours: 0 }
    const warm = { temperature: 22, emission: 0 }
    const fallen = roomAfter(truth, warm, 8, 0, -5).temperature
    expect(fallen).toBeLessThan(17.2)
    expect(Math.abs(roomAfter(model, warm, 8, 0, -5).temperature - fallen)).toBeLessThan(0.1 * (22 - fallen))
  })

  test('the state is small and survives being written down', () => {
    expect(JSON.stringify(state).length).toBeLessThan(1500)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  })
})

describe('rooms of all kinds', () => {
  test.each([
    ['a small room with a fan heater', { heatRate: 15, timeConstantHours: 5, unrest: 0.1 }],
    ['a heavy room with little power', { heatRate: 1, timeConstantHours: 80 }],
  ])('%s', (_name, traits) => {
    const model = modelOf(learned({ traits, days: 7 }))
    expect(Math.abs(model.heatRate / traits.heatRate - 1)).toBeLessThan(0.2)
  })

  test.each([
    [0, 0],
    [8, 10],
    [27, 30],
    [70, 75],
  ])('an emitter that lags by %i min is taken for one of %i min', (emitterLagMinutes, taken) => {
    const model = modelOf(learned({ traits: { emitterLagMinutes, heatRate: 2 }, days: 7 }))
    expect(Math.round(model.lagHours * 60)).toBe(taken)
  })
})

describe('what is not the room', () => {
  const truth = modelOf(learned({ days: 4 }))
  const share = (state: ModelState) => modelOf(state).heatRate / truth.heatRate

  test('single wild readings change nothing much', () => {
    const change = (sample: ModelSample, minute: number) =>
      minute % 97 === 0 && sample.temperature !== null ? { ...sample, temperature: sample.temperature + 6 } : sample
    expect(Math.abs(share(learned({ days: 4, change })) - 1)).toBeLessThan(0.05)
  })

  test('a sensor moved to a warmer place is followed, and nothing is learned from the step', () => {
    const before = learned({ days: 3 })
    const moved = learned({
      days: 4,
      change: (sample, minute) =>
        minute > 3 * 1440 && sample.temperature !== null ? { ...sample, temperature: sample.temperature + 2 } : sample,
    })
    expect(modelOf(moved).heatRate).toBeCloseTo(modelOf(before).heatRate, 0)
    expect(moved.learnedHours).toBeGreaterThan(before.learnedHours + 22)
  })

  test('disturbed times teach nothing', () => {
    const before = learned({ days: 2 })
    const after = learn(before, {
      time: (before.lastTime ?? 0) + MINUTE,
      temperature: 12,
      heating: true,
      outdoor: -2,
      disturbed: true,
    })
    expect(after).toEqual({ ...before, outdoorMean: after.outdoorMean, time: null, lastTime: null })
  })

  test.each([
    ['temperature', { temperature: null }],
    ['heater', { heating: null }],
    ['outdoor temperature', { outdoor: null }],
  ])('nor do samples without %s', (_name, missing) => {
    const never = learned({ days: 0.5, change: (sample) => ({ ...sample, ...missing }) })
    expect([never.learnedHours, modelOf(never).maturity]).toEqual([0, 'first_guess'])
  })

  test('a silence of an hour is not learned across', () => {
    const gaps = learned({
      days: 1,
      change: (sample, minute) => (minute % 60 < 55 ? { ...sample, temperature: null } : sample),
    })
    expect(gaps.learnedHours).toBe(0)
  })

  test('samples out of order change nothing', () => {
    const state = learned({ days: 0.1 })
    expect(learn(state, { time: start, temperature: 5, heating: true, outdoor: 0, disturbed: false })).toBe(state)
  })
})

describe('forgetting', () => {
  test('a new radiator with twice the power is known within a week', () => {
    const old = learned({ traits: { heatRate: 1.6 }, days: 10 })
    expect(modelOf(old).heatRate).toBeLessThan(1.9)
    const shifted: ModelState = { ...old, time: null, lastTime: null }
    const renewed = learned({ traits: { heatRate: 3.2 }, days: 7, state: shifted })
    expect(modelOf(renewed).heatRate).toBeGreaterThan(2.6)
  })

  test('a summer without heating leaves the uncertainty bounded', () => {
    const winterState = learned({ days: 5 })
    const summer = learned({ days: 30, state: { ...winterState, time: null, lastTime: null }, setpoint: () => 5 })
    for (const index of [0, 1, 2]) {
      expect(sigma(summer, index)).toBeLessThanOrEqual(sigma(initialModel(), index) * 1.001)
    }
    expect(modelOf(summer).heatRate).toBeGreaterThan(1)
    expect(modelOf(summer).heatRate).toBeLessThan(4)
  })
})

test('a room left alone ends where its gains hold it above outdoors', () => {
  const model = { heatRate: 2, lossRate: 1 / 30, gains: 0.1, lagHours: 0 }
  const { temperature } = roomAfter(model, { temperature: 20, emission: 0 }, 1000, 0, -5)
  expect(temperature).toBeCloseTo(-5 + 0.1 * 30, 6)
})
