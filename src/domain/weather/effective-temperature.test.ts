import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { effectiveTemperature, effectiveTemperatureOf } from './effective-temperature.ts'
import { weatherRecord } from './testing/record.ts'

const equinoxNoon = Date.parse('2026-03-20T11:00:00Z')
const gothenburg = { latitude: 57.7, longitude: 11.97 }
const spring = weatherRecord({
  validAt: equinoxNoon,
  temperature: 2,
  windSpeed: 4,
  relativeHumidity: 80,
  cloudOctas: 4,
})

describe('effective temperature', () => {
  test('2 °C, 4 m/s, 80 %, 4 octas at equinox noon in Gothenburg feels like 4.968 °C', () => {
    const te = effectiveTemperatureOf(spring, gothenburg)
    expect(te?.windEffect).toBeCloseTo(-1.12, 9)
    expect(te?.humidityEffect).toBeCloseTo(-0.3, 9)
    expect(te?.solarEffect).toBeCloseTo(4.388, 3)
    expect(te?.value).toBeCloseTo(4.968, 3)
    expect(te?.unknown).toEqual([])
  })

  test('the same with learned coefficients (sun 6.0, wind 0.15) feels like 3.155 °C', () => {
    const te = effectiveTemperatureOf(spring, gothenburg, { wind: 0.15, humidity: 0.01, solar: 6 })
    expect(te?.value).toBeCloseTo(3.155, 3)
  })

  test('at night -5 °C, 9 m/s, 90 % feels like -7.08 °C, whatever the clouds', () => {
    const night = { temperature: -5, windSpeed: 9, relativeHumidity: 90, cloudOctas: null, sunElevation: -12 }
    expect(effectiveTemperature(night).value).toBeCloseTo(-7.08, 9)
    expect(effectiveTemperature(night).unknown).toEqual([])
  })

  test('without a place the sun is unknown: left out and reported, not guessed', () => {
    const te = effectiveTemperatureOf(spring, null)
    expect(te?.value).toBeCloseTo(0.58, 9)
    expect(te?.unknown).toEqual(['solar'])
  })

  test('a clear sky and calm air are values, not missing ones', () => {
    const te = effectiveTemperatureOf({ ...spring, cloudOctas: 0, windSpeed: 0 }, gothenburg)
    expect(te?.windEffect).toBe(0)
    expect(te?.solarEffect).toBeCloseTo(7.98, 2)
    expect(te?.unknown).toEqual([])
  })

  test('every missing input is named and contributes nothing', () => {
    const te = effectiveTemperature({
      temperature: 3,
      windSpeed: null,
      relativeHumidity: null,
      cloudOctas: null,
      sunElevation: 20,
    })
    expect(te).toEqual({
      value: 3,
      windEffect: 0,
      humidityEffect: 0,
      solarEffect: 0,
      unknown: ['wind', 'humidity', 'solar'],
    })
  })

  test('is undefined without an air temperature', () => {
    expect(effectiveTemperatureOf({ ...spring, temperature: null }, gothenburg)).toBeUndefined()
  })

  test('wind and humidity only ever cool, the sun only ever warms', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 40, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 8, noNaN: true }),
        fc.double({ min: -90, max: 90, noNaN: true }),
        (windSpeed, relativeHumidity, cloudOctas, sunElevation) => {
          const te = effectiveTemperature({ temperature: 0, windSpeed, relativeHumidity, cloudOctas, sunElevation })
          return te.windEffect <= 0 && te.humidityEffect <= 0 && te.solarEffect >= 0
        },
      ),
    )
  })
})
