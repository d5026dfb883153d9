import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { identity, matrixOf, product, solve, sum, transpose } from './matrix.ts'

const number = fc.double({ min: -10, max: 10, noNaN: true })
const square = (size: number) =>
  fc.array(fc.array(number, { minLength: size, maxLength: size }), { minLength: size, maxLength: size })

describe('matrices', () => {
  test('the product of 2 × 3 and 3 × 2', () => {
    const one = matrixOf([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const other = matrixOf([
      [7, 8],
      [9, 10],
      [11, 12],
    ])
    expect([...product(one, other).values]).toEqual([58, 64, 139, 154])
  })

  test('a transposed product is the product of the transposed, turned round', () => {
    fc.assert(
      fc.property(square(3), square(3), (a, b) => {
        const one = transpose(product(matrixOf(a), matrixOf(b)))
        const other = product(transpose(matrixOf(b)), transpose(matrixOf(a)))
        one.values.forEach((value, index) => {
          expect(value).toBeCloseTo(other.values[index] as number, 9)
        })
      }),
    )
  })

  test('solving gives back the right-hand side, also when rows have to be swapped', () => {
    const matrix = matrixOf([
      [0, 2, 1],
      [1, 0, 0],
      [3, 0, 1],
    ])
    const x = solve(matrix, Float64Array.of(4, 1, 5))
    expect([...(x as Float64Array)]).toEqual([1, 1, 2].map((value) => expect.closeTo(value, 12)))
  })

  test('a singular matrix has no solution', () => {
    const singular = matrixOf([
      [1, 2],
      [2, 4],
    ])
    expect(solve(singular, Float64Array.of(1, 1))).toBeNull()
  })

  test('a matrix times the solution is the right-hand side', () => {
    const right = fc.array(number, { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(square(4), right, (lines, b) => {
        // Diagonally dominant, so that it is well conditioned.
        const matrix = sum(matrixOf(lines), { ...identity(4), values: identity(4).values.map((value) => 60 * value) })
        const x = solve(matrix, Float64Array.from(b)) as Float64Array
        const again = product(matrix, { rows: 4, columns: 1, values: x })
        b.forEach((value, index) => {
          expect(again.values[index]).toBeCloseTo(value, 9)
        })
      }),
    )
  })
})
