import { expect, test } from 'vitest'
import { emitterExponent } from './emitters.ts'

test.each([
  ['radiator', 1.3],
  [' radiator, floor', 1.3],
  ['floor+radiator', 1.1],
  ['ventilation', 1],
  ['constructor', 1.1],
])('%s', (distribution, exponent) => {
  expect(emitterExponent(distribution)).toBe(exponent)
})
