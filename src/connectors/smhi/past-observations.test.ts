import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Unavailable } from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import { createPastObservations } from './past-observations.ts'
import { startWeatherServer, type WeatherServer } from './testing/weather-server.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 0, 15, 6, 10)
const PLACE = { latitude: 56.67, longitude: 12.86 }
const at = (day: number, hour: number) => Date.UTC(2026, 0, day, hour)

let server: WeatherServer

beforeEach(async () => {
  resetCircuitBreakers()
  server = await startWeatherServer()
})
afterEach(() => server.close())

const station = (key: number, latitude: number, more: object = {}) => ({
  key: String(key),
  id: key,
  name: `Station ${key}`,
  latitude,
  longitude: 12.86,
  measuringStations: 'CORE',
  active: true,
  updated: NOW,
  ...more,
})

function stations(parameter: number, ...list: object[]): void {
  server.answer(`/api/version/1.0/parameter/${parameter}.json`, { body: { station: list } })
}

function series(parameter: number, id: number, period: string, values: [time: number, value: string][]): void {
  server.answer(`/api/version/1.0/parameter/${parameter}/station/${id}/period/${period}/data.json`, {
    body: { value: values.map(([date, value]) => ({ date, value, quality: 'G' })) },
  })
}

const observations = () => createPastObservations({ baseUrl: server.url, now: () => NOW })

describe('past hours of a place', () => {
  test('temperature leads, other quantities join by the hour', async () => {
    stations(1, station(1, 56.7))
    stations(4, station(2, 56.8))
    series(1, 1, 'latest-months', [
      [at(10, 3), '-4.4'],
      [at(10, 4), '-4.9'],
      [at(10, 5), ''],
    ])
    series(4, 2, 'latest-months', [[at(10, 4), '3.1']])
    const hours = await observations().hours(PLACE, { from: at(10, 0), to: at(10, 12) })
    expect(hours.map(({ record }) => [record.validAt, record.temperature, record.windSpeed])).toEqual([
      [at(10, 3), -4.4, null],
      [at(10, 4), -4.9, 3.1],
    ])
    expect(hours[0]).toMatchObject({ stationId: '1', source: 'metobs', quality: 'G', distanceKm: 3.3 })
  })

  test('the last day is asked for as such, and the end of the range does not belong to it', async () => {
    stations(1, station(1, 56.7))
    series(1, 1, 'latest-day', [
      [at(15, 2), '1.0'],
      [at(15, 3), '2.0'],
    ])
    const hours = await observations().hours(PLACE, { from: NOW - 10 * HOUR, to: at(15, 3) })
    expect(hours.map(({ record }) => record.temperature)).toEqual([1])
  })

  test('a station without values makes way for the next one; closed and far ones are not asked', async () => {
    stations(1, station(1, 56.68), station(2, 56.8), station(3, 56.67, { active: false }), station(4, 60))
    series(1, 2, 'latest-months', [[at(10, 3), '-1.0']])
    const hours = await observations().hours(PLACE, { from: at(10, 0), to: at(11, 0) })
    expect(hours.map(({ stationId }) => stationId)).toEqual(['2'])
    expect(server.asked.filter((path) => /station\/[34]\//.test(path))).toEqual([])
  })

  test('hours of before the last four months are not asked for: nobody has them there', async () => {
    stations(1, station(1, 56.7))
    const longAgo = NOW - 140 * 24 * HOUR
    expect(await observations().hours(PLACE, { from: longAgo, to: longAgo + 24 * HOUR })).toEqual([])
    expect(server.asked).toEqual([])
  })

  test('a place without any station has nothing', async () => {
    stations(1)
    expect(await observations().hours(PLACE, { from: at(10, 0), to: at(11, 0) })).toEqual([])
  })

  test('places of one town share the answers', async () => {
    stations(1, station(1, 56.7))
    series(1, 1, 'latest-months', [[at(10, 3), '-1.0']])
    const past = observations()
    await past.hours(PLACE, { from: at(10, 0), to: at(11, 0) })
    await past.hours({ latitude: 56.66, longitude: 12.85 }, { from: at(10, 0), to: at(11, 0) })
    expect(server.count('/api/version/1.0/parameter/1/station/1')).toBe(1)
  })

  test('a service that is down is an outage', async () => {
    server.answer('/api/version/1.0/parameter/1.json', { status: 500, body: '' })
    await expect(observations().hours(PLACE, { from: at(10, 0), to: at(11, 0) })).rejects.toBeInstanceOf(Unavailable)
  })
})
