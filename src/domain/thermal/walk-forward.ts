/**
 * Forecasts as they would have been issued over a series: at each hour everything (model, heating rule, usual course,
 * trust) comes from readings up to that hour only. Weather after the hour is a forecast if one is given, else as measured.
 */
import { at } from '../numeric/matrix.ts'
import {
  blended,
  calibrateLeads,
  type ForecastOutcome,
  type LeadCalibration,
  SHARES_HOURS,
  uncalibrated,
} from './calibration.ts'
import type { FittedModel } from './fit.ts'
import { HORIZON_HOURS, LEAD_HOURS } from './forecast.ts'
import { fitForeseeing } from './foreseeing.ts'
import { habitForecast, learnHabit, newHabit } from './habit.ts'
import { learnHeatRule } from './heat-rule.ts'
import {
  believable,
  type ComingWeather,
  type FilteredSeries,
  filterSeries,
  measuredWeather,
  modelPath,
  type RunnableModel,
  readingAt,
  stepsOf,
} from './house-path.ts'
import { identify, tooLittle } from './identify.ts'
import { type LocalTime, localClock, localTimes } from './local-time.ts'
import { meterRule, smoothedBy } from './meter-noise.ts'
import { between, type ThermalSeries, timeAt } from './series.ts'
import type { IssuedError } from './trust.ts'

export interface IssuedForecast {
  /** Epoch milliseconds. */
  readonly issued: number
  readonly time: number
  readonly leadHours: number
  /** °C. */
  readonly mean: number
  readonly q10: number
  readonly q90: number
  /** Indoor temperature at the issue, °C. */
  readonly persistence: number
  /** What the building model alone said, °C. */
  readonly model: number
  /** What would have been said had the blend been trusted, °C: its past decides whether it is. */
  readonly candidate: number
  /** What was measured, °C; NaN when nothing was. */
  readonly actual: number
}

export interface WalkForwardOptions {
  /** Zone of the people who live there, for habits. Default Europe/Stockholm. */
  readonly zone?: string
  /**
   * Weather forecast issued at a step, from that step on; without it, and without its wind, the measured weather stands
   * for it.
   */
  readonly weather?: (issue: number, steps: number) => Omit<ComingWeather, 'wind'> & Partial<ComingWeather>
}

/** A fit looks at this many days at most. */
export const TRAINING_DAYS = 42
/** Days after the start at which the model is fitted again; then every four weeks. */
const FIT_DAYS = [3, 5, 7, 10, 14, 21, 28]
/** Forecasts before this day train the trust and are not handed out. */
const FIRST_DAY = 7
/** Shorter series are divided instead: first fit after a quarter, forecasts from the half on. */
const SHORT_DAYS = 10
const CALIBRATION_EVERY_HOURS = 12
const HOUR_MS = 3_600_000

interface Epoch {
  /** Steps: fitted on readings before `from`, used until before `to`. */
  readonly from: number
  readonly to: number
  readonly handedOut: boolean
}

/** What was foreseen at one issue, by lead time. */
interface IssueRecord {
  readonly issue: number
  readonly persistence: number
  readonly habit: Float64Array
  /** Of the present model; run again over the past when the model changes. */
  model: Float64Array
  /** As it was issued, or would have been had the blend been trusted. */
  readonly candidate: Float64Array
}

/** Issues forecasts for {@link LEAD_HOURS} each hour (or step, if longer); empty when there is too little to begin. */
export function walkForward(series: ThermalSeries, options: WalkForwardOptions = {}): IssuedForecast[] {
  const zone = options.zone ?? 'Europe/Stockholm'
  const clock = localClock(zone)
  const times: LocalTime[] = Array.from({ length: series.length + stepsOf(series, HORIZON_HOURS) + 1 }, (_, index) =>
    clock(timeAt(series, index)),
  )
  const leads = LEAD_HOURS.filter((lead) => Number.isInteger(lead / series.stepHours))
  const issued: IssuedForecast[] = []
  const habit = newHabit()
  const records: IssueRecord[] = []
  let learned = 0
  let previous: FittedModel | undefined
  for (const epoch of epochsOf(series)) {
    const context = prepare(series, epoch, zone, previous)
    previous = context?.fitted ?? previous
    const modelAt = (k: number, persistence: number): Float64Array => {
      const path = context === null ? null : foresee(series, k, context, options)
      return Float64Array.from(leads, (lead) => believable(path?.[stepsOf(series, lead)], persistence))
    }
    for (const record of records) {
      if (context !== null && record.issue >= context.offset) record.model = modelAt(record.issue, record.persistence)
    }
    let calibrations = leads.map(uncalibrated)
    let calibratedAt = Number.NEGATIVE_INFINITY
    for (let k = epoch.from; k < epoch.to; k += 1) {
      for (; learned <= k; learned += 1) learnHabit(habit, series, learned, times[learned] as LocalTime)
      if (timeAt(series, k) % (Math.max(1, series.stepHours) * HOUR_MS) !== 0) continue
      const persistence = readingAt(series, k)
      if (persistence === null) continue
      if (k - calibratedAt >= stepsOf(series, CALIBRATION_EVERY_HOURS)) {
        const oldest = k - stepsOf(series, SHARES_HOURS)
        while (records[0] !== undefined && records[0].issue < oldest) records.shift()
        calibrations = calibrate(series, records, leads, k, epoch.from)
        calibratedAt = k
      }
      const record: IssueRecord = {
        issue: k,
        persistence,
        habit: Float64Array.from(leads, (lead) =>
          habitForecast(habit, persistence, times[k] as LocalTime, times[k + stepsOf(series, lead)] as LocalTime, lead),
        ),
        model: modelAt(k, persistence),
        candidate: new Float64Array(leads.length),
      }
      records.push(record)
      leads.forEach((leadHours, index) => {
        const target = k + stepsOf(series, leadHours)
        const calibration = calibrations[index] as LeadCalibration
        const said = { persistence, model: at(record.model, index), habit: at(record.habit, index) }
        const mean = blended(said, calibration)
        record.candidate[index] = blended(said, calibration.candidate)
        if (!epoch.handedOut) return
        issued.push({
          issued: timeAt(series, k),
          time: timeAt(series, target),
          leadHours,
          mean,
          q10: mean + calibration.low,
          q90: mean + calibration.high,
          persistence,
          model: at(record.model, index),
          candidate: at(record.candidate, index),
          actual: target < series.length ? at(series.indoor, target) : Number.NaN,
        })
      })
    }
  }
  return issued
}

