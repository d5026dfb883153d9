/**
 * One house's learning run: its model from the last four weeks, how well forecasts would have gone over the past, and
 * how much to trust the coming ones.
 */
import { errorsByLead } from '../control/estimate.ts'
import { at } from '../numeric/matrix.ts'
import { rootMeanSquare } from '../numeric/statistics.ts'
import { type ParameterUncertainty, parameterUncertainty } from '../savings/parameter-sets.ts'
import { calibrateLeads, type ForecastOutcome, issuedBand, type LeadCalibration } from '../thermal/calibration.ts'
import type { FittedModel } from '../thermal/fit.ts'
import { HORIZON_HOURS, LEAD_HOURS } from '../thermal/forecast.ts'
import { fitForeseeing } from '../thermal/foreseeing.ts'
import { habitForecast, learnHabit, newHabit } from '../thermal/habit.ts'
import { learnHeatRule } from '../thermal/heat-rule.ts'
import { believable, filterSeries, measuredWeather, modelPath, readingAt, stepsOf } from '../thermal/house-path.ts'
import { type Identification, identify, tooLittle } from '../thermal/identify.ts'
import { type LocalTime, localTimes } from '../thermal/local-time.ts'
import { meterRule, withoutMeterNoise } from '../thermal/meter-noise.ts'
import { type ReferenceRules, referenceForecast } from '../thermal/reference-model.ts'
import { type LeadScore, SCORED_LEADS, scoreByLead } from '../thermal/scores.ts'
import {
  between,
  type HeatInput,
  type ThermalSample,
  type ThermalSeries,
  thermalSeries,
  timeAt,
} from '../thermal/series.ts'
import { type IssuedForecast, walkForward } from '../thermal/walk-forward.ts'
import { foreseeingModel, type TrainedModel } from './trained-model.ts'

/** Days a model is fitted to. */
export const FIT_DAYS = 28
/** Leads of live forecasts that are scored, h. */
export const ISSUED_LEADS: readonly number[] = [...SCORED_LEADS, 48]
const HOUR_MS = 3_600_000

export interface TrainingTask {
  /** Ascending in time. */
  readonly samples: readonly ThermalSample[]
  readonly heatInput: HeatInput
  readonly heatIncludesHotWater: boolean
  readonly zone: string
  /** Errors (outcome less forecast, K) of live forecasts of the last weeks, oldest first: they hold the errors of weather forecasts too. */
  readonly issued: readonly { readonly leadHours: number; readonly error: number }[]
  /** The rules of thumb that are scored beside. */
  readonly rules: ReferenceRules
}

/** How forecasts would have gone lately, with models that had not seen the days they were judged by. */
export interface PastScore extends LeadScore {
  /** Of the building model without habit and persistence, K. */
  readonly modelRmse: number
  /** Of the rules of thumb, K. */
  readonly referenceRmse: number | null
}

export interface Training {
  readonly trained: TrainedModel
  readonly identification: Omit<Identification, 'model'>
  readonly logLikelihood: number
  /** The part the model was fitted to, epoch milliseconds. */
  readonly from: number
  readonly to: number
  readonly pastScores: readonly PastScore[]
  /** Standard errors 1, 2 … hours ahead, K. */
  readonly errorByLead: readonly number[]
  /** How unsure the parameters are; absent in models of earlier versions of BVPro. */
  readonly uncertainty?: ParameterUncertainty | null
}

export type TrainingOutcome =
  | { readonly training: Training; readonly reason: null }
  | {
      readonly training: null
      /** Why there is no model, one sentence. */
      readonly reason: string
    }

export function trainHouse(task: TrainingTask): TrainingOutcome {
  const { samples, heatInput, heatIncludesHotWater, zone } = task
  if (samples.length < 2) return { training: null, reason: 'There are no readings yet.' }
  const { series } = thermalSeries(samples, heatInput, heatIncludesHotWater)
  const fitted = between(series, Math.max(0, series.length - stepsOf(series, 24 * FIT_DAYS)), series.length)
  const reason = tooLittle(fitted)
  if (reason !== null) return { training: null, reason }
  const settled = withoutMeterNoise(fitted, zone)
  const { model, ...identification } = identify(settled)
  const past = withExperience(walkForward(series, { zone }), series)
  const runnable = {
    model: { structure: model.structure, values: model.values, reference: model.reference },
    heatInput,
    heatIncludesHotWater,
    rule: learnHeatRule(settled, localTimes(settled, zone)),
    meter: meterRule(fitted, zone),
    foreseeing: foreseeingOf(settled, model, zone),
    zone,
  }
  const { calibrations, habit } = calibrate(runnable, fitted, past, task.issued)
  return {
    training: {
      trained: { ...runnable, habit, calibrations },
      identification,
      logLikelihood: model.logLikelihood,
      from: timeAt(fitted, 0),
      to: timeAt(fitted, fitted.length),
      pastScores: scorePast(past, series, task.rules),
      errorByLead: errorsByLead(model, settled),
      uncertainty: parameterUncertainty(model),
    },
    reason: null,
  }
}

/**
 * The forecasts of the second half of the past: those before were made by models that had seen far less than the one
 * that is fitted now, and say little about it.
 */
function withExperience(past: readonly IssuedForecast[], series: ThermalSeries): IssuedForecast[] {
  const from = timeAt(series, Math.floor(series.length / 2))
  return past.filter(({ issued }) => issued >= from)
}

