import fc from 'fast-check'
import { expect, test } from 'vitest'
import { objective, type SoftProgram, solveSoftProgram } from './soft-qp.ts'

const number = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true })

/** Two unknowns, so that a grid finds the optimum by looking everywhere. */
const programs: fc.Arbitrary<SoftProgram> = fc
  .record({
    scale: number(0.1, 3),
    other: number(0.1, 3),
    mixed: number(-0.9, 0.9),
    linear: fc.tuple(number(-5, 5), number(-5, 5)),
    rows: fc.array(fc.tuple(number(-2, 2), number(-2, 2), number(-2, 2), number(-2, 0), number(0, 2), number(0, 40)), {
      maxLength: 5,
    }),
  })
  .map(({ scale, other, mixed, linear, rows }) => {
    const product = mixed * Math.sqrt(scale * other)
    return {
      size: 2,
      quadratic: Float64Array.of(scale, product, product, other),
      linear: Float64Array.from(linear),
      rows: rows.map(([a, b, constant, low, high, weight]) => ({
        coefficients: Float64Array.of(a, b),
        constant,
        low,
        high,
        weight,
      })),
      low: Float64Array.of(-1, -2),
      high: Float64Array.of(2, 1),
    }
  })

test('no point of a fine grid is better than the solution', () => {
  fc.assert(
    fc.property(programs, (program) => {
      const { x, value } = solveSoftProgram(program, new Float64Array(2))
      let best = Number.POSITIVE_INFINITY
      for (let i = 0; i <= 60; i += 1) {
        for (let j = 0; j <= 60; j += 1) {
          best = Math.min(best, objective(program, Float64Array.of(-1 + (3 * i) / 60, -2 + (3 * j) / 60)))
        }
      }
      expect(value).toBeLessThanOrEqual(best + 1e-6)
      expect(value).toBeCloseTo(objective(program, x), 9)
      x.forEach((entry, j) => {
        expect(entry).toBeGreaterThanOrEqual(program.low[j] as number)
        expect(entry).toBeLessThanOrEqual(program.high[j] as number)
      })
    }),
  )
})

test('the solution does not depend on where the search begins', () => {
  fc.assert(
    fc.property(programs, number(-1, 2), number(-2, 1), (program, a, b) => {
      const one = solveSoftProgram(program, new Float64Array(2))
      const other = solveSoftProgram(program, Float64Array.of(a, b))
      expect(other.value).toBeCloseTo(one.value, 5)
    }),
  )
})

test('the least distance to a soft band is where its price and the cost balance', () => {
  // Cost 1 per unit, shortfall ½·60·s²: s = 1/60.
  const { x } = solveSoftProgram(
    {
      size: 1,
      quadratic: Float64Array.of(1e-9),
      linear: Float64Array.of(1),
      rows: [{ coefficients: Float64Array.of(1), constant: 0, low: 20, high: 22, weight: 60 }],
      low: Float64Array.of(0),
      high: Float64Array.of(60),
    },
    Float64Array.of(40),
  )
  expect(x[0]).toBeCloseTo(20 - 1 / 60, 6)
})
