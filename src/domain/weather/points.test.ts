import { describe, expect, test } from 'vitest'
import { stepIrradiance } from './irradiance.ts'
import { forecastPoints, observationPoint } from './points.ts'
import type { WeatherForecast, WeatherRecord } from './record.ts'
import { weatherRecord } from './testing/record.ts'

const place = { latitude: 58.4031, longitude: 15.6039 }
const record = weatherRecord({
  validAt: Date.parse('2026-06-21T10:00:00Z'),
  temperature: 17.5,
  windSpeed: 3.2,
  windGust: 6,
  windDirection: 210,
  relativeHumidity: 55,
  cloudOctas: 3,
  precipitationMm: 0,
})

function run(issuedAt: string, steps: WeatherRecord[]): WeatherForecast {
  return {
    source: 'smhi',
    issuedAt: Date.parse(issuedAt),
    fetchedAt: Date.parse(issuedAt) + 20 * 60_000,
    gridPoint: null,
    steps,
  }
}

describe('forecast points', () => {
  test('carry place and whole hours of lead as tags, and everything that varies as fields', () => {
    const [point] = forecastPoints(place, run('2026-06-21T07:45:00Z', [record]))
    expect(point).toEqual({
      measurement: 'weather_forecast',
      tags: { place: '58.403,15.604', lead_time_hours: '2' },
      time: record.validAt,
      fields: {
        temperature: 17.5,
        wind_speed: 3.2,
        wind_gust: 6,
        wind_direction: 210,
        humidity: 55,
        cloud_cover: 3,
        precipitation: 0,
        global_irradiance: stepIrradiance(record, place),
        issued_at: Date.parse('2026-06-21T07:45:00Z') / 1000,
        source: 'smhi',
      },
    })
    expect(point?.fields.global_irradiance).toBeGreaterThan(500)
  })

  test('of successive hourly runs for the same hour have different keys', () => {
    const keys = ['2026-06-21T06:45:00Z', '2026-06-21T07:45:00Z', '2026-06-21T08:45:00Z'].map(
      (issuedAt) => forecastPoints(place, run(issuedAt, [record]))[0]?.tags.lead_time_hours,
    )
    expect(keys).toEqual(['3', '2', '1'])
  })

  test('keep what is not known as null', () => {
    const [point] = forecastPoints(
      place,
      run('2026-06-21T07:45:00Z', [{ ...record, temperature: null, cloudOctas: null }]),
    )
    expect(point?.fields.temperature).toBeNull()
    expect(point?.fields.global_irradiance).toBeNull()
  })
})

test('an observation is stamped with the hour it was made, and its irradiance is never estimated', () => {
  const point = observationPoint(place, {
    source: 'metobs',
    fetchedAt: record.validAt + 57 * 60_000,
    record,
    stationId: '999001',
    stationName: 'Provby A',
    distanceKm: 4.5,
    quality: 'G',
  })
  expect(point).toEqual({
    measurement: 'weather_observation',
    tags: { place: '58.403,15.604' },
    time: record.validAt,
    fields: {
      temperature: 17.5,
      wind_speed: 3.2,
      humidity: 55,
      cloud_cover: 3,
      global_irradiance: null,
      distance_km: 4.5,
      station_name: 'Provby A',
      station_id: '999001',
      source: 'metobs',
      quality: 'G',
    },
  })
})
