import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../runtime/log.ts'
import { BadData, Unavailable } from './errors.ts'
import { smhiFixture, startWeatherServer, type WeatherServer } from './smhi/testing/weather-server.ts'
import type { WeatherProvider } from './weather.ts'
import { createWeatherSource } from './weather-source.ts'

const HOUR = 3_600_000
const POINT = '/api/category/snow1g/version/1/geotype/point'
const SMHI_POINT = `${POINT}/lon/15.6040/lat/58.4030/data.json`
const STAMP = '/api/category/snow1g/version/1/createdtime.json'
const OPEN_METEO = '/v1/forecast'
const home = { latitude: 58.403, longitude: 15.604 }
const abroad = { latitude: 40, longitude: 2.352 }
const smhiRun = Date.parse('2026-11-21T04:45:00Z')

let server: WeatherServer
let now: number
let events: Record<string, unknown>[]
let source: WeatherProvider

beforeEach(async () => {
  server = await startWeatherServer()
  now = Date.parse('2026-11-21T05:20:00Z')
  events = []
  server.answer(STAMP, { body: smhiFixture('createdtime') })
  server.answer(SMHI_POINT, { body: smhiFixture('forecast-point') })
  const midnight = Date.parse('2026-11-21T00:00:00Z') / 1000
  const hours = Array.from({ length: 72 }, (_, i) => i)
  server.answer(OPEN_METEO, {
    body: { hourly: { time: hours.map((i) => midnight + i * 3600), temperature_2m: hours.map(() => 12) } },
  })
  source = createWeatherSource({
    smhiForecastUrl: server.url,
    smhiObservationsUrl: server.url,
    openMeteoUrl: server.url,
    log: createLogger('info', { write: (line: string) => void events.push(JSON.parse(line)) }),
    now: () => now,
  })
})
afterEach(() => server.close())

const names = () => events.map(({ event }) => event)

describe('the order of sources', () => {
  test('SMHI comes first and Open-Meteo is not asked', async () => {
    expect(await source.forecast(home)).toMatchObject({ source: 'smhi', issuedAt: smhiRun })
    expect(server.count(OPEN_METEO)).toBe(0)
    expect(events).toEqual([])
  })

  test('a known run of SMHI is unchanged', async () => {
    expect(await source.forecast(home, { source: 'smhi', issuedAt: smhiRun })).toBe('unchanged')
  })

  test("outside SMHI's area Open-Meteo answers; that is said once and SMHI is left alone for hours", async () => {
    expect(await source.forecast(abroad)).toMatchObject({ source: 'openmeteo' })
    now += HOUR
    expect(await source.forecast(abroad)).toMatchObject({ source: 'openmeteo' })
    expect(names()).toEqual(['weather.fallback'])
    expect(events[0]).toMatchObject({ from: 'smhi', to: 'openmeteo', cause: 'outside_area', place: '40.000,2.352' })
    expect(server.count(`${POINT}/lon/2.3520`)).toBe(1)
  })

  test('a place that turns out to be inside after all returns to SMHI', async () => {
    await source.forecast(abroad)
    now += 7 * HOUR
    server.answer(STAMP, { body: { referenceTime: '2026-11-21T11:45:00Z' } })
    server.answer(`${POINT}/lon/2.3520/lat/40.0000/data.json`, {
      body: { ...smhiFixture('forecast-point'), referenceTime: '2026-11-21T11:45:00Z' },
    })
    expect(await source.forecast(abroad)).toMatchObject({ source: 'smhi' })
    expect(names()).toEqual(['weather.fallback', 'weather.fallback_ended'])
  })

  test('while SMHI is down Open-Meteo answers for all places; that is said once, and its end too', async () => {
    server.answer(STAMP, { status: 503, body: '' })
    expect(await source.forecast(home)).toMatchObject({ source: 'openmeteo' })
    expect(await source.forecast(abroad)).toMatchObject({ source: 'openmeteo' })
    now += 60_000
    expect(await source.forecast(home)).toMatchObject({ source: 'openmeteo' })
    expect(names()).toEqual(['weather.fallback'])
    expect(events[0]).toMatchObject({ cause: 'outage', reasonCode: 'Unavailable' })

    server.answer(STAMP, { body: smhiFixture('createdtime') })
    expect(await source.forecast(home)).toMatchObject({ source: 'smhi' })
    expect(names()).toEqual(['weather.fallback', 'weather.fallback_ended'])
  })

  test('a withdrawn category and an unreadable answer are outages of SMHI too', async () => {
    server.answer(SMHI_POINT, { body: { timeSeries: [] } })
    expect(await source.forecast(home)).toMatchObject({ source: 'openmeteo' })
    server.answer(STAMP, { status: 404, body: '' })
    server.answer(SMHI_POINT, { status: 404, body: '' })
    now += 2 * 60_000
    expect(await source.forecast(home)).toMatchObject({ source: 'openmeteo' })
    expect(names()).toEqual(['weather.fallback'])
  })

  test("the fallback's run is unchanged within its hour, and never hides SMHI's return", async () => {
    const known = { source: 'openmeteo', issuedAt: Date.parse('2026-11-21T05:00:00Z') }
    expect(await source.forecast(home, known)).toMatchObject({ source: 'smhi' })
    expect(await source.forecast(abroad, known)).toBe('unchanged')
  })

  test("a run of SMHI that is known does not hide the fallback's", async () => {
    server.answer(STAMP, { status: 503, body: '' })
    expect(await source.forecast(home, { source: 'smhi', issuedAt: now })).toMatchObject({ source: 'openmeteo' })
  })

  test('when both are down the error is transient and names both', async () => {
    server.answer(STAMP, { status: 503, body: '' })
    server.answer(OPEN_METEO, { status: 400, body: { error: true, reason: 'no such model' } })
    const failure = source.forecast(home)
    await expect(failure).rejects.toThrow(Unavailable)
    await expect(failure).rejects.toThrow(/HTTP 503.*no such model/)
  })

  test("outside SMHI's area the fallback's own error is told", async () => {
    server.answer(OPEN_METEO, { status: 400, body: { error: true, reason: 'Latitude must be in range' } })
    await expect(source.forecast(abroad)).rejects.toThrow(BadData)
  })

  test('fifty concurrent askers cost one forecast', async () => {
    await Promise.all(Array.from({ length: 50 }, () => source.forecast(home)))
    expect(server.asked).toEqual([STAMP, SMHI_POINT])
  })
})

