import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  clearSkyIrradiance,
  cloudTransmission,
  irradianceFromClouds,
  meanClearSkyIrradiance,
  stepIrradiance,
} from './irradiance.ts'
import type { WeatherRecord } from './record.ts'
import { weatherRecord } from './testing/record.ts'

const place = { latitude: 58.403, longitude: 15.604 }
const noon = Date.parse('2026-06-21T11:00:00Z')
const midnight = Date.parse('2026-12-21T23:00:00Z')

const record = (fields: Partial<WeatherRecord>) => weatherRecord({ validAt: noon, ...fields })

describe('clear-sky irradiance', () => {
  test.each([
    [-20, 0],
    [-0.05, 0],
    [0, 0],
    [5, 48.62987],
    [10, 135.74175],
    [30, 487.89413],
    [50, 778.76669],
    [90, 1035.09203],
  ])('the Haurwitz model gives, at %d° elevation, %d W/m²', (elevation, expected) => {
    expect(clearSkyIrradiance(elevation)).toBeCloseTo(expected, 4)
  })

  test('rises with the sun and never exceeds the solar constant', () => {
    const elevation = fc.double({ min: -90, max: 90, noNaN: true })
    fc.assert(
      fc.property(elevation, elevation, (a, b) => {
        const low = clearSkyIrradiance(Math.min(a, b))
        const high = clearSkyIrradiance(Math.max(a, b))
        return low >= 0 && low <= high && high < 1361
      }),
    )
  })

  test('the mean of an hour lies between its ends on a rising morning', () => {
    const from = Date.parse('2026-03-20T07:00:00Z')
    const to = from + 3_600_000
    const mean = meanClearSkyIrradiance(from, to, place)
    expect(mean).toBeGreaterThan(irradianceFromClouds(from, place, 0) ?? Number.NaN)
    expect(mean).toBeLessThan(irradianceFromClouds(to, place, 0) ?? Number.NaN)
  })
})

describe('clouds', () => {
  test('let everything through at 0 octas, a quarter at 8, and 92.9 % at 4', () => {
    expect(cloudTransmission(0)).toBe(1)
    expect(cloudTransmission(8)).toBe(0.25)
    expect(cloudTransmission(4)).toBeCloseTo(1 - 0.75 * 0.0947, 3)
  })

  test('do not matter at night: 0 W/m² even when they are unknown', () => {
    expect(irradianceFromClouds(midnight, place, null)).toBe(0)
    expect(irradianceFromClouds(midnight, place, 0)).toBe(0)
  })

  test('that are unknown by day leave the irradiance unknown', () => {
    expect(irradianceFromClouds(noon, place, null)).toBeNull()
  })
})

describe('irradiance of a forecast step', () => {
  test("is the source's own value when it has one", () => {
    expect(stepIrradiance(record({ globalIrradiance: 0, cloudOctas: 0 }), place)).toBe(0)
  })

  test('is otherwise the mean of the step under its clouds', () => {
    const clear = meanClearSkyIrradiance(noon - 6 * 3_600_000, noon, place)
    expect(stepIrradiance(record({ stepHours: 6, cloudOctas: 8 }), place)).toBeCloseTo(clear / 4, 9)
  })

  test('is unknown when neither irradiance nor clouds are known', () => {
    expect(stepIrradiance(record({}), place)).toBeNull()
  })
})
