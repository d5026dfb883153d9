import { describe, expect, test } from 'vitest'
import { seededRandom } from './random.ts'
import { drawHouse, simulateHouse } from './simulated-house.ts'
import { forecastWeather } from './weather.ts'

const house = drawHouse(seededRandom(101))
const mean = (values: Float64Array) => values.reduce((total, value) => total + value, 0) / values.length

describe('a simulated house', () => {
  test.each([15, 60, 5])(
    'in steps of %d min loses what it is given: power and gains are UA times the difference',
    (stepMinutes) => {
      const plain = { ...house, aperture: 1e-9, occupancy: 0, leaks: 0 }
      const { indoor, weather, power } = simulateHouse(plain, { seed: 2, days: 90, stepMinutes, season: 0 })
      const loss = house.ua * (mean(indoor) - mean(weather.outdoor))
      expect((mean(power) + house.gains) / loss).toBeCloseTo(1, 1.7)
    },
  )

  test('is the same for the same seed, and another for another', () => {
    const run = (seed: number) => simulateHouse(house, { seed, days: 2, stepMinutes: 60, season: 0 }).indoor
    expect(run(3)).toEqual(run(3))
    expect(run(3)).not.toEqual(run(4))
  })

  test('a sensor reads what it resolves', () => {
    const { samples } = simulateHouse(house, { seed: 2, days: 1, stepMinutes: 60, season: 0, resolution: 0.5 })
    for (const { indoor } of samples('power')) expect(((indoor ?? 0.1) * 2) % 1).toBe(0)
  })
})

test('a weather forecast is the same each time it is asked, and worse a day ahead than an hour', () => {
  const { weather } = simulateHouse(house, { seed: 2, days: 60, stepMinutes: 60, season: 0 })
  const errors = (lead: number) => {
    let sum = 0
    for (let issue = 0; issue < 1000; issue += 5) {
      const error =
        (forecastWeather(7, weather, issue, 30).outdoor[lead] as number) - (weather.outdoor[issue + lead] as number)
      sum += error * error
    }
    return Math.sqrt(sum / 200)
  }
  expect(forecastWeather(7, weather, 3, 30)).toEqual(forecastWeather(7, weather, 3, 30))
  expect(errors(24)).toBeGreaterThan(2 * errors(1))
  expect(errors(24)).toBeCloseTo(1.2, 0)
})
