import { expect, test } from 'vitest'
import { StoreUnavailable } from '../connectors/errors.ts'
import type { WeatherForecast, WeatherObservation, WeatherRecord } from '../domain/weather/record.ts'
import { createLogger, silentLogger } from '../runtime/log.ts'
import { outlookAt } from './outlook.ts'

const PLACE = '58.400,15.600'
const HOUR = 3_600_000
const NOW = Date.parse('2026-01-15T07:40:00Z')

const record = (validAt: number, temperature: number | null): WeatherRecord => ({
  validAt,
  stepHours: 1,
  temperature,
  windSpeed: null,
  windGust: null,
  windDirection: null,
  relativeHumidity: null,
  cloudOctas: null,
  globalIrradiance: null,
  precipitationMm: null,
})

/** A run of this morning that says -2 °C for the whole day. */
const FORECAST: WeatherForecast = {
  source: 'smhi',
  issuedAt: NOW - HOUR,
  fetchedAt: NOW,
  gridPoint: null,
  steps: Array.from({ length: 30 }, (_, hour) => record(NOW - 2 * HOUR + hour * HOUR, -2)),
}

const observed = (ageHours: number, temperature: number | null = -5.5): WeatherObservation => ({
  source: 'metobs',
  fetchedAt: NOW,
  record: { ...record(NOW - ageHours * HOUR, temperature), stepHours: 0 },
  stationId: '62410',
  stationName: 'Station',
  distanceKm: 9.1,
  quality: 'G',
})

function outlook(observation: WeatherObservation | undefined, forecast: WeatherForecast | undefined = FORECAST) {
  const weather = { forecast: async () => forecast, observation: async () => observation }
  return outlookAt(weather, PLACE, NOW, silentLogger)
}

test('a fresh measurement is the present temperature, the forecast what follows', async () => {
  const { current, measured, steps } = await outlook(observed(1.7))
  expect([current, measured]).toEqual([-5.5, -5.5])
  expect(steps[0]).toMatchObject({ temperature: -2 })
})

test('a measurement of more than two and a half hours ago measures nothing any more', async () => {
  expect(await outlook(observed(2.5))).toMatchObject({ measured: -5.5 })
  expect(await outlook(observed(2.51))).toMatchObject({ current: -2, measured: null })
})

test('a station without a temperature, or none at all, leaves the forecast', async () => {
  expect(await outlook(observed(1, null))).toMatchObject({ current: -2, measured: null })
  expect(await outlook(undefined)).toMatchObject({ current: -2, measured: null })
})

test('while the forecast is stale the measurement still tells how cold it is', async () => {
  const stale = { ...FORECAST, issuedAt: NOW - 5 * HOUR }
  expect(await outlook(observed(1), stale)).toEqual({ current: -5.5, measured: -5.5, steps: [] })
})

test('a zone that is nowhere knows nothing, and nobody is asked', async () => {
  const never = async () => {
    throw new Error('asked')
  }
  expect(await outlookAt({ forecast: never, observation: never }, null, NOW, silentLogger)).toEqual({
    current: null,
    measured: null,
    steps: [],
  })
})

test('a store that cannot be asked for the observation costs the measurement, not the cycle', async () => {
  const lines: Record<string, unknown>[] = []
  const log = createLogger('info', { write: (line: string) => lines.push(JSON.parse(line)) })
  const weather = {
    forecast: async () => FORECAST,
    observation: async () => {
      throw new StoreUnavailable('the database is locked')
    },
  }
  expect(await outlookAt(weather, PLACE, NOW, log)).toMatchObject({ current: -2, measured: null })
  expect(lines).toMatchObject([{ event: 'weather.not_recalled', place: PLACE }])
})
