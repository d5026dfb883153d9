import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { modelOf as steeringModel } from '../control/testing/inputs.ts'
import { thermalSeries } from '../thermal/series.ts'
import { heatingPaths } from './counterfactual.ts'
import { evaluateSavings, type SavingsTask } from './evaluate.ts'
import { type SavingsDay, totalOf } from './savings-day.ts'
import { type SteeredHouse, savingsTask, steeredHouse } from './testing/steered-house.ts'

const EMISSION = { waterGain: 1, exponent: 1.3 }
const { structure, values, reference } = steeringModel(21)
const MODEL = { structure, values, reference }

/** Three days of a house whose room stands, hour by hour. */
const { series } = thermalSeries(
  Array.from({ length: 72 }, (_, hour) => ({
    time: Date.UTC(2026, 0, 12) + hour * 3_600_000,
    indoor: 21 + 0.2 * Math.sin(hour / 4),
    outdoor: 2 * Math.sin(hour / 12),
    irradiance: 0,
    wind: null,
    heat: 35 + Math.cos(hour / 6),
  })),
  'supply',
)

function heatOf(shift: Float64Array, exponent: number) {
  const { heat, baselineHeat, warmer } = heatingPaths(MODEL, series, shift, { waterGain: 1, exponent })
  const sum = (path: Float64Array) => path.reduce((total, value) => total + (Number.isNaN(value) ? 0 : value), 0)
  return { used: sum(heat), baseline: sum(baselineHeat), warmer: [...warmer] }
}

const exponents = fc.double({ min: 1, max: 1.5, noNaN: true })
const shifts = fc
  .array(fc.double({ min: -8, max: 3, noNaN: true }), { minLength: series.length, maxLength: series.length })
  .map((all) => Float64Array.from(all))

describe('two curves', () => {
  test('that are the same use the same heat, exactly', () => {
    fc.assert(
      fc.property(exponents, (exponent) => {
        const { used, baseline, warmer } = heatOf(new Float64Array(series.length), exponent)
        expect(baseline).toBe(used)
        expect(used).toBeGreaterThan(0)
        expect(warmer.every((value) => value === 0)).toBe(true)
      }),
    )
  })

  test('the lower the curve, the more is saved, and the colder it is', () => {
    fc.assert(
      fc.property(shifts, exponents, fc.double({ min: 0.1, max: 4, noNaN: true }), (shift, exponent, more) => {
        const one = heatOf(shift, exponent)
        const lower = heatOf(
          shift.map((value) => value - more),
          exponent,
        )
        expect(lower.used).toBe(one.used)
        expect(lower.baseline).toBeGreaterThan(one.baseline)
        expect(lower.warmer.every((value, k) => value >= (one.warmer[k] ?? 0))).toBe(true)
      }),
    )
  })

  test('a house that was lowered yesterday is still colder today, and takes more heat than it would have', () => {
    const yesterday = Float64Array.from({ length: series.length }, (_, hour) => (hour < 24 ? -5 : 0))
    const { heat, baselineHeat, warmer } = heatingPaths(MODEL, series, yesterday, EMISSION)
    expect(warmer[24]).toBeGreaterThan(0.3)
    expect(warmer[71]).toBeGreaterThan(0)
    expect(warmer[71]).toBeLessThan(warmer[24] ?? 0)
    expect(heat[40]).toBeGreaterThan(baselineHeat[40] ?? Number.POSITIVE_INFINITY)
  })
})

describe('a simulated house whose own curve is known', () => {
  let steered: SteeredHouse
  let task: SavingsTask
  let days: SavingsDay[]
  beforeAll(() => {
    steered = steeredHouse({
      seed: 3,
      before: 21,
      controlled: 8,
      season: 0,
      shift: (_, hours) => -3 - Math.sin(hours / 5),
    })
    task = savingsTask(steered)
    days = evaluateSavings(task)
  }, 120_000)
  const sumOf = (byDate: ReadonlyMap<string, number>, dates = steered.dates) =>
    dates.reduce((total, date) => total + (byDate.get(date) ?? 0), 0)

  test('is told its saving: the interval holds it, and zero is outside', () => {
    expect(days.map(({ date }) => date)).toEqual(steered.dates)
    const { saved, savedKwh } = totalOf(days)
    const truth = 1 - sumOf(steered.used) / sumOf(steered.baseline)
    expect(truth).toBeGreaterThan(0.05)
    expect(saved?.low).toBeLessThan(truth)
    expect(saved?.high).toBeGreaterThan(truth)
    expect(saved?.low).toBeGreaterThan(0)
    expect(savedKwh).toBeNull()
    for (const day of days) {
      expect(day.controlledHours).toBe(24)
      expect(day.baselineIndoor).toBeGreaterThan(day.indoor)
      expect(day.baselineColdKh).toBeLessThanOrEqual(day.coldKh)
    }
  })

  test('with a meter the kilowatt-hours are the metered ones', () => {
    const metered = Object.fromEntries(
      Array.from(steered.used, ([date, heatingKwh]) => [date, { heatingKwh, error: 0 }]),
    )
    const { savedKwh, usedKwh } = totalOf(evaluateSavings({ ...task, metered }))
    const truth = sumOf(steered.baseline) - sumOf(steered.used)
    expect(usedKwh).toBeCloseTo(sumOf(steered.used), 6)
    expect(savedKwh?.low).toBeLessThan(truth)
    expect(savedKwh?.high).toBeGreaterThan(truth)
  })

  test('without a meter they rest on the heat loss coefficient, and are less sure', () => {
    const relative = (found: ReturnType<typeof totalOf>['saved']) =>
      found === null ? 0 : (found.high - found.low) / found.value
    const total = totalOf(evaluateSavings({ ...task, heatLoss: { kwPerK: steered.house.ua, error: 0.1 } }))
    expect(total.savedKwh?.value).toBeGreaterThan(0)
    expect(relative(total.savedKwh)).toBeGreaterThan(relative(total.saved))
  })

  test('a placebo, the same days with decisions that change nothing, has saved nothing', () => {
    const control = task.control.map((step) => ({ ...step, action: 'keep' as const, shiftK: 0 }))
    const { saved } = totalOf(evaluateSavings({ ...task, control }))
    expect(saved?.value).toBe(0)
    expect(Math.abs(saved?.low ?? 1)).toBeLessThan(1e-9)
  })

  test('days after control count as long as the house is being heated up again', () => {
    const [first, second] = steered.dates
    const given = task.control.filter(({ time }) => time < (task.control[0]?.time ?? 0) + 24 * 3_600_000)
    const after = evaluateSavings({ ...task, control: given })
    expect(after[0]).toMatchObject({ date: first, controlledHours: expect.closeTo(24, 0) })
    const day = after.find(({ date }) => date === second)
    expect(day?.controlledHours).toBeLessThan(1)
    expect(day?.baselineKh).toBeLessThan(day?.usedKh ?? 0)
    expect(after.length).toBeLessThanOrEqual(steered.dates.length)
  })

  test('days with too few readings, and houses that were never held, are left out', () => {
    const [, second] = steered.dates
    const holed = task.samples.map((sample) =>
      new Date(sample.time).toISOString().startsWith(second ?? '?') ? { ...sample, heat: null } : sample,
    )
    expect(evaluateSavings({ ...task, samples: holed }).map(({ date }) => date)).not.toContain(second)
    expect(evaluateSavings({ ...task, control: [] })).toEqual([])
    expect(evaluateSavings({ ...task, samples: [] })).toEqual([])
  })
})
