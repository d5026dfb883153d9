/** Prices from the tariff of a house to its decision: read, stored with it, and acted upon by a model that was fitted. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HouseConfig } from '../../config/house.ts'
import { parseHouse } from '../../config/house.ts'
import { parseTariff, type TariffConfig } from '../../config/tariff.ts'
import { recordingLogger } from '../../config/testing/recording-logger.ts'
import type { HouseReading } from '../../connectors/homeside/index.ts'
import { decide } from '../../domain/control/decide.ts'
import { type DecisionInputs, FRESH_RULES_STATE, type TenPoints } from '../../domain/control/decision.ts'
import { trainHouse } from '../../domain/learning/train.ts'
import { seededRandom } from '../../domain/thermal/testing/random.ts'
import { drawHouse, simulateHouse } from '../../domain/thermal/testing/simulated-house.ts'
import { dayStart } from '../../domain/time/day.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import { type ApplicationStore, openApplicationStore } from '../../store/application/index.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../../store/timeseries/sqlite.ts'
import { learnHouse } from '../thermal/learn-house.ts'
import { modelNow } from '../thermal/steering-model.ts'
import type { ThermalHouse } from '../thermal/thermal-house.ts'
import { type DecisionFacts, decisionInputs, type ModelNow } from './decision-inputs.ts'
import { createHeatPrices } from './heat-prices.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ID = 'HEM_FJV_Villa_901'
const METER = '735999000000000901'
const PLACE = '57.70,13.00'
const START = Date.parse('2026-01-05T00:00:00Z')
const LEARNED = START + 14 * DAY_MS

function tariff(document: object): TariffConfig {
  const { config, problems } = parseTariff({ energy: [{ price_per_kwh: 1 }], ...document })
  if (config === null) throw new Error(JSON.stringify(problems))
  return config
}

function house(cost: object): HouseConfig {
  const { config } = parseHouse({ customer_id: ID, cost })
  if (config === null) throw new Error('the profile is valid')
  return config
}

let folder: string
let timeSeries: TimeSeriesStore
let application: ApplicationStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-prices-'))
  timeSeries = openSqliteTimeSeries(join(folder, 'timeseries.db'))
  application = await openApplicationStore({ sqlitePath: join(folder, 'bvpro.db') })
})
afterAll(async () => {
  await Promise.all([timeSeries.close(), application.close()])
  await rm(folder, { recursive: true })
})

const { log, events } = recordingLogger()
const DAY_AND_NIGHT = {
  energy: [{ price_per_kwh: 2.4, from: '06:00', to: '10:00' }, { price_per_kwh: 0.8 }],
}
const POWER = { capacity: { price_per_kw: 60, highest: 3 } }

/** Prices of a process that has the given tariffs. */
function pricesOf(tariffs: Record<string, object>, meterIds = [METER]) {
  const known = Object.fromEntries(Object.entries(tariffs).map(([name, document]) => [name, tariff(document)]))
  return createHeatPrices({ timeSeries, log, tariffs: async () => known, meterIdsOf: async () => meterIds })
}

function meterHours(from: number, values: readonly number[], meter = METER): Point[] {
  return values.map((consumption, hour) => ({
    measurement: 'energy_meter',
    tags: { house_id: ID, meter_id: meter },
    time: from + hour * HOUR_MS,
    fields: { consumption },
  }))
}

