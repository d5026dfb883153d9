import { describe, expect, test, vi } from 'vitest'
import { builtInPlant } from './built-in.ts'
import type { Plant, PlantOutputs } from './plant.ts'
import { summaryOf } from './report.ts'
import { type SimulatedMode, type SimulationOptions, simulate } from './simulation.ts'

const HOUR_MS = 3_600_000

/** A house of two temperatures, written here so that nothing is shared with the model that is fitted to it. */
function smallHouse(
  spoil: (outputs: PlantOutputs, hour: number) => Partial<PlantOutputs> = () => ({}),
  forecasts = true,
) {
  let hour = 0
  let room = 19
  let wall = 15
  const begin = Date.UTC(2026, 0, 12)
  const outdoor = (at: number) => 2 * Math.sin((2 * Math.PI * at) / 24) + 4 * Math.sin((2 * Math.PI * at) / 130)
  const plant: Plant = {
    init: async () => {
      hour = 0
      room = 20
      wall = 15
      return show(0)
    },
    advance: async (seconds, supply) => {
      const hours = seconds / 3600
      const water = Math.max(room, supply ?? 36 - 0.8 * outdoor(hour))
      const steps = 4
      let heat = 0
      for (let step = 0; step < steps; step += 1) {
        const given = 1.2 * ((water - room) / 15) ** 1.2 * 15
        room += ((given + 3 + 0.4 * (outdoor(hour) - room) + 2 * (wall - room)) / 8) * (hours / steps)
        wall += ((2 * (room - wall) + 0.85 * (outdoor(hour) - wall)) / 45) * (hours / steps)
        heat += given / steps
        hour += hours / steps
      }
      return show(0.16 * heat, water)
    },
    forecast: async (horizon, interval) => {
      const ahead = forecasts ? Array.from({ length: horizon / interval }, (_, k) => hour + (k * interval) / 3600) : []
      return {
        time: ahead.map((at) => begin + at * HOUR_MS),
        outdoorTemperature: ahead.map(outdoor),
        globalIrradiance: ahead.map(() => null),
        price: ahead.map(() => null),
      }
    },
    kpis: async () => ({ hour }),
    close: async () => undefined,
  }
  function show(power: number, water: number | null = null) {
    const outputs: PlantOutputs = {
      indoorTemperature: room + 0.03 * Math.sin(hour * 37),
      outdoorTemperature: outdoor(hour),
      supplyTemperature: water,
      returnTemperature: water === null ? null : water - 2 * power,
      heatPowerKw: power,
      globalIrradiance: null,
    }
    return { time: begin + hour * HOUR_MS, outputs: { ...outputs, ...spoil(outputs, hour) } }
  }
  return plant
}

function options(mode: SimulatedMode, changes: Partial<SimulationOptions> = {}): SimulationOptions {
  return {
    mode,
    days: 4,
    learnDays: 9,
    stepSeconds: 3600,
    setpoint: 21,
    band: { low: 20, high: 22 },
    price: null,
    baseline: null,
    start: '2026-01-12T00:00:00Z',
    maxSupply: 65,
    now: () => 0,
    progress: () => undefined,
    ...changes,
  }
}

/** A model is fitted in each of these; on a busy machine that takes its time. */
vi.setConfig({ testTimeout: 120_000 })

const LEARN_HOURS = 9 * 24

test('the baseline that is found holds the mean at the setpoint', async () => {
  const report = await simulate(smallHouse(), options('monitor'))
  expect(Math.abs((report.baselineMeanIndoor as number) - 21)).toBeLessThanOrEqual(0.2)
  expect(report.result).toEqual(report.baseline)
  expect(report.baseline.moves).toBe(0)
})

test('optimise takes less heat at no more discomfort', async () => {
  const { result, baseline, tally } = await simulate(smallHouse(), options('optimise'))
  expect(result.energyKwh).toBeLessThan(0.97 * (baseline.energyKwh as number))
  expect((result.underKh as number) + (result.overKh as number)).toBeLessThan(
    (baseline.underKh as number) + (baseline.overKh as number) + 0.5,
  )
  expect(tally?.by.plan).toBeGreaterThan(70)
})

