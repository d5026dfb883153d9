import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CURVE_POINTS, type CurvePoints } from '../heating/curve.ts'
import { type Baseline, startingCurve } from './house-control.ts'
import { describeChange, humanChange, isOverridden, restorationOf } from './override.ts'

const baseline: Baseline = {
  capturedAt: 0,
  yref: [50, 48, 46, 44, 42, 39, 36, 32, 27, 22],
  y: [50.5, 48.5, 46.5, 44.5, 42.375, 39.25, 36.25, 32.125, 27, 22],
  adaption: true,
  setpoint: 21,
}
const applied = startingCurve(baseline).map((supply) => supply - 1.5)
const intended = startingCurve(baseline).map((supply) => supply - 2.2)
const held = { baseline, applied, intended: null, phase: 'held', adaptionSwitchedOn: false } as const

const points = (values: readonly number[]): CurvePoints =>
  Object.fromEntries(CURVE_POINTS.map((point, index) => [point, values[index]])) as CurvePoints
const device = (yref: readonly number[], adaption: boolean | null = false) => ({
  yref: points(yref),
  y: points(yref),
  adaption,
})

describe('a hand other than ours', () => {
  test('is not seen in anything BVPro has written or meant to write, point by point', () => {
    const values = [baseline.yref, baseline.y, startingCurve(baseline), applied, intended]
    const mixed = fc.array(fc.nat(values.length - 1), { minLength: 10, maxLength: 10 })
    fc.assert(
      fc.property(mixed, (choice) => {
        const curve = choice.map((which, index) => values[which]?.[index] as number)
        expect(isOverridden(humanChange({ ...held, intended }, device(curve)))).toBe(false)
      }),
    )
  })

  test('is seen in any other value, and named', () => {
    const curve = [...applied]
    curve[6] = 41
    const change = humanChange(held, device(curve))
    expect(change.yref).toEqual([7])
    expect(isOverridden(change)).toBe(true)
    expect(describeChange(change)).toBe('point 7 of the heat curve')
  })

  test('is seen in an adaptation that was switched on, but not before it was switched off', () => {
    expect(isOverridden(humanChange(held, device(applied, true)))).toBe(true)
    expect(isOverridden(humanChange({ ...held, phase: 'taking', applied: null }, device(baseline.yref, true)))).toBe(
      false,
    )
  })

  test('is not seen in what was not delivered', () => {
    expect(isOverridden(humanChange(held, { yref: {}, y: {}, adaption: null }))).toBe(false)
  })
})

describe('a restore', () => {
  const writes = (curve: readonly number[], adaption: boolean | null = false) => {
    const reading = device(curve, adaption)
    return restorationOf(held, humanChange(held, reading), reading)
  }

  test('writes both curves whole and switches the adaptation on again', () => {
    const all = writes(applied)
    expect(all.yref.map(({ value }) => value)).toEqual(baseline.yref)
    expect(all.y.map(({ value }) => value)).toEqual(baseline.y)
    expect(all).toMatchObject({ adaptionOffFirst: false, adaptionOn: true })
  })

  test('leaves a point that a person has set', () => {
    const curve = [...applied]
    curve[6] = 41
    const { yref, y } = writes(curve)
    expect(yref.map(({ point }) => point)).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10])
    expect(y).toHaveLength(9)
  })

  test('bends nothing: an adaptation that is on is switched off first, and on again', () => {
    expect(writes(applied, true)).toMatchObject({ adaptionOffFirst: true, adaptionOn: true })
  })

  test('of a house that did not adapt by itself leaves it so, unless a person has switched it on', () => {
    const own = { ...held, baseline: { ...baseline, adaption: false } }
    expect(restorationOf(own, null, device(applied)).adaptionOn).toBe(false)
    expect(restorationOf(own, null, device(applied, true)).adaptionOn).toBe(true)
    expect(restorationOf({ ...own, adaptionSwitchedOn: true }, null, device(applied)).adaptionOn).toBe(true)
  })

  test('of a house nothing is known of writes everything', () => {
    const { yref, y } = restorationOf(held, null, null)
    expect([yref.length, y.length]).toEqual([10, 10])
  })
})
