import { expect, test } from 'vitest'
import { chiSquareTail, quantile, rootMeanSquare, standardDeviation, standardNormal } from './statistics.ts'

test('quantiles lie between order statistics, in a straight line', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([4, 1, 3, 2], 0)).toBe(1)
  expect(quantile([4, 1, 3, 2], 1)).toBe(4)
  expect(quantile([], 0.5)).toBeNaN()
})

test('root mean square and standard deviation', () => {
  expect(rootMeanSquare([3, -4])).toBeCloseTo(Math.sqrt(12.5), 12)
  expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2)
})

test('the normal distribution at -1.96, 0 and 1.96', () => {
  expect(standardNormal(0)).toBeCloseTo(0.5, 7)
  expect(standardNormal(1.96)).toBeCloseTo(0.975, 4)
  expect(standardNormal(-1.96)).toBeCloseTo(0.025, 4)
})

test.each([
  [7.815, 3],
  [9.488, 4],
  [31.41, 20],
])('%d is exceeded by chance in 5 % of cases with %d degrees of freedom', (value, degrees) => {
  expect(chiSquareTail(value, degrees)).toBeCloseTo(0.05, 2)
})
