import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { type Answer, send } from '../homeside/testing/portal-client.ts'
import { forecastAt, weatherAt } from '../physics/climate.ts'
import { startTown, type Town } from '../town.ts'

const HOUR = 3_600_000
const SEED = 5
const FORECAST = '/api/category/snow1g/version/1'
const OBSERVATIONS = '/api/version/1.0'
/** 05:20 UTC: the run of 05:00 is out, and the observations of 04:00. */
let clock = Date.UTC(2026, 0, 15, 5, 20)
let town: Town

beforeAll(async () => {
  town = await startTown({ houses: 4, seed: SEED, now: () => clock, log: silentLogger })
})
afterAll(() => town.close())

const get = (path: string): Promise<Answer> => send('GET', `${town.url}${path}`)
const json = async <T>(path: string) => (await get(path)).json as T

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../test/fixtures/smhi/${name}.json`, import.meta.url), 'utf8')) as T
}

/** Keys and value types, with the first element standing for an array. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])]
  if (value === null || typeof value !== 'object') return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
}

interface Step {
  time: string
  intervalParametersStartTime: string
  data: Record<string, number>
}
interface PointForecast {
  createdTime: string
  referenceTime: string
  geometry: { coordinates: [number, number] }
  timeSeries: Step[]
}

const POINT = `${FORECAST}/geotype/point/lon/12.86/lat/56.67/data.json`

describe('the forecast', () => {
  test('has the shape of the documented one', async () => {
    expect(shape(await json(POINT))).toEqual(shape(fixture('forecast-point')))
    expect(shape(await json(`${FORECAST}/createdtime.json`))).toEqual(shape(fixture('createdtime')))
  })

  test('steps by 1 h, then 6 h, then 12 h over about ten days, each interval starting where the last ended', async () => {
    for (const hour of [5, 6]) {
      clock = Date.UTC(2026, 0, 15, hour, 20)
      const { timeSeries } = await json<PointForecast>(POINT)
      const times = timeSeries.map(({ time }) => Date.parse(time))
      const steps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / HOUR)
      expect(steps.filter((step) => step === 1)).toHaveLength(57)
      expect(steps.filter((step) => step === 2)).toHaveLength(hour === 6 ? 1 : 0)
      expect(steps.filter((step) => step === 6)).toHaveLength(14)
      expect(steps.filter((step) => step === 12)).toHaveLength(9)
      expect(steps).toEqual([...steps].sort((a, b) => a - b))
      expect(times[0]).toBe(Date.UTC(2026, 0, 15, hour))
      timeSeries.slice(1).forEach((step, index) => {
        expect(step.intervalParametersStartTime).toBe(timeSeries[index]?.time)
      })
    }
    clock = Date.UTC(2026, 0, 15, 5, 20)
  })

  test('is what the climate says about that run at the grid point, and a new run comes every hour', async () => {
    const { referenceTime, geometry, timeSeries } = await json<PointForecast>(POINT)
    expect(referenceTime).toBe('2026-01-15T04:45:00Z')
    const [longitude, latitude] = geometry.coordinates
    const step = timeSeries[30]
    const truth = forecastAt(SEED, { latitude, longitude }, Date.parse(referenceTime), Date.parse(step?.time ?? ''))
    expect(step?.data.air_temperature).toBeCloseTo(truth.temperature, 1)
    expect(step?.data.cloud_area_fraction).toBe(truth.cloudOctas)
    clock += HOUR
    expect((await json<PointForecast>(POINT)).referenceTime).toBe('2026-01-15T05:45:00Z')
    clock -= HOUR
  })

  test('lists its times and parameters', async () => {
    const { time } = await json<{ time: string[] }>(`${FORECAST}/times.json`)
    expect(time).toEqual((await json<PointForecast>(POINT)).timeSeries.map((step) => step.time))
    const { parameter } = await json<{ parameter: { name: string }[] }>(`${FORECAST}/parameter.json`)
    const first = (await json<PointForecast>(POINT)).timeSeries[0]
    expect(parameter.map(({ name }) => name).sort()).toEqual(Object.keys(first?.data ?? {}).sort())
  })

  test('filters by timeseries and parameters; an encoded comma ends the list of parameters', async () => {
    const { timeSeries } = await json<PointForecast>(`${POINT}?timeseries=3&parameters=air_temperature,wind_speed`)
    expect(timeSeries).toHaveLength(3)
    expect(Object.keys(timeSeries[0]?.data ?? {}).sort()).toEqual(['air_temperature', 'wind_speed'])
    const encoded = await json<PointForecast>(`${POINT}?timeseries=1&parameters=air_temperature%2Cwind_speed`)
    expect(Object.keys(encoded.timeSeries[0]?.data ?? {})).toEqual(['air_temperature'])
  })

  test('outside the area, with seven decimals, and in the old category the answer is 404', async () => {
    const expected = fixture<{ variants: { status: number; body: string }[] }>('out-of-area').variants[0]
    const outside = await get(`${FORECAST}/geotype/point/lon/2.352200/lat/40.000000/data.json`)
    expect([outside.status, outside.text]).toEqual([expected?.status, expected?.body])
    expect((await get(`${FORECAST}/geotype/point/lon/12.8600001/lat/56.67/data.json`)).status).toBe(404)
    expect((await get('/api/category/pmp3g/version/2/createdtime.json')).status).toBe(404)
  })
})

describe('the observations', () => {
  interface StationEntry {
    key: string
    id: number
    active: boolean
    measuringStations: string
    latitude: number
    longitude: number
    height: number
  }
  const stations = async (parameter: number) =>
    (await json<{ station: StationEntry[] }>(`${OBSERVATIONS}/parameter/${parameter}/station.json`)).station

  test('have the shapes of the documented ones', async () => {
    const path = `${OBSERVATIONS}/parameter/1/station/990001/period`
    // This hour is not among the missing ones of the station.
    expect(shape(await json(`${OBSERVATIONS}/parameter/1.json`))).toEqual(shape(fixture('metobs-stations-p1')))
    expect(shape(await json(`${path}/latest-hour/data.json`))).toEqual(shape(fixture('metobs-latest-hour-p1')))
    expect(shape(await json(`${path}/latest-day/data.json`))).toEqual(shape(fixture('metobs-latest-day-p1')))
    const all = await json<{ station: { value: unknown }[] }>(
      `${OBSERVATIONS}/parameter/4/station-set/all/period/latest-hour/data.json`,
    )
    const documented = fixture<{ station: { value: unknown }[] }>('metobs-all-latest-hour-p4')
    expect(Object.keys(all)).toEqual(Object.keys(documented))
    expect(Object.keys(all.station[0] ?? {})).toEqual(Object.keys(documented.station[0] ?? {}))
  })

  test('show the true temperature of the hour, lapse with height aside, as text', async () => {
    const list = await stations(1)
    const station = list.find(({ key }) => key === '990001')
    if (station === undefined) throw new Error('no station')
    const { value } = await json<{ value: { date: number; value: string }[] }>(
      `${OBSERVATIONS}/parameter/1/station/990001/period/latest-day/data.json`,
    )
    expect(value.at(-1)?.date).toBe(Date.UTC(2026, 0, 15, 4))
    expect(value.length).toBeGreaterThan(20)
    expect(value.length).toBeLessThanOrEqual(25)
    for (const entry of value) {
      const truth = weatherAt(SEED, station, entry.date).temperature - 0.0065 * (station.height - 30)
      expect(Number(entry.value)).toBeCloseTo(truth, 0)
    }
  })

  test('come from a handful of stations near the houses, one closed, one additional, each with its own parameters', async () => {
    const list = await stations(1)
    expect(list.length).toBeGreaterThanOrEqual(4)
    expect(list.some(({ active }) => !active)).toBe(true)
    expect(list.some(({ measuringStations }) => measuringStations === 'ADDITIONAL')).toBe(true)
    expect((await stations(11)).length).toBeLessThan(list.length)
    const core = await json<{ station: StationEntry[] }>(`${OBSERVATIONS}/parameter/1.json?measuringStations=core`)
    expect(core.station.every(({ measuringStations }) => measuringStations === 'CORE')).toBe(true)
  })

  test('describe parameters and single stations', async () => {
    const { resource } = await json<{ resource: { key: string }[] }>('/api/version/latest.json')
    expect(resource.map(({ key }) => key)).toEqual(['1', '3', '4', '6', '7', '9', '10', '11', '16', '21', '39'])
    const station = await json<{ active: boolean; period: { key: string }[] }>(
      `${OBSERVATIONS}/parameter/1/station/990001.json`,
    )
    expect(station.active).toBe(true)
    expect(station.period.map(({ key }) => key)).toContain('latest-hour')
  })

  test('of parameters, periods and stations that do not exist are 404', async () => {
    for (const path of [
      '/parameter/99/station.json',
      '/parameter/11/station/990003/period/latest-hour/data.json',
      '/parameter/1/station/990004/period/latest-hour/data.json',
      '/parameter/1/station/990001/period/tomorrow/data.json',
      '/parameter/1/station/1/period/latest-hour/data.json',
    ]) {
      expect((await get(`${OBSERVATIONS}${path}`)).status, path).toBe(404)
    }
  })

  test('keep to their units: octas as percent, sunshine within the hour, irradiance not negative', async () => {
    const values = async (parameter: number, station: number) =>
      (
        await json<{ value: { value: string }[] }>(
          `${OBSERVATIONS}/parameter/${parameter}/station/${station}/period/latest-day/data.json`,
        )
      ).value.map((entry) => Number(entry.value))
    for (const percent of await values(16, 990_001))
      expect([0, 13, 25, 38, 50, 63, 75, 88, 100, 113]).toContain(percent)
    for (const seconds of await values(10, 990_005)) {
      expect(seconds).toBeGreaterThanOrEqual(0)
      expect(seconds).toBeLessThanOrEqual(3600)
    }
    const irradiance = await values(11, 990_005)
    expect(Math.min(...irradiance)).toBe(0)
    expect(Math.max(...irradiance)).toBeGreaterThan(5)
  })
})
