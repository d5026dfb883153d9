import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BadData, EntityNotFound, RateLimited, Unavailable } from '../errors.ts'
import { createSmhiForecastClient } from './forecast.ts'
import { type Answer, smhiFixture, startWeatherServer, type WeatherServer } from './testing/weather-server.ts'

const BASE = '/api/category/snow1g/version/1'
const POINT = `${BASE}/geotype/point/lon/15.6040/lat/58.4030/data.json`
const STAMP = `${BASE}/createdtime.json`
const place = { latitude: 58.4031, longitude: 15.6039 }
const issuedAt = Date.parse('2026-11-21T04:45:00Z')

let server: WeatherServer
let now: number

beforeEach(async () => {
  server = await startWeatherServer()
  now = Date.parse('2026-11-21T05:20:00Z')
  server.answer(STAMP, { body: smhiFixture('createdtime') })
  server.answer(POINT, { body: smhiFixture('forecast-point') })
})
afterEach(() => server.close())

const client = () => createSmhiForecastClient({ baseUrl: server.url, now: () => now })

describe('SMHI point forecast', () => {
  test('asks for the stamp first, then for the point, longitude first and with four decimals', async () => {
    const forecast = await client().forecast(place)
    expect(server.asked).toEqual([STAMP, POINT])
    expect(forecast).toMatchObject({ source: 'smhi', issuedAt, fetchedAt: now })
  })

  test('is not fetched again while the stamp names the known run', async () => {
    expect(await client().forecast(place, issuedAt)).toBe('unchanged')
    expect(server.asked).toEqual([STAMP])
  })

  test('is fetched when the stamp names another run than the known one', async () => {
    const smhi = client()
    await smhi.forecast(place)
    now += 3_600_000
    server.answer(STAMP, { body: { referenceTime: '2026-11-21T05:45:00Z' } })
    server.answer(POINT, { body: { ...smhiFixture('forecast-point'), referenceTime: '2026-11-21T05:45:00Z' } })
    expect(await smhi.forecast(place, issuedAt)).toMatchObject({ issuedAt: issuedAt + 3_600_000 })
  })

  test('is unchanged while a cache in between still hands out the run before, and is not asked for at every call', async () => {
    server.answer(STAMP, { body: { referenceTime: '2026-11-21T05:45:00Z' } })
    const smhi = client()
    expect(await smhi.forecast(place, issuedAt)).toBe('unchanged')
    expect(await smhi.forecast(place, issuedAt)).toBe('unchanged')
    expect(server.count(POINT)).toBe(1)
    now += 6 * 60_000
    server.answer(POINT, { body: { ...smhiFixture('forecast-point'), referenceTime: '2026-11-21T05:45:00Z' } })
    expect(await smhi.forecast(place, issuedAt)).toMatchObject({ issuedAt: issuedAt + 3_600_000 })
  })

  test('fifty concurrent askers cost one stamp and one forecast', async () => {
    const smhi = client()
    const answers = await Promise.all(Array.from({ length: 50 }, () => smhi.forecast(place)))
    expect(new Set(answers).size).toBe(1)
    expect(server.asked).toEqual([STAMP, POINT])
    await smhi.forecast({ latitude: 58.4029, longitude: 15.6042 })
    expect(server.asked).toEqual([STAMP, POINT])
  })

  test.each([
    ['bare', ''],
    ['with a slash', '/'],
    ['ending in the documented path', BASE],
    ['ending in part of it', '/api/category/'],
  ])('takes a base address %s', async (_, suffix) => {
    const smhi = createSmhiForecastClient({ baseUrl: `${server.url}${suffix}`, now: () => now })
    expect(await smhi.forecast(place)).toMatchObject({ issuedAt })
  })
})

describe('when SMHI has no answer', () => {
  const variants = smhiFixture('out-of-area').variants as Answer[]

  test.each(variants.map((variant) => [variant.status, variant.body, variant] as const))(
    'a point answered %d "%s" is outside the area',
    async (_status, _body, variant) => {
      server.answer(POINT, variant)
      await expect(client().forecast(place)).rejects.toThrow(EntityNotFound)
      await expect(client().forecast(place)).rejects.toThrow("58.403,15.604 is outside SMHI's forecast area")
    },
  )

  test('404 on the stamp as well means that the category has gone', async () => {
    server.answer(STAMP, { status: 404, body: '' })
    server.answer(POINT, { status: 404, body: '' })
    await expect(client().forecast(place)).rejects.toThrow(Unavailable)
    await expect(client().forecast(place)).rejects.toThrow('the forecast category has gone')
  })

  test('a missing stamp alone is no reason to give up, and does not lead to a fetch per call', async () => {
    server.answer(STAMP, { status: 404, body: '' })
    const smhi = client()
    expect(await smhi.forecast(place)).toMatchObject({ issuedAt })
    expect(await smhi.forecast(place, issuedAt)).toBe('unchanged')
    expect(server.count(POINT)).toBe(1)
  })

  test('a server error on stamp or point is an outage', async () => {
    server.answer(POINT, { status: 503, body: 'maintenance' })
    await expect(client().forecast(place)).rejects.toThrow(Unavailable)
    server.answer(STAMP, { status: 500, body: '' })
    await expect(client().forecast(place)).rejects.toThrow(Unavailable)
  })

  test('a blocked address is an outage, not a place outside the area', async () => {
    server.answer(POINT, { status: 403, body: '' })
    await expect(client().forecast(place)).rejects.toThrow(Unavailable)
  })

  test('too many requests are said to be that', async () => {
    server.answer(STAMP, { status: 429, body: '' })
    await expect(client().forecast(place)).rejects.toThrow(RateLimited)
  })

  test('a page instead of a forecast is refused, and the next call asks again', async () => {
    server.answer(POINT, { contentType: 'text/html', body: '<html>maintenance</html>' })
    const smhi = client()
    await expect(smhi.forecast(place)).rejects.toThrow(BadData)
    server.answer(POINT, { body: smhiFixture('forecast-point') })
    expect(await smhi.forecast(place)).toMatchObject({ issuedAt })
  })
})
