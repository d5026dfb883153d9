import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { trainHouse } from '../../domain/learning/train.ts'
import { seededRandom } from '../../domain/thermal/testing/random.ts'
import { drawHouse, simulateHouse } from '../../domain/thermal/testing/simulated-house.ts'
import type { WeatherForecast } from '../../domain/weather/record.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import { type ApplicationStore, openApplicationStore } from '../../store/application/index.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../../store/timeseries/sqlite.ts'
import { type HouseModels, modelsOf, THERMAL_MODELS } from './house-models.ts'
import { INDOOR_FORECASTS, type IssuedIndoorForecast, issueIndoorForecast } from './issue-forecast.ts'
import { learnHouse } from './learn-house.ts'
import { readOutcomes, scoreDueForecasts } from './outcomes.ts'
import { modelNow, readinessNow } from './steering-model.ts'
import { notePast } from './thermal.ts'
import { houseKey, type ThermalHouse } from './thermal-house.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START = Date.parse('2026-01-05T00:00:00Z')
const LEARNED_DAYS = 14
const LEARNED = START + LEARNED_DAYS * DAY_MS
const ISSUED = LEARNED + 10 * 60_000
const PLACE = '57.70,13.00'
const ID = 'HEM_FJV_Villa_901'
const HOUSE: ThermalHouse = {
  id: ID,
  position: { latitude: 57.7, longitude: 13 },
  place: PLACE,
  rules: { response: 'medium', setpoint: 21, tolerance: 1 },
  heatLossK: 0.16,
}

const simulated = simulateHouse(drawHouse(seededRandom(101)), {
  seed: 2,
  days: LEARNED_DAYS + 3,
  stepMinutes: 60,
  season: 0,
  start: START,
})

let folder: string
let timeSeries: TimeSeriesStore
let application: ApplicationStore
let now = ISSUED
let fits = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-thermal-'))
  timeSeries = openSqliteTimeSeries(join(folder, 'timeseries.db'))
  application = await openApplicationStore({ sqlitePath: join(folder, 'bvpro.db') })
  await timeSeries.write(pointsUntil(ISSUED))
})
afterAll(async () => {
  await Promise.all([timeSeries.close(), application.close()])
  await rm(folder, { recursive: true })
})

function pointsUntil(end: number): Point[] {
  return simulated.samples('supply').flatMap(({ time, indoor, outdoor, irradiance, wind, heat }) =>
    time >= end
      ? []
      : [
          {
            measurement: 'heating_system',
            tags: { house_id: ID },
            time,
            fields: {
              room_temperature: indoor,
              outdoor_temperature: outdoor,
              supply_temp: heat,
              return_temp: (heat as number) - 6,
              target_temp_setpoint: 21,
            },
          },
          {
            measurement: 'weather_observation',
            tags: { place: PLACE },
            time,
            fields: { global_irradiance: irradiance, wind_speed: wind, temperature: outdoor },
          },
        ],
  )
}

/** In this very thread: the pool has a test of its own. A house that is known already is not computed twice. */
let found: ReturnType<typeof trainHouse> | undefined
const compute = {
  run: async (_: string, task: Parameters<typeof trainHouse>[0]) => {
    fits += 1
    if (task.samples.length === 0) return trainHouse(task)
    found ??= trainHouse(task)
    return found
  },
} as unknown as ComputePool

/** What will be, said at the full hour before. */
function coming(issuedAt: number): WeatherForecast {
  const { outdoor, irradiance, wind } = simulated.weather
  const first = Math.floor((issuedAt - START) / HOUR_MS)
  return {
    source: 'smhi',
    issuedAt,
    fetchedAt: issuedAt,
    gridPoint: null,
    steps: Array.from({ length: 60 }, (_, hour) => ({
      validAt: START + (first + hour) * HOUR_MS,
      stepHours: 1,
      temperature: outdoor[first + hour] ?? outdoor.at(-1) ?? null,
      windSpeed: wind[first + hour] ?? null,
      windGust: null,
      windDirection: null,
      relativeHumidity: null,
      cloudOctas: null,
      globalIrradiance: irradiance[first + hour] ?? 0,
      precipitationMm: null,
    })),
  }
}

