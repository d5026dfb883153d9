import { describe, expect, test } from 'vitest'
import { ridge } from './least-squares.ts'

const rows = [0, 1, 2, 3].map((x) => Float64Array.of(1, x))
const targets = [1, 3, 5, 7]

describe('ridge regression', () => {
  test('without a pull finds the line 1 + 2x', () => {
    const found = ridge(rows, targets, [0, 0]) as Float64Array
    expect(found[0]).toBeCloseTo(1, 9)
    expect(found[1]).toBeCloseTo(2, 9)
  })

  test('a strong pull on a coefficient takes it out', () => {
    const found = ridge(rows, targets, [0, 1e12]) as Float64Array
    expect(found[0]).toBeCloseTo(4, 6)
    expect(found[1]).toBeCloseTo(0, 6)
  })

  test('two regressors that are the same have no answer without a pull', () => {
    expect(ridge([Float64Array.of(1, 1), Float64Array.of(2, 2)], [1, 2], [0, 0])).toBeNull()
  })
})
