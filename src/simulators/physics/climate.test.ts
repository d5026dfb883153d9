import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clearSkyIrradiance } from '../../domain/weather/irradiance.ts'
import { sunPosition } from '../../domain/weather/sun.ts'
import { forecastAt, weatherAt } from './climate.ts'

const HALMSTAD = { latitude: 56.67, longitude: 12.86 }
const KIRUNA = { latitude: 67.8, longitude: 20.2 }
const HOUR = 3_600_000

const instants = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) })

function meanTemperature(place: typeof HALMSTAD, from: number, days: number): number {
  let sum = 0
  for (let hour = 0; hour < days * 24; hour += 1) sum += weatherAt(1, place, from + hour * HOUR).temperature
  return sum / (days * 24)
}

describe('the weather', () => {
  test('is the same whatever was asked before, and differs with the seed', () => {
    const times = Array.from({ length: 50 }, (_, index) => Date.UTC(2026, 0, 1) + index * 7 * HOUR)
    const forwards = times.map((time) => weatherAt(7, HALMSTAD, time))
    const backwards = [...times].reverse().map((time) => weatherAt(7, HALMSTAD, time))
    expect(backwards.reverse()).toEqual(forwards)
    expect(times.map((time) => weatherAt(8, HALMSTAD, time))).not.toEqual(forwards)
  })

  test('stays within what Sweden knows', () => {
    fc.assert(
      fc.property(fc.integer(), instants, fc.double({ min: 55, max: 69, noNaN: true }), (seed, time, latitude) => {
        const weather = weatherAt(seed, { latitude, longitude: 15 }, time)
        expect(weather.temperature).toBeGreaterThan(-45)
        expect(weather.temperature).toBeLessThan(42)
        expect(weather.windSpeed).toBeGreaterThan(0)
        expect(weather.windGust).toBeGreaterThan(weather.windSpeed)
        expect(weather.relativeHumidity).toBeGreaterThanOrEqual(22)
        expect(weather.relativeHumidity).toBeLessThanOrEqual(100)
        expect(weather.cloudOctas).toBe(Math.round(weather.cloudFraction * 8))
        expect(weather.windDirection).toBeGreaterThanOrEqual(0)
        expect(weather.windDirection).toBeLessThan(360)
      }),
    )
  })

  test('has cold winters, mild summers, and a colder north', () => {
    const january = meanTemperature(HALMSTAD, Date.UTC(2026, 0, 1), 31)
    const july = meanTemperature(HALMSTAD, Date.UTC(2026, 6, 1), 31)
    expect(january).toBeGreaterThan(-7)
    expect(january).toBeLessThan(6)
    expect(july).toBeGreaterThan(13)
    expect(july).toBeLessThan(23)
    expect(meanTemperature(KIRUNA, Date.UTC(2026, 0, 1), 31)).toBeLessThan(january - 5)
  })

  test('moves smoothly: never more than 1.5 K in ten minutes', () => {
    fc.assert(
      fc.property(instants, (time) => {
        const change = weatherAt(1, HALMSTAD, time + 600_000).temperature - weatherAt(1, HALMSTAD, time).temperature
        expect(Math.abs(change)).toBeLessThan(1.5)
      }),
    )
  })

  test('is shared by neighbours, but not by Halmstad and Kiruna', () => {
    const time = Date.UTC(2026, 1, 3, 6)
    const here = weatherAt(1, HALMSTAD, time).temperature
    const neighbour = weatherAt(1, { latitude: 56.69, longitude: 12.9 }, time).temperature
    expect(Math.abs(neighbour - here)).toBeLessThan(0.3)
    const gaps = Array.from({ length: 60 }, (_, day) => {
      const at = time + day * 24 * HOUR
      return weatherAt(1, HALMSTAD, at).temperature - weatherAt(1, KIRUNA, at).temperature
    })
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(5)
  })

  test('shines exactly as sun height and clouds allow', () => {
    fc.assert(
      fc.property(instants, (time) => {
        const { globalIrradiance, cloudFraction } = weatherAt(1, HALMSTAD, time)
        const { elevation } = sunPosition(time, HALMSTAD)
        const clear = clearSkyIrradiance(elevation)
        expect(globalIrradiance).toBeLessThanOrEqual(clear)
        expect(globalIrradiance).toBeGreaterThanOrEqual(0.25 * clear)
        if (cloudFraction < 0.1) expect(globalIrradiance).toBeGreaterThan(0.99 * clear - 0.001)
        if (elevation <= 0) expect(globalIrradiance).toBe(0)
      }),
    )
  })
})

describe('a forecast', () => {
  const rmse = (leadHours: number) => {
    let sum = 0
    const runs = 400
    for (let run = 0; run < runs; run += 1) {
      const issued = Date.UTC(2026, 0, 1) + run * 13 * HOUR
      const valid = issued + leadHours * HOUR
      sum += (forecastAt(1, HALMSTAD, issued, valid).temperature - weatherAt(1, HALMSTAD, valid).temperature) ** 2
    }
    return Math.sqrt(sum / runs)
  }

  test('is the same each time the same run is asked', () => {
    const issued = Date.UTC(2026, 0, 5, 3, 45)
    expect(forecastAt(1, HALMSTAD, issued, issued + 30 * HOUR)).toEqual(
      forecastAt(1, HALMSTAD, issued, issued + 30 * HOUR),
    )
    expect(forecastAt(1, HALMSTAD, issued + HOUR, issued + 30 * HOUR)).not.toEqual(
      forecastAt(1, HALMSTAD, issued, issued + 30 * HOUR),
    )
  })

  test('gets worse with the lead time: well under 1 K at 3 h, about 1.2 K at 24 h, over 2.5 K at 9 days', () => {
    expect(rmse(3)).toBeLessThan(0.8)
    expect(rmse(24)).toBeGreaterThan(0.8)
    expect(rmse(24)).toBeLessThan(1.6)
    expect(rmse(216)).toBeGreaterThan(2.5)
  })
})
