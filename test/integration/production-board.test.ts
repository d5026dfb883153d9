/**
 * Every query of the fleet board, run as Grafana would send it, against a real InfluxDB filled through BVPro's own
 * store.
 */
import { readFileSync } from 'node:fs'
import { InfluxDB, type QueryApi } from '@influxdata/influxdb-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forecastPoints, observationPoint } from '../../src/domain/weather/points.ts'
import { weatherRecord } from '../../src/domain/weather/testing/record.ts'
import { openInfluxTimeSeries } from '../../src/store/timeseries/influx.ts'
import type { Point, TimeSeriesStore } from '../../src/store/timeseries/port.ts'
import { type InfluxServer, startInfluxd } from '../support/influx.ts'
import { testServer } from '../support/servers.ts'

interface Board {
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly targets: readonly { readonly refId: string; readonly query: string }[]
  }[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: { readonly query: string } }[]
  }
}

type FluxRow = Readonly<Record<string, unknown>>

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const board = JSON.parse(readFileSync(new URL('../../grafana/dashboards/fleet.json', import.meta.url), 'utf8')) as Board

// The table measures age against the server's clock, so the points are placed relative to the real now.
const now = Math.floor(Date.now() / HOUR) * HOUR
const EK = 'HEM_FJV_Villa_901'
const ALM = 'HEM_FJV_Villa_902'
const POSITION = { latitude: 56.67, longitude: 12.86 }
const PLACE = '56.670,12.860'

/** The board's default time range and what Grafana makes of it at a width of some 300 pixels. */
const RANGE = { from: now - 24 * HOUR, to: now, windowMs: 5 * MINUTE }

/** One poll every five minutes for an hour, the last one `silentMinutes` before now. */
function housePoints(house: string, room: number, silentMinutes: number): Point[] {
  return Array.from({ length: 12 }, (_, index) => ({
    measurement: 'heating_system',
    tags: { house_id: house },
    time: now - silentMinutes * MINUTE - index * 5 * MINUTE,
    fields: {
      room_temperature: room,
      outdoor_temperature: -3,
      supply_temp: 41,
      supply_setpoint: 42,
      supply_temp_heat_curve: 43,
      dh_power: 4.2,
      // An integer among floats: the table must not stumble over it.
      curve_control_mode: 1,
    },
  }))
}

const weather = (validAt: number, temperature: number) =>
  weatherRecord({ validAt, temperature, windSpeed: 3, relativeHumidity: 80, cloudOctas: 4 })

/** A run issued at `issuedAt` that says the same temperature for each hour until the day after now. */
function forecastRun(issuedAt: number, temperature: number): Point[] {
  const hours = (now + 24 * HOUR - issuedAt) / HOUR
  const steps = Array.from({ length: hours }, (_, index) => weather(issuedAt + index * HOUR, temperature))
  return forecastPoints(POSITION, { source: 'smhi', issuedAt, fetchedAt: issuedAt, gridPoint: null, steps })
}

