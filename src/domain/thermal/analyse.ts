/** The whole analysis of a series: the model of its best weeks, and forecasts as they would have been issued. */
import { type Identification, identify, tooLittle } from './identify.ts'
import { withoutMeterNoise } from './meter-noise.ts'
import { type LeadScore, scoreByLead } from './scores.ts'
import { between, type ThermalSeries, timeAt } from './series.ts'
import { type IssuedForecast, walkForward } from './walk-forward.ts'

export interface ThermalAnalysis {
  /** Null when there is too little; then `reason` says why. */
  readonly identification: Identification | null
  readonly reason: string | null
  /** The part the model was fitted to, epoch milliseconds. */
  readonly fittedFrom: number
  readonly fittedTo: number
  readonly forecasts: readonly IssuedForecast[]
  readonly scores: readonly LeadScore[]
}

/** The longest stretch a fit looks at: a house in spring is not the house of autumn. */
const FIT_DAYS = 42
const MOVED_BY_DAYS = 7

/** @param zone of the people who live there */
export function analyseThermal(series: ThermalSeries, zone: string): ThermalAnalysis {
  const { from, to } = mostTellingStretch(series)
  const stretch = between(series, from, to)
  const reason = tooLittle(stretch)
  const forecasts = reason === null ? walkForward(series, { zone }) : []
  return {
    identification: reason === null ? identify(withoutMeterNoise(stretch, zone)) : null,
    reason,
    fittedFrom: timeAt(series, from),
    fittedTo: timeAt(series, to),
    forecasts,
    scores: scoreByLead(forecasts),
  }
}

/**
 * Of a long series the weeks with the largest temperature differences: they tell most about the losses. A short one is
 * taken whole.
 */
export function mostTellingStretch(series: ThermalSeries): { from: number; to: number } {
  const length = Math.round((FIT_DAYS * 24) / series.stepHours)
  if (series.length <= length) return { from: 0, to: series.length }
  const worth = new Float64Array(series.length + 1)
  for (let k = 0; k < series.length; k += 1) {
    const difference = (series.indoor[k] as number) - (series.outdoor[k] as number)
    const usable = !Number.isNaN(difference + (series.heat[k] as number))
    worth[k + 1] = (worth[k] as number) + (usable ? Math.max(0, difference) : 0)
  }
  let best = 0
  const step = Math.round((MOVED_BY_DAYS * 24) / series.stepHours)
  const total = (from: number) => (worth[from + length] as number) - (worth[from] as number)
  for (let from = 0; from + length <= series.length; from += step) if (total(from) >= total(best)) best = from
  return { from: best, to: best + length }
}
