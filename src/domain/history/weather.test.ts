import { describe, expect, test } from 'vitest'
import type { WeatherRecord } from '../weather/record.ts'
import { withEffectiveTemperature } from './weather.ts'

const HOUR = 3_600_000
const PLACE = { latitude: 58.4, longitude: 15.6 }
/** Night, so that the sun says nothing. */
const NIGHT = Date.parse('2026-01-15T22:00:00Z')

const observed = (hour: number, change: Partial<WeatherRecord> = {}): WeatherRecord => ({
  validAt: NIGHT + hour * HOUR,
  stepHours: 0,
  temperature: -7,
  windSpeed: 4,
  windGust: null,
  windDirection: null,
  relativeHumidity: 70,
  cloudOctas: 8,
  globalIrradiance: null,
  precipitationMm: null,
  ...change,
})

const point = (fields: Record<string, number>, time = NIGHT) => ({ time, fields })

function fieldsOf(records: readonly WeatherRecord[], fields: Record<string, number>, stepMs = HOUR, time = NIGHT) {
  return withEffectiveTemperature(point(fields, time), PLACE, records, stepMs).fields
}

test("the house's own outdoor temperature, wind and humidity of the stations", () => {
  // -5 − 0.56·√4 − 0.01·(70 − 50)
  expect(fieldsOf([observed(0), observed(1)], { outdoor_temperature: -5, room_temperature: 21 })).toEqual({
    outdoor_temperature: -5,
    room_temperature: 21,
    effective_temp: -6.32,
    effective_temp_wind_effect: -1.12,
    effective_temp_solar_effect: 0,
  })
})

test('the weather is that of the middle of the step', () => {
  const rising = [observed(0, { windSpeed: 0 }), observed(1, { windSpeed: 8 })]
  expect(fieldsOf(rising, { outdoor_temperature: 0 })).toMatchObject({ effective_temp_wind_effect: -1.12 })
  expect(fieldsOf(rising, { outdoor_temperature: 0 }, 300_000)).toMatchObject({ effective_temp_wind_effect: -0.32 })
})

test('by day the sun counts, by the clouds', () => {
  const noon = Date.parse('2026-04-15T11:00:00Z')
  const at = (cloudOctas: number | null) => [
    observed(0, { validAt: noon, cloudOctas }),
    observed(0, { validAt: noon + HOUR, cloudOctas }),
  ]
  const clear = fieldsOf(at(0), { outdoor_temperature: 8 }, HOUR, noon)
  const overcast = fieldsOf(at(8), { outdoor_temperature: 8 }, HOUR, noon)
  expect(clear.effective_temp_solar_effect).toBeGreaterThan(8)
  expect(overcast.effective_temp_solar_effect).toBeLessThan(2)
  expect(fieldsOf(at(null), { outdoor_temperature: 8 }, HOUR, noon)).not.toHaveProperty('effective_temp_solar_effect')
})

test('a term without its quantity is left out, never taken for calm', () => {
  const still = [observed(0, { windSpeed: null }), observed(1, { windSpeed: null })]
  const fields = fieldsOf(still, { outdoor_temperature: -5 })
  expect(fields).toMatchObject({ effective_temp: -5.2 })
  expect(fields).not.toHaveProperty('effective_temp_wind_effect')
})

describe('a point stays as it is', () => {
  const plain = { outdoor_temperature: -5 }
  test.each([
    ['without observations', []],
    ['before the first one', [observed(1), observed(2)]],
    ['behind the last one', [observed(-2), observed(-1), observed(0)]],
    ['in a silence of more than three hours', [observed(-2), observed(2)]],
    ['when the stations had no temperature', [observed(0, { temperature: null }), observed(1, { temperature: null })]],
  ])('%s', (_, records) => {
    expect(fieldsOf(records, plain)).toEqual(plain)
  })

  test('without an outdoor temperature of its own', () => {
    expect(fieldsOf([observed(0), observed(1)], { room_temperature: 21 })).toEqual({ room_temperature: 21 })
  })
})

test('a silence of three hours is bridged', () => {
  expect(fieldsOf([observed(-1), observed(2)], { outdoor_temperature: -5 })).toMatchObject({ effective_temp: -6.32 })
})
