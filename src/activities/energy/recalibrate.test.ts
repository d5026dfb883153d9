import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { estimateHeatLoss } from '../../domain/energy/heat-loss.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import { type ApplicationStore, openApplicationStore } from '../../store/application/index.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../../store/timeseries/sqlite.ts'
import type { EnergyEntity } from './metered-entity.ts'
import {
  dueForRecalibration,
  forgetFruitlessRun,
  type RecalibrationDependencies,
  recalibrateOne,
} from './recalibrate.ts'
import { VILLA_EK } from './testing/villa.ts'

const HOUR_MS = 3_600_000
const FIRST = Date.parse('2025-11-30T23:00:00Z')
const DAYS = 60
const NOW = FIRST + DAYS * 24 * HOUR_MS + 8 * HOUR_MS
const TRUE_K = 0.15
const HOUSE = { house_id: 'HEM_FJV_Villa_901' }

const ENTITY: EnergyEntity = { ...VILLA_EK, place: undefined }

let folder: string
let timeSeries: TimeSeriesStore
let application: ApplicationStore
let patches: unknown[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-recalibrate-'))
  timeSeries = openSqliteTimeSeries(join(folder, 'timeseries.db'))
  application = await openApplicationStore({ sqlitePath: join(folder, 'bvpro.db') })
  patches = []
})
afterEach(async () => {
  await Promise.all([timeSeries.close(), application.close()])
  await rm(folder, { recursive: true })
})

/** In this very thread: the pool has a test of its own. */
const compute = { run: async (_: string, input: never) => estimateHeatLoss(...asArguments(input)) }

function asArguments({ hours, place }: { hours: never; place: never }): Parameters<typeof estimateHeatLoss> {
  return [hours, { place }]
}

function dependencies(now = NOW): RecalibrationDependencies {
  return {
    timeSeries,
    application,
    config: {
      patch: async (_, patch) => {
        patches.push(patch)
        return undefined as never
      },
    },
    compute: compute as unknown as ComputePool,
    calibration: async () => ({ enabled: true, k_recalibration_hours: 72, k_calibration_days: 30 }),
    now: () => now,
  }
}

const outdoorAt = (time: number) => {
  const hours = (time - FIRST) / HOUR_MS
  return -1 + 8 * Math.sin(hours / 70) + 2 * Math.sin((hours / 24) * 2 * Math.PI)
}

/** A house that loses `TRUE_K` per kelvin, with free heat worth two kelvin, and showers now here, now there. */
async function fill(): Promise<void> {
  const points: Point[] = []
  for (let time = FIRST; time < FIRST + DAYS * 24 * HOUR_MS; time += HOUR_MS) {
    const clock = ((time - FIRST) / HOUR_MS) % 24
    const day = Math.floor((time - FIRST) / HOUR_MS / 24)
    const dhw = clock === 5 + (day % 4) ? 2 + (day % 3) : clock === 17 + (day % 5) ? 1.5 + (day % 2) : 0
    const consumption = TRUE_K * (21 - 2 - outdoorAt(time)) + dhw
    points.push({
      measurement: 'heating_system',
      tags: HOUSE,
      time,
      fields: { outdoor_temperature: outdoorAt(time), room_temperature: 21 },
    })
    points.push({
      measurement: 'energy_meter',
      tags: { ...HOUSE, meter_id: '735999000000000901' },
      time,
      fields: { consumption },
    })
  }
  await timeSeries.write(points)
}

const history = () => timeSeries.read({ measurement: 'k_value_history', tags: HOUSE, from: 0, to: NOW + HOUR_MS })

test('a coefficient that the rules accept is taken into use, and its history tells what it rests on', async () => {
  await fill()
  const outcome = await recalibrateOne(dependencies(), ENTITY, NOW)
  expect(outcome).toMatchObject({ accepted: true, reason: null })
  expect(Math.abs((outcome.kwPerK ?? 0) / TRUE_K - 1)).toBeLessThan(0.1)
  expect(patches).toEqual([
    {
      energy_separation: {
        heat_loss_k: Math.round((outcome.inForce ?? 0) * 1e5) / 1e5,
        calibration_date: '2026-01-30',
      },
    },
  ])
  const [row] = await history()
  expect(row?.fields).toMatchObject({ accepted: 1, valid_from: '2026-01-30', k_value: outcome.kwPerK })
  expect(Number(row?.fields.days_used)).toBeGreaterThanOrEqual(21)
})

test('without enough days the old value stays, and the history says why', async () => {
  const outcome = await recalibrateOne(dependencies(), { ...ENTITY, heatLossK: 0.2 }, NOW)
  expect(outcome).toMatchObject({ accepted: false, kwPerK: null, inForce: 0.2 })
  expect(outcome.reason).toBeTruthy()
  expect(patches).toEqual([])
  expect((await history())[0]?.fields).toMatchObject({ accepted: 0, k_in_force: 0.2, reason: outcome.reason })
})

test('a jump from the value in force waits for the next run to confirm it', async () => {
  await fill()
  const known = { ...ENTITY, heatLossK: 0.3 }
  expect(await recalibrateOne(dependencies(), known, NOW)).toMatchObject({ accepted: false, inForce: 0.3 })
  expect(await recalibrateOne(dependencies(), known, NOW + 72 * HOUR_MS)).toMatchObject({ accepted: true })
})

test('repeated after a kill, a run overwrites its own history', async () => {
  await fill()
  await recalibrateOne(dependencies(), ENTITY, NOW)
  await recalibrateOne(dependencies(), ENTITY, NOW)
  expect(await history()).toHaveLength(1)
})

test('a run that found nothing is repeated as soon as there is more to look at', async () => {
  await recalibrateOne(dependencies(), ENTITY, NOW)
  expect(await dueForRecalibration(dependencies(), [ENTITY])).toEqual([])
  await forgetFruitlessRun(application, ENTITY.ref)
  expect(await dueForRecalibration(dependencies(), [ENTITY])).toEqual([ENTITY.ref])
  await fill()
  await recalibrateOne(dependencies(), ENTITY, NOW)
  await forgetFruitlessRun(application, ENTITY.ref)
  expect(await dueForRecalibration(dependencies(), [ENTITY])).toEqual([])
})

test('an entity is due again after the hours of the settings', async () => {
  const due = (now: number) => dueForRecalibration(dependencies(now), [ENTITY])
  expect(await due(NOW)).toEqual([ENTITY.ref])
  await recalibrateOne(dependencies(), ENTITY, NOW)
  expect(await due(NOW + 71 * HOUR_MS)).toEqual([])
  expect(await due(NOW + 72 * HOUR_MS)).toEqual([ENTITY.ref])
  const off = async () => ({ enabled: false, k_recalibration_hours: 72, k_calibration_days: 30 })
  expect(await dueForRecalibration({ ...dependencies(NOW + 72 * HOUR_MS), calibration: off }, [ENTITY])).toEqual([])
})