test('shadow decides, and lives as the baseline does', async () => {
  const { result, baseline, tally } = await simulate(smallHouse(), options('shadow'))
  expect(result.energyKwh).toBeCloseTo(baseline.energyKwh as number, 6)
  expect(tally?.decisions).toBe(96)
})

describe.each<readonly [string, (outputs: PlantOutputs, hour: number) => Partial<PlantOutputs>]>([
  ['the indoor sensor sticks', (_, hour) => (hour > LEARN_HOURS + 24 ? { indoorTemperature: 21.0173 } : {})],
  ['the indoor temperature is missing', (_, hour) => (hour > LEARN_HOURS + 24 ? { indoorTemperature: null } : {})],
])('when %s', (_, spoil) => {
  test('the baseline stands for the rest', async () => {
    const { series, tally } = await simulate(smallHouse(spoil), options('optimise'))
    const last = series.result.slice(-24)
    expect(last.map(({ asked }) => asked)).toEqual(series.baseline.slice(-24).map(({ asked }) => asked))
    expect(tally?.degraded['no-indoor']).toBeGreaterThan(50)
  })
})

test('without any forecast the baseline stands', async () => {
  const { result, baseline, tally } = await simulate(smallHouse(undefined, false), options('optimise'))
  expect(result).toEqual(baseline)
  expect(tally?.by).toEqual({ plan: 0, rules: 0, baseline: 96 })
})

test('power that is not shown is told from temperatures only where both were known together', async () => {
  const never = await simulate(
    smallHouse(() => ({ heatPowerKw: null })),
    options('monitor'),
  )
  expect(never.baseline).toMatchObject({ energyKwh: null, peakKw: null, cost: null })
  const gone = await simulate(
    smallHouse((_, hour) => (hour > LEARN_HOURS + 48 ? { heatPowerKw: null } : {})),
    options('monitor'),
  )
  const whole = await simulate(smallHouse(), options('monitor'))
  expect(gone.baseline.powerEstimated).toBe(true)
  expect((gone.baseline.energyKwh as number) / (whole.baseline.energyKwh as number)).toBeCloseTo(1, 1)
})

test('a plant that shows no indoor temperature at all is left on its baseline, and the report says so', async () => {
  const report = await simulate(
    smallHouse(() => ({ indoorTemperature: null })),
    options('optimise'),
  )
  expect(report.result).toEqual(report.baseline)
  expect(report.notes).toContain('The plant shows no indoor temperature; nothing could be tuned or steered.')
})

test('the clock of the plant may stand still', async () => {
  const plant = smallHouse()
  const still = Date.UTC(2020, 0, 1)
  const standing: Plant = {
    ...plant,
    advance: async (...given) => ({ ...(await plant.advance(...given)), time: still }),
  }
  const report = await simulate(standing, options('monitor'))
  expect(report.series.baseline).toHaveLength(96)
})

test('the JSON has the agreed keys', async () => {
  const report = await simulate(smallHouse(), options('monitor'))
  const context = { setpoint: 21, band: { low: 20, high: 22 }, learnDays: 9, stepSeconds: 3600, plant: 'small house' }
  const summary = summaryOf(report, context)
  expect(Object.keys(summary)).toEqual(
    expect.arrayContaining(['mode', 'days', 'baselineRule', 'result', 'baseline', 'plantKpis']),
  )
  for (const key of ['energyKwh', 'underKh', 'overKh', 'peakKw', 'cost', 'moves']) {
    expect(summary.result).toHaveProperty(key)
    expect(summary.baseline).toHaveProperty(key)
  }
})

test.each(['radiator', 'floor'] as const)(
  'the built-in building with %s does what its supply is',
  async (distribution) => {
    const plant = builtInPlant({ seed: 1, distribution })
    await plant.init('2026-01-12T00:00:00Z', 86_400)
    const cold = await plant.advance(12 * 3600, 20)
    const warm = await plant.advance(12 * 3600, 45)
    expect(cold.outputs.heatPowerKw).toBeLessThan(0.3)
    expect(warm.outputs.supplyTemperature).toBeCloseTo(45, 0)
    expect(warm.outputs.heatPowerKw).toBeGreaterThan(1)
    expect((await plant.forecast(86_400, 3600)).outdoorTemperature).toHaveLength(25)
  },
)
