/**
 * Forecasts as they would have been issued over a series: at each hour everything (model, heating rule, usual course,
 * trust) comes from readings up to that hour only. Weather after the hour is a forecast if one is given, else as measured.
 */
import { at } from '../numeric/matrix.ts'
import {
  BAND_HOURS,
  blended,
  calibrateLead,
  type ForecastOutcome,
  type IssuedError,
  type LeadCalibration,
  SHARES_HOURS,
  uncalibrated,
} from './calibration.ts'
import { inputTable, runFilter } from './filter.ts'
import type { FittedModel } from './fit.ts'
import { type ComingConditions, foreseeIndoor, HORIZON_HOURS, LEAD_HOURS } from './forecast.ts'
import { habitForecast, learnHabit, newHabit } from './habit.ts'
import { type HeatRule, learnHeatRule, roomSignal, ruleHeat, smoothedOutdoor } from './heat-rule.ts'
import { identify, tooLittle } from './identify.ts'
import { type LocalTime, localClock } from './local-time.ts'
import { meterRule, smoothedBy } from './meter-noise.ts'
import { type DiscreteModel, discreteModel } from './network.ts'
import { between, type ThermalSeries, timeAt } from './series.ts'

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
  /** What was measured, °C; NaN when nothing was. */
  readonly actual: number
}

export interface WalkForwardOptions {
  /** Zone of the people who live there, for habits. Default Europe/Stockholm. */
  readonly zone?: string
  /** Weather forecast issued at a step, from that step on; without it the measured weather stands for it. */
  readonly weather?: (issue: number, steps: number) => { outdoor: Float64Array; irradiance: Float64Array }
}