function foreseeingOf(
  series: ThermalSeries,
  identified: FittedModel,
  zone: string,
): Required<TrainedModel>['foreseeing'] {
  const { model, usual } = fitForeseeing(series, identified, localTimes(series, zone))
  return { model: { structure: model.structure, values: model.values, reference: model.reference }, usual }
}

type Runnable = Omit<TrainedModel, 'habit' | 'calibrations'>

/** Runs the model over its own past, and compares with what forecasts issued meanwhile were worth. */
function calibrate(
  runnable: Runnable,
  measured: ThermalSeries,
  past: readonly IssuedForecast[],
  live: TrainingTask['issued'],
): Pick<TrainedModel, 'habit' | 'calibrations'> {
  const foreseeing = foreseeingModel(runnable)
  const filtered = filterSeries(foreseeing, measured)
  const { series, times } = filtered
  const leads = LEAD_HOURS.filter((lead) => Number.isInteger(lead / series.stepHours))
  const habit = newHabit()
  const outcomes = new Map<number, ForecastOutcome[]>(leads.map((lead) => [lead, []]))
  const steps = stepsOf(series, HORIZON_HOURS) + 1
  for (let k = 0; k < series.length; k += 1) {
    learnHabit(habit, series, k, times[k] as LocalTime)
    if (timeAt(series, k) % (Math.max(1, series.stepHours) * HOUR_MS) !== 0) continue
    const persistence = readingAt(series, k)
    if (persistence === null) continue
    const path = modelPath(foreseeing, filtered, k, measuredWeather(series, k, steps))
    for (const lead of leads) {
      const target = k + stepsOf(series, lead)
      const actual = target < series.length ? at(series.indoor, target) : Number.NaN
      if (Number.isNaN(actual)) continue
      outcomes.get(lead)?.push({
        persistence,
        model: believable(path?.[stepsOf(series, lead)], persistence),
        habit: habitForecast(habit, persistence, times[k] as LocalTime, times[target] as LocalTime, lead),
        actual,
        unseen: false,
      })
    }
  }
  const hoursBetween = Math.max(1, series.stepHours)
  const pasts = leads.map((leadHours) => {
    const issued = past
      .filter((forecast) => forecast.leadHours === leadHours && !Number.isNaN(forecast.actual))
      .map(({ issued: time, actual, candidate, persistence }) => ({
        hour: time / HOUR_MS,
        persistenceError: actual - persistence,
        candidateError: actual - candidate,
      }))
    return { leadHours, outcomes: outcomes.get(leadHours) ?? [], issued }
  })
  const calibrated = calibrateLeads(pasts, hoursBetween)
  const byLead = leads.map((leadHours, index) => ({ leadHours, ...(calibrated[index] as LeadCalibration) }))
  return {
    calibrations: widened(byLead, live),
    habit: Array.from(habit.course, (value) => (Number.isNaN(value) ? null : value)),
  }
}

/** Fewer live outcomes than this say nothing about a band. */
const LEAST_LIVE = 96

/**
 * Bands of the past rest on measured weather. Where enough live forecasts have come true, the share by which their band
 * was wider is taken over, for leads in between from the nearest that is scored.
 */
function widened(
  calibrations: readonly (LeadCalibration & { readonly leadHours: number })[],
  live: TrainingTask['issued'],
): TrainedModel['calibrations'] {
  const factors = ISSUED_LEADS.flatMap((leadHours) => {
    const errors = live.filter((one) => one.leadHours === leadHours).map(({ error }) => error)
    const past = calibrations.find((one) => one.leadHours === leadHours)
    if (errors.length < LEAST_LIVE || past === undefined) return []
    const band = issuedBand(errors, leadHours, 1)
    if (band === null) return []
    return [{ leadHours, factor: Math.min(3, Math.max(0.7, (band.high - band.low) / (past.high - past.low))) }]
  })
  if (factors.length === 0) return calibrations
  const factorAt = (lead: number) =>
    [...factors].sort((one, other) => Math.abs(one.leadHours - lead) - Math.abs(other.leadHours - lead))[0]?.factor ?? 1
  return calibrations.map((one) => {
    const factor = factorAt(one.leadHours)
    return { ...one, low: factor * one.low, high: factor * one.high }
  })
}

function scorePast(past: readonly IssuedForecast[], series: ThermalSeries, rules: ReferenceRules): PastScore[] {
  return scoreByLead(past).map((score) => {
    const known = past.filter(({ leadHours, actual }) => leadHours === score.leadHours && !Number.isNaN(actual))
    const reference = known.flatMap((forecast) => {
      const foreseen = byRules(forecast, series, rules)
      return foreseen === null ? [] : [forecast.actual - foreseen]
    })
    return {
      ...score,
      modelRmse: rootMeanSquare(known.map(({ actual, model }) => actual - model)),
      referenceRmse: reference.length === 0 ? null : rootMeanSquare(reference),
    }
  })
}

/** What the rules of thumb would have said with the weather as it was measured, °C; null where that is not known. */
function byRules({ issued, leadHours, persistence }: IssuedForecast, series: ThermalSeries, rules: ReferenceRules) {
  const start = stepsOf(series, (issued - series.start) / HOUR_MS)
  const outdoor = Array.from({ length: leadHours }, (_, hour) => at(series.outdoor, start + stepsOf(series, hour + 1)))
  if (outdoor.some((value) => !Number.isFinite(value))) return null
  return referenceForecast(rules, persistence, outdoor).at(-1) ?? null
}