/** From the outcomes known at a step. */
function calibrate(
  series: ThermalSeries,
  records: readonly IssueRecord[],
  leads: readonly number[],
  now: number,
  presentFrom: number,
): LeadCalibration[] {
  const byLead = leads.map((leadHours, index) => {
    const steps = stepsOf(series, leadHours)
    const outcomes: ForecastOutcome[] = []
    const issued: IssuedError[] = []
    for (const { issue, persistence, habit, model, candidate } of records) {
      if (issue + steps > now) break
      const actual = at(series.indoor, issue + steps)
      if (Number.isNaN(actual)) continue
      outcomes.push({
        persistence,
        model: at(model, index),
        habit: at(habit, index),
        actual,
        unseen: issue >= presentFrom,
      })
      issued.push({
        hour: issue * series.stepHours,
        persistenceError: actual - persistence,
        candidateError: actual - at(candidate, index),
      })
    }
    return { leadHours, outcomes, issued }
  })
  return calibrateLeads(byLead, Math.max(1, series.stepHours))
}

function epochsOf(series: ThermalSeries): Epoch[] {
  const days = (series.length * series.stepHours) / 24
  const starts = days < SHORT_DAYS ? [days / 4, days / 2] : [...FIT_DAYS]
  const firstHandedOut = days < SHORT_DAYS ? days / 2 : FIRST_DAY
  for (let day = 56; day < days; day += 28) starts.push(day)
  return starts
    .filter((day) => day < days)
    .map((day, index) => ({
      from: stepsOf(series, 24 * day),
      to: Math.min(series.length, stepsOf(series, 24 * (starts[index + 1] ?? days))),
      handedOut: day >= firstHandedOut,
    }))
}

interface Context {
  readonly runnable: RunnableModel
  readonly fitted: FittedModel
  readonly filtered: FilteredSeries
  /** Step of the series at which the filtered one begins. */
  readonly offset: number
}

/** Fits on what was known at the beginning of an epoch, and filters on to its end; null while there is too little. */
function prepare(series: ThermalSeries, epoch: Epoch, zone: string, previous?: FittedModel): Context | null {
  const offset = Math.max(0, epoch.from - stepsOf(series, TRAINING_DAYS * 24))
  const measured = between(series, offset, epoch.from)
  if (tooLittle(measured) !== null) return null
  const meter = meterRule(measured, zone)
  const training = meter === null ? measured : smoothedBy(measured, meter, 'trailing')
  const identified = identify(training, previous, { uncertainty: false }).model
  const clock = localTimes(training, zone)
  const { model, usual } = fitForeseeing(training, identified, clock)
  const rule = learnHeatRule(training, clock)
  const runnable = { model, rule, meter, usual, zone }
  return { runnable, fitted: identified, filtered: filterSeries(runnable, between(series, offset, epoch.to)), offset }
}

/** Indoor temperatures step by step from the issue on; null when the state is not known. */
function foresee(series: ThermalSeries, k: number, context: Context, options: WalkForwardOptions): Float64Array | null {
  const steps = stepsOf(series, HORIZON_HOURS) + 1
  const measured = measuredWeather(series, k, steps)
  const weather = options.weather === undefined ? measured : { wind: measured.wind, ...options.weather(k, steps) }
  return modelPath(context.runnable, context.filtered, k - context.offset, weather)
}
