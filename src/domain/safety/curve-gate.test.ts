import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CurveRules, whyNotWritable } from './curve-gate.ts'

const OWN = [50, 48, 46, 44, 42, 39, 36, 32, 27, 22]
const moved = (by: number, curve: readonly number[] = OWN) => curve.map((supply) => supply + by)
const rules = (change: Partial<CurveRules> = {}): CurveRules => ({
  baseline: OWN,
  present: OWN,
  minSupply: 20,
  maxSupply: 55,
  warmOnly: null,
  survives: () => true,
  ...change,
})

describe('a curve', () => {
  test('that keeps all rules may be written', () => {
    expect(whyNotWritable(moved(-1.5), rules())).toBeNull()
  })

  test.each([
    [
      'below the lowest supply temperature',
      moved(-2),
      rules({ present: moved(-1), minSupply: 21 }),
      'below the lowest',
    ],
    ['above the highest', moved(2), rules({ maxSupply: 51 }), 'above the highest'],
    ['farther than 2 K from the present one', moved(-2.5), rules(), 'too large for one write'],
    ['that rises with the outdoor temperature', OWN.with(3, 42.5).with(4, 43.5), rules(), 'would rise'],
    ['colder than the baseline where it is cold indoors', moved(-0.5), rules({ warmOnly: 'it is cold' }), 'it is cold'],
    ['the house would not survive on', moved(-1), rules({ survives: () => false }), 'left alone'],
    ['with nine points', OWN.slice(1), rules(), 'ten numbers'],
    ['with a hole', OWN.with(3, Number.NaN), rules(), 'ten numbers'],
  ])('%s may not', (_, curve, all, reason) => {
    expect(whyNotWritable(curve, all)).toContain(reason)
  })

  test('that is the own one of the house may always be written, from wherever it stands and whatever its limits', () => {
    const present = fc.array(fc.double({ min: 20, max: 60, noNaN: true }), { minLength: 10, maxLength: 10 })
    const own = fc.array(fc.double({ min: 10, max: 80, noNaN: true }), { minLength: 10, maxLength: 10 })
    fc.assert(
      fc.property(own, present, (baseline, standing) => {
        const strict = rules({ baseline, present: standing, warmOnly: 'it is cold', survives: () => false })
        // With nothing but the baseline allowed, the way back is open.
        const reason = whyNotWritable(baseline, strict)
        const lowers = baseline.some((supply, index) => supply < Math.min(standing[index] as number, supply))
        expect(lowers).toBe(false)
        expect(reason).toBeNull()
      }),
    )
  })

  test('that is written keeps every rule, whatever was wished', () => {
    const wish = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 10, maxLength: 10 })
    fc.assert(
      fc.property(wish, fc.boolean(), (curve, cold) => {
        const all = rules({ warmOnly: cold ? 'it is cold' : null })
        if (whyNotWritable(curve, all) !== null) return
        for (const [index, supply] of curve.entries()) {
          expect(supply).toBeGreaterThanOrEqual(20 - 0.06)
          expect(supply).toBeLessThanOrEqual(55.06)
          expect(Math.abs(supply - (OWN[index] as number))).toBeLessThanOrEqual(2.06)
          if (cold) expect(supply).toBeGreaterThanOrEqual((OWN[index] as number) - 0.06)
        }
      }),
    )
  })
})
