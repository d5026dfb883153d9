/**
 * Where a house is now by its model, from the readings of the last days: temperatures nobody measures, the usual
 * disturbance by hour, and how well the model has foretold the last day.
 */
import { at } from '../numeric/matrix.ts'
import { rootMeanSquare } from '../numeric/statistics.ts'
import { type InputTable, inputTable, runFilter } from '../thermal/filter.ts'
import type { FittedModel } from '../thermal/fit.ts'
import { type DiscreteModel, INPUTS } from '../thermal/network.ts'
import { type ThermalSeries, timeAt } from '../thermal/series.ts'
import type { SteeringModel } from './decision.ts'
import { discreteOnce } from './discrete-once.ts'

const HOUR_MS = 3_600_000
const RECENT_LEAD_HOURS = 6
/** Days without a disturbance that an hour's mean is pulled to 0 with. */
const PULL_DAYS = 2
/** Days like the other ones that weekends, and working days, are pulled to the common mean with. */
const WEEKEND_PULL_DAYS = 1
const LEADS = 12
/** Errors over readings a model was fitted to, for those to come. */
const UNSEEN_WIDENING = 1.25

export type EstimatedState = Required<
  Pick<SteeringModel, 'state' | 'disturbanceByHour' | 'lastingDeparture' | 'recentRmse6h'>
>

/** Null when the series does not end with a known state: no reading yet, or weather missing at its end. */
export function estimateState(
  model: Pick<FittedModel, 'structure' | 'values' | 'reference'>,
  series: ThermalSeries,
): EstimatedState | null {
  const run = filtered(model, series)
  const usual = usualDisturbance(run, series, series.length)
  const n = run.discrete.states
  const state = Array.from(run.states.subarray((series.length - 1) * n, series.length * n))
  if (state.length < n || state.some((value) => Number.isNaN(value))) return null
  const recent: number[] = []
  const lasting = lastingDepartures(run, series, usual)
  const day = Math.round(24 / series.stepHours)
  for (let k = Math.max(0, series.length - day); k < series.length; k += 1) {
    const error = errorAfter(run, series, k, RECENT_LEAD_HOURS, usual, lasting)
    if (error !== null) recent.push(error)
  }
  return {
    state,
    disturbanceByHour: usual,
    lastingDeparture: at(lasting, series.length - 1),
    recentRmse6h: recent.length * series.stepHours < 6 ? null : rootMeanSquare(recent),
  }
}

/** Standard errors of forecasts 1 … 12 hours ahead with the weather as measured, widened for readings unseen. K. */
export function errorsByLead(
  model: Pick<FittedModel, 'structure' | 'values' | 'reference'>,
  series: ThermalSeries,
): number[] {
  const run = filtered(model, series)
  const usual = usualDisturbance(run, series, series.length)
  const lasting = lastingDepartures(run, series, usual)
  return Array.from({ length: LEADS }, (_, index) => {
    const errors: number[] = []
    for (let k = 0; k < series.length; k += 1) {
      const error = errorAfter(run, series, k, index + 1, usual, lasting)
      if (error !== null) errors.push(error)
    }
    return errors.length === 0 ? 0.3 : UNSEEN_WIDENING * rootMeanSquare(errors)
  })
}

/** Root mean square error a day ahead from step `from` on, and that of "it stays as it is"; null without outcomes. */
export function dayAheadErrors(
  model: Pick<FittedModel, 'structure' | 'values' | 'reference'>,
  series: ThermalSeries,
  from: number,
): { model: number; persistence: number } | null {
  const run = filtered(model, series)
  const usual = usualDisturbance(run, series, from)
  const lasting = lastingDepartures(run, series, usual)
  const steps = Math.round(24 / series.stepHours)
  const errors: number[] = []
  const changes: number[] = []
  for (let k = from + steps; k < series.length; k += 1) {
    const error = errorAfter(run, series, k, 24, usual, lasting)
    const change = at(series.indoor, k) - at(series.indoor, k - steps)
    if (error === null || Number.isNaN(change)) continue
    errors.push(error)
    changes.push(change)
  }
  return errors.length === 0 ? null : { model: rootMeanSquare(errors), persistence: rootMeanSquare(changes) }
}

interface Filtered {
  readonly discrete: DiscreteModel
  readonly inputs: InputTable
  readonly states: Float64Array
  readonly disturbanceHours: number
}

function filtered(model: Pick<FittedModel, 'structure' | 'values' | 'reference'>, series: ThermalSeries): Filtered {
  const discrete = discreteOnce(model, series.stepHours)
  const inputs = inputTable(model.structure, series, model.reference)
  const { states } = runFilter(discrete, inputs, series, { states: true })
  return { discrete, inputs, states: states as Float64Array, disturbanceHours: model.values.disturbanceHours }
}

