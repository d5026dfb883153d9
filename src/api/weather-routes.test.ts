/** Weather of any place. */
import { expect, test } from 'vitest'
import { Unavailable } from '../connectors/errors.ts'
import { weatherRecord } from '../domain/weather/testing/record.ts'
import { createApi } from './api.ts'
import { fakeDependencies, TEST_NOW } from './testing/fakes.ts'
import { asker, jsonOf } from './testing/request.ts'

const place = '56.670,12.860'
const hour = 3_600_000
const eight = Date.parse('2026-01-10T08:00:00Z')

const record = (validAt: number, stepHours = 1) =>
  weatherRecord({
    validAt,
    stepHours,
    temperature: -3,
    windSpeed: 4.5,
    windDirection: 220,
    relativeHumidity: 81,
    cloudOctas: 7,
    precipitationMm: 0,
  })

function setUp() {
  const fakes = fakeDependencies()
  const ask = asker(createApi(fakes.dependencies))
  const addForecast = () =>
    fakes.weather.forecasts.set(place, {
      source: 'smhi',
      issuedAt: Date.parse('2026-01-10T05:00:00Z'),
      fetchedAt: Date.parse('2026-01-10T06:00:00Z'),
      gridPoint: null,
      steps: Array.from({ length: 240 }, (_, index) => record(eight + (index - 8) * hour)),
    })
  return { ...fakes, ask, addForecast }
}

test('a place has its forecast from now on, its age and its observation', async () => {
  const { ask, addForecast, weather } = setUp()
  addForecast()
  weather.observations.set(place, {
    source: 'metobs',
    fetchedAt: TEST_NOW,
    record: record(Date.parse('2026-01-10T07:00:00Z'), 0),
    stationId: '62040',
    stationName: 'Halmstad',
    distanceKm: 3.2,
    quality: 'G',
  })
  const answer = await jsonOf<{ forecast: { time: string }[] }>(await ask('/api/v1/weather?lat=56.67&lon=12.86&days=1'))
  expect(answer).toMatchObject({
    place: { key: place, latitude: 56.67, longitude: 12.86 },
    source: 'smhi',
    issuedAt: '2026-01-10T05:00:00Z',
    fetchedAt: '2026-01-10T06:00:00Z',
    ageSeconds: 2 * 3600 + 312,
    observation: {
      time: '2026-01-10T07:00:00Z',
      source: 'metobs',
      temperature: -3,
      stationName: 'Halmstad',
      quality: 'G',
    },
  })
  expect(answer.forecast).toHaveLength(25)
  expect(answer.forecast[0]).toEqual({
    time: '2026-01-10T07:00:00Z',
    stepHours: 1,
    temperature: -3,
    windSpeed: 4.5,
    windGust: null,
    windDirection: 220,
    relativeHumidity: 81,
    cloudOctas: 7,
    globalIrradiance: null,
    precipitationMm: 0,
  })
  expect(answer.forecast.at(-1)?.time).toBe('2026-01-11T07:00:00Z')
  expect(weather.refreshed).toEqual([place])
})

test('an old run is better than none when the sources are down', async () => {
  const { ask, addForecast, weather } = setUp()
  addForecast()
  weather.fault = new Unavailable('SMHI does not answer')
  const response = await ask('/api/v1/weather?lat=56.67&lon=12.86')
  expect(response.status).toBe(200)
  expect((await jsonOf(response)).observation).toBeNull()
})

test('no weather at all is 503 and says why', async () => {
  const { ask, weather } = setUp()
  weather.fault = new Unavailable('SMHI does not answer')
  const response = await ask('/api/v1/weather?lat=56.67&lon=12.86')
  expect(response.status).toBe(503)
  expect((await jsonOf(response)).detail).toContain('SMHI does not answer')
})

test.each([
  'lon=12.86',
  'lat=&lon=12.86',
  'lat=north&lon=12.86',
  'lat=91&lon=12.86',
  'lat=56&lon=181',
  'lat=56&lon=12&days=0',
  'lat=56&lon=12&days=11',
  'lat=56&lon=12&days=1.5',
])('%s is 422', async (query) => {
  expect((await setUp().ask(`/api/v1/weather?${query}`)).status).toBe(422)
})
