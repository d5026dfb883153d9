/**
 * A house run through its model: where it stood at each step of a series, and what the model foresees from there on with
 * the heating left to its own rule.
 */
import { at } from '../numeric/matrix.ts'
import { inputTable, runFilter } from './filter.ts'
import type { FittedModel } from './fit.ts'
import { type ComingConditions, foreseeIndoor, HORIZON_HOURS } from './forecast.ts'
import { type HeatRule, roomSignal, ruleHeat, smoothedOutdoor } from './heat-rule.ts'
import { type LocalTime, localClock } from './local-time.ts'
import { smoothedBy } from './meter-noise.ts'
import { type DiscreteModel, discreteModel } from './network.ts'
import { type ThermalSeries, timeAt } from './series.ts'
import { type UsualGains, usualCourse } from './usual-gains.ts'

export type ModelInUse = Pick<FittedModel, 'structure' | 'values' | 'reference'>

/** Everything the state of a house and its forecast follow from, besides readings and weather. */
export interface RunnableModel {
  readonly model: ModelInUse
  /** What the heating does by itself; null when nothing is known of the heat. */
  readonly rule: HeatRule | null
  /** What explains the heat of a meter that measures tap water too; null for any other heat. */
  readonly meter: HeatRule | null
  /** Gains that come back every day; null when they are not known. */
  readonly usual: UsualGains | null
  /** Of the people who live there. */
  readonly zone: string
}

/** Weather of the steps from an issue on; index 0 is the issue itself. */
export type ComingWeather = Pick<ComingConditions, 'outdoor' | 'irradiance' | 'wind'>

/** A series run through a model: where the house stood at each step. */
export interface FilteredSeries {
  /** Its heat as the model takes it in. */
  readonly series: ThermalSeries
  /** Local time of each step, and of those of the horizon after the last. */
  readonly times: readonly LocalTime[]
  readonly discrete: DiscreteModel
  /** After the reading of each step. */
  readonly states: Float64Array
  readonly smoothed: Float64Array
}

/** How long the heat's departure from its rule is averaged, h. */
const DEPARTURE_HOURS = 3

export function stepsOf(series: Pick<ThermalSeries, 'stepHours'>, hours: number): number {
  return Math.round(hours / series.stepHours)
}

export function filterSeries({ model, meter, zone, usual }: RunnableModel, measured: ThermalSeries): FilteredSeries {
  const settled = meter === null ? measured : smoothedBy(measured, meter, 'trailing')
  // Days without sun or wind read as a house without those sensors; the model decides what it uses.
  const series = { ...settled, hasIrradiance: model.structure.solar, hasWind: model.structure.wind }
  const discrete = discreteModel(model.structure, model.values, series.stepHours)
  const clock = localClock(zone)
  const count = series.length + stepsOf(series, HORIZON_HOURS) + 1
  const times = Array.from({ length: count }, (_, index) => clock(timeAt(series, index)))
  const table = inputTable(model.structure, series, model.reference)
  const inputs = usual === null ? table : { ...table, usual: usualCourse(usual, series, times) }
  const run = runFilter(discrete, inputs, series, { states: true })
  return { series, times, discrete, states: run.states as Float64Array, smoothed: smoothedOutdoor(series) }
}

/**
 * Indoor temperatures by the model alone, step by step from step `k` on, °C; shorter where the weather ends, null when
 * the state is not known then.
 */
export function modelPath(
  { model, rule, usual }: RunnableModel,
  filtered: FilteredSeries,
  k: number,
  weather: ComingWeather,
): Float64Array | null {
  const { series, times, discrete, states, smoothed } = filtered
  const n = discrete.states
  const mean = states.slice(k * n, (k + 1) * n)
  if (mean.length < n || Number.isNaN(at(mean, 0))) return null
  const steps = weather.outdoor.length
  const coming = { ...weather, setpoint: comingSetpoints(series, k, steps), clock: times.slice(k, k + steps) }
  const now = {
    heat: at(series.heat, k),
    departure: rule === null ? 0 : departureAt(filtered, k, rule),
    smoothed: at(smoothed, k),
  }
  const { reference, structure } = model
  return foreseeIndoor({ structure, discrete, reference, usual }, mean, coming, { rule, now }, series.stepHours)
}

/** The weather that was measured after a step; NaN beyond the end. */
export function measuredWeather(series: ThermalSeries, k: number, steps: number): ComingWeather {
  const ahead = (values: Float64Array) => {
    const result = new Float64Array(steps).fill(Number.NaN)
    result.set(values.subarray(k, Math.min(values.length, k + steps)))
    return result
  }
  return { outdoor: ahead(series.outdoor), irradiance: ahead(series.irradiance), wind: ahead(series.wind) }
}

/** The setpoint of the same hour a week ago, or a day ago: nobody knows tomorrow's. */
function comingSetpoints(series: ThermalSeries, k: number, steps: number): Float64Array {
  const day = stepsOf(series, 24)
  const week = 7 * day
  return Float64Array.from({ length: steps }, (_, step) => {
    if (step === 0) return at(series.setpoint, k)
    const back = k + step >= week ? week : day
    const source = k + step - back * Math.ceil(step / back)
    return source >= 0 ? at(series.setpoint, source) : at(series.setpoint, k)
  })
}

/** How far the heat has stood from its rule over the last hours: their mean. */
function departureAt({ series, times, smoothed }: FilteredSeries, k: number, rule: HeatRule): number {
  let sum = 0
  let count = 0
  for (let j = Math.max(0, k - stepsOf(series, DEPARTURE_HOURS)); j <= k; j += 1) {
    const conditions = {
      outdoor: at(series.outdoor, j),
      smoothed: at(smoothed, j),
      irradiance: at(series.irradiance, j),
      room: roomSignal(rule.usesSetpoint, at(series.indoor, j), at(series.setpoint, j)),
    }
    const difference = at(series.heat, j) - ruleHeat(rule, conditions, times[j] as LocalTime)
    if (Number.isNaN(difference)) continue
    sum += difference
    count += 1
  }
  return count === 0 ? 0 : sum / count
}

/** The reading of a step, or one at most three hours older; null without. */
export function readingAt(series: ThermalSeries, k: number): number | null {
  for (let j = k; j >= Math.max(0, k - stepsOf(series, 3)); j -= 1) {
    const reading = at(series.indoor, j)
    if (!Number.isNaN(reading)) return reading
  }
  return null
}

/** A model that runs away says nothing; within two days no house moves farther than this, K. */
const FARTHEST = 15

/** What a model says, within what can be believed; "it stays as it is" where it says nothing. °C */
export function believable(model: number | undefined, persistence: number): number {
  if (model === undefined || Number.isNaN(model)) return persistence
  return Math.min(persistence + FARTHEST, Math.max(persistence - FARTHEST, model))
}
