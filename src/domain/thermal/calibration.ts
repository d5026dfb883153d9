/**
 * How much a forecast is trusted, learned from past forecasts and what came of them: the blend of model, habit and "it
 * stays as it is" per lead time, and the bands that held 80 % of the outcomes.
 */
import { quantileOfSorted } from '../numeric/statistics.ts'
import { type IssuedError, trustedLeads } from './trust.ts'

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

/** Shares of the model and the habit; the rest is persistence. */
export interface Shares {
  readonly model: number
  readonly habit: number
}

/** With the shares in force: those of the candidate, or none. */
export interface LeadCalibration extends Shares {
  /** The best shares, trusted or not. */
  readonly candidate: Shares
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
/** The same for forecasts that were issued. */
const LEAST_ISSUED = 48
const LEAST_INDEPENDENT_ISSUED = 3
/** Independent forecasts that say nothing, added to those seen: what the shares are pulled to zero with. */
const DOUBT = 3
/** What an outcome counts that the model was fitted to. */
const SEEN_WEIGHT = 0.7

/** What is believed before any outcome: persistence, and a band that widens with the square root of the lead. */
export function uncalibrated(leadHours: number): LeadCalibration {
  const width = 0.15 + 0.2 * Math.sqrt(leadHours)
  return { ...NOTHING, candidate: NOTHING, low: -width, high: width }
}

const NOTHING: Shares = { model: 0, habit: 0 }

/** What is known of one lead time, oldest first. */
export interface LeadPast {
  readonly leadHours: number
  /** Of the present model; it may be run over the past for this. */
  readonly outcomes: readonly ForecastOutcome[]
  /** Forecasts that were issued, by whatever model there was. */
  readonly issued: readonly IssuedError[]
}

/**
 * Calibrates all lead times.
 *
 * The best shares are least squares, not negative, together at most 1, and pulled towards persistence as long as few
 * independent outcomes speak for them: outcomes an hour apart of forecasts a day ahead are nearly the same. They are
 * used where forecasts with such shares have been better than persistence, significantly ({@link trustedLeads});
 * elsewhere the forecast is persistence. The band is that of the errors really made (split conformal prediction: Vovk,
 * Gammerman & Shafer 2005, *Algorithmic Learning in a Random World*); until there are some, that of the outcomes the
 * shares were fitted to, widened.
 * @param pasts ascending in lead time
 * @param hoursBetween between two issues
 */
export function calibrateLeads(pasts: readonly LeadPast[], hoursBetween: number): LeadCalibration[] {
  const trusted = trustedLeads(pasts)
  return pasts.map((past, index) => calibrateLead(past, hoursBetween, trusted[index] === true))
}

function calibrateLead(
  { leadHours, outcomes, issued }: LeadPast,
  hoursBetween: number,
  trusted: boolean,
): LeadCalibration {
  const weight = outcomes.reduce((total, outcome) => total + weightOf(outcome), 0)
  const independent = independentCount(weight, leadHours, hoursBetween)
  const candidate = independent < LEAST_INDEPENDENT ? NOTHING : sharesOf(outcomes, independent)
  const shares = { ...(trusted ? candidate : NOTHING), candidate }
  const errors = issued.map(({ candidateError, persistenceError }) => (trusted ? candidateError : persistenceError))
  const band = issuedBand(errors.slice(-Math.round(BAND_HOURS / hoursBetween)), leadHours, hoursBetween)
  if (band !== null) return { ...shares, ...band }
  if (independent < LEAST_INDEPENDENT) return { ...uncalibrated(leadHours), ...shares }
  const residuals = outcomes.map((outcome) => outcome.actual - blended(outcome, shares))
  return { ...shares, ...bandOf(residuals, independent, UNSEEN_WIDENING) }
}

/** The band that errors of issued forecasts give, K; null while they are few. @param errors outcome less forecast */
export function issuedBand(
  errors: readonly number[],
  leadHours: number,
  hoursBetween: number,
): { low: number; high: number } | null {
  const independent = independentCount(errors.length, leadHours, hoursBetween)
  if (errors.length < LEAST_ISSUED || independent < LEAST_INDEPENDENT_ISSUED) return null
  return bandOf(errors, independent, 1 + FEW_WIDENING / independent)
}

/** What an outcome counts. */
function weightOf({ unseen }: ForecastOutcome): number {
  return unseen ? 1 : SEEN_WEIGHT
}

function independentCount(count: number, leadHours: number, hoursBetween: number): number {
  return (count * hoursBetween) / Math.max(hoursBetween, leadHours / 2)
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
  { model, habit }: Shares,
): number {
  const { persistence } = forecast
  return persistence + model * (forecast.model - persistence) + habit * (forecast.habit - persistence)
}

/** @param independent outcomes, so many that say something of their own */
function sharesOf(outcomes: readonly ForecastOutcome[], independent: number): Shares {
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
