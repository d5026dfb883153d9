/** Savings of a stored house: read, told, stored, told again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryApplicationStore } from '../../../test/support/memory-application.ts'
import { evaluateSavings, type SavingsTask } from '../../domain/savings/evaluate.ts'
import { modelOf, type SteeredHouse, steeredHouse } from '../../domain/savings/testing/steered-house.ts'
import { addDays, dayStart, labelToTime } from '../../domain/time/day.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../../store/timeseries/sqlite.ts'
import { type HouseModels, THERMAL_MODELS } from '../thermal/house-models.ts'
import { evaluateHouse, tellingModel } from './evaluate-house.ts'
import type { SavingsHouse } from './savings-house.ts'
import { readSavings } from './savings-rows.ts'

const ID = 'HEM_FJV_Villa_901'
const TAGS = { house_id: ID }
const HOUSE: SavingsHouse = {
  id: ID,
  position: { latitude: 57.7, longitude: 13 },
  place: '57.70,13.00',
  rules: { response: 'medium', setpoint: 21, tolerance: 1 },
  heatLossK: 0.16,
  emitterExponent: 1.1,
}

let folder: string
let timeSeries: TimeSeriesStore
let steered: SteeredHouse
let models: HouseModels
let now = 0
const application = memoryApplicationStore()
const tasks: SavingsTask[] = []
const compute = {
  run: async (_: string, task: SavingsTask) => {
    tasks.push(task)
    return evaluateSavings(task)
  },
} as unknown as ComputePool
const evaluate = () => evaluateHouse({ timeSeries, application, compute, now: () => now }, HOUSE)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-savings-'))
  timeSeries = openSqliteTimeSeries(join(folder, 'timeseries.db'))
  steered = steeredHouse({ seed: 3, before: 14, controlled: 4, season: 0, shift: () => -3 })
  // Four o'clock of the night after the last day.
  now = dayStart(addDays(steered.dates.at(-1) ?? '', 1)) + 4 * 3_600_000
  await timeSeries.write(readings(steered))
  models = modelsWith({ ...modelOf(steered) })
}, 120_000)
afterAll(async () => {
  await timeSeries.close()
  await rm(folder, { recursive: true })
})

function modelsWith({ model, uncertainty }: ReturnType<typeof modelOf>): HouseModels {
  const training = {
    trained: { model, heatInput: 'supply' },
    identification: { accepted: true, implausible: [], excitation: { enough: true, reasons: [] } },
    uncertainty,
  }
  const version = { version: 'rc2', training, heatSource: 'supply', water: { gain: 1, offset: 0 } }
  return { triedAt: 0, inUse: 'rc2', reason: 'The newest model.', versions: [version] } as unknown as HouseModels
}

function readings({ samples, control, used }: SteeredHouse): Point[] {
  const upTo = <T extends { readonly time: number }>(all: readonly T[]) => all.filter(({ time }) => time < now)
  return [
    ...upTo(samples).flatMap(({ time, indoor, outdoor, irradiance, wind, heat }): Point[] => [
      {
        measurement: 'heating_system',
        tags: TAGS,
        time,
        fields: {
          room_temperature: indoor,
          outdoor_temperature: outdoor,
          supply_temp: heat,
          effective_temp: (outdoor ?? 0) - 1,
        },
      },
      {
        measurement: 'weather_observation',
        tags: { place: '57.70,13.00' },
        time,
        fields: { global_irradiance: irradiance, wind_speed: wind, temperature: outdoor },
      },
    ]),
    ...upTo(control).map(
      ({ time, action, shiftK }): Point => ({
        measurement: 'heating_control',
        tags: TAGS,
        time,
        fields: { mode: 'rules', action, shift_k: shiftK, written: 1, verified: 1 },
      }),
    ),
    // What a shadow decides does not stand in the house.
    {
      measurement: 'heating_control',
      tags: TAGS,
      time: dayStart(addDays(steered.dates[0] ?? '', -5)),
      fields: { mode: 'shadow', action: 'write', shift_k: -8, written: 0, verified: 0 },
    },
    ...Array.from(used).map(
      ([date, kwh]): Point => ({
        measurement: 'energy_separated',
        tags: TAGS,
        time: labelToTime(date),
        // The last day has come in part only.
        fields: {
          heating_energy_kwh: kwh,
          complete: date < (steered.dates.at(-1) ?? '') ? 1 : 0,
          dhw_low_kwh: 4,
          dhw_high_kwh: 6,
        },
      }),
    ),
  ]
}

describe.sequential('a house that was steered for four days', () => {
  test('is told nothing without a model', async () => {
    expect(await evaluate()).toEqual([])
    expect(tasks).toEqual([])
  })

  test('is told each of them, with what was metered, and each has a row', async () => {
    await application.putDocument(THERMAL_MODELS, `house:${ID}`, models)
    const days = await evaluate()
    expect(days.map(({ date }) => date)).toEqual(steered.dates)
    expect(days.map(({ source }) => source)).toEqual(['meter', 'meter', 'meter', 'heat-loss'])
    for (const { date, usedKh, baselineKh, meanShiftK, modelVersion } of days) {
      expect(baselineKh, date).toBeGreaterThan(usedKh)
      expect(meanShiftK).toBeCloseTo(-3)
      expect(modelVersion).toBe('rc2')
    }
    expect(days[1]?.usedKwh).toBeCloseTo(steered.used.get(days[1]?.date ?? '') ?? 0)
    const stored = await readSavings(timeSeries, ID, steered.dates[0] ?? '', addDays(steered.dates.at(-1) ?? '', 1))
    expect(stored).toEqual(days)
    const [row] = await timeSeries.read({ measurement: 'savings', tags: TAGS, from: 0, to: now })
    expect(row?.fields).toMatchObject({ energy_source: 'meter', date: steered.dates[0] })
    expect(row?.fields.saved_percent_low).toBeLessThan(Number(row?.fields.saved_percent))
    expect(row?.fields.saved_kwh).toBeGreaterThan(0)
  })

  test('told again there is one row for each day still, and late meter values count', async () => {
    const last = steered.dates.at(-1) ?? ''
    await timeSeries.write([
      { measurement: 'energy_separated', tags: TAGS, time: labelToTime(last), fields: { complete: 1 } },
    ])
    expect((await evaluate()).at(-1)?.source).toBe('meter')
    expect(await timeSeries.read({ measurement: 'savings', tags: TAGS, from: 0, to: now })).toHaveLength(4)
  })

  test('days that were told more than a week ago stay as they are', async () => {
    now += 9 * 86_400_000
    await evaluate()
    expect(tasks.at(-1)?.dates).not.toContain(steered.dates[0])
  })
})

test('a model that cannot tell says why', () => {
  const changed = (training: object) =>
    tellingModel({
      ...models,
      versions: models.versions.map((version) => ({
        ...version,
        training: { ...version.training, ...training } as never,
      })),
    })
  expect(tellingModel(undefined)).toEqual({ tells: false, reason: 'No model has been fitted yet.' })
  expect(tellingModel({ ...models, inUse: null })).toEqual({ tells: false, reason: 'The newest model.' })
  expect(changed({ trained: { heatInput: 'power' } })).toMatchObject({ reason: expect.stringContaining('supply') })
  expect(changed({ uncertainty: undefined })).toMatchObject({ reason: expect.stringContaining('next fit') })
  const unsure = {
    accepted: false,
    implausible: [],
    excitation: { enough: false, reasons: ['The heat never changed.'] },
  }
  expect(changed({ identification: unsure })).toEqual({ tells: false, reason: 'The heat never changed.' })
  expect(tellingModel(models)).toMatchObject({ tells: true })
})
