import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CURVE_POINTS, type CurvePoints, isCompleteCurve, OUTDOOR_AXIS, supplyTemperatureAt } from './curve.ts'

const adapted901 = { 1: 58, 2: 55, 3: 52, 4: 49.3, 5: 47.125, 6: 43.75, 7: 38.5, 8: 33.25, 9: 29, 10: 24 }
const base901 = { 1: 58, 2: 55, 3: 52, 4: 49, 5: 46, 6: 43, 7: 39, 8: 34, 9: 29, 10: 24 }
const adapted902 = { 1: 39, 2: 37.5, 3: 36, 4: 34.5, 5: 33, 6: 31, 7: 29, 8: 26.5, 9: 24, 10: 22 }

const supply = fc.double({ min: 10, max: 80, noNaN: true })
const outdoor = fc.double({ min: -60, max: 50, noNaN: true })
const anyCurve: fc.Arbitrary<CurvePoints> = fc
  .array(fc.option(supply, { nil: undefined }), { minLength: 10, maxLength: 10 })
  .map((values) => toCurve(values))
const fallingCurve: fc.Arbitrary<CurvePoints> = fc
  .array(supply, { minLength: 10, maxLength: 10 })
  .map((values) => toCurve(values.toSorted((a, b) => b - a)))

function toCurve(values: readonly (number | undefined)[]): CurvePoints {
  const entries = CURVE_POINTS.map((point, index) => [point, values[index]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

describe('supply temperature of a heat curve', () => {
  test.each([
    ['adapted curve of house 901 at −3.4 °C', adapted901, -3.4, 42.07],
    ['base curve of house 901 at −3.4 °C', base901, -3.4, 41.72],
    ['adapted curve of house 902 at 2.6 °C', adapted902, 2.6, 27.7],
  ])('%s', (_name, curve, at, expected) => {
    expect(supplyTemperatureAt(curve, at)).toBeCloseTo(expected, 9)
  })

  test('is exact at every point', () => {
    fc.assert(
      fc.property(anyCurve, (curve) => {
        for (const point of CURVE_POINTS) {
          if (curve[point] !== undefined) expect(supplyTemperatureAt(curve, OUTDOOR_AXIS[point])).toBe(curve[point])
        }
      }),
    )
  })

  test('holds the end values below −30 °C and above 15 °C', () => {
    fc.assert(
      fc.property(fallingCurve, fc.double({ min: 0, max: 100, noNaN: true }), (curve, beyond) => {
        expect(supplyTemperatureAt(curve, -30 - beyond)).toBe(curve[1])
        expect(supplyTemperatureAt(curve, 15 + beyond)).toBe(curve[10])
      }),
    )
  })

  test('never rises with outdoor temperature when the points do not', () => {
    fc.assert(
      fc.property(fallingCurve, outdoor, outdoor, (curve, a, b) => {
        const atCold = supplyTemperatureAt(curve, Math.min(a, b)) ?? Number.NaN
        const atWarm = supplyTemperatureAt(curve, Math.max(a, b)) ?? Number.NaN
        expect(atWarm).toBeLessThanOrEqual(atCold)
      }),
    )
  })

  test('stays between the lowest and the highest point, whatever is missing', () => {
    fc.assert(
      fc.property(anyCurve, outdoor, (curve, at) => {
        const values = Object.values(curve)
        const result = supplyTemperatureAt(curve, at)
        if (values.length === 0) expect(result).toBeNull()
        else {
          expect(result).toBeGreaterThanOrEqual(Math.min(...values))
          expect(result).toBeLessThanOrEqual(Math.max(...values))
        }
      }),
    )
  })

  test('bridges missing points by their neighbours', () => {
    expect(supplyTemperatureAt({ 6: 44, 8: 34 }, 0)).toBeCloseTo(39)
    expect(supplyTemperatureAt({ 7: 38.5 }, -20)).toBe(38.5)
    expect(supplyTemperatureAt({}, 0)).toBeNull()
  })

  test('has no answer for an outdoor temperature that is not a number', () => {
    expect(supplyTemperatureAt(adapted901, Number.NaN)).toBeNull()
  })

  test('nine points are not a complete curve', () => {
    const { 10: _last, ...nine } = base901
    expect(isCompleteCurve(base901)).toBe(true)
    expect(isCompleteCurve(nine)).toBe(false)
  })
})
