import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { discretise, exponential } from './exponential.ts'
import { element, matrixOf, product, scaled } from './matrix.ts'

describe('the matrix exponential', () => {
  test('of a diagonal matrix is that of its elements', () => {
    const result = exponential(
      matrixOf([
        [-30, 0],
        [0, 2],
      ]),
    )
    expect(element(result, 0, 0)).toBeCloseTo(Math.exp(-30), 12)
    expect(element(result, 1, 1)).toBeCloseTo(Math.exp(2), 9)
    expect(element(result, 0, 1)).toBe(0)
  })

  test('of a quarter turn is a rotation', () => {
    const result = exponential(
      matrixOf([
        [0, -Math.PI / 2],
        [Math.PI / 2, 0],
      ]),
    )
    expect(element(result, 0, 0)).toBeCloseTo(0, 12)
    expect(element(result, 1, 0)).toBeCloseTo(1, 12)
  })

  test('twice half a step is a step', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true })
    fc.assert(
      fc.property(fc.array(number, { minLength: 9, maxLength: 9 }), (values) => {
        const matrix = { rows: 3, columns: 3, values: Float64Array.from(values) }
        const half = exponential(scaled(matrix, 0.5))
        const whole = exponential(matrix)
        const twice = product(half, half)
        whole.values.forEach((value, index) => {
          expect(Math.abs(value - (twice.values[index] as number))).toBeLessThan(1e-9 * (1 + Math.abs(value)))
        })
      }),
    )
  })
})

describe('exact discretisation', () => {
  test('of one leaking tank has the known closed form', () => {
    const rate = 0.4
    const step = 1.5
    const { transition, input, noise } = discretise(matrixOf([[-rate]]), matrixOf([[2]]), matrixOf([[0.3]]), step)
    expect(element(transition, 0, 0)).toBeCloseTo(Math.exp(-rate * step), 12)
    expect(element(input, 0, 0)).toBeCloseTo((2 * (1 - Math.exp(-rate * step))) / rate, 12)
    expect(element(noise, 0, 0)).toBeCloseTo((0.3 * (1 - Math.exp(-2 * rate * step))) / (2 * rate), 12)
  })

  test('one step of an hour is four of a quarter', () => {
    const a = matrixOf([
      [-3, 2],
      [0.05, -0.08],
    ])
    const b = matrixOf([[1], [0.03]])
    const q = matrixOf([
      [0.2, 0],
      [0, 0.01],
    ])
    const hour = discretise(a, b, q, 1)
    const quarter = discretise(a, b, q, 0.25)
    let state = matrixOf([[20], [15]])
    for (let k = 0; k < 4; k += 1) {
      state = matrixOf(
        [0, 1].map((i) => [element(product(quarter.transition, state), i, 0) + 5 * element(quarter.input, i, 0)]),
      )
    }
    const direct = product(hour.transition, matrixOf([[20], [15]]))
    for (let i = 0; i < 2; i += 1) {
      expect(element(state, i, 0)).toBeCloseTo(element(direct, i, 0) + 5 * element(hour.input, i, 0), 9)
    }
  })
})
