/** Scores of energy forecasts against the meter at fixed lead times, beside "as it was at the same hour before". */
import { HOUR_MS } from './hours.ts'

export const SCORED_LEADS = [1, 6, 12, 24, 48] as const

export interface IssuedEnergyForecast {
  /** Start of the hour forecast, epoch milliseconds. */
  readonly time: number
  readonly leadHours: number
  readonly meanKwh: number
  readonly lowKwh: number
  readonly highKwh: number
}

export interface EnergyForecastScore {
  readonly leadHours: number
  /** Hours with a forecast, a meter value and one at the hour it is compared with. */
  readonly n: number
  readonly rmse: number
  readonly mae: number
  /** Forecast less meter, kWh. */
  readonly bias: number
  /** Share of meter values within the interval. */
  readonly coverage: number
  /** Of the same clock hour of the last day known when the forecast was issued. */
  readonly persistenceRmse: number
  /** 1 − rmse/persistenceRmse; null when persistence was never wrong. */
  readonly skill: number | null
}

const DAY_MS = 24 * HOUR_MS

/** @param metered kWh by the start of the hour, epoch milliseconds. Lead times without a scored hour are left out. */
export function scoreEnergyForecasts(
  forecasts: readonly IssuedEnergyForecast[],
  metered: ReadonlyMap<number, number>,
): EnergyForecastScore[] {
  return SCORED_LEADS.flatMap((leadHours) => {
    const pairs = forecasts.flatMap((forecast) => {
      if (forecast.leadHours !== leadHours) return []
      const truth = metered.get(forecast.time)
      // An hour that begins `lead − 1` hours after the issue: the day before is known only for the first 24.
      const before = metered.get(forecast.time - Math.ceil(leadHours / 24) * DAY_MS)
      return truth === undefined || before === undefined ? [] : [{ forecast, truth, before }]
    })
    if (pairs.length === 0) return []
    const average = (read: (pair: (typeof pairs)[number]) => number) =>
      pairs.reduce((sum, pair) => sum + read(pair), 0) / pairs.length
    const rmse = Math.sqrt(average(({ forecast, truth }) => (forecast.meanKwh - truth) ** 2))
    const persistenceRmse = Math.sqrt(average(({ before, truth }) => (before - truth) ** 2))
    return [
      {
        leadHours,
        n: pairs.length,
        rmse,
        mae: average(({ forecast, truth }) => Math.abs(forecast.meanKwh - truth)),
        bias: average(({ forecast, truth }) => forecast.meanKwh - truth),
        coverage: average(({ forecast, truth }) => (truth >= forecast.lowKwh && truth <= forecast.highKwh ? 1 : 0)),
        persistenceRmse,
        skill: persistenceRmse === 0 ? null : 1 - rmse / persistenceRmse,
      },
    ]
  })
}
