import { expect, test } from 'vitest'
import { neededPowerKw } from './needed-power.ts'

const day = (outdoor: (hour: number) => number) => Array.from({ length: 24 }, (_, hour) => outdoor(hour))

test('is what the loss takes in steady cold', () =>
  expect(
    neededPowerKw(
      0.2,
      21,
      day(() => -9),
    ),
  ).toBeCloseTo(6, 9))

test('is that of the coldest half day, wherever it lies', () => {
  expect(
    neededPowerKw(
      0.2,
      21,
      day((hour) => (hour >= 12 ? -9 : 6)),
    ),
  ).toBeCloseTo(6, 9)
  // Three cold hours are carried by the building.
  expect(
    neededPowerKw(
      0.2,
      21,
      day((hour) => (hour < 3 ? -9 : 6)),
    ),
  ).toBeCloseTo(3.75, 9)
})

test('is nothing when it is warm outside, or nothing is foreseen', () => {
  expect(neededPowerKw(0.2, 21, [25, 26])).toBe(0)
  expect(neededPowerKw(0.2, 21, [])).toBe(0)
})
