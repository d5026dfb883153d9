/** The Kalman filter of a building model over a series: likelihood, innovations, states. */
import { type DiscreteModel, INPUTS } from './network.ts'
import type { ThermalSeries } from './series.ts'
import type { ModelStructure } from './structure.ts'

/** Innovations beyond this many standard deviations count as far as this only: an open window is no property of a house. */
export const GATE = 3

/** Mean and covariance (`states × states`, row by row) of the temperatures and the disturbance. */
export interface StateEstimate {
  readonly mean: Float64Array
  readonly covariance: Float64Array
}

/** Inputs per step, `INPUTS` each; the input of a step that is not known makes the step unusable. */
export interface InputTable {
  readonly values: Float64Array
  /** 1 where all inputs of the way from this step to the next are known. */
  readonly usable: Uint8Array
  /** What the disturbance returns to at each step, K; 0 where it is left out. */
  readonly usual?: Float64Array
}

/** What the loss by wind is counted from. Constants, so that the model stays linear, and UA is that at the usual wind. */
export interface Reference {
  /** °C. */
  readonly indoor: number
  /** m/s. */
  readonly wind: number
}

/** How much the reading at the end of a step says about the step: half of it, or nothing where inputs are held. */
export function shareOfNext({ held }: Pick<ModelStructure, 'held'>): number {
  return held === true ? 0 : 0.5
}

/**
 * Mean inputs on the way from each step to the next. Readings are taken as points of a line (exact for point samples, and
 * right for means of periods when the indoor temperature is one too), or as held, as the structure has it.
 */
export function inputTable(structure: ModelStructure, series: ThermalSeries, reference: Reference): InputTable {
  const share = shareOfNext(structure)
  const halfway = (column: Float64Array, one: number, other: number) =>
    (1 - share) * at(column, one) + share * at(column, other)
  const values = new Float64Array(series.length * INPUTS)
  const usable = new Uint8Array(series.length)
  for (let k = 0; k < series.length; k += 1) {
    const next = Math.min(series.length - 1, k + 1)
    const outdoor = halfway(series.outdoor, k, next)
    const heat = structure.heat === 'none' ? 0 : halfway(series.heat, k, next)
    values[k * INPUTS] = outdoor
    values[k * INPUTS + 1] = heat
    values[k * INPUTS + 2] = structure.solar ? halfway(series.irradiance, k, next) : 0
    values[k * INPUTS + 3] = 1
    values[k * INPUTS + 4] = structure.wind
      ? (halfway(series.wind, k, next) - reference.wind) * (reference.indoor - outdoor)
      : 0
    usable[k] = Number.isNaN(outdoor + heat) ? 0 : 1
  }
  return { values, usable }
}

/** The state where a filter begins: in the steady state that the first readings suggest. */
function initialState(model: DiscreteModel, indoor: number, outdoor: number): StateEstimate {
  const mean = new Float64Array(model.states).fill(indoor)
  mean[model.states - 1] = 0
  // Walls stand between indoors and outdoors, nearer to indoors; the filter finds out how near.
  if (model.states >= 3) mean[1] = indoor + 0.2 * (outdoor - indoor)
  const covariance = new Float64Array(model.states ** 2)
  for (let i = 0; i < model.states; i += 1) covariance[i * model.states + i] = at(model.initialVariance, i)
  return { mean, covariance }
}

export interface FilterRun {
  /** Logarithm of the likelihood of the readings, robust against outliers. */
  readonly logLikelihood: number
  /** Readings that count in it. */
  readonly readings: number
  /** Standardised innovations, NaN where there was no reading. Only when asked for. */
  readonly innovations: Float64Array | null
  /** State after the reading of each step, `states` numbers each. Only when asked for. */
  readonly states: Float64Array | null
  readonly last: StateEstimate | null
}

/** Readings at the start (and after a break) that only find the state and do not count in the likelihood. */
const SETTLING_READINGS = 4
/**
 * As in matrix.ts. It stands here because test runners turn every use of an import into a property read, which makes
 * the loops below ten times slower.
 */
function at(values: Float64Array, index: number): number {
  return values[index] as number
}

const WIDTH = INPUTS

/** Relative change of a covariance below which it counts as settled; from then on its recursion is skipped. */
const SETTLED = 1e-7

/**
 * Runs over a series. A step without a reading is predicted through; where an input is missing the filter starts anew.
 * The covariance does not depend on the readings, so it is only computed until it has settled, and after holes.
 */
