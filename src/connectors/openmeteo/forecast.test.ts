import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BadData, Unavailable } from '../errors.ts'
import { startWeatherServer, type WeatherServer } from '../smhi/testing/weather-server.ts'
import { createOpenMeteoClient } from './forecast.ts'

const midnight = Date.parse('2026-11-21T00:00:00Z') / 1000
const place = { latitude: 48.8566, longitude: 2.3522 }

function hourly(hours: number, columns: Record<string, unknown> = {}) {
  const rows = Array.from({ length: hours }, (_, i) => i)
  return {
    latitude: 48.86,
    longitude: 2.36,
    hourly_units: { wind_speed_10m: 'm/s', cloud_cover: '%' },
    hourly: {
      time: rows.map((hour) => midnight + hour * 3600),
      temperature_2m: rows.map((hour) => 5 + hour / 10),
      relative_humidity_2m: rows.map(() => 80),
      wind_speed_10m: rows.map(() => 3.6),
      wind_gusts_10m: rows.map(() => 7.2),
      wind_direction_10m: rows.map(() => 180),
      cloud_cover: rows.map(() => 75),
      precipitation: rows.map(() => 0.2),
      shortwave_radiation: rows.map((hour) => (hour === 12 ? 250 : 0)),
      ...columns,
    },
  }
}

let server: WeatherServer
let now: number

beforeEach(async () => {
  server = await startWeatherServer()
  server.answer('/v1/forecast', { body: hourly(72) })
  now = Date.parse('2026-11-21T05:20:00Z')
})
afterEach(() => server.close())

const client = (suffix = '') => createOpenMeteoClient({ baseUrl: `${server.url}${suffix}`, now: () => now })

async function steps() {
  const forecast = await client().forecast(place)
  return forecast === 'unchanged' ? [] : forecast.steps
}

describe('Open-Meteo forecast', () => {
  test('asks for three days in m/s, Unix time and UTC, with plain commas', async () => {
    await client().forecast(place)
    const [request] = server.asked
    expect(request).toContain(
      '/v1/forecast?latitude=48.8570&longitude=2.3520&hourly=temperature_2m,relative_humidity_2m,',
    )
    expect(request).toContain('&wind_speed_unit=ms&timeformat=unixtime&timezone=UTC&forecast_days=3')
  })

  test('is issued at the full hour it was fetched, and starts there', async () => {
    const forecast = await client().forecast(place)
    expect(forecast).toMatchObject({
      source: 'openmeteo',
      issuedAt: Date.parse('2026-11-21T05:00:00Z'),
      fetchedAt: now,
      gridPoint: { latitude: 48.86, longitude: 2.36 },
    })
    const all = await steps()
    expect(all).toHaveLength(67)
    expect(all[0]).toEqual({
      validAt: Date.parse('2026-11-21T05:00:00Z'),
      stepHours: 1,
      temperature: 5.5,
      windSpeed: 3.6,
      windGust: 7.2,
      windDirection: 180,
      relativeHumidity: 80,
      cloudOctas: 6,
      globalIrradiance: 0,
      precipitationMm: 0.2,
    })
  })

  test('the irradiance of 12:00 is the mean of the hour that ends then', async () => {
    const noon = (await steps()).find(({ validAt }) => validAt === Date.parse('2026-11-21T12:00:00Z'))
    expect(noon).toMatchObject({ globalIrradiance: 250, stepHours: 1 })
  })

  test('nulls and missing columns stay unknown', async () => {
    server.answer('/v1/forecast', {
      body: hourly(72, { cloud_cover: Array.from({ length: 72 }, () => null), shortwave_radiation: undefined }),
    })
    expect((await steps())[0]).toMatchObject({ temperature: 5.5, cloudOctas: null, globalIrradiance: null })
  })

  test('wind in km/h is converted when the answer says so', async () => {
    server.answer('/v1/forecast', { body: { ...hourly(72), hourly_units: { wind_speed_10m: 'km/h' } } })
    expect((await steps())[0]).toMatchObject({ windSpeed: 1, windGust: 7.2 })
  })

  test('is unchanged within the hour and fetched anew in the next', async () => {
    const source = client()
    expect(await source.forecast(place, Date.parse('2026-11-21T05:00:00Z'))).toBe('unchanged')
    expect(server.asked).toEqual([])
    now += 3_600_000
    expect(await source.forecast(place, Date.parse('2026-11-21T05:00:00Z'))).toMatchObject({
      issuedAt: Date.parse('2026-11-21T06:00:00Z'),
    })
  })

  test('fifty concurrent askers cost one fetch', async () => {
    const source = client()
    await Promise.all(Array.from({ length: 50 }, () => source.forecast(place)))
    expect(server.asked).toHaveLength(1)
  })

  test.each(['', '/', '/v1', '/v1/forecast'])('takes a base address ending in "%s"', async (suffix) => {
    expect(await client(suffix).forecast(place)).toMatchObject({ source: 'openmeteo' })
  })

  test('a refusal is told with its reason', async () => {
    server.answer('/v1/forecast', { status: 400, body: { error: true, reason: 'Latitude must be in range' } })
    await expect(client().forecast(place)).rejects.toThrow(BadData)
    await expect(client().forecast(place)).rejects.toThrow('Latitude must be in range')
  })

  test('an answer without temperatures ahead is refused', async () => {
    server.answer('/v1/forecast', { body: hourly(5) })
    await expect(client().forecast(place)).rejects.toThrow(BadData)
    server.answer('/v1/forecast', { body: { hourly: {} } })
    await expect(client().forecast(place)).rejects.toThrow(BadData)
    server.answer('/v1/forecast', { body: '<html>' })
    await expect(client().forecast(place)).rejects.toThrow(BadData)
  })

  test('a server error or a missing service is an outage', async () => {
    server.answer('/v1/forecast', { status: 502, body: '' })
    await expect(client().forecast(place)).rejects.toThrow(Unavailable)
    server.answer('/v1/forecast', { status: 404, body: '' })
    await expect(client().forecast(place)).rejects.toThrow(Unavailable)
  })
})
