import { describe, expect, test } from 'vitest'
import type { WeatherForecast, WeatherRecord } from '../weather/record.ts'
import { cautiousOutdoorAt, isWarmWeather, meanOutdoor, outdoorAt, outdoorOutlook, UNKNOWN_OUTDOOR } from './outdoor.ts'

const now = Date.parse('2026-07-10T06:00:00Z')
const HOUR = 3_600_000
const UNKNOWN = { windSpeed: null, windGust: null, windDirection: null, relativeHumidity: null, cloudOctas: null }
const record = (hour: number, temperature: number | null): WeatherRecord => ({
  ...UNKNOWN,
  validAt: now + hour * HOUR,
  stepHours: 1,
  temperature,
  globalIrradiance: null,
  precipitationMm: null,
})
/** 14 °C at six, two degrees more every hour until noon. */
const forecast = (issuedHoursAgo: number): WeatherForecast => ({
  source: 'smhi',
  issuedAt: now - issuedHoursAgo * HOUR,
  fetchedAt: now,
  gridPoint: null,
  steps: Array.from({ length: 30 }, (_, hour) => record(hour - 1, 14 + 2 * Math.min(hour - 1, 6))),
})
const warm = { threshold: 21, hours: 3 }

describe('the outlook', () => {
  test('holds the present and the next 24 hours', () => {
    const outlook = outdoorOutlook(forecast(1), now)
    expect(outlook.current).toBe(14)
    expect(outlook.steps).toHaveLength(25)
    expect(outdoorAt(outlook, now + 1.5 * HOUR)).toBeCloseTo(17)
    expect(outdoorAt(outlook, now - 9 * HOUR)).toBe(14)
    expect(outdoorAt(outlook, now + 90 * HOUR)).toBe(26)
  })

  test('prefers what is measured for the present', () => {
    expect(outdoorOutlook(forecast(1), now, 12.5)).toMatchObject({ current: 12.5, measured: 12.5 })
  })

  test('of a stale run steers nothing, but still tells the present', () => {
    expect(outdoorOutlook(forecast(4), now)).toEqual({ current: 14, measured: null, steps: [] })
    expect(outdoorOutlook(forecast(30), now)).toEqual(UNKNOWN_OUTDOOR)
    expect(outdoorOutlook(undefined, now)).toEqual(UNKNOWN_OUTDOOR)
  })

  test('leaves out steps without a temperature', () => {
    const { steps, ...rest } = forecast(1)
    const outlook = outdoorOutlook({ ...rest, steps: [...steps.slice(0, 4), record(3.5, null)] }, now)
    expect(outlook.steps.map(({ temperature }) => temperature)).toEqual([14, 16, 18])
  })
})

describe('warm weather', () => {
  test('is the mean of the coming hours above the threshold, not the present', () => {
    const outlook = outdoorOutlook(forecast(1), now)
    expect(meanOutdoor(outlook, now, 3)).toBeCloseTo(17)
    expect(isWarmWeather(outlook, now, warm, false)).toBe(false)
    expect(isWarmWeather(outlook, now + 3 * HOUR, warm, false)).toBe(true)
  })

  test('begins strictly above the threshold and ends half a kelvin below it', () => {
    const steady = (measured: number) => ({ current: measured, measured, steps: [] })
    expect(isWarmWeather(steady(21), now, warm, false)).toBe(false)
    expect(isWarmWeather(steady(21.1), now, warm, false)).toBe(true)
    expect(isWarmWeather(steady(20.6), now, warm, true)).toBe(true)
    expect(isWarmWeather(steady(20.5), now, warm, true)).toBe(false)
  })

  test('unknown weather is not warm', () => {
    expect(isWarmWeather(UNKNOWN_OUTDOOR, now, warm, true)).toBe(false)
  })

  test('a stale forecast is no reason to heat less, however warm it was', () => {
    const stale = { ...outdoorOutlook(forecast(4), now), current: 28 }
    expect(isWarmWeather(stale, now, warm, true)).toBe(false)
  })
})

test('where it must not be too cold indoors, the colder of what is left is counted with', () => {
  expect(cautiousOutdoorAt(outdoorOutlook(forecast(1), now), now + HOUR, 3)).toBe(16)
  expect(cautiousOutdoorAt(outdoorOutlook(forecast(4), now, 9), now + HOUR, 3)).toBe(9)
  expect(cautiousOutdoorAt(outdoorOutlook(forecast(4), now), now + HOUR, 3)).toBe(3)
  expect(cautiousOutdoorAt(outdoorOutlook(forecast(4), now), now + HOUR, 20)).toBe(14)
  expect(cautiousOutdoorAt(UNKNOWN_OUTDOOR, now, null)).toBe(0)
})