export function runFilter(
  model: DiscreteModel,
  inputs: InputTable,
  series: Pick<ThermalSeries, 'length' | 'indoor' | 'outdoor'>,
  keep: { innovations?: boolean; states?: boolean } = {},
): FilterRun {
  const n = model.states
  const innovations = keep.innovations ? new Float64Array(series.length).fill(Number.NaN) : null
  const states = keep.states ? new Float64Array(series.length * n).fill(Number.NaN) : null
  const scratch = new Float64Array(n)
  const wide = new Float64Array(n * n)
  const gain = new Float64Array(n)
  const before = new Float64Array(n * n)
  const { usual } = inputs
  const departureKept = at(model.transition, n * n - 1)
  let state: StateEstimate | null = null
  let settled = false
  let variance = 0
  let sum = 0
  let readings = 0
  let seen = 0
  for (let k = 0; k < series.length; k += 1) {
    const reading = at(series.indoor, k)
    const known = !Number.isNaN(reading)
    if (state === null) {
      const outdoor = at(series.outdoor, k)
      if (!known || Number.isNaN(outdoor)) continue
      state = initialState(model, reading, outdoor)
      if (usual !== undefined) state.mean[n - 1] = at(usual, k)
      settled = false
      seen = 0
    }
    const { mean, covariance } = state
    if (known) {
      if (!settled) {
        variance = at(covariance, 0) + model.sensorVariance
        for (let i = 0; i < n; i += 1) gain[i] = at(covariance, i * n) / variance
        shrink(covariance, gain, n)
      }
      const deviation = Math.sqrt(variance)
      const z = (reading - at(mean, 0)) / deviation
      const size = Math.abs(z)
      shift(mean, gain, size <= GATE ? z * deviation : Math.sign(z) * GATE * deviation)
      seen += 1
      if (seen > SETTLING_READINGS) {
        sum += (size <= GATE ? z * z : 2 * GATE * size - GATE * GATE) + Math.log(variance)
        readings += 1
      }
      if (innovations !== null) innovations[k] = z
    } else {
      settled = false
    }
    if (states !== null) states.set(mean, k * n)
    if (k + 1 === series.length) break
    if (inputs.usable[k] === 0) {
      state = null
      continue
    }
    predictMean(model, mean, inputs.values, k * WIDTH, scratch)
    if (usual !== undefined) mean[n - 1] = at(mean, n - 1) + at(usual, k + 1) - departureKept * at(usual, k)
    if (!settled) {
      predictCovariance(model, covariance, wide)
      settled = known && unchanged(before, covariance)
      before.set(covariance)
    }
  }
  if (settled && state !== null) shrinkSettled(state, gain, n)
  const logLikelihood = -0.5 * (sum + readings * Math.log(2 * Math.PI))
  return { logLikelihood, readings, innovations, states, last: state }
}

/** While settled, the covariance kept is the one before a reading; what is handed out is the one after it. */
function shrinkSettled(state: StateEstimate, gain: Float64Array, n: number): void {
  shrink(state.covariance, gain, n)
}

function shift(mean: Float64Array, gain: Float64Array, innovation: number): void {
  for (let i = 0; i < mean.length; i += 1) mean[i] = at(mean, i) + at(gain, i) * innovation
}

/** P − K·(first row of P). */
function shrink(covariance: Float64Array, gain: Float64Array, n: number): void {
  for (let i = n - 1; i >= 0; i -= 1) {
    const factor = at(gain, i)
    for (let j = 0; j < n; j += 1) {
      covariance[i * n + j] = at(covariance, i * n + j) - factor * at(covariance, j)
    }
  }
}

function predictMean(
  model: DiscreteModel,
  mean: Float64Array,
  inputs: Float64Array,
  offset: number,
  scratch: Float64Array,
): void {
  const n = model.states
  for (let i = 0; i < n; i += 1) {
    let next = 0
    for (let j = 0; j < n; j += 1) next += at(model.transition, i * n + j) * at(mean, j)
    for (let j = 0; j < WIDTH; j += 1) next += at(model.input, i * WIDTH + j) * at(inputs, offset + j)
    scratch[i] = next
  }
  mean.set(scratch)
}

function predictCovariance(model: DiscreteModel, covariance: Float64Array, scratch: Float64Array): void {
  const n = model.states
  const a = model.transition
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      let value = 0
      for (let k = 0; k < n; k += 1) value += at(a, i * n + k) * at(covariance, k * n + j)
      scratch[i * n + j] = value
    }
  }
  for (let i = 0; i < n; i += 1) {
    for (let j = i; j < n; j += 1) {
      let value = at(model.noise, i * n + j)
      for (let k = 0; k < n; k += 1) value += at(scratch, i * n + k) * at(a, j * n + k)
      covariance[i * n + j] = value
      covariance[j * n + i] = value
    }
  }
}

function unchanged(before: Float64Array, now: Float64Array): boolean {
  for (let i = 0; i < now.length; i += 1) {
    if (Math.abs(at(now, i) - at(before, i)) > SETTLED * Math.abs(at(now, i)) + 1e-14) return false
  }
  return true
}