/** Reading of step k less what was foreseen `leadHours` before, with the inputs as they came; null where unknown. */
function errorAfter(
  { discrete, inputs, states, disturbanceHours }: Filtered,
  series: ThermalSeries,
  k: number,
  leadHours: number,
  usual: readonly number[],
  lasting: Float64Array,
): number | null {
  const steps = Math.round(leadHours / series.stepHours)
  const n = discrete.states
  const from = k - steps
  const reading = at(series.indoor, k)
  if (steps < 1 || from < 0 || Number.isNaN(reading) || Number.isNaN(at(states, from * n))) return null
  let state: Float64Array = states.slice(from * n, (from + 1) * n)
  let next: Float64Array = new Float64Array(n)
  const foreseen = {
    usual,
    departure: at(state, n - 1) - usualAt(usual, timeAt(series, from)),
    lasting: at(lasting, from),
  }
  for (let step = from; step < k; step += 1) {
    if (inputs.usable[step] !== 1) return null
    const hours = (step - from) * series.stepHours
    state[n - 1] = disturbanceAhead(foreseen, timeAt(series, step), hours, disturbanceHours)
    for (let i = 0; i < n; i += 1) {
      let value = 0
      for (let j = 0; j < n; j += 1) value += at(discrete.transition, i * n + j) * at(state, j)
      for (let j = 0; j < INPUTS; j += 1) {
        value += at(discrete.input, i * INPUTS + j) * at(inputs.values, step * INPUTS + j)
      }
      next[i] = value
    }
    const before = state
    state = next
    next = before
  }
  return reading - at(state, 0)
}

/** What a disturbance is foreseen by: its usual course, and how far it stands from it now and has stood for a day, K. */
export interface DisturbanceForesight {
  readonly usual: readonly number[]
  readonly departure: number
  readonly lasting: number
}

/** How long a departure that has lasted for a day goes on, h: guests, a holiday, what the model has wrong here. */
const LASTING_HOURS = 48

/** The disturbance some hours ahead, K: what came suddenly fades soon, what has lasted fades slowly. */
export function disturbanceAhead(
  { usual, departure, lasting }: DisturbanceForesight,
  time: number,
  hours: number,
  disturbanceHours: number,
): number {
  const sudden = (departure - lasting) * Math.exp(-hours / disturbanceHours)
  return usualAt(usual, time) + sudden + lasting * Math.exp(-hours / LASTING_HOURS)
}

/** For each step the mean departure from the usual over the day before it; 0 where little of that day is known. K. */
function lastingDepartures(
  { discrete, states }: Filtered,
  series: ThermalSeries,
  usual: readonly number[],
): Float64Array {
  const n = discrete.states
  const day = Math.round(DAY_HOURS / series.stepHours)
  const departures = Float64Array.from({ length: series.length }, (_, k) => {
    const disturbance = at(states, k * n + n - 1)
    return Number.isNaN(disturbance) ? Number.NaN : disturbance - usualAt(usual, timeAt(series, k))
  })
  const means = new Float64Array(series.length)
  let sum = 0
  let count = 0
  for (let k = 0; k < series.length; k += 1) {
    const entering = at(departures, k)
    const leaving = k < day ? Number.NaN : at(departures, k - day)
    if (!Number.isNaN(entering)) {
      sum += entering
      count += 1
    }
    if (!Number.isNaN(leaving)) {
      sum -= leaving
      count -= 1
    }
    means[k] = 2 * count < day ? 0 : sum / count
  }
  return means
}

const DAY_HOURS = 24
const SLOTS = 2 * DAY_HOURS

/** Slot of a time: hour of the day (UTC), weekends apart. */
function slotOf(time: number): number {
  const hours = Math.floor(time / HOUR_MS)
  // 1 January 1970 was a Thursday.
  const weekday = (Math.floor(hours / DAY_HOURS) + 3) % 7
  return (hours % DAY_HOURS) + (weekday >= 5 ? DAY_HOURS : 0)
}

/** The usual disturbance at a time, K. @param usual `SteeringModel.disturbanceByHour` */
export function usualAt(usual: readonly number[], time: number): number {
  return usual[slotOf(time)] ?? 0
}

/** Means by slot of the steps before `end`, pulled towards the hour's mean over all days, and that towards 0. */
function usualDisturbance({ discrete, states }: Filtered, series: ThermalSeries, end: number): number[] {
  const n = discrete.states
  const sums = new Float64Array(SLOTS)
  const counts = new Float64Array(SLOTS)
  for (let k = 0; k < end; k += 1) {
    const disturbance = at(states, k * n + n - 1)
    if (Number.isNaN(disturbance)) continue
    const slot = slotOf(timeAt(series, k))
    sums[slot] = at(sums, slot) + disturbance * series.stepHours
    counts[slot] = at(counts, slot) + series.stepHours
  }
  return Array.from({ length: SLOTS }, (_, slot) => {
    const hour = slot % DAY_HOURS
    const other = hour + DAY_HOURS
    const both = (at(sums, hour) + at(sums, other)) / (at(counts, hour) + at(counts, other) + PULL_DAYS)
    return (at(sums, slot) + WEEKEND_PULL_DAYS * both) / (at(counts, slot) + WEEKEND_PULL_DAYS)
  })
}