describe('what heat costs', () => {
  const noon = Date.parse('2026-01-20T11:00:00Z')

  test('is the flat price of the profile without a tariff', async () => {
    const price = await pricesOf({})(ID, house({ price_per_kwh: 1.05 }), noon)
    expect(price).toEqual({ points: [{ time: noon, perKwh: 1.05 }], perPeakKw: 0, peakKw: null, perReturnK: 0 })
  })

  test('is that of the tariff the profile names', async () => {
    const { points } = await pricesOf({ supplier: DAY_AND_NIGHT })(ID, house({ tariff: 'supplier' }), noon)
    expect(points.slice(0, 3)).toEqual([
      { time: noon, perKwh: 0.8 },
      { time: Date.parse('2026-01-21T05:00:00Z'), perKwh: 2.4 },
      { time: Date.parse('2026-01-21T09:00:00Z'), perKwh: 0.8 },
    ])
  })

  test('is the flat price, and said, where no tariff has that name', async () => {
    const price = await pricesOf({})(ID, house({ price_per_kwh: 1.05, tariff: 'toString' }), noon)
    expect(price.points).toEqual([{ time: noon, perKwh: 1.05 }])
    expect(events('control.tariff_unknown')).toMatchObject([
      { level: 'warn', kind: 'house', id: ID, tariff: 'toString' },
    ])
  })

  test('counts the power metered this month, less the hot water in it', async () => {
    const month = dayStart('2026-01-01')
    const prices = pricesOf({ supplier: POWER })
    const config = house({ tariff: 'supplier' })
    expect((await prices(ID, config, noon)).peakKw).toBeNull()
    await timeSeries.write([
      ...meterHours(month - 2 * HOUR_MS, [20, 20, 3, 9, 5, 7]),
      // Not a meter of this house any more.
      ...meterHours(month, [50, 50, 50], '735999000000000999'),
    ])
    // Found once an hour: the meter delivers once a day.
    expect((await prices(ID, config, noon + 30 * 60_000)).peakKw).toBeNull()
    expect((await prices(ID, config, noon + HOUR_MS)).peakKw).toBe(5)
    await timeSeries.write(
      [0.2, 0.6].map((dhw_kwh, hour) => ({
        measurement: 'energy_hourly',
        tags: { house_id: ID },
        time: noon - (hour + 1) * HOUR_MS,
        fields: { dhw_kwh },
      })),
    )
    expect((await prices(ID, config, noon + 2 * HOUR_MS)).peakKw).toBeCloseTo(4.6, 9)
    // A changed tariff is not answered from before.
    expect((await pricesOf({ supplier: POWER }, [])(ID, config, noon)).peakKw).toBeNull()
  })
})

