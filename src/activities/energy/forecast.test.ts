import { beforeEach, expect, test } from 'vitest'
import { memoryApplicationStore } from '../../../test/support/memory-application.ts'
import type { EnergyForecastModel } from '../../domain/energy/energy-forecast.ts'
import type { WeatherForecast } from '../../domain/weather/record.ts'
import type { Point } from '../../store/timeseries/port.ts'
import { ENERGY_FORECASTS, type IssuedEnergyForecast, issueForecast, keepForecastModel } from './forecast.ts'
import type { EnergyEntity } from './metered-entity.ts'
import { VILLA_EK } from './testing/villa.ts'

const HOUR_MS = 3_600_000
const NOW = Date.parse('2026-01-10T08:20:00Z')
const KEY = 'house:HEM_FJV_Villa_901'

const ENTITY: EnergyEntity = { ...VILLA_EK, heatLossK: 0.15 }

/** Loses 0.15 kW/K, has hot water for 0.3 kWh in every hour and nothing else. */
const MODEL: EnergyForecastModel = {
  kwPerK: 0.15,
  solarApertureM2: 0,
  windSensitivity: 0,
  meanWind: 3,
  indoorTemperature: 21,
  balanceTemperature: 17,
  clockKw: new Array(48).fill(0),
  dhwKwh: new Array(48).fill(0.3),
  residualLow: -0.2,
  residualHigh: 0.2,
  levelKw: 0,
  knownUntil: NOW,
  zone: 'Europe/Stockholm',
  modelVersion: 'test-1',
}

function coming(issuedAt: number): WeatherForecast {
  const step = (hour: number) => ({
    validAt: issuedAt + hour * HOUR_MS,
    stepHours: 1,
    temperature: -4,
    windSpeed: 3,
    windGust: null,
    windDirection: null,
    relativeHumidity: null,
    cloudOctas: 8,
    globalIrradiance: 0,
    precipitationMm: null,
  })
  return {
    source: 'smhi',
    issuedAt,
    fetchedAt: issuedAt,
    gridPoint: null,
    steps: Array.from({ length: 72 }, (_, hour) => step(hour)),
  }
}

let application: ReturnType<typeof memoryApplicationStore>
let written: Point[]
beforeEach(() => {
  application = memoryApplicationStore()
  written = []
})

function issue(forecast: WeatherForecast | undefined) {
  const timeSeries = { write: async (points: readonly Point[]) => void written.push(...points) }
  const weather = { forecast: async () => forecast }
  return issueForecast({ timeSeries, application, weather, now: () => NOW }, ENTITY)
}

test('two days are forecast from the full hour on; the series keeps the lead times that are scored', async () => {
  await keepForecastModel(application, ENTITY, MODEL)
  expect(await issue(coming(NOW - HOUR_MS))).toBe(true)
  const issued = (await application.getDocument<IssuedEnergyForecast>(ENERGY_FORECASTS, KEY))?.value
  expect(issued?.issuedAt).toBe('2026-01-10T08:00:00.000Z')
  expect(issued?.points.length).toBeGreaterThanOrEqual(48)
  const [first] = issued?.points ?? []
  // 0.15 kW/K times 25 K, and the hot water.
  expect(first?.meanKwh).toBeCloseTo(0.15 * 25 + 0.3, 6)
  expect(first?.lowKwh).toBeLessThan(first?.meanKwh ?? 0)
  expect(written.map(({ tags }) => tags.lead_time_hours)).toEqual(['1', '6', '12', '24', '48'])
  expect(written[3]).toMatchObject({
    time: Date.parse('2026-01-11T07:00:00Z'),
    fields: { issued_at: Date.parse('2026-01-10T08:00:00Z') / 1000, model_version: 'test-1' },
  })
})

test('without a model, without weather, or with weather of yesterday there is none', async () => {
  expect(await issue(coming(NOW - HOUR_MS))).toBe(false)
  await keepForecastModel(application, ENTITY, MODEL)
  expect(await issue(undefined)).toBe(false)
  expect(await issue(coming(NOW - 24 * HOUR_MS))).toBe(false)
  await keepForecastModel(application, ENTITY, null)
  expect(await issue(coming(NOW - HOUR_MS))).toBe(false)
  expect(written).toEqual([])
})
