import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { heatUp } from './heat-up.ts'
import { initialModel, modelOf, type ZoneModel } from './model.ts'
import {
  beginPreheat,
  followEpisode,
  initialPreheat,
  type PreheatQuestion,
  type PreheatState,
  planPreheat,
} from './preheat.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const due = Date.parse('2026-01-12T05:30:00Z')

/** 2 K/h of heating, a loss of 1/30 per hour, and 0.1 K/h of gains; all known to a few hundredths. */
const model: ZoneModel = {
  heatRate: 2,
  lossRate: 1 / 30,
  gains: 0.1,
  lagHours: 0,
  emission: 0,
  covariance: [
    [0.0016, 0, 0],
    [0, 1e-6, 0],
    [0, 0, 0.0004],
  ],
  maturity: 'learned',
}
const unlearned = modelOf(initialModel())
const cold = () => -5
const question: PreheatQuestion = {
  model,
  learned: initialPreheat(),
  temperature: 17,
  heldSetpoint: 17,
  now: due - 8 * HOUR,
  target: 21,
  dueAt: due,
  outdoor: cold,
  maxHours: 10,
}
const lead = (change: Partial<PreheatQuestion>) => (due - planPreheat({ ...question, ...change }).startAt) / HOUR

describe('the duration of a heat-up', () => {
  const way = { model, from: { temperature: 17, emission: 0 }, to: 21, start: due, outdoor: cold, longest: 12 }

  test('is that of the exact solution', () => {
    const end = -5 + 30 * 2.1
    const expected = 30 * Math.log((end - 17) / (end - 21))
    expect(heatUp(way).hours).toBeCloseTo(expected, 2)
  })

  test('is longer by about its lag behind a slow emitter, shorter when that is warm already', () => {
    const slow = { ...model, lagHours: 0.5 }
    const plain = heatUp(way).hours ?? 0
    const lagging = heatUp({ ...way, model: slow }).hours ?? 0
    expect(lagging - plain).toBeGreaterThan(0.45)
    expect(lagging - plain).toBeLessThan(0.9)
    const warm = heatUp({ ...way, model: slow, from: { temperature: 17, emission: 1 } }).hours ?? 0
    expect(warm).toBeCloseTo(plain, 2)
  })

  test('is as uncertain as the model makes it', () => {
    const { hours, sigmaHours } = heatUp(way)
    const derivative = (heatUp({ ...way, model: { ...model, heatRate: 2.001 } }).hours ?? 0) - (hours ?? 0)
    const only = {
      ...model,
      covariance: [
        [0.0016, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
    }
    expect(heatUp({ ...way, model: only }).sigmaHours).toBeCloseTo((Math.abs(derivative) / 0.001) * 0.04, 2)
    expect(sigmaHours).toBeGreaterThan(heatUp({ ...way, model: only }).sigmaHours ?? 9)
    expect(heatUp({ ...way, model: unlearned }).sigmaHours).toBeGreaterThan(1)
  })

  test('follows the forecast of the hours in which it takes place', () => {
    const thaw = (time: number) => (time < due + HOUR ? -15 : 5)
    const { hours } = heatUp({ ...way, outdoor: thaw })
    expect(hours).toBeLessThan(heatUp({ ...way, outdoor: () => -15 }).hours ?? 0)
    expect(hours).toBeGreaterThan(heatUp({ ...way, outdoor: () => 5 }).hours ?? 9)
  })

  test('is unknown when the power does not suffice, and zero when nothing is missing', () => {
    expect(heatUp({ ...way, outdoor: () => -50 }).hours).toBeNull()
    expect(heatUp({ ...way, to: 16 })).toEqual({ hours: 0, sigmaHours: 0 })
  })
})

describe('the plan', () => {
  test('begins so early that the target is met at its time, with a margin of a few minutes', () => {
    const plan = planPreheat(question)
    const needed = heatUp({
      model,
      from: { temperature: 17, emission: 0 },
      to: 21,
      start: due,
      outdoor: cold,
      longest: 12,
    })
    expect(plan.hours).toBeCloseTo(needed.hours ?? 0, 1)
    expect(plan.inTime).toBe(true)
    expect((due - plan.startAt) / HOUR).toBeCloseTo(plan.hours + plan.marginHours)
    expect(plan.marginHours * 60).toBeGreaterThanOrEqual(2)
    expect(plan.marginHours * 60).toBeLessThan(45)
  })

  test('begins earlier when it is colder outside, colder inside, or the target is higher', () => {
    expect(lead({ outdoor: () => -15 })).toBeGreaterThan(lead({}))
    expect(lead({ temperature: 16, heldSetpoint: 16 })).toBeGreaterThan(lead({}))
    expect(lead({ target: 22 })).toBeGreaterThan(lead({}))
  })

  test('begins earlier the less is known, but never by more than three quarters of an hour', () => {
    const unsure = { ...model, covariance: unlearned.covariance }
    const plan = planPreheat({ ...question, model: unsure })
    expect(plan.marginHours).toBeGreaterThan(planPreheat(question).marginHours)
    expect(plan.marginHours).toBeLessThanOrEqual(0.75)
  })

  test('counts with the fall of the room until then, down to the setpoint that is held', () => {
    const evening = { temperature: 20.5, now: due - 9 * HOUR }
    expect(lead({ ...evening, heldSetpoint: 15 })).toBeGreaterThan(lead({ ...evening, heldSetpoint: 19 }))
    expect(lead({ ...evening, heldSetpoint: 17 })).toBeLessThanOrEqual(lead({}) + 0.01)
  })

  test('waits until the time itself for a room that is warm already', () => {
    expect(planPreheat({ ...question, temperature: 22, now: due - HOUR / 2 })).toMatchObject({ startAt: due, hours: 0 })
  })

  test('never begins earlier than allowed, and says when that will not do', () => {
    expect(lead({ maxHours: 1 })).toBeCloseTo(1)
    expect(planPreheat({ ...question, maxHours: 1 }).inTime).toBe(false)
    expect(planPreheat({ ...question, outdoor: () => -60 })).toMatchObject({
      inTime: false,
      startAt: due - 10 * HOUR,
    })
  })

  test('is never outside the longest time before the due time, whatever the zone', () => {
    const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
    fc.assert(
      fc.property(number(-20, 30), number(15, 25), number(0.05, 20), number(0.002, 0.4), number(-1, 3), (...drawn) => {
        const [temperature, target, heatRate, lossRate, gains] = drawn
        const plan = planPreheat({
          ...question,
          temperature,
          target,
          model: { ...model, heatRate, lossRate, gains, lagHours: 0.5 },
        })
        expect(plan.startAt).toBeGreaterThanOrEqual(due - 10 * HOUR)
        expect(plan.startAt).toBeLessThanOrEqual(due)
        expect(Number.isFinite(plan.hours + plan.marginHours)).toBe(true)
      }),
    )
  })
})

describe('lessons', () => {
  /** Heat-ups that need `ratio` times as long as the model says. */
  function taught(ratio: number, mornings: number, disturbed = false, heating = true): PreheatState {
    let state = initialPreheat()
    for (let morning = 0; morning < mornings; morning++) {
      const dueAt = due + morning * 24 * HOUR
      const plan = planPreheat({ ...question, dueAt, now: dueAt - 8 * HOUR, learned: state })
      state = beginPreheat(state, plan, plan.startAt, 17)
      const lasts = (state.episode?.predictedHours ?? 0) * ratio * HOUR
      for (let time = plan.startAt; time <= plan.startAt + lasts + MINUTE; time += MINUTE) {
        const temperature = 17 + (3.5 * (time - plan.startAt)) / lasts
        state = followEpisode(state, { time, temperature, heating, disturbed })
      }
    }
    return state
  }

  test('make the next heat-ups longer when they took longer, and the margin smaller when they agree', () => {
    const slow = taught(1.3, 8)
    expect(slow.count).toBe(8)
    expect(slow.ratio).toBeGreaterThan(1.2)
    expect(slow.ratio).toBeLessThan(1.35)
    expect(slow.ratioVariance).toBeLessThan(initialPreheat().ratioVariance / 2)
    expect(planPreheat({ ...question, learned: slow }).hours).toBeGreaterThan(planPreheat(question).hours * 1.15)
  })

  test('stay plausible, however wrong a morning was', () => {
    expect(taught(9, 20).ratio).toBeLessThanOrEqual(1.8)
    expect(taught(0.1, 20).ratio).toBeGreaterThanOrEqual(0.6)
  })

  test('are not taken from mornings with an open window, or with the heater off', () => {
    expect(taught(1.3, 3, true)).toMatchObject({ count: 0, ratio: 1, episode: null })
    expect(taught(1.3, 3, false, false)).toMatchObject({ count: 0, ratio: 1, episode: null })
  })

  test('a heat-up that never gets there is given up three hours after its time', () => {
    const plan = planPreheat(question)
    const begun = beginPreheat(initialPreheat(), plan, plan.startAt, 17)
    const waiting = followEpisode(begun, { time: due + 2 * HOUR, temperature: 18, heating: true, disturbed: false })
    expect(waiting.episode).not.toBeNull()
    const ended = followEpisode(waiting, { time: due + 3.1 * HOUR, temperature: 18, heating: true, disturbed: false })
    expect(ended).toMatchObject({ episode: null, count: 0 })
  })

  test('once begun, a heat-up is begun', () => {
    const plan = planPreheat(question)
    const begun = beginPreheat(initialPreheat(), plan, plan.startAt, 17)
    expect(begun.begun).toEqual({ dueAt: due, at: plan.startAt })
    expect(beginPreheat(begun, plan, plan.startAt + HOUR, 18)).toBe(begun)
  })
})
