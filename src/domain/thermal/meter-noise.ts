/**
 * Heat as a meter shows it that measures tap water too, in steps of a kilowatt-hour: far too noisy to be an input. Noise
 * in an input makes its effect look smaller than it is, and the losses larger (errors in variables).
 */
import { at } from '../numeric/matrix.ts'
import { type HeatRule, learnHeatRule, roomSignal, ruleHeat, smoothedOutdoor } from './heat-rule.ts'
import { localTimes } from './local-time.ts'
import type { ThermalSeries } from './series.ts'

/** Time over which departures from the rule are averaged, h: draw-offs and rounding cancel within a day. */
const AVERAGING_HOURS = 24

/**
 * The series with its heat replaced by what weather and room explain of it (an instrument, as in two-stage least
 * squares) and the daily mean of the rest. Unchanged where the heat has no such noise, or nothing can be learned.
 */
export function withoutMeterNoise(series: ThermalSeries, zone: string): ThermalSeries {
  const rule = meterRule(series, zone)
  return rule === null ? series : smoothedBy(series, rule, 'centred')
}

/** The rule that explains the heat of a noisy meter; null where there is no such meter or nothing can be learned. */
export function meterRule(series: ThermalSeries, zone: string): HeatRule | null {
  return series.heatIncludesHotWater ? learnHeatRule(series, localTimes(series, zone)) : null
}

/** @param mean around each step, or of the steps up to it, so that nothing later is known */
export function smoothedBy(series: ThermalSeries, rule: HeatRule, mean: 'centred' | 'trailing'): ThermalSeries {
  const explained = explainedHeat(series, rule)
  const rest = series.heat.map((value, k) => value - at(explained, k))
  const steps = Math.round(AVERAGING_HOURS / series.stepHours)
  const smooth = mean === 'centred' ? meanWithin(rest, steps / 2, steps / 2) : meanWithin(rest, steps, 0)
  return { ...series, heat: explained.map((value, k) => Math.max(0, value + at(smooth, k))) }
}

function explainedHeat(series: ThermalSeries, rule: HeatRule): Float64Array {
  const smoothed = smoothedOutdoor(series)
  // Habits of tap water and of set-backs look alike; neither is an explanation by weather.
  const plain = { ...rule, profile: rule.profile.map(() => 0) }
  return Float64Array.from({ length: series.length }, (_, k) =>
    ruleHeat(
      plain,
      {
        outdoor: at(series.outdoor, k),
        smoothed: at(smoothed, k),
        irradiance: at(series.irradiance, k),
        room: roomSignal(rule.usesSetpoint, at(series.indoor, k), at(series.setpoint, k)),
      },
      { hour: 0, weekend: false },
    ),
  )
}

/** Mean of the known values from so many steps before to so many after each; NaN where there is none. */
function meanWithin(values: Float64Array, before: number, after: number): Float64Array {
  const sums = new Float64Array(values.length + 1)
  const counts = new Float64Array(values.length + 1)
  values.forEach((value, k) => {
    const known = !Number.isNaN(value)
    sums[k + 1] = at(sums, k) + (known ? value : 0)
    counts[k + 1] = at(counts, k) + (known ? 1 : 0)
  })
  return values.map((_, k) => {
    const from = Math.max(0, k - Math.round(before))
    const to = Math.min(values.length, k + Math.round(after) + 1)
    return (at(sums, to) - at(sums, from)) / (at(counts, to) - at(counts, from))
  })
}
