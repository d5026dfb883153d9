/**
 * How much a forecast is trusted, learned from past forecasts and what came of them: the blend of model, habit and "it
 * stays as it is" per lead time, and the bands that held 80 % of the outcomes.
 */
import { quantileOfSorted } from '../numeric/statistics.ts'

/** A past forecast of one lead time and its outcome; °C. */
export interface ForecastOutcome {
  /** Indoor temperature at the time of issue. */
  readonly persistence: number
  /** By the building model. */
  readonly model: number
  /** By the usual course of a day. */
  readonly habit: number
  readonly actual: number
  /** Whether the model was fitted without it. One it was fitted to flatters the model. */
  readonly unseen: boolean
}

export interface LeadCalibration {
  /** Shares of the model and the habit; the rest is persistence. */
  readonly model: number
  readonly habit: number
  /** 10 % and 90 % quantile of outcome less forecast, K. */
  readonly low: number
  readonly high: number
}

/** Issues whose outcomes count for the shares and for the band, h; older ones belong to another season. */
export const SHARES_HOURS = 28 * 24
export const BAND_HOURS = 21 * 24
/** Few independent errors miss the rare ones: how much wider the band is made, divided by their number. */
const FEW_WIDENING = 0.5
/** What errors over the fitted past are multiplied with to stand for those to come. */
const UNSEEN_WIDENING = 1.3
/** Fewer independent outcomes than this say nothing at all. */
const LEAST_INDEPENDENT = 4
/** Independent forecasts that say nothing, added to those seen: what the shares are pulled to zero with. */
const DOUBT = 3
/** What an outcome counts that the model was fitted to. */
const SEEN_WEIGHT = 0.7

/** A forecast that was issued, and its outcome; K. */
export interface IssuedError {
  /** Outcome less forecast. */
  readonly error: number
  /** Outcome less the indoor temperature at the issue. */
  readonly persistenceError: number
  /** Whether the present model was in use then. */
  readonly present: boolean
}

/** What is believed before any outcome: persistence, and a band that widens with the square root of the lead. */
export function uncalibrated(leadHours: number): LeadCalibration {
  const width = 0.15 + 0.2 * Math.sqrt(leadHours)
  return { model: 0, habit: 0, low: -width, high: width }
}

/**
 * Calibrates one lead time.
 *
 * The shares are least squares, not negative, together at most 1, and pulled towards persistence as long as few
 * independent outcomes speak for them: outcomes an hour apart of forecasts a day ahead are nearly the same. When the
 * forecasts issued lately were worse than persistence, the shares shrink. The band is
 * that of the errors really made (split conformal prediction: Vovk, Gammerman & Shafer 2005, *Algorithmic Learning in a Random
 * World*); until there are some, that of the outcomes the shares were fitted to, widened.
 * @param outcomes of the present model, oldest first; it may be run over the past for this
 * @param issued forecasts that were issued, oldest first
 * @param hoursBetween between two issues
 */
export function calibrateLead(
  outcomes: readonly ForecastOutcome[],
  issued: readonly IssuedError[],
  leadHours: number,
  hoursBetween: number,
): LeadCalibration {
  const weight = outcomes.reduce((total, outcome) => total + weightOf(outcome), 0)
  const independent = independentCount(weight, leadHours, hoursBetween)
  const standing = independent < LEAST_INDEPENDENT ? 0 : standingOf(issued)
  const best = sharesOf(outcomes, independent)
  const shares = { model: standing * best.model, habit: standing * best.habit }
  const independentIssued = independentCount(issued.length, leadHours, hoursBetween)
  if (issued.length >= 48 && independentIssued >= 3) {
    const errors = issued.map(({ error }) => error)
    return { ...shares, ...bandOf(errors, independentIssued, 1 + FEW_WIDENING / independentIssued) }
  }
  if (independent < LEAST_INDEPENDENT) return { ...uncalibrated(leadHours), ...shares }
  const residuals = outcomes.map((outcome) => outcome.actual - blended(outcome, shares))
  return { ...shares, ...bandOf(residuals, independent, UNSEEN_WIDENING) }
}

/** What an outcome counts. */
function weightOf({ unseen }: ForecastOutcome): number {
  return unseen ? 1 : SEEN_WEIGHT
}

function independentCount(count: number, leadHours: number, hoursBetween: number): number {
  return (count * hoursBetween) / Math.max(hoursBetween, leadHours / 2)
}

/**
 * 1 for forecasts of the present model that were no worse than persistence, down to 0 for those a fifth worse. Forecasts
 * withdrawn are equal to persistence, so that the standing recovers while it is low.
 */
function standingOf(issued: readonly IssuedError[]): number {
  let errors = 0
  let persistence = 0
  for (const { error, persistenceError, present } of issued) {
    if (!present) continue
    errors += error * error
    persistence += persistenceError * persistenceError
  }
  if (persistence === 0) return 1
  return Math.min(1, Math.max(0, 1 - 5 * (Math.sqrt(errors / persistence) - 1)))
}

/** Quantiles at the rank of a finite sample: (n + 1) · share. */
function bandOf(errors: readonly number[], independent: number, widening: number): { low: number; high: number } {
  const sorted = [...errors].sort((one, other) => one - other)
  const tail = 0.1 * (1 - 1 / Math.max(2, independent))
  const centre = quantileOfSorted(sorted, 0.5)
  return {
    low: centre + widening * (quantileOfSorted(sorted, tail) - centre),
    high: centre + widening * (quantileOfSorted(sorted, 1 - tail) - centre),
  }
}

/** @returns °C */
export function blended(
  forecast: Pick<ForecastOutcome, 'persistence' | 'model' | 'habit'>,
  { model, habit }: Pick<LeadCalibration, 'model' | 'habit'>,
): number {
  const { persistence } = forecast
  return persistence + model * (forecast.model - persistence) + habit * (forecast.habit - persistence)
}

/** @param independent outcomes, so many that say something of their own */
function sharesOf(outcomes: readonly ForecastOutcome[], independent: number): { model: number; habit: number } {
  let mm = 0
  let hh = 0
  let mh = 0
  let my = 0
  let hy = 0
  for (const outcome of outcomes) {
    const weight = weightOf(outcome)
    const m = outcome.model - outcome.persistence
    const h = outcome.habit - outcome.persistence
    const y = outcome.actual - outcome.persistence
    mm += weight * m * m
    hh += weight * h * h
    mh += weight * m * h
    my += weight * m * y
    hy += weight * h * y
  }
  const doubt = DOUBT / Math.max(1, independent)
  const mmPulled = mm * (1 + doubt) + 1e-12
  const hhPulled = hh * (1 + doubt) + 1e-12
  const determinant = mmPulled * hhPulled - mh * mh
  const both = { model: (my * hhPulled - hy * mh) / determinant, habit: (hy * mmPulled - my * mh) / determinant }
  const alone = { model: clampShare(my / mmPulled), habit: clampShare(hy / hhPulled) }
  if (both.model >= 0 && both.habit >= 0) {
    const total = both.model + both.habit
    return total <= 1 ? both : { model: both.model / total, habit: both.habit / total }
  }
  return both.model < 0 ? { model: 0, habit: alone.habit } : { model: alone.model, habit: 0 }
}

function clampShare(value: number): number {
  return Math.min(1, Math.max(0, value))
}
