import { expect, test } from 'vitest'
import { hourlyBuilding, pathOf } from './building-path.ts'
import { comingHours } from './conditions.ts'
import { disturbanceAhead } from './estimate.ts'
import { inputsOf, modelOf, NOON } from './testing/inputs.ts'

const HOUR = 3_600_000
const usual = Array.from({ length: 48 }, (_, slot) => (slot % 24 === 18 ? 2 : 0))

test('a departure that came suddenly has faded after a day; one that has lasted for a day mostly stands', () => {
  const after = (lasting: number) => disturbanceAhead({ usual, departure: 3, lasting }, NOON, 24, 4)
  expect(after(0)).toBeLessThan(0.01)
  expect(after(3)).toBeGreaterThan(1.5)
  expect(after(3)).toBeLessThan(2)
})

test('the usual course comes on top of it', () => {
  const evening = NOON + 6 * HOUR
  expect(disturbanceAhead({ usual, departure: 0, lasting: 0 }, evening, 6, 4)).toBe(2)
})

test('the disturbance of now is what was estimated, whatever part of it has lasted', () => {
  for (const lasting of [-1, 0, 2]) {
    expect(disturbanceAhead({ usual, departure: 1.5, lasting }, NOON, 0, 4)).toBeCloseTo(1.5)
  }
})

test('a house that has been warmer than its model for a day is foreseen warmer than one that is so by chance', () => {
  const inputs = inputsOf()
  const hours = comingHours(inputs)
  const warm = modelOf(21, { state: [21, 14.7, 2] })
  const lowest = (lastingDeparture: number) => {
    const building = hourlyBuilding({ ...warm, lastingDeparture })
    if (building === null || hours === null) throw new Error('the test has a model and a forecast')
    return pathOf(building, hours, new Array<number>(24).fill(33)).indoor.at(-1) as number
  }
  expect(lowest(2)).toBeGreaterThan(lowest(0) + 0.1)
})