describe('a house that is optimised by the model it has learned', () => {
  const thermal: ThermalHouse = {
    id: ID,
    position: { latitude: 57.7, longitude: 13 },
    place: PLACE,
    rules: { response: 'medium', setpoint: 21, tolerance: 1 },
    heatLossK: 0.16,
  }
  const drawn = { ...drawHouse(seededRandom(101)), setback: 0, roomFeedback: 0 }
  const simulated = simulateHouse(drawn, { seed: 2, days: 20, stepMinutes: 60, season: 0, start: START })
  const samples = simulated.samples('supply')
  const supplies = samples.map(({ outdoor, heat }) => ({ outdoor: outdoor as number, supply: heat as number }))
  const baseline = straightCurve(supplies)

  beforeAll(async () => {
    await timeSeries.write(samples.flatMap(pointsOf))
    const compute = {
      run: async (_: string, task: Parameters<typeof trainHouse>[0]) => trainHouse(task),
    } as unknown as ComputePool
    const learned = await learnHouse({ timeSeries, application, compute, now: () => LEARNED }, thermal, LEARNED)
    expect(learned.outcome).toBe('fitted')
  }, 120_000)

  function pointsOf({ time, indoor, outdoor, irradiance, wind, heat }: (typeof samples)[number]): Point[] {
    const fields = {
      room_temperature: indoor,
      outdoor_temperature: outdoor,
      supply_temp: heat,
      target_temp_setpoint: 21,
    }
    return [
      { measurement: 'heating_system', tags: { house_id: ID }, time, fields },
      {
        measurement: 'weather_observation',
        tags: { place: PLACE },
        time,
        fields: { global_irradiance: irradiance, wind_speed: wind, temperature: outdoor },
      },
    ]
  }

  /** How far the setpoint is above the room, K: between what would be cooled and what heated as fast as is allowed. */
  const ABOVE_THE_ROOM = 0.75

  /** As a cycle at this hour would decide, with the room where its readings have it. */
  async function factsAt(time: number, cost: object, tariffs: Record<string, object>): Promise<DecisionFacts> {
    const step = (time - START) / HOUR_MS
    const now = samples[step]
    const learned = (await modelNow({ timeSeries, application }, thermal, time + 60_000)) as ModelNow
    const config = house({ price_per_kwh: 1.2, ...cost })
    const reading = {
      fields: { room_temperature: now?.indoor, outdoor_temperature: now?.outdoor, supply_temp: now?.heat },
      asOf: { room_temperature: time },
      control: { setPoint: (now?.indoor ?? 0) + ABOVE_THE_ROOM, lowLimit: null, highLimit: null },
    } as unknown as HouseReading
    return {
      mode: 'optimise',
      time,
      config,
      reading,
      baselineCurve: baseline,
      presentCurve: baseline,
      forecast: {
        issuedAt: time,
        points: samples.slice(step, step + 50).map(({ time: at, outdoor, irradiance }) => ({
          time: at,
          outdoor: outdoor as number,
          irradiance: irradiance ?? 0,
          wind: null,
          effective: outdoor as number,
        })),
      },
      price: await pricesOf(tariffs)(ID, config, time),
      learned,
      rulesState: FRESH_RULES_STATE,
    }
  }

  const morning = (hour: number) => Date.parse('2026-01-21T00:00:00Z') + hour * HOUR_MS
  const shiftAt = async (hour: number, document?: object) => {
    const tariffs = document === undefined ? {} : { supplier: document }
    const facts = await factsAt(morning(hour), document === undefined ? {} : { tariff: 'supplier' }, tariffs)
    const decision = decide(decisionInputs(facts))
    expect(decision).toMatchObject({ by: 'plan', degraded: 'none' })
    return decision.shiftK
  }

  test('heats before dear hours and less in them than at a flat price', async () => {
    const sumOver = async (hours: readonly number[], document?: object) => {
      let sum = 0
      for (const hour of hours) sum += await shiftAt(hour, document)
      return sum
    }
    expect(await sumOver([1, 2, 3], DAY_AND_NIGHT)).toBeGreaterThan((await sumOver([1, 2, 3])) + 1)
    expect(await sumOver([5, 6, 7], DAY_AND_NIGHT)).toBeLessThan((await sumOver([5, 6, 7])) - 1)
  })

  test('stores less heat where the power of it costs a fee', async () => {
    const facts = await factsAt(morning(2), { tariff: 'supplier' }, { supplier: DAY_AND_NIGHT })
    const charged = (perPeakKw: number, peakKw: number) =>
      decide(decisionInputs({ ...facts, price: { ...facts.price, perPeakKw, peakKw } }))
    expect(charged(40, 1).shiftK).toBeLessThan(charged(0, 1).shiftK)
    // Below what is paid for already it costs nothing.
    expect(charged(40, 30)).toEqual(charged(0, 30))
  })

  test('is not left cold for a fee, however high, after weeks that needed little', async () => {
    const facts = await factsAt(morning(4), {}, {})
    const lowest = (perPeakKw: number) => {
      const { reason } = decide(decisionInputs({ ...facts, price: { ...facts.price, perPeakKw, peakKw: 0.5 } }))
      return Number(/holds indoors at ([\d.]+)/.exec(reason.en)?.[1])
    }
    expect(lowest(0)).toBeGreaterThan(19)
    expect(lowest(1000)).toBeGreaterThan(lowest(0) - 0.15)
  })

  test('heats less with warm water where the tariff charges for it', async () => {
    const clause = { return_temperature: { price_per_kwh_and_k: 0.02 } }
    expect(await shiftAt(4, clause)).toBeLessThan(await shiftAt(4, {}))
  })

  test('decides by prices that are stored with the decision, and the same again from them', async () => {
    const facts = await factsAt(
      morning(3),
      { tariff: 'supplier' },
      { supplier: { ...DAY_AND_NIGHT, ...POWER, return_temperature: { price_per_kwh_and_k: 0.01 } } },
    )
    const inputs = decisionInputs(facts)
    const stored = JSON.parse(JSON.stringify(inputs)) as DecisionInputs
    expect(stored.price?.points[1]).toEqual({ time: morning(5), perKwh: 2.4 })
    expect(stored.price?.perPeakKw).toBeGreaterThan(0)
    expect(decide(stored)).toEqual(decide(inputs))
  })
})

/** The straight heat curve a house's own water temperatures lie around. */
function straightCurve(supplies: readonly { readonly outdoor: number; readonly supply: number }[]): TenPoints {
  const mean = (read: (one: (typeof supplies)[number]) => number) =>
    supplies.reduce((sum, one) => sum + read(one), 0) / supplies.length
  const outdoor = mean((one) => one.outdoor)
  const supply = mean((one) => one.supply)
  const slope =
    mean((one) => (one.outdoor - outdoor) * (one.supply - supply)) / mean((one) => (one.outdoor - outdoor) ** 2)
  return Array.from({ length: 10 }, (_, point) => supply + slope * (-30 + 5 * point - outdoor))
}