/** Substitutes what Grafana's InfluxDB data source and its template variables substitute. */
function asGrafanaSends(query: string, bucket: string, variables: Readonly<Record<string, string>>): string {
  const macros: Readonly<Record<string, string>> = {
    timeRangeStart: new Date(RANGE.from).toISOString(),
    timeRangeStop: new Date(RANGE.to).toISOString(),
    windowPeriod: `${RANGE.windowMs}ms`,
    defaultBucket: JSON.stringify(bucket),
  }
  const substituted = query
    .replace(/\bv\.(\w+)/g, (whole, name: string) => macros[name] ?? whole)
    .replace(/\$\{(\w+):regex\}/g, (whole, name: string) => variables[name] ?? whole)
  expect(substituted, 'no macro or variable may be left over').not.toMatch(/\bv\.\w|\$\{/)
  return substituted
}

const ALL = { house: '.*', place: '.*' }

describe.skipIf((await testServer('influxd')) === undefined)('the fleet board', () => {
  let influxd: InfluxServer
  let store: TimeSeriesStore
  let queryApi: QueryApi

  beforeAll(async () => {
    influxd = await startInfluxd()
    store = openInfluxTimeSeries(influxd)
    queryApi = new InfluxDB({ url: influxd.url, token: influxd.token }).getQueryApi(influxd.org)
    await store.write([...housePoints(EK, 21, 0), ...housePoints(ALM, 19, 30)])
    await store.write([...forecastRun(now - 48 * HOUR, -8), ...forecastRun(now - 6 * HOUR, -4)])
    await store.write(
      Array.from({ length: 24 }, (_, hours) =>
        observationPoint(POSITION, {
          source: 'metobs',
          fetchedAt: now,
          record: weather(now - (hours + 1) * HOUR, -5),
          stationId: '62040',
          stationName: 'Halmstad',
          distanceKm: 4,
          quality: 'G',
        }),
      ),
    )
  })

  afterAll(async () => {
    await store?.close()
    await influxd?.stop()
  })

  const run = (query: string, variables: Readonly<Record<string, string>> = ALL) =>
    queryApi.collectRows<FluxRow>(asGrafanaSends(query, influxd.bucket, variables))

  const queryOf = (title: string, refId = 'A'): string => {
    const query = board.panels.find((panel) => panel.title === title)?.targets.find((target) => target.refId === refId)
    if (query === undefined) throw new Error(`the board has no panel "${title}" with a query ${refId}`)
    return query.query
  }

  const everyQuery = board.panels.flatMap(({ title, targets }) =>
    targets.map(({ refId, query }) => ({ title, refId, query })),
  )

  test.each(everyQuery)('$title, query $refId, returns rows', async ({ query }) => {
    expect((await run(query)).length).toBeGreaterThan(0)
  })

  test('house variable lists both houses, place variable the place', async () => {
    const values = async (name: string) => {
      const variable = board.templating.list.find((candidate) => candidate.name === name)
      return (await run(variable?.query.query ?? '')).map((row) => row._value)
    }
    expect((await values('house')).sort()).toEqual([EK, ALM])
    expect(await values('place')).toEqual([PLACE])
  })

  test('room temperature has one series per house, and only the chosen ones', async () => {
    const query = queryOf('Room temperature')
    const byHouse = new Map((await run(query)).map((row) => [row.house_id, row._value]))
    expect(byHouse).toEqual(
      new Map([
        [EK, 21],
        [ALM, 19],
      ]),
    )
    const chosen = await run(query, { ...ALL, house: `(${EK})` })
    expect(new Set(chosen.map((row) => row.house_id))).toEqual(new Set([EK]))
  })

  test('supply panel tells measured, setpoint and curve apart', async () => {
    const rows = await run(queryOf('Supply: measured, setpoint and curve'), { ...ALL, house: `(${EK})` })
    expect(new Map(rows.map((row) => [row._field, row._value]))).toEqual(
      new Map([
        ['supply_temp', 41],
        ['supply_setpoint', 42],
        ['supply_temp_heat_curve', 43],
      ]),
    )
  })

  test('last-reading table has one row per house, the one silent for longest first', async () => {
    const rows = await run(queryOf('Age of the last reading'))
    expect(rows.map((row) => row.house)).toEqual([ALM, EK])
    expect(rows.map((row) => row.last_reading)).toEqual([
      new Date(now - 30 * MINUTE).toISOString().replace('.000Z', 'Z'),
      new Date(now).toISOString().replace('.000Z', 'Z'),
    ])
    const [ages] = [rows.map((row) => Number(row.age))]
    expect((ages[0] ?? 0) - (ages[1] ?? 0)).toBeCloseTo(30 * 60, 0)
  })

  test('weather panel: the newest run replaces the older one, yet a day before only the older one had spoken', async () => {
    const title = 'Outdoor: forecast and observation'
    const [observed, newest, dayBefore] = await Promise.all(['A', 'B', 'C'].map((refId) => run(queryOf(title, refId))))
    const at = (rows: readonly FluxRow[] | undefined, hoursAgo: number) =>
      rows?.filter((row) => Date.parse(String(row._time)) === now - hoursAgo * HOUR).map((row) => row._value)
    expect(at(observed, 3)).toEqual([-5])
    expect(at(newest, 3)).toEqual([-4])
    expect(at(newest, 10)).toEqual([-8])
    expect(at(dayBefore, 3)).toEqual([-8])
    expect(new Set(dayBefore?.map((row) => row.series))).toEqual(new Set(['forecast a day before']))
  })
})