const learn = (at = now) => learnHouse({ timeSeries, application, compute, now: () => now }, HOUSE, at)
const issue = (forecast: WeatherForecast | undefined, house = HOUSE) =>
  issueIndoorForecast({ timeSeries, application, weather: { forecast: async () => forecast }, now: () => now }, house)
const kept = async (id = ID) =>
  (await application.getDocument<IssuedIndoorForecast>(INDOOR_FORECASTS, houseKey(id)))?.value
const rowsOf = (measurement: string) =>
  timeSeries.read({ measurement, tags: { house_id: ID }, from: START - DAY_MS, to: START + 60 * DAY_MS })

describe.sequential('a house', () => {
  test('without a model has no forecast, and may not be optimised', async () => {
    expect(await issue(coming(LEARNED))).toBe(false)
    expect(await kept()).toMatchObject({ issuedAt: null, points: [], reason: 'No model has been fitted yet.' })
    expect(await readinessNow({ timeSeries, application }, ID, now)).toEqual({
      allowed: false,
      reason: 'it has no model yet',
    })
    expect(await modelNow({ timeSeries, application }, HOUSE, now)).toBeNull()
  })

  test('set to rules of thumb is forecast by them, without any model', async () => {
    expect(await issue(coming(LEARNED), { ...HOUSE, forecastBy: 'rules' })).toBe(true)
    const forecast = await kept()
    expect(forecast).toMatchObject({ modelVersion: 'rules', reason: null })
    expect(forecast?.points.at(-1)?.leadHours).toBe(48)
  })

  test('is fitted: the model is kept, its parameters are a row', async () => {
    const learned = await learn()
    expect(learned).toMatchObject({
      house: ID,
      outcome: 'fitted',
      version: expect.stringMatching(/^rc[123]-2026-01-19T/),
    })
    const [row] = await rowsOf('learned_parameters')
    expect(row?.fields).toMatchObject({ model_version: learned.version, accepted: 1 })
    expect(row?.fields.time_constant_slow_hours).toBeGreaterThan(10)
    expect((await modelsOf(application, ID))?.inUse).toBe(learned.version)
  }, 120_000)

  test('is not fitted again an hour later, but at once when its past has changed', async () => {
    const before = fits
    expect(await learn(now + HOUR_MS)).toMatchObject({ outcome: 'kept' })
    expect(fits).toBe(before)
    await notePast(application, ID)
    expect(await learn()).toMatchObject({ outcome: 'fitted' })
    expect(fits).toBe(before + 1)
    // The same run again: the version, its row and its place in the list are the same.
    expect((await modelsOf(application, ID))?.versions).toHaveLength(1)
    expect(await rowsOf('learned_parameters')).toHaveLength(1)
  }, 120_000)

  test('is forecast for two days; the series keeps the leads that are scored', async () => {
    expect(await issue(coming(LEARNED))).toBe(true)
    const forecast = await kept()
    expect(forecast).toMatchObject({ issuedAt: '2026-01-19T00:00:00Z', reason: null })
    expect(forecast?.points.map(({ leadHours }) => leadHours)).toEqual([
      ...Array.from({ length: 24 }, (_, hour) => hour + 1),
      30,
      36,
      42,
      48,
    ])
    for (const { mean, q10, q90 } of forecast?.points ?? []) expect(q10 <= mean && mean <= q90 && q10 < q90).toBe(true)
    const rows = await rowsOf('temperature_forecast')
    expect(rows.map(({ tags }) => tags.lead_time_hours)).toEqual(['1', '6', '12', '24', '48'])
    expect(rows[0]?.fields).toMatchObject({ issued_at: LEARNED / 1000, model_version: forecast?.modelVersion })
  })

  test('is not forecast without weather, or by old weather', async () => {
    expect(await issue(undefined)).toBe(false)
    expect((await kept())?.reason).toBe('There is no weather forecast yet.')
    expect(await issue(coming(LEARNED - 6 * HOUR_MS))).toBe(false)
    expect((await kept())?.reason).toBe('The weather forecast is too old.')
    expect(await issue(coming(LEARNED))).toBe(true)
  })

  test('has its forecasts compared once their time has come, each once', async () => {
    expect(await scoreDueForecasts(timeSeries, ID, now)).toBe(0)
    now = ISSUED + 25 * HOUR_MS
    await timeSeries.write(pointsUntil(now))
    expect(await scoreDueForecasts(timeSeries, ID, now)).toBe(4)
    expect(await scoreDueForecasts(timeSeries, ID, now)).toBe(0)
    const outcomes = await readOutcomes(timeSeries, ID, { from: START, to: now })
    expect(outcomes.map(({ leadHours }) => leadHours)).toEqual([1, 6, 12, 24])
    const dayAhead = outcomes.at(-1)
    const measured = (time: number) => simulated.samples('supply')[(time - START) / HOUR_MS]?.indoor ?? Number.NaN
    expect(dayAhead?.time).toBe(LEARNED + DAY_MS)
    expect(dayAhead?.actual).toBeCloseTo(measured(LEARNED + DAY_MS), 6)
    expect(dayAhead?.persistence).toBeCloseTo(measured(LEARNED), 6)
    expect(Math.abs((dayAhead?.predicted ?? 0) - (dayAhead?.actual ?? 9))).toBeLessThan(1)
  })

  test('is steered by its model: where it is now, how sure that is, what the water means', async () => {
    const found = await modelNow({ timeSeries, application }, HOUSE, now)
    expect(found?.version).toBe((await modelsOf(application, ID))?.inUse)
    const { state, water, uaKwPerK, errorByLead, rmse24h } = found?.model ?? {}
    const measured = simulated.samples('supply')[(LEARNED_DAYS + 1) * 24 + 1]?.indoor as number
    expect(state?.[0]).toBeCloseTo(measured, 0)
    // The return is 6 K below the supply: their mean 3 K.
    expect(water?.gain).toBeCloseTo(1, 6)
    expect(water?.offset).toBeCloseTo(-3, 6)
    expect(uaKwPerK).toBe(0.16)
    expect(errorByLead?.[11]).toBeGreaterThan(errorByLead?.[0] ?? 1)
    expect(rmse24h).toBeLessThan(1)
  })

  test('may be optimised when forecasts over its past would have been good enough', async () => {
    const readiness = await readinessNow({ timeSeries, application }, ID, now)
    expect(readiness).toEqual({ allowed: true, reason: expect.stringContaining('would have been wrong by') })
  })

  test('goes back to the version before when a week has shown that the newest is worse than persistence', async () => {
    const models = (await modelsOf(application, ID)) as HouseModels
    const [version] = models.versions
    if (version === undefined) throw new Error('there is a version')
    // Of four whole weeks: such a model stands for a week.
    const identification = { ...version.training.identification, spanHours: 28 * 24 }
    const newest = { ...version, training: { ...version.training, identification } }
    const before = { ...newest, version: 'before', fittedAt: newest.fittedAt - 7 * DAY_MS, skill: 0.3 }
    await application.putDocument(THERMAL_MODELS, houseKey(ID), { ...models, versions: [newest, before] })
    const hours = Array.from({ length: 60 }, (_, hour) => now - hour * HOUR_MS)
    await timeSeries.write(
      hours.map((time) => ({
        measurement: 'forecast_accuracy',
        tags: { house_id: ID, lead_time_hours: '24' },
        time: time - 5 * 60_000,
        fields: { predicted: 22, actual: 21, persistence: 21.2, covered: 0, model_version: newest.version },
      })),
    )
    expect(await learn(now)).toMatchObject({ outcome: 'kept', version: 'before' })
    expect(await issue(coming(now - 10 * 60_000))).toBe(true)
    expect((await kept())?.modelVersion).toBe('before')
  })
})

describe('a house of which little is known', () => {
  test('has no model, with the reason in a sentence', async () => {
    const learned = await learnHouse(
      { timeSeries, application, compute, now: () => now },
      { ...HOUSE, id: 'other' },
      now,
    )
    expect(learned).toEqual({ house: 'other', outcome: 'none', version: null, reason: 'There are no readings yet.' })
    expect(await issue(coming(now), { ...HOUSE, id: 'other' })).toBe(false)
    expect((await kept('other'))?.reason).toBe('There are no readings yet.')
  })
})
