import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger, silentLogger } from '../../runtime/log.ts'
import { Unavailable } from '../errors.ts'
import { createSmhiObservationsClient } from './observations.ts'
import { smhiFixture, startWeatherServer, type WeatherServer } from './testing/weather-server.ts'

const BASE = '/api/version/1.0/parameter'
const observedAt = 1795240800000
const place = { latitude: 58.403, longitude: 15.604 }

let server: WeatherServer
let now: number

beforeEach(async () => {
  server = await startWeatherServer()
  now = observedAt + 57 * 60_000
})
afterEach(() => server.close())

const client = () => createSmhiObservationsClient({ baseUrl: server.url, log: silentLogger, now: () => now })
const allStations = (parameter: number) => `${BASE}/${parameter}/station-set/all/period/latest-hour/data.json`
const oneStation = (parameter: number, id: string, period: string) =>
  `${BASE}/${parameter}/station/${id}/period/${period}/data.json`

function station(id: string, longitude: number, value: string | null, fields: Record<string, unknown> = {}) {
  return {
    key: id,
    name: `Provby ${id}`,
    measuringStations: 'CORE',
    height: 50,
    latitude: place.latitude,
    longitude,
    active: true,
    updated: observedAt,
    value: value === null ? null : [{ date: observedAt, value, quality: 'G' }],
    ...fields,
  }
}

/** One degree of longitude is 58.3 km at this latitude. */
const near = 15.65
const farther = 16.2
const tooFar = 18.5

describe('from the hourly collections of all stations', () => {
  beforeEach(() => {
    server.answer(allStations(1), { body: { station: [station('1', near, '-4.4'), station('2', farther, '-3')] } })
    server.answer(allStations(4), { body: smhiFixture('metobs-all-latest-hour-p4') })
    server.answer(allStations(6), { body: { station: [station('2', farther, '91'), station('1', near, null)] } })
    server.answer(allStations(16), { body: { station: [station('3', near, '113')] } })
    server.answer(allStations(11), { body: { station: [station('4', tooFar, '140')] } })
  })

  test('each quantity comes from the nearest station that has it, stamped with the observed hour', async () => {
    const observation = await client().observation(place)
    expect(observation).toEqual({
      source: 'metobs',
      fetchedAt: now,
      record: {
        validAt: observedAt,
        stepHours: 0,
        temperature: -4.4,
        windSpeed: 2.6,
        windGust: null,
        windDirection: null,
        relativeHumidity: 91,
        cloudOctas: 8,
        globalIrradiance: null,
        precipitationMm: null,
      },
      stationId: '1',
      stationName: 'Provby 1',
      distanceKm: 2.7,
      quality: 'G',
    })
  })

  test('a thousand askers at a hundred places cost one fetch per parameter', async () => {
    const smhi = client()
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        smhi.observation({ latitude: place.latitude + (i % 100) / 1000, longitude: place.longitude }),
      ),
    )
    for (const parameter of [1, 4, 6, 16]) expect(server.count(allStations(parameter))).toBe(1)
    now += 9 * 60_000
    await smhi.observation(place)
    expect(server.count(allStations(1))).toBe(1)
    now += 2 * 60_000
    await smhi.observation(place)
    expect(server.count(allStations(1))).toBe(2)
  })

  test.each([
    ['13', 1],
    ['50', 4],
    ['100', 8],
    ['113', 8],
    ['0', 0],
    ['120', null],
  ])('a cloud cover of %s %% is %s octas', async (percent, octas) => {
    server.answer(allStations(16), { body: { station: [station('3', near, percent)] } })
    expect((await client().observation(place))?.record.cloudOctas).toBe(octas)
  })

  test('a station silent for more than three hours gives way to the next one', async () => {
    const silent = { value: [{ date: observedAt - 3 * 3_600_000, value: '5.0', quality: 'G' }] }
    server.answer(allStations(1), {
      body: { station: [station('1', near, '5.0', silent), station('2', farther, '-3')] },
    })
    const observation = await client().observation(place)
    expect(observation?.record.temperature).toBe(-3)
    expect(observation?.stationId).toBe('2')
  })

  test('a temperature is not taken from more than 50 km away, a wind is', async () => {
    const distant = 16.8
    server.answer(allStations(1), { body: { station: [station('1', distant, '-4.4')] } })
    server.answer(allStations(4), { body: { station: [station('1', distant, '3.1')] } })
    const observation = await client().observation(place)
    expect(observation?.record.temperature).toBeNull()
    expect(observation?.record.windSpeed).toBe(3.1)
    expect(observation?.stationId).toBeNull()
  })

  test('a value of quite another hour than the temperature is not mixed into its record', async () => {
    const earlier = { value: [{ date: observedAt - 2 * 3_600_000, value: '7.7', quality: 'G' }] }
    server.answer(allStations(4), { body: { station: [station('1', near, '7.7', earlier)] } })
    expect((await client().observation(place))?.record.windSpeed).toBeNull()
  })

  test('a parameter that cannot be fetched is null and logged once, the temperature is still told', async () => {
    const lines: string[] = []
    const log = createLogger('info', { write: (line: string) => void lines.push(line) })
    server.answer(allStations(6), { status: 503, body: '' })
    const smhi = createSmhiObservationsClient({ baseUrl: server.url, log, now: () => now })
    const observation = await smhi.observation(place)
    await smhi.observation(place)
    expect(observation?.record).toMatchObject({ temperature: -4.4, relativeHumidity: null })
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      event: 'weather.observation_incomplete',
      quantity: 'humidity',
      reasonCode: 'Unavailable',
    })
  })

  test('a temperature that cannot be fetched is an outage', async () => {
    server.answer(allStations(1), { status: 500, body: '' })
    await expect(client().observation(place)).rejects.toThrow(Unavailable)
  })

  test('a position missing from the collection is looked up in the station list', async () => {
    server.answer(allStations(1), {
      body: { station: [{ key: '999001', value: [{ date: observedAt, value: '-4.4', quality: 'Y' }] }] },
    })
    server.answer(`${BASE}/1.json`, { body: smhiFixture('metobs-stations-p1') })
    const observation = await client().observation(place)
    expect(observation).toMatchObject({ stationName: 'Provby A', distanceKm: 4.5, quality: 'Y' })
  })
})