describe('WeatherAPI, with a key', () => {
  const WEATHER_API = '/v1/forecast.json'
  const KEY = 'invented-key-of-the-tests'

  beforeEach(() => {
    const hour = Date.parse('2026-11-21T06:00:00Z') / 1000
    server.answer(WEATHER_API, {
      body: { forecast: { forecastday: [{ hour: [{ time_epoch: hour, temp_c: -4 }] }] } },
    })
    source = createWeatherSource({
      smhiForecastUrl: server.url,
      smhiObservationsUrl: server.url,
      openMeteoUrl: server.url,
      weatherApi: { url: server.url, key: KEY },
      log: createLogger('info', { write: (line: string) => void events.push(JSON.parse(line)) }),
      now: () => now,
    })
  })

  test('is not asked while one of the others answers: its calls are counted', async () => {
    expect(await source.forecast(home)).toMatchObject({ source: 'smhi' })
    expect(await source.forecast(abroad)).toMatchObject({ source: 'openmeteo' })
    expect(server.count(WEATHER_API)).toBe(0)
  })

  test('answers when SMHI and Open-Meteo are both down; each step down and up is said once', async () => {
    server.answer(STAMP, { status: 503, body: '' })
    server.answer(OPEN_METEO, { status: 404, body: '' })
    expect(await source.forecast(home)).toMatchObject({ source: 'weatherapi' })
    expect(await source.forecast(abroad)).toMatchObject({ source: 'weatherapi' })
    expect(events).toMatchObject([
      { event: 'weather.fallback', from: 'smhi', to: 'openmeteo', cause: 'outage' },
      { event: 'weather.fallback', from: 'openmeteo', to: 'weatherapi', cause: 'outage', reasonCode: 'Unavailable' },
    ])
    const midnight = Date.parse('2026-11-21T00:00:00Z') / 1000
    server.answer(OPEN_METEO, { body: { hourly: { time: [midnight + 6 * 3600], temperature_2m: [4] } } })
    now += 60_000
    expect(await source.forecast(home)).toMatchObject({ source: 'openmeteo' })
    expect(events.at(-1)).toMatchObject({ event: 'weather.fallback_ended', from: 'weatherapi', to: 'openmeteo' })
  })

  test("outside SMHI's area it stands behind Open-Meteo", async () => {
    server.answer(OPEN_METEO, { status: 404, body: '' })
    expect(await source.forecast(abroad)).toMatchObject({ source: 'weatherapi' })
    expect(events).toMatchObject([
      { event: 'weather.fallback', from: 'smhi', to: 'openmeteo', cause: 'outside_area' },
      { event: 'weather.fallback', from: 'openmeteo', to: 'weatherapi', cause: 'outage' },
    ])
  })

  test('when none answers the error names all three, and no line or error holds the key', async () => {
    server.answer(STAMP, { status: 503, body: '' })
    server.answer(OPEN_METEO, { status: 404, body: '' })
    server.answer(WEATHER_API, { status: 401, body: { error: { code: 2006, message: `no such key ${KEY}` } } })
    const error = await source.forecast(home).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Unavailable)
    expect(String(error)).toMatch(/SMHI|HTTP 503/)
    expect(String(error)).toMatch(/Open-Meteo.*WeatherAPI refused the key/)
    expect(`${String(error)} ${JSON.stringify(events)}`).not.toContain(KEY)
  })
})

describe('a run that grows old', () => {
  test('is returned with its age intact and reported once', async () => {
    now = smhiRun + 3 * HOUR + 60_000
    expect(await source.forecast(home)).toMatchObject({ source: 'smhi', issuedAt: smhiRun })
    expect(await source.forecast(home, { source: 'smhi', issuedAt: smhiRun })).toBe('unchanged')
    expect(events).toMatchObject([
      { event: 'weather.stale', source: 'smhi', issuedAt: '2026-11-21T04:45:00.000Z', ageHours: 3 },
    ])
  })

  test('is not reported at three hours', async () => {
    now = smhiRun + 3 * HOUR
    await source.forecast(home)
    expect(events).toEqual([])
  })
})

test('observations come from the stations', async () => {
  const observedAt = 1795240800000
  now = observedAt + 57 * 60_000
  server.answer('/api/version/1.0/parameter/1.json', { body: smhiFixture('metobs-stations-p1') })
  server.answer('/api/version/1.0/parameter/1/station/999001/period/latest-hour/data.json', {
    body: smhiFixture('metobs-latest-hour-p1'),
  })
  expect(await source.observation(home)).toMatchObject({
    source: 'metobs',
    record: { validAt: observedAt, temperature: -4.4 },
  })
})
