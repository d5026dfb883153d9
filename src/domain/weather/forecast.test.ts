import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forecastAgeHours, irradianceAt, isForecastStale, weatherAt } from './forecast.ts'
import { irradianceFromClouds } from './irradiance.ts'
import type { WeatherForecast, WeatherRecord } from './record.ts'
import { weatherRecord } from './testing/record.ts'

const HOUR = 3_600_000
const start = Date.parse('2026-03-20T06:00:00Z')
const place = { latitude: 58.403, longitude: 15.604 }

function step(hours: number, stepHours: number, fields: Partial<WeatherRecord> = {}): WeatherRecord {
  return weatherRecord({ validAt: start + hours * HOUR, stepHours, ...fields })
}

function forecast(steps: WeatherRecord[]): WeatherForecast {
  return { source: 'smhi', issuedAt: start - 15 * 60_000, fetchedAt: start, gridPoint: null, steps }
}

describe('weather at an instant', () => {
  const unequal = forecast([
    step(0, 1, { temperature: 0, windSpeed: 2 }),
    step(1, 1, { temperature: 1, windSpeed: 2 }),
    step(7, 6, { temperature: 7, windSpeed: 5, precipitationMm: 3 }),
    step(19, 12, { temperature: -5, windSpeed: 5 }),
  ])

  test('at a step is that step', () => {
    expect(weatherAt(unequal, start + HOUR)).toEqual({ ...unequal.steps[1], validAt: start + HOUR })
  })

  test('is linear in time, not in position, between steps of different length', () => {
    expect(weatherAt(unequal, start + 0.5 * HOUR)?.temperature).toBeCloseTo(0.5, 9)
    expect(weatherAt(unequal, start + 4 * HOUR)?.temperature).toBeCloseTo(4, 9)
    expect(weatherAt(unequal, start + 13 * HOUR)?.temperature).toBeCloseTo(1, 9)
  })

  test('is undefined before the first and after the last step', () => {
    expect(weatherAt(unequal, start - 1)).toBeUndefined()
    expect(weatherAt(unequal, start + 19 * HOUR + 1)).toBeUndefined()
    expect(weatherAt(unequal, start + 19 * HOUR)?.temperature).toBe(-5)
    expect(weatherAt(forecast([]), start)).toBeUndefined()
  })

  test('keeps sums with the step that contains the instant', () => {
    const during = weatherAt(unequal, start + 2 * HOUR)
    expect(during?.precipitationMm).toBe(3)
    expect(during?.stepHours).toBe(6)
  })

  test('bridges a missing value between known neighbours', () => {
    const holed = forecast([step(0, 1, { temperature: 0 }), step(1, 1), step(2, 1, { temperature: 4 })])
    expect(weatherAt(holed, start + HOUR)?.temperature).toBe(2)
  })

  test('does not bridge a hole wider than any step', () => {
    const holed = forecast([step(0, 6, { temperature: 0 }), step(6, 6), step(18, 12, { temperature: 4 })])
    expect(weatherAt(holed, start + 6 * HOUR)?.temperature).toBeNull()
  })

  test('is null at the end when the last value is missing', () => {
    expect(weatherAt(forecast([step(0, 1, { temperature: 1 }), step(1, 1)]), start + HOUR / 2)?.temperature).toBeNull()
  })

  test('turns the wind from 350° to 10° through north', () => {
    const turning = forecast([step(0, 1, { windDirection: 350 }), step(1, 1, { windDirection: 10 })])
    expect(weatherAt(turning, start + 0.5 * HOUR)?.windDirection).toBeCloseTo(0, 9)
    expect(weatherAt(turning, start + 0.75 * HOUR)?.windDirection).toBeCloseTo(5, 9)
  })

  test('an interpolated temperature never leaves the range of its neighbours', () => {
    const value = fc.double({ min: -40, max: 40, noNaN: true })
    fc.assert(
      fc.property(value, value, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
        const two = forecast([step(0, 1, { temperature: a }), step(3, 3, { temperature: b })])
        const temperature = weatherAt(two, start + share * 3 * HOUR)?.temperature ?? Number.NaN
        return temperature >= Math.min(a, b) - 1e-9 && temperature <= Math.max(a, b) + 1e-9
      }),
    )
  })
})

describe('irradiance at an instant', () => {
  test("is the source's mean of the hour that contains it", () => {
    const sunny = forecast([step(0, 1, { globalIrradiance: 10 }), step(1, 1, { globalIrradiance: 90, cloudOctas: 8 })])
    expect(irradianceAt(sunny, place, start + HOUR / 2)).toBe(90)
  })

  test('is estimated from interpolated clouds and the sun of the instant when the source gives none', () => {
    const cloudy = forecast([step(0, 1, { cloudOctas: 2 }), step(4, 4, { cloudOctas: 6 })])
    expect(irradianceAt(cloudy, place, start + 2 * HOUR)).toBe(irradianceFromClouds(start + 2 * HOUR, place, 4))
  })

  test('is undefined beyond the end', () => {
    expect(irradianceAt(forecast([step(0, 1)]), place, start + HOUR)).toBeUndefined()
  })
})

describe('age of a forecast', () => {
  test('counts from the reference time of its run, and is stale beyond three hours', () => {
    const run = { issuedAt: start }
    expect(forecastAgeHours(run, start + 2.5 * HOUR)).toBe(2.5)
    expect(isForecastStale(run, start + 3 * HOUR)).toBe(false)
    expect(isForecastStale(run, start + 3 * HOUR + 1)).toBe(true)
  })
})
