import { describe, expect, test } from 'vitest'
import { type HeatRule, learnHeatRule, ruleHeat, smoothedOutdoor } from './heat-rule.ts'
import { localTimes } from './local-time.ts'
import { meterRule, smoothedBy, withoutMeterNoise } from './meter-noise.ts'
import { type ThermalSeries, thermalSeries } from './series.ts'
import { seededRandom } from './testing/random.ts'

const random = seededRandom(12)

/** Thirty days of a heat that follows a rule of the outdoor and indoor temperature and the hour. */
function ruled(rule: (outdoor: number, indoor: number, hour: number) => number, hotWater = false): ThermalSeries {
  const samples = Array.from({ length: 720 }, (_, k) => {
    const outdoor = 5 * Math.sin(k / 37) + 2 * Math.sin(k / 11)
    const indoor = 21 + 0.5 * Math.sin(k / 5) + 0.1 * random.normal()
    return {
      time: Date.UTC(2026, 0, 5) + k * 3_600_000,
      indoor,
      outdoor,
      irradiance: 100 * random.uniform(),
      wind: null,
      heat: rule(outdoor, indoor, k % 24),
    }
  })
  return thermalSeries(samples, 'power', hotWater).series
}

const learn = (series: ThermalSeries) => learnHeatRule(series, localTimes(series, 'UTC')) as HeatRule
const calm = { outdoor: 0, smoothed: 0, irradiance: 0, room: 0 }

describe('the rule of the heating', () => {
  test('a heat curve is found: 0.15 kW less for each K it is warmer', () => {
    const rule = learn(ruled((outdoor) => 4 - 0.15 * outdoor))
    const cold = ruleHeat(rule, { ...calm, outdoor: -5, smoothed: -5 }, { hour: 12, weekend: false })
    const mild = ruleHeat(rule, { ...calm, outdoor: 5, smoothed: 5 }, { hour: 12, weekend: false })
    expect(cold - mild).toBeCloseTo(1.5, 1)
  })

  test('a thermostat is found: less heat in a warm room, never more', () => {
    const thermostat = learn(ruled((outdoor, indoor) => 4 - 0.15 * outdoor - 2 * (indoor - 21)))
    expect(thermostat.coefficients[4]).toBeCloseTo(-2, 1)
    const absurd = learn(ruled((outdoor, indoor) => 4 - 0.15 * outdoor + 2 * (indoor - 21)))
    expect(absurd.coefficients[4]).toBeCloseTo(0, 6)
  })

  test('a night set-back is found by the hour', () => {
    const rule = learn(ruled((outdoor, _, hour) => 4 - 0.15 * outdoor - (hour < 5 ? 2 : 0)))
    const night = ruleHeat(rule, calm, { hour: 2, weekend: false })
    const day = ruleHeat(rule, calm, { hour: 12, weekend: false })
    expect(day - night).toBeGreaterThan(1.5)
  })

  test('heat may go beyond what was seen, as far again as it has ranged: the first warm days are warmer than any', () => {
    const { low, high } = learn({ ...ruled((outdoor) => 40 - 1.5 * outdoor), heatInput: 'supply' })
    expect(low).toBeLessThan(40 - 1.5 * 12)
    expect(high).toBeGreaterThan(40 + 1.5 * 12)
    expect(learn(ruled((outdoor) => 4 - 0.15 * outdoor)).low).toBe(0)
  })

  test('heat that was held at a limit stays within it', () => {
    const held = ruled((outdoor) => Math.min(44, Math.max(36, 40 - 1.5 * outdoor)))
    expect(learn({ ...held, heatInput: 'supply' })).toMatchObject({ low: 36, high: 44 })
  })

  test('less than a day, or no heat at all, teaches nothing', () => {
    const series = ruled(() => 3)
    expect(learnHeatRule({ ...series, length: 12 }, localTimes(series, 'UTC'))).toBeNull()
    expect(learnHeatRule({ ...series, heatInput: 'none' }, localTimes(series, 'UTC'))).toBeNull()
  })

  test('the smoothed outdoor temperature follows within a day and keeps its value over a hole', () => {
    const step = { ...ruled(() => 3), outdoor: Float64Array.from({ length: 720 }, (_, k) => (k < 100 ? 0 : 10)) }
    const smoothed = smoothedOutdoor(step)
    expect(smoothed[99]).toBe(0)
    expect(smoothed[112]).toBeGreaterThan(6)
    step.outdoor.fill(Number.NaN, 300, 310)
    expect(smoothedOutdoor(step)[309]).toBe(smoothedOutdoor(step)[299])
  })
})

describe('a meter that measures tap water too', () => {
  const truth = ruled((outdoor) => 4 - 0.15 * outdoor, true)
  const noisy = {
    ...truth,
    heat: truth.heat.map((value) => Math.round(value + (random.uniform() < 0.1 ? 3 : 0))),
  }
  const deviation = (series: ThermalSeries) => {
    const errors = Array.from(series.heat, (value, k) => value - (truth.heat[k] as number)).slice(24)
    const mean = errors.reduce((total, value) => total + value, 0) / errors.length
    return Math.sqrt(errors.reduce((total, value) => total + (value - mean) ** 2, 0) / errors.length)
  }

  test('is smoothed to what weather explains: less than a third of the noise remains', () => {
    expect(deviation(withoutMeterNoise(noisy, 'UTC'))).toBeLessThan(0.33 * deviation(noisy))
  })

  test('the trailing smoothing knows nothing of later readings', () => {
    const rule = meterRule(noisy, 'UTC') as HeatRule
    const other = { ...noisy, heat: noisy.heat.map((value, k) => (k > 400 ? 0 : value)) }
    const before = smoothedBy(noisy, rule, 'trailing').heat.slice(0, 400)
    expect([...smoothedBy(other, rule, 'trailing').heat.slice(0, 400)]).toEqual([...before])
  })

  test('heating power is left as it is', () => {
    const power = { ...noisy, heatIncludesHotWater: false }
    expect(withoutMeterNoise(power, 'UTC')).toBe(power)
  })
})
