import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dayLabel } from '../../domain/time/day.ts'
import { type ComputePool, createComputePool } from '../../runtime/compute-pool.ts'
import { type ApplicationStore, openApplicationStore } from '../../store/application/index.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../../store/timeseries/sqlite.ts'
import { noteDays, notedDays } from './due-days.ts'
import type { EnergyEntity } from './metered-entity.ts'
import { dueEntities, separateOne } from './separate.ts'
import { VILLA_EK } from './testing/villa.ts'

const HOUR_MS = 3_600_000
const FIRST = Date.parse('2026-01-04T23:00:00Z')
const DAYS = 40
const NOW = FIRST + DAYS * 24 * HOUR_MS + 8 * HOUR_MS
const HOUSE = { house_id: 'HEM_FJV_Villa_901' }

const ENTITY: EnergyEntity = { ...VILLA_EK, heatLossK: 0.15 }

let folder: string
let timeSeries: TimeSeriesStore
let application: ApplicationStore
let compute: ComputePool

beforeAll(() => {
  compute = createComputePool()
})
afterAll(() => compute.close())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-separate-'))
  timeSeries = openSqliteTimeSeries(join(folder, 'timeseries.db'))
  application = await openApplicationStore({ sqlitePath: join(folder, 'bvpro.db') })
})
afterEach(async () => {
  await Promise.all([timeSeries.close(), application.close()])
  await rm(folder, { recursive: true })
})

function dependencies(now = NOW) {
  return { timeSeries, application, compute, now: () => now }
}

const separate = (days: readonly string[] = [], dryRun = false) => separateOne(dependencies(), ENTITY, days, dryRun)

/** Degrees outdoors: a cold month with warm and cold spells and a day's swing. */
function outdoorAt(time: number): number {
  const hours = (time - FIRST) / HOUR_MS
  return -2 + 6 * Math.sin(hours / 60) + 2 * Math.sin((hours / 24) * 2 * Math.PI)
}

/** kWh of an hour: what the cold takes; showers in the morning and dishes in the evening, now here, now there. */
function energyAt(time: number): number {
  const clock = ((time - FIRST) / HOUR_MS) % 24
  const day = Math.floor((time - FIRST) / HOUR_MS / 24)
  const dhw = clock === 5 + (day % 4) ? 2 + (day % 3) : clock === 17 + (day % 5) ? 1.5 + (day % 2) : 0
  return 0.15 * (21 - outdoorAt(time)) + dhw
}

async function fill(days = DAYS): Promise<void> {
  const points: Point[] = []
  for (let time = FIRST; time < FIRST + days * 24 * HOUR_MS; time += HOUR_MS) {
    const fields = { outdoor_temperature: outdoorAt(time), room_temperature: 21 }
    points.push({ measurement: 'heating_system', tags: HOUSE, time, fields })
    points.push(meterHour(time, energyAt(time)))
  }
  await timeSeries.write(points)
}

function meterHour(time: number, consumption: number): Point {
  const tags = { ...HOUSE, meter_id: '735999000000000901' }
  return { measurement: 'energy_meter', tags, time, fields: { consumption, state: 'measured' } }
}

const storedDays = () =>
  timeSeries.read({ measurement: 'energy_separated', tags: HOUSE, from: 0, to: NOW + 48 * HOUR_MS })

test('days that nobody has split yet are found in the data, split in a thread, and add up', async () => {
  await fill()
  expect(await dueEntities(dependencies(), [ENTITY])).toEqual([ENTITY.ref])
  const result = await separate()
  expect(result).toMatchObject({ separable: true, reason: null })
  expect(result.days).toHaveLength(DAYS)
  const days = await storedDays()
  expect(days).toHaveLength(DAYS)
  for (const { fields } of days) {
    const { actual_energy_kwh: total, heating_energy_kwh: heating, dhw_energy_kwh: dhw } = fields
    expect(Number(heating) + Number(dhw)).toBeCloseTo(Number(total), 9)
    expect(fields).toMatchObject({ complete: 1, meter_hours: 24, hours_in_day: 24, no_breakdown: 0 })
  }
  const hours = await timeSeries.read({ measurement: 'energy_hourly', tags: HOUSE, from: FIRST, to: NOW })
  expect(hours).toHaveLength(DAYS * 24)
  expect(await dueEntities(dependencies(), [ENTITY])).toEqual([])
  expect((await separate()).days).toEqual([])
})

test('a corrected hour leads to exactly its day', async () => {
  await fill()
  await separate()
  const before = await storedDays()
  const time = FIRST + (10 * 24 + 12) * HOUR_MS
  await noteDays(application, ENTITY.ref, [dayLabel(time)])
  await timeSeries.write([meterHour(time, 9)])
  expect(await dueEntities(dependencies(), [ENTITY])).toEqual([ENTITY.ref])
  expect((await separate()).days).toEqual(['2026-01-15'])
  const after = await storedDays()
  const changed = after.filter(({ fields }, index) => JSON.stringify(fields) !== JSON.stringify(before[index]?.fields))
  expect(changed.map(({ fields }) => fields.date)).toEqual(['2026-01-15'])
  expect(await notedDays(application)).toEqual(new Map())
})

test('days that were too few to split are split once there are enough', async () => {
  await fill(5)
  const few = await separateOne(dependencies(FIRST + 5 * 24 * HOUR_MS), ENTITY, [], false)
  expect(few).toMatchObject({ separable: false, method: null })
  expect(few.reason).toContain('14')
  expect((await storedDays()).map(({ fields }) => [fields.no_breakdown, fields.grade])).toEqual(Array(5).fill([1, 'C']))
  await fill()
  expect((await separate()).days).toHaveLength(DAYS)
})

describe('trouble', () => {
  test('killed between storing and forgetting, the day is separated again', async () => {
    await fill()
    await separate()
    await noteDays(application, ENTITY.ref, ['2026-01-20'])
    const killed = {
      ...dependencies(),
      application: {
        getDocument: application.getDocument.bind(application),
        listDocuments: application.listDocuments.bind(application),
        putDocument: application.putDocument.bind(application),
        deleteDocument: async () => {
          throw new Error('killed')
        },
      },
    }
    await expect(separateOne(killed, ENTITY, [], false)).rejects.toThrow('killed')
    expect((await separate()).days).toEqual(['2026-01-20'])
  })

  test('a dry run tells the days and writes nothing', async () => {
    await fill()
    expect((await separate([], true)).days).toHaveLength(DAYS)
    expect(await storedDays()).toEqual([])
  })

  test('of two meters an hour counts only when both have delivered it', async () => {
    await fill()
    const second = FIRST + 20 * 24 * HOUR_MS
    const tags = { ...HOUSE, meter_id: '735999000000000902' }
    const points = Array.from({ length: 24 }, (_, hour) => ({
      ...meterHour(second + hour * HOUR_MS, 1),
      tags,
    }))
    await timeSeries.write(points)
    const both = { ...ENTITY, meterIds: ['735999000000000901', '735999000000000902'] }
    const { days } = await separateOne(dependencies(), both, [], false)
    expect(days).toEqual(['2026-01-25'])
  })
})
