import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BadConfig, BadData, CredentialsRejected, EntityNotFound, RateLimited, Unavailable } from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import { startWeatherServer, type WeatherServer } from '../smhi/testing/weather-server.ts'
import { createWeatherApiClient } from './forecast.ts'

const KEY = 'invented key/of+the tests'
const PATH = '/v1/forecast.json'
const place = { latitude: 58.4, longitude: 15.6 }

interface Hour {
  time_epoch: number
  [field: string]: unknown
}
interface Answer {
  location?: unknown
  forecast: { forecastday: { hour: Hour[] }[] }
}

function fixture<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../../test/fixtures/weatherapi/${name}.json`, import.meta.url), 'utf8'),
  ) as T
}
const forecastFixture = () => fixture<Answer>('forecast')

let server: WeatherServer
let now: number

beforeEach(async () => {
  resetCircuitBreakers()
  server = await startWeatherServer()
  server.answer(PATH, { body: forecastFixture() })
  now = Date.parse('2026-11-21T05:07:00Z')
})
afterEach(() => server.close())

const client = (suffix = '') => createWeatherApiClient({ baseUrl: `${server.url}${suffix}`, key: KEY, now: () => now })

async function steps() {
  const forecast = await client().forecast(place)
  return forecast === 'unchanged' ? [] : forecast.steps
}

async function errorOf(answer: Promise<unknown>): Promise<Error> {
  try {
    await answer
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('expected an error')
}

describe('WeatherAPI forecast', () => {
  test('asks for three days of a place, the key escaped', async () => {
    await client().forecast(place)
    expect(server.asked).toEqual([
      `${PATH}?key=invented%20key%2Fof%2Bthe%20tests&q=58.4000,15.6000&days=3&aqi=no&alerts=no`,
    ])
  })

  test('is issued at the full hour it was fetched; hours of the day that are over are left out', async () => {
    expect(await client().forecast(place)).toMatchObject({
      source: 'weatherapi',
      issuedAt: Date.parse('2026-11-21T05:00:00Z'),
      fetchedAt: now,
      gridPoint: { latitude: 58.4, longitude: 15.6 },
    })
    const all = await steps()
    // Of the six hours of the fixture, the one that began at 04:00 UTC (05:00 local) is past.
    expect(all.map(({ validAt }) => new Date(validAt).toISOString().slice(11, 16))).toEqual([
      '05:00',
      '10:00',
      '11:00',
      '17:00',
      '18:00',
    ])
  })

  test('an hour in units of the record: wind m/s, clouds octas, time from the epoch and not from the local text', async () => {
    const eleven = (await steps()).find(({ validAt }) => validAt === Date.parse('2026-11-21T11:00:00Z'))
    expect(eleven).toEqual({
      validAt: Date.parse('2026-11-21T11:00:00Z'),
      stepHours: 1,
      temperature: 1.6,
      windSpeed: 3.5,
      windGust: expect.closeTo(5.611, 3),
      windDirection: 225,
      relativeHumidity: 73,
      cloudOctas: expect.closeTo(3.36, 6),
      globalIrradiance: 142.7,
      precipitationMm: 0,
    })
  })

  test('fields that are missing or impossible are unknown, never a default; an hour without a time is left out', async () => {
    const body = forecastFixture()
    const [day] = body.forecast.forecastday
    const [past, first, second] = day?.hour ?? []
    if (day === undefined || past === undefined || first === undefined || second === undefined)
      throw new Error('fixture')
    delete first.wind_kph
    delete first.short_rad
    first.cloud = 130
    first.temp_c = null
    server.answer(PATH, {
      body: { forecast: { forecastday: [{ hour: [past, first, { temp_c: 3 }, 'nonsense', second] }, { date: 'x' }] } },
    })
    const all = await steps()
    expect(all).toHaveLength(2)
    expect(all[0]).toMatchObject({ temperature: null, windSpeed: null, cloudOctas: null, globalIrradiance: null })
    expect(all[0]).toMatchObject({ relativeHumidity: 91 })
    expect(all[1]).toMatchObject({ temperature: 0.9 })
    expect(await client().forecast(place)).toMatchObject({ gridPoint: null })
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

  test('fifty concurrent askers cost one call of the plan', async () => {
    const source = client()
    await Promise.all(Array.from({ length: 50 }, () => source.forecast(place)))
    expect(server.asked).toHaveLength(1)
  })

  test.each(['', '/', '/v1', '/v1/forecast.json'])('takes a base address ending in "%s"', async (suffix) => {
    expect(await client(suffix).forecast(place)).toMatchObject({ source: 'weatherapi' })
  })
})

describe('what cannot be used', () => {
  test('a place the service does not know', async () => {
    const { status, body } = fixture<{ status: number; body: unknown }>('error')
    server.answer(PATH, { status, body })
    await expect(client().forecast(place)).rejects.toThrow(EntityNotFound)
  })

  test.each([
    [401, 1002, CredentialsRejected],
    [401, 2006, CredentialsRejected],
    [403, 2007, RateLimited],
    [403, 2008, CredentialsRejected],
    [403, 2009, BadConfig],
    [400, 1003, BadData],
    [400, 1005, BadData],
    [400, 9999, Unavailable],
  ])('HTTP %i with code %i', async (status, code, type) => {
    server.answer(PATH, { status, body: { error: { code, message: `refused ${KEY} in the URL` } } })
    const error = await errorOf(client().forecast(place))
    expect(error).toBeInstanceOf(type)
    expect(error.message).not.toContain(KEY)
  })

  test.each([
    [401, CredentialsRejected],
    [403, CredentialsRejected],
    [404, Unavailable],
    [301, Unavailable],
    [500, Unavailable],
    [429, RateLimited],
  ])('HTTP %i without a body to go by', async (status, type) => {
    server.answer(PATH, { status, body: `<html>${KEY}</html>` })
    const error = await errorOf(client().forecast(place))
    expect(error).toBeInstanceOf(type)
    expect(error.message).not.toContain('invented')
  })

  test.each([['<html>'], [{}], [{ forecast: { forecastday: [] } }], [{ forecast: { forecastday: [{ hour: [{}] }] } }]])(
    'an answer without a temperature ahead: %j',
    async (body) => {
      server.answer(PATH, { body })
      await expect(client().forecast(place)).rejects.toThrow(BadData)
    },
  )

  test('a server out of reach is told by its host, never by its URL', async () => {
    await server.close()
    const error = await errorOf(client().forecast(place))
    expect(error).toBeInstanceOf(Unavailable)
    expect(`${error.message} ${String(error.cause)}`).not.toMatch(/invented|key=/)
    server = await startWeatherServer()
  })
})

test('a key that is refused is left alone for an hour, whatever the place; then it is tried again', async () => {
  server.answer(PATH, { status: 401, body: { error: { code: 2006, message: 'API key provided is invalid' } } })
  const source = client()
  await expect(source.forecast(place)).rejects.toThrow(CredentialsRejected)
  now += 10 * 60_000
  await expect(source.forecast({ latitude: 40, longitude: 2 })).rejects.toThrow(CredentialsRejected)
  expect(server.asked).toHaveLength(1)
  now += 51 * 60_000
  server.answer(PATH, { body: forecastFixture() })
  expect(await source.forecast(place)).toMatchObject({ source: 'weatherapi' })
})

test('an unknown place does not keep the others waiting', async () => {
  server.answer(PATH, { status: 400, body: { error: { code: 1006, message: 'No matching location found.' } } })
  const source = client()
  await expect(source.forecast({ latitude: 0, longitude: 0 })).rejects.toThrow(EntityNotFound)
  server.answer(PATH, { body: forecastFixture() })
  expect(await source.forecast(place)).toMatchObject({ source: 'weatherapi' })
})
