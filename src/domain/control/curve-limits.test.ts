import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { indoorFloor, isWorthWriting, LARGEST_CHANGE, limitCurve, mustBeWarm, wellFormed } from './curve-limits.ts'
import { shifted } from './ten-points.ts'
import { forecastOf, HOUR, inputsOf, NOON, YREF } from './testing/inputs.ts'

const limits = inputsOf().limits
const points = (low: number, high: number) =>
  fc.array(fc.double({ min: low, max: high, noNaN: true }), { minLength: 10, maxLength: 10 })
const falling = points(20, 55).map((values) =>
  values.sort((one, other) => other - one).map((v) => Math.round(v * 10) / 10),
)
const isFalling = (curve: readonly number[]) =>
  curve.every((supply, i) => i === 0 || supply <= (curve[i - 1] as number))

test('any wish becomes a curve within the supply limits that never rises with the outdoor temperature', () => {
  fc.assert(
    fc.property(points(-100, 200), (wish) => {
      const curve = wellFormed(wish, limits)
      expect(isFalling(curve)).toBe(true)
      expect(Math.min(...curve)).toBeGreaterThanOrEqual(20)
      expect(Math.max(...curve)).toBeLessThanOrEqual(55)
    }),
  )
})

test('no point moves by more than 2 K at once, except back up to the baseline', () => {
  fc.assert(
    fc.property(points(0, 80), falling, falling, (wish, presentCurve, baselineCurve) => {
      const curve = limitCurve(wish, inputsOf({ presentCurve, baselineCurve }))
      expect(isFalling(curve)).toBe(true)
      curve.forEach((supply, i) => {
        const present = presentCurve[i] as number
        expect(supply).toBeGreaterThanOrEqual(present - LARGEST_CHANGE - 1e-9)
        expect(supply).toBeLessThanOrEqual(Math.max(present + LARGEST_CHANGE, baselineCurve[i] as number) + 1e-9)
      })
    }),
  )
})

describe.each([
  ['the room is below the floor', { indoor: 18.9 }, 'below-floor'],
  ['the indoor temperature is unknown', { indoor: null }, 'no-indoor'],
  ['the indoor temperature is 16 minutes old', { indoorAgeMinutes: 16 }, 'no-indoor'],
  ['there is no forecast', { forecast: null }, 'no-forecast'],
  ['the forecast is empty', { forecast: { issuedAt: NOON, points: [] } }, 'no-forecast'],
  ['the forecast is four hours old', { forecast: forecastOf(() => 0, undefined, NOON - 4 * HOUR) }, 'no-forecast'],
] as const)('when %s', (_, changes, why) => {
  test('the reason is told', () => expect(mustBeWarm(inputsOf(changes))).toBe(why))

  test('every curve is the baseline or warmer, at once', () => {
    fc.assert(
      fc.property(points(0, 80), falling, (wish, presentCurve) => {
        const curve = limitCurve(wish, inputsOf({ ...changes, presentCurve }))
        for (const [i, supply] of curve.entries()) expect(supply).toBeGreaterThanOrEqual(YREF[i] as number)
      }),
    )
  })
})

test('the floor is two tolerances below the setpoint, and 17 °C at least', () => {
  expect(indoorFloor(21, 1)).toBe(19)
  expect(indoorFloor(20, 2.5)).toBe(17)
})

test('a baseline hotter than the limit stays allowed', () => {
  const baselineCurve = shifted(YREF, 20)
  expect(limitCurve(baselineCurve, inputsOf({ baselineCurve, presentCurve: baselineCurve }))).toEqual(baselineCurve)
})

test('0.3 K where the weather will be is worth a write; elsewhere it is not', () => {
  expect(isWorthWriting(shifted(YREF, 0.2), YREF, -2, 3)).toBe(false)
  expect(isWorthWriting(shifted(YREF, 0.4), YREF, -2, 3)).toBe(true)
  const onlyInFrost = YREF.map((supply, i) => (i < 3 ? supply + 2 : supply))
  expect(isWorthWriting(onlyInFrost, YREF, -2, 3)).toBe(false)
})