describe('where the hourly collection is not offered', () => {
  test('the nearest active station is asked', async () => {
    server.answer(`${BASE}/1.json`, { body: smhiFixture('metobs-stations-p1') })
    server.answer(oneStation(1, '999001', 'latest-hour'), { body: smhiFixture('metobs-latest-hour-p1') })
    const observation = await client().observation(place)
    expect(observation).toMatchObject({ stationId: '999001', stationName: 'Provby A', quality: 'G' })
    expect(observation?.record).toMatchObject({ validAt: observedAt, temperature: -4.4, windSpeed: null })
    expect(server.count(`${BASE}/1/station/999003`)).toBe(0)
  })

  test('the list may be at its older address, and latest-day stands in for an empty latest-hour', async () => {
    server.answer(`${BASE}/1/station.json`, { body: smhiFixture('metobs-stations-p1') })
    server.answer(oneStation(1, '999001', 'latest-hour'), { body: smhiFixture('metobs-latest-hour-empty') })
    server.answer(oneStation(1, '999001', 'latest-day'), { body: smhiFixture('metobs-latest-day-p1') })
    expect((await client().observation(place))?.record).toMatchObject({ validAt: observedAt, temperature: -4.4 })
  })

  test('the runner-up is asked when the nearest station has nothing', async () => {
    server.answer(`${BASE}/1.json`, { body: smhiFixture('metobs-stations-p1') })
    server.answer(oneStation(1, '999001', 'latest-hour'), { body: smhiFixture('metobs-latest-hour-empty') })
    server.answer(oneStation(1, '999002', 'latest-hour'), {
      body: { value: [{ date: observedAt, value: '-2.0', quality: 'G' }] },
    })
    expect(await client().observation(place)).toMatchObject({ stationId: '999002', record: { temperature: -2 } })
  })

  test('fifty concurrent askers cost one list and one reading; the list is kept for a day', async () => {
    server.answer(`${BASE}/1.json`, { body: smhiFixture('metobs-stations-p1') })
    server.answer(oneStation(1, '999001', 'latest-hour'), { body: smhiFixture('metobs-latest-hour-p1') })
    const smhi = client()
    await Promise.all(Array.from({ length: 50 }, () => smhi.observation(place)))
    expect(server.count(`${BASE}/1.json`)).toBe(1)
    expect(server.count(oneStation(1, '999001', 'latest-hour'))).toBe(1)

    now += 5 * 3_600_000
    const later = now - 57 * 60_000
    server.answer(oneStation(1, '999001', 'latest-hour'), {
      body: { value: [{ date: later, value: '-1.0', quality: 'G' }] },
    })
    expect((await smhi.observation(place))?.record).toMatchObject({ validAt: later, temperature: -1 })
    expect(server.count(`${BASE}/1.json`)).toBe(1)
  })

  test('there is no observation when no station reports', async () => {
    expect(await client().observation(place)).toBeUndefined()
  })
})
