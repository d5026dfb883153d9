/** How good forecasts were, by lead time, against "it stays as it is". */
import { mean, rootMeanSquare } from '../numeric/statistics.ts'

export const SCORED_LEADS: readonly number[] = [1, 6, 12, 24]

export interface ScoredForecast {
  readonly leadHours: number
  readonly mean: number
  readonly q10: number
  readonly q90: number
  readonly persistence: number
  /** NaN when nothing was measured; such a forecast is not scored. */
  readonly actual: number
}

export interface LeadScore {
  readonly leadHours: number
  /** K. */
  readonly rmse: number
  readonly mae: number
  /** Mean of outcome less forecast, K. */
  readonly bias: number
  readonly persistenceRmse: number
  /** 1 − rmse / persistenceRmse; null when persistence was perfect. */
  readonly skill: number | null
  /** Share of outcomes between q10 and q90. */
  readonly coverage: number
  /** Mean pinball loss of q10, mean (as the median) and q90, K. */
  readonly pinball: number
  readonly n: number
}

/** Scores of the leads that have outcomes. */
export function scoreByLead(
  forecasts: readonly ScoredForecast[],
  leads: readonly number[] = SCORED_LEADS,
): LeadScore[] {
  return leads.flatMap((leadHours) => {
    const known = forecasts.filter((forecast) => forecast.leadHours === leadHours && !Number.isNaN(forecast.actual))
    if (known.length === 0) return []
    const errors = known.map(({ actual, mean: forecast }) => actual - forecast)
    const rmse = rootMeanSquare(errors)
    const persistenceRmse = rootMeanSquare(known.map(({ actual, persistence }) => actual - persistence))
    return [
      {
        leadHours,
        rmse,
        mae: mean(errors.map(Math.abs)),
        bias: mean(errors),
        persistenceRmse,
        skill: persistenceRmse > 0 ? 1 - rmse / persistenceRmse : null,
        coverage: mean(known.map(({ actual, q10, q90 }) => (actual >= q10 && actual <= q90 ? 1 : 0))),
        pinball: mean(
          known.map(
            ({ actual, q10, mean: forecast, q90 }) =>
              (pinballLoss(actual, q10, 0.1) + pinballLoss(actual, forecast, 0.5) + pinballLoss(actual, q90, 0.9)) / 3,
          ),
        ),
        n: known.length,
      },
    ]
  })
}

/** Koenker & Bassett (1978): what makes the quantile of a level the best answer. */
export function pinballLoss(actual: number, quantile: number, level: number): number {
  const difference = actual - quantile
  return difference >= 0 ? level * difference : (level - 1) * difference
}