/** A fit looks at this many days at most. */
export const TRAINING_DAYS = 42
/** Days after the start at which the model is fitted again; then every four weeks. */
const FIT_DAYS = [3, 7, 14, 21, 28]
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
  /** As issued. */
  readonly mean: Float64Array
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
    const context = prepare(series, epoch, times, zone, previous)
    previous = context?.model ?? previous
    const modelAt = (k: number, persistence: number): Float64Array => {
      const path = context === null ? null : foresee(series, k, context, times, options)
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
      const persistence = lastReading(series, k)
      if (persistence === null) continue
      if (k - calibratedAt >= stepsOf(series, CALIBRATION_EVERY_HOURS)) {
        const oldest = k - stepsOf(series, SHARES_HOURS)
        while (records[0] !== undefined && records[0].issue < oldest) records.shift()
        calibrations = leads.map((lead, index) => calibrate(series, records, lead, index, k, epoch.from))
        calibratedAt = k
      }
      const record: IssueRecord = {
        issue: k,
        persistence,
        habit: Float64Array.from(leads, (lead) =>
          habitForecast(habit, persistence, times[k] as LocalTime, times[k + stepsOf(series, lead)] as LocalTime, lead),
        ),
        model: modelAt(k, persistence),
        mean: new Float64Array(leads.length),
      }
      records.push(record)
      leads.forEach((leadHours, index) => {
        const target = k + stepsOf(series, leadHours)
        const calibration = calibrations[index] as LeadCalibration
        const mean = blended(
          { persistence, model: at(record.model, index), habit: at(record.habit, index) },
          calibration,
        )
        record.mean[index] = mean
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
  lead: number,
  index: number,
  now: number,
  presentFrom: number,
): LeadCalibration {
  const steps = stepsOf(series, lead)
  const oldestError = now - stepsOf(series, BAND_HOURS)
  const outcomes: ForecastOutcome[] = []
  const made: IssuedError[] = []
  for (const { issue, persistence, habit, model, mean } of records) {
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
    if (issue >= oldestError) {
      made.push({
        error: actual - at(mean, index),
        persistenceError: actual - persistence,
        present: issue >= presentFrom,
      })
    }
  }
  return calibrateLead(outcomes, made, lead, Math.max(1, series.stepHours))
}

/** A model that runs away says nothing; within a day or two no house moves farther than this, K. */
const FARTHEST = 15

function believable(model: number | undefined, persistence: number): number {
  if (model === undefined || Number.isNaN(model)) return persistence
  return Math.min(persistence + FARTHEST, Math.max(persistence - FARTHEST, model))
}

function stepsOf(series: ThermalSeries, hours: number): number {
  return Math.round(hours / series.stepHours)
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
  readonly model: FittedModel
  readonly discrete: DiscreteModel
  readonly rule: HeatRule | null
  /** States after the reading of each step from `offset` on. */
  readonly states: Float64Array
  readonly offset: number
  readonly smoothed: Float64Array
  /** Heat as the model takes it in, from `offset` on. */
  readonly heat: Float64Array
}

function prepare(
  series: ThermalSeries,
  epoch: Epoch,
  times: readonly LocalTime[],
  zone: string,
  previous?: FittedModel,
): Context | null {
  const offset = Math.max(0, epoch.from - stepsOf(series, TRAINING_DAYS * 24))
  const measured = between(series, offset, epoch.from)
  if (tooLittle(measured) !== null) return null
  const noisy = meterRule(measured, zone)
  const settle = (part: ThermalSeries) => (noisy === null ? part : smoothedBy(part, noisy, 'trailing'))
  const training = settle(measured)
  const { model } = identify(training, previous, { uncertainty: false })
  const whole = settle(between(series, offset, epoch.to))
  const discrete = discreteModel(model.structure, model.values, series.stepHours)
  const run = runFilter(discrete, inputTable(model.structure, whole, model.reference), whole, { states: true })
  return {
    model,
    discrete,
    rule: learnHeatRule(training, times.slice(offset, epoch.from)),
    states: run.states as Float64Array,
    offset,
    smoothed: smoothedOutdoor(whole),
    heat: whole.heat,
  }
}

/** Indoor temperatures step by step from the issue on; null when the state is not known. */
function foresee(
  series: ThermalSeries,
  k: number,
  context: Context,
  times: readonly LocalTime[],
  options: WalkForwardOptions,
): Float64Array | null {
  const { model, discrete, rule, states, offset, smoothed } = context
  const n = discrete.states
  const mean = states.slice((k - offset) * n, (k - offset + 1) * n)
  if (Number.isNaN(at(mean, 0))) return null
  const steps = stepsOf(series, HORIZON_HOURS) + 1
  const coming = comingConditions(series, k, steps, times, options)
  const now = {
    heat: at(context.heat, k - offset),
    departure: rule === null ? 0 : departureOf(series, k, rule, context, times),
    smoothed: at(smoothed, k - offset),
  }
  const { reference, structure } = model
  return foreseeIndoor(
    { discrete, reference, heatInput: structure.heat },
    mean,
    coming,
    { rule, now },
    series.stepHours,
  )
}

function comingConditions(
  series: ThermalSeries,
  k: number,
  steps: number,
  times: readonly LocalTime[],
  options: WalkForwardOptions,
): ComingConditions {
  const ahead = (values: Float64Array) => {
    const result = new Float64Array(steps).fill(Number.NaN)
    result.set(values.subarray(k, Math.min(values.length, k + steps)))
    return result
  }
  const forecast = options.weather?.(k, steps)
  const week = stepsOf(series, 168)
  const day = stepsOf(series, 24)
  const setpoint = Float64Array.from({ length: steps }, (_, step) => {
    // The setpoint of the same hour a week ago, or a day ago: nobody knows tomorrow's.
    if (step === 0) return at(series.setpoint, k)
    const back = k + step - week >= 0 ? week : day
    const source = k + step - back * Math.ceil(step / back)
    return source >= 0 ? at(series.setpoint, source) : at(series.setpoint, k)
  })
  return {
    outdoor: forecast?.outdoor ?? ahead(series.outdoor),
    irradiance: forecast?.irradiance ?? ahead(series.irradiance),
    wind: ahead(series.wind),
    setpoint,
    clock: times.slice(k, k + steps),
  }
}

/** How far the heat has stood from its rule over the last hours: their mean. */
function departureOf(
  series: ThermalSeries,
  k: number,
  rule: HeatRule,
  { smoothed, heat, offset }: Context,
  times: readonly LocalTime[],
): number {
  let sum = 0
  let count = 0
  for (let j = Math.max(offset, k - stepsOf(series, 3)); j <= k; j += 1) {
    const room = roomSignal(rule.usesSetpoint, at(series.indoor, j), at(series.setpoint, j))
    const conditions = {
      outdoor: at(series.outdoor, j),
      smoothed: at(smoothed, j - offset),
      irradiance: at(series.irradiance, j),
      room,
    }
    const difference = at(heat, j - offset) - ruleHeat(rule, conditions, times[j] as LocalTime)
    if (Number.isNaN(difference)) continue
    sum += difference
    count += 1
  }
  return count === 0 ? 0 : sum / count
}

/** The reading of a step, or one at most three hours older. */
function lastReading(series: ThermalSeries, k: number): number | null {
  for (let j = k; j >= Math.max(0, k - stepsOf(series, 3)); j -= 1) {
    const reading = at(series.indoor, j)
    if (!Number.isNaN(reading)) return reading
  }
  return null
}
