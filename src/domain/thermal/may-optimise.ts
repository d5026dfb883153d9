/** Whether a house is known well enough to plan its heat: by the forecasts it has had, or those it would have had. */
import type { LeadScore } from './scores.ts'

/** Root mean square error a day ahead up to which a house may be optimised, K. */
export const WORST_RMSE_24H = 0.5
/** Forecasts a day ahead that have to have come true: three days of hours. */
export const LEAST_OUTCOMES = 72

type DayAhead = Pick<LeadScore, 'leadHours' | 'rmse' | 'persistenceRmse' | 'n'>

/** With the error of the building model alone, K: issued forecasts depart from persistence only where that has proved better. */
type PastDayAhead = DayAhead & { readonly modelRmse: number }

/** Errors that differ by less than this share are alike. */
const ALIKE = 0.02

export interface ReadinessFacts {
  /** Scores of forecasts that were issued; empty while none have come true. */
  readonly issued: readonly DayAhead[]
  /** Scores of forecasts as they would have been issued over the stored past. */
  readonly past: readonly PastDayAhead[]
  /** Null while there is no model. */
  readonly model: { readonly accepted: boolean; readonly reasons: readonly string[] } | null
}

export interface Readiness {
  readonly allowed: boolean
  /** One plain sentence. */
  readonly reason: string
}

/** Forecasts that were really issued count first; until there are enough of them, those over the past. */
export function mayOptimise({ issued, past, model }: ReadinessFacts): Readiness {
  if (model === null) return refused('it has no model yet')
  if (!model.accepted) {
    const [reason = 'its readings do not tell enough'] = model.reasons
    return refused(`its model is not sure enough: ${withoutStop(reason)}`)
  }
  const live = dayAhead(issued)
  const score = live ?? dayAhead(past)
  if (score === undefined) {
    return refused(`fewer than ${LEAST_OUTCOMES} forecasts a day ahead can be compared with what came`)
  }
  const { rmse, persistenceRmse, n } = score
  const whose = live === undefined ? 'would have been' : 'were'
  const found = `forecasts a day ahead ${whose} wrong by ${kelvin(rmse)} over ${n} hours`
  if (rmse >= WORST_RMSE_24H) return refused(`${found}, and have to be below ${kelvin(WORST_RMSE_24H)}`)
  if (rmse < persistenceRmse * (1 - ALIKE)) {
    return { allowed: true, reason: `${found}, better than ${kelvin(persistenceRmse)} without a model` }
  }
  const noBetter = `${found}, no better than "it stays as it is" with ${kelvin(persistenceRmse)}`
  if (rmse > persistenceRmse * (1 + ALIKE)) return refused(noBetter)
  // A room that is held steady is foreseen by nobody better than by standing still; what steers it is the model alone.
  const alone = dayAhead(past)?.modelRmse
  if (alone === undefined) return refused(noBetter)
  const byModel = `by its model alone they would have been wrong by ${kelvin(alone)}`
  if (alone >= WORST_RMSE_24H) return refused(`${noBetter}, and ${byModel}`)
  return { allowed: true, reason: `${found}, as little as without a model; ${byModel}` }
}

function refused(reason: string): Readiness {
  return { allowed: false, reason }
}

function dayAhead<Score extends DayAhead>(scores: readonly Score[]): Score | undefined {
  return scores.find(({ leadHours, n }) => leadHours === 24 && n >= LEAST_OUTCOMES)
}

function kelvin(value: number): string {
  return `${value.toFixed(2)} K`
}

function withoutStop(sentence: string): string {
  const text = sentence.replace(/\.$/, '')
  return text.charAt(0).toLowerCase() + text.slice(1)
}
