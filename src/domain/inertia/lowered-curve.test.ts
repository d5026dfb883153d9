/** The curve of a test: only around its weather, never too low, never rising. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AXIS } from '../control/ten-points.ts'
import { whyNotWritable } from '../safety/curve-gate.ts'
import { loweredCurve } from './lowered-curve.ts'

const STEEP = [60, 56, 52, 48, 44, 40, 36, 32, 28, 24]

test('only the points on either side of the weather are lowered', () => {
  expect(loweredCurve(STEEP, { coldest: -4, mildest: -1 }, 3, 20)).toEqual({
    curve: [60, 56, 52, 48, 44, 37, 33, 32, 28, 24],
    lowered: [-5, 0],
  })
})

test('milder points follow where the curve would rise, colder ones keep their heat', () => {
  const flat = [40, 39, 38, 37, 36, 35, 34, 33, 32, 31]
  const { curve, lowered } = loweredCurve(flat, { coldest: -4, mildest: -1 }, 3, 20)
  expect(curve).toEqual([40, 39, 38, 37, 36, 32, 31, 31, 31, 31])
  expect(lowered).toEqual([-5, 0, 5, 10])
})

test('nothing is lowered below 22 °C, and what is lower already stays as it is', () => {
  const low = [40, 38, 36, 34, 32, 30, 28, 24, 21, 20]
  expect(loweredCurve(low, { coldest: 6, mildest: 12 }, 6, 20).curve).toEqual([40, 38, 36, 34, 32, 30, 28, 22, 21, 20])
})

const curves = fc
  .array(fc.integer({ min: 220, max: 700 }), { minLength: 10, maxLength: 10 })
  .map((tenths) => tenths.map((value) => value / 10).sort((a, b) => b - a))

test('whatever the curve and the weather: never warmer, never deeper than asked for, and the gate knows no fault in its shape', () => {
  fc.assert(
    fc.property(
      curves,
      fc.integer({ min: -40, max: 25 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 10 }),
      (baseline, coldest, swing, cutK) => {
        const { curve, lowered } = loweredCurve(baseline, { coldest, mildest: coldest + swing }, cutK, 20)
        for (const [index, supply] of curve.entries()) {
          const own = baseline[index] as number
          expect(supply).toBeLessThanOrEqual(own + 1e-9)
          expect(supply).toBeGreaterThanOrEqual(own - cutK - 0.051)
          if ((AXIS[index] as number) < Math.min(coldest, 15) - 5) expect(supply).toBe(own)
        }
        expect(lowered.every((outdoor) => outdoor >= Math.min(coldest, 15) - 5)).toBe(true)
        // In one step the gate would only mind its size.
        const refused = whyNotWritable(curve, {
          baseline,
          present: curve,
          minSupply: 20,
          maxSupply: 70,
          warmOnly: null,
          survives: () => true,
        })
        expect(refused).toBeNull()
      },
    ),
  )
})
