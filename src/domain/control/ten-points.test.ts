import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitToPlan, shifted, supplyOn } from './ten-points.ts'
import { YREF } from './testing/inputs.ts'

test('a curve fitted to a plan gives the first planned temperature exactly', () => {
  const plan = fc.array(
    fc.record({
      outdoor: fc.double({ min: -14, max: 14, noNaN: true }),
      supply: fc.double({ min: 20, max: 55, noNaN: true }),
      weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(plan, (points) => {
      const [now] = points
      if (now === undefined) return
      // Rounded to the axis the shift is a straight line, so the curve meets the plan there.
      const outdoor = Math.round(now.outdoor / 5) * 5
      const curve = fitToPlan(YREF, [{ ...now, outdoor }, ...points.slice(1)])
      expect(supplyOn(curve, outdoor)).toBeCloseTo(now.supply, 6)
    }),
  )
})

test('a plan that is the baseline moved and tilted is found again, nearly', () => {
  const wanted = shifted(YREF, -3, -0.2, 0)
  const plan = [0, -10, -20, 10, -15, 5].map((outdoor) => ({ outdoor, supply: supplyOn(wanted, outdoor), weight: 1 }))
  const curve = fitToPlan(YREF, plan)
  for (const outdoor of [-20, 0, 10])
    expect(Math.abs(supplyOn(curve, outdoor) - supplyOn(wanted, outdoor))).toBeLessThan(0.4)
})

test('nine points are no curve', () => {
  expect(() => supplyOn(YREF.slice(1), 0)).toThrow(RangeError)
})
