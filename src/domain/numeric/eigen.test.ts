import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { symmetricEigen } from './eigen.ts'
import { element, matrixOf, product, sum, transpose } from './matrix.ts'

describe('eigenvalues of symmetric matrices', () => {
  test('of [[2, 1], [1, 2]] are 1 and 3', () => {
    const { values } = symmetricEigen(
      matrixOf([
        [2, 1],
        [1, 2],
      ]),
    )
    expect([...values].sort((one, other) => one - other)).toEqual([expect.closeTo(1, 12), expect.closeTo(3, 12)])
  })

  test('with their vectors put the matrix together again', () => {
    const number = fc.double({ min: -5, max: 5, noNaN: true })
    fc.assert(
      fc.property(fc.array(number, { minLength: 16, maxLength: 16 }), (numbers) => {
        const any = { rows: 4, columns: 4, values: Float64Array.from(numbers) }
        const symmetric = sum(any, transpose(any))
        const { values, vectors } = symmetricEigen(symmetric)
        const diagonal = matrixOf(values.map((value, i) => values.map((_, j) => (i === j ? value : 0))))
        const again = product(product(vectors, diagonal), transpose(vectors))
        for (let i = 0; i < 4; i += 1) {
          for (let j = 0; j < 4; j += 1) expect(element(again, i, j)).toBeCloseTo(element(symmetric, i, j), 8)
        }
      }),
    )
  })
})
