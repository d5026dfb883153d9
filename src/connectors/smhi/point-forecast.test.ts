import { describe, expect, test } from 'vitest'
import { BadData } from '../errors.ts'
import { readPointForecast } from './point-forecast.ts'
import { smhiFixture } from './testing/weather-server.ts'

const fetchedAt = Date.parse('2026-11-21T05:20:00Z')

function run(timeSeries: unknown[]): unknown {
  return { ...smhiFixture('createdtime'), timeSeries }
}

describe('a point forecast', () => {
  test('is read into ascending hourly records with its run and grid point', () => {
    const forecast = readPointForecast(smhiFixture('forecast-point'), fetchedAt)
    expect(forecast.source).toBe('smhi')
    expect(forecast.issuedAt).toBe(Date.parse('2026-11-21T04:45:00Z'))
    expect(forecast.fetchedAt).toBe(fetchedAt)
    expect(forecast.gridPoint).toEqual({ latitude: 58.402958, longitude: 15.604317 })
    expect(forecast.steps).toHaveLength(24)
    expect(forecast.steps[0]).toEqual({
      validAt: Date.parse('2026-11-21T05:00:00Z'),
      stepHours: 1,
      temperature: -4.1,
      windSpeed: 1.2,
      windGust: 2.7,
      windDirection: 210,
      relativeHumidity: 92,
      cloudOctas: 1,
      globalIrradiance: null,
      precipitationMm: 0,
    })
  })

  test('keeps the real length of its steps and turns 9999 into null', () => {
    const { steps } = readPointForecast(smhiFixture('forecast-long-steps'), fetchedAt)
    expect(steps.map(({ stepHours }) => stepHours)).toEqual([1, 2, 6, 6, 12])
    expect(steps.map(({ temperature }) => temperature)).toEqual([0.4, 0.1, -2.2, null, 2.6])
    expect(steps[2]?.windGust).toBeNull()
    expect(steps[2]?.relativeHumidity).toBeNull()
    expect(steps[4]?.precipitationMm).toBe(3.1)
  })

  test('needs no more than times and air temperatures', () => {
    const { steps } = readPointForecast(
      run([
        { time: '2026-11-21T06:00:00Z', data: { air_temperature: 1 } },
        { time: '2026-11-21T08:00:00Z', data: { air_temperature: 2 } },
      ]),
      fetchedAt,
    )
    expect(steps.map(({ stepHours }) => stepHours)).toEqual([2, 2])
    expect(steps[0]).toMatchObject({ temperature: 1, windSpeed: null, cloudOctas: null, precipitationMm: null })
  })

  test('has a step length even where the interval is stated to start at its own end', () => {
    const time = '2026-11-21T06:00:00Z'
    const { steps } = readPointForecast(
      run([{ time, intervalParametersStartTime: time, data: { air_temperature: 1 } }]),
      fetchedAt,
    )
    expect(steps[0]?.stepHours).toBe(1)
  })

  test('comes in any order and may hold a step that cannot be read', () => {
    const { steps } = readPointForecast(
      run([
        { time: '2026-11-21T08:00:00Z', data: { air_temperature: 3 } },
        { time: '2026-11-21T07:00:00Z', data: { wind_speed: 3 } },
        { time: 'later', data: { air_temperature: 9 } },
        { time: '2026-11-21T06:00:00Z', data: { air_temperature: 1 } },
      ]),
      fetchedAt,
    )
    expect(steps.map(({ temperature, stepHours }) => [temperature, stepHours])).toEqual([
      [1, 2],
      [3, 2],
    ])
  })

  test.each([
    ['no time series', {}],
    ['no usable step', run([{ time: '2026-11-21T06:00:00Z', data: {} }])],
    ['no run', { timeSeries: [{ time: '2026-11-21T06:00:00Z', data: { air_temperature: 1 } }] }],
    ['something else altogether', 'maintenance'],
  ])('with %s is refused', (_, body) => {
    expect(() => readPointForecast(body, fetchedAt)).toThrow(BadData)
  })
})
