import { describe, expect, test } from 'vitest'
import { element } from './matrix.ts'
import { hessian, minimise } from './minimise.ts'

const at = (point: Float64Array, index: number) => point[index] as number

describe('minimising', () => {
  test('finds the bottom of the curved valley of Rosenbrock', () => {
    const valley = (p: Float64Array) => (1 - at(p, 0)) ** 2 + 100 * (at(p, 1) - at(p, 0) ** 2) ** 2
    const found = minimise(valley, Float64Array.of(-1.2, 1), { tolerance: 1e-12, difference: 1e-7, maxIterations: 300 })
    expect(at(found.point, 0)).toBeCloseTo(1, 2)
    expect(at(found.point, 1)).toBeCloseTo(1, 2)
  })

  test('goes round where the function is not defined', () => {
    const fenced = (p: Float64Array) => (at(p, 0) <= 0 ? Number.NaN : at(p, 0) - Math.log(at(p, 0)))
    const found = minimise(fenced, Float64Array.of(0.01), { tolerance: 1e-9 })
    expect(at(found.point, 0)).toBeCloseTo(1, 2)
  })

  test('is never worse than its start, however few steps it has', () => {
    const bowl = (p: Float64Array) => at(p, 0) ** 4 + at(p, 1) ** 2
    const start = Float64Array.of(3, -2)
    expect(minimise(bowl, start, { maxIterations: 1 }).value).toBeLessThanOrEqual(bowl(start))
  })
})

test('the curvature of x² + 3xy + 5y² is [[2, 3], [3, 10]]', () => {
  const form = (p: Float64Array) => at(p, 0) ** 2 + 3 * at(p, 0) * at(p, 1) + 5 * at(p, 1) ** 2
  const curvature = hessian(form, Float64Array.of(0.4, -1))
  expect(element(curvature, 0, 0)).toBeCloseTo(2, 6)
  expect(element(curvature, 0, 1)).toBeCloseTo(3, 6)
  expect(element(curvature, 1, 1)).toBeCloseTo(10, 6)
})
