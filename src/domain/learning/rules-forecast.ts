/** The forecast of a house's indoor temperature by the rules of thumb ("Model C"), for houses that are set to it. */
import { at } from '../numeric/matrix.ts'
import { uncalibrated } from '../thermal/calibration.ts'
import { HORIZON_HOURS, LEAD_HOURS } from '../thermal/forecast.ts'
import { readingAt, stepsOf } from '../thermal/house-path.ts'
import { type ReferenceRules, referenceForecast } from '../thermal/reference-model.ts'
import { type ThermalSeries, timeAt } from '../thermal/series.ts'
import type { HouseForecast } from './house-forecast.ts'

const HOUR_MS = 3_600_000

/**
 * @param series readings up to the step of issue, which is its last one
 * @param outdoor forecast outdoor temperature from the step of issue on, by step, °C
 * @returns null when the room or the weather is not known
 */
export function forecastByRules(
  rules: ReferenceRules,
  series: ThermalSeries,
  outdoor: Float64Array,
): HouseForecast | null {
  const k = series.length - 1
  const persistence = k < 0 ? null : readingAt(series, k)
  if (persistence === null) return null
  const hours: number[] = []
  for (let hour = 1; hour <= HORIZON_HOURS; hour += 1) {
    const step = stepsOf(series, hour)
    if (step >= outdoor.length || Number.isNaN(at(outdoor, step))) break
    hours.push(at(outdoor, step))
  }
  const path = referenceForecast(rules, persistence, hours)
  const issuedAt = timeAt(series, k)
  const points = LEAD_HOURS.flatMap((leadHours) => {
    const [mean, outside] = [path[leadHours - 1], hours[leadHours - 1]]
    if (mean === undefined || outside === undefined) return []
    // The rules say nothing of how sure they are.
    const { low, high } = uncalibrated(leadHours)
    return [
      { time: issuedAt + leadHours * HOUR_MS, leadHours, mean, q10: mean + low, q90: mean + high, outdoor: outside },
    ]
  })
  return points.length === 0 ? null : { issuedAt, persistence, points }
}
