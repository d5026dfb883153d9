import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FRESH_RULES_STATE } from './decision.ts'
import { hoursToFreeHeat, indoorShift, preemptiveShift, proportionalShift, roomError, weatherShift } from './rules.ts'
import { forecastOf, HOUR, NOON, YREF } from './testing/inputs.ts'

test.each([
  [-8, 2],
  [-3, 1.2],
  [0, 0],
  [2, -1.2],
  [3, -1.8],
  [8, -3],
])('at 0 °C outdoors weather that feels %d K warmer shifts the supply by %d K', (difference, shift) => {
  expect(weatherShift(YREF, 0, difference)).toBeCloseTo(shift, 9)
})

test('the weather shift follows the slope at the real outdoor temperature, not that at 0 °C', () => {
  expect(weatherShift(YREF, 10, 2)).toBeCloseTo(-2, 9)
})

test('half a kelvin too cold lifts the supply by 0.625 K at a tolerance of 1 K', () => {
  expect(proportionalShift(-0.5, 1)).toBeCloseTo(0.625, 9)
})

test.each([
  [null, 8, 0],
  [null, 6, -0],
  [null, 4, -0.2],
  [null, 2, -0.4],
  [null, 0.5, -0.6],
  [60, 8, 0],
  [60, 6, 0],
  [60, 4, -0.1],
  [60, 2, -0.4],
  [60, 0.5, -0.5],
])('with a time constant of %s h free heat in %d h lowers the supply by %d K', (timeConstant, leadHours, shift) => {
  const conditions = { target: 21, tolerance: 1, effective: 5, indoor: 21, leadHours }
  expect(preemptiveShift(YREF, conditions, timeConstant).shift).toBeCloseTo(shift, 9)
})

test('the time needed before free heat is 6.5 h, 5.2 h for a house of 60 h', () => {
  const conditions = { target: 21, tolerance: 1, effective: 5, indoor: 21, leadHours: 3 }
  expect(preemptiveShift(YREF, conditions, null).needHours).toBeCloseTo(6.5, 9)
  expect(preemptiveShift(YREF, conditions, 60).needHours).toBeCloseTo(5.25, 9)
})

test('a room below the floor is not cooled further for the sake of free heat', () => {
  const conditions = { target: 21, tolerance: 1, effective: 5, indoor: 18.9, leadHours: 2 }
  expect(preemptiveShift(YREF, conditions, null).shift).toBe(0)
})

describe('free heat', () => {
  const spell = (from: number, to: number) => forecastOf((hour) => (hour >= from && hour < to ? 22 : 5)).points

  test('is foreseen by hours', () => expect(hoursToFreeHeat(spell(5, 9), NOON, 21)).toBe(5))
  test('counts as begun inside it', () => expect(hoursToFreeHeat(spell(0, 9), NOON + HOUR, 21)).toBe(0))
  test('of one hour is none', () => expect(hoursToFreeHeat(spell(5, 6), NOON, 21)).toBeNull())
  test('that is over is none', () => expect(hoursToFreeHeat(spell(0, 3), NOON + 5 * HOUR, 21)).toBeNull())
})

test('what is too warm counts in full, what is too cold only beyond what is tolerated', () => {
  expect([0.3, 0, -0.2, -0.6].map((difference) => roomError(difference, 0.4))).toEqual([
    0.3,
    0,
    0,
    expect.closeTo(-0.2),
  ])
})

describe('the indoor part', () => {
  test('remembers what passed through the band: no decay by calls', () => {
    let state = { ...FRESH_RULES_STATE, updatedAt: NOON }
    for (let step = 1; step <= 12; step += 1) {
      const time = NOON + step * 300_000
      state = { ...state, integralKh: indoorShift(0.2, 1, state, time).integralKh, updatedAt: time }
    }
    expect(state.integralKh).toBeCloseTo(0.2, 6)
  })

  test('counts hours, not calls', () => {
    const often = { ...FRESH_RULES_STATE, updatedAt: NOON - 300_000 }
    const seldom = { ...FRESH_RULES_STATE, updatedAt: NOON - 1_800_000 }
    expect(indoorShift(-1, 1, seldom, NOON).integralKh).toBeCloseTo(6 * indoorShift(-1, 1, often, NOON).integralKh, 9)
  })

  test('holds a house against a lasting disturbance without swinging', () => {
    // 80 h, gain 1 − 1/(1 + 0.6) per K of supply, 1.5 h late, disturbed by 3 K.
    const late: number[] = new Array(6).fill(0)
    let room = 21
    let state = { ...FRESH_RULES_STATE, updatedAt: 0 as number | null }
    const course: number[] = []
    for (let step = 1; step <= 20 * 96; step += 1) {
      const time = step * 900_000
      const { shift, integralKh } = indoorShift(room - 21, 1, state, time)
      state = { ...state, integralKh, updatedAt: time }
      late.push(shift)
      room += ((0.63 * (late.shift() as number) - 3 * 0.63 - (room - 21)) / 30) * 0.25
      course.push(room)
    }
    const last = course.slice(-4 * 96)
    expect(Math.max(...last) - Math.min(...last)).toBeLessThan(0.1)
    expect(last.at(-1)).toBeCloseTo(21, 1)
    expect(Math.min(...course)).toBeGreaterThan(20)
  })

  test('never shifts by more than 8 K, whatever has been', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        (errors, tolerance) => {
          let state = { ...FRESH_RULES_STATE, updatedAt: 0 as number | null }
          errors.forEach((error, index) => {
            const time = (index + 1) * HOUR
            const { shift, integralKh } = indoorShift(error, tolerance, state, time)
            expect(Math.abs(shift)).toBeLessThanOrEqual(8)
            state = { ...state, integralKh, updatedAt: time }
          })
        },
      ),
    )
  })
})
