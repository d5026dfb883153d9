/**
 * Following a house between two fits: the filter of its model, one reading at a time. Small and serialisable, cheap enough
 * for every poll. The last state is the disturbance: gains nobody measures, by which forecast and control become free of
 * offset.
 */
import { correct, initialState, predict, type StateEstimate } from './filter.ts'
import type { FittedModel } from './fit.ts'
import { discreteModel, INPUTS } from './network.ts'

const HOUR_MS = 3_600_000
/** After a longer silence the hidden temperatures are anybody's guess: the filter starts anew. */
const LONGEST_SILENCE_HOURS = 24
/** A longer time between two readings is taken in pieces, so that no input is held longer than this. */
const LONGEST_STEP_HOURS = 1
/** Innovations beyond four standard deviations are no noise: a window, a stove, a sensor. */
const SURPRISE = 4

export interface OnlineReading {
  /** Epoch milliseconds. */
  readonly time: number
  /** °C; null when the sensor says nothing. */
  readonly indoor: number | null
  /** °C; null keeps the one before. */
  readonly outdoor: number | null
  /** kW/m². */
  readonly irradiance: number | null
  /** m/s. */
  readonly wind: number | null
  /** kW or °C of the water, as the model wants it. */
  readonly heat: number | null
}

export interface OnlineState {
  readonly time: number
  /** °C, the last one K. */
  readonly mean: readonly number[]
  /** Row by row. */
  readonly covariance: readonly number[]
  /** Inputs that were last known. */
  readonly inputs: {
    readonly outdoor: number
    readonly irradiance: number
    readonly wind: number
    readonly heat: number
  }
  /** Innovation of the last reading over its standard deviation; null when there was none. */
  readonly surprise: number | null
  /** Readings in a row that surprised, colder than foreseen counted negative. */
  readonly surprises: number
}

/** The state with which a house is first seen; null without an indoor, outdoor and heat reading. */
export function beginOnline(model: FittedModel, reading: OnlineReading): OnlineState | null {
  const { time, indoor, outdoor, heat } = reading
  if (indoor === null || outdoor === null || (heat === null && model.structure.heat !== 'none')) return null
  const state = initialState(discreteModel(model.structure, model.values, 0.25), indoor, outdoor)
  return {
    time,
    mean: [...state.mean],
    covariance: [...state.covariance],
    inputs: {
      outdoor,
      irradiance: reading.irradiance ?? 0,
      wind: reading.wind ?? model.reference.wind,
      heat: heat ?? 0,
    },
    surprise: null,
    surprises: 0,
  }
}

/**
 * The state after a reading. A reading that is not later than the state changes nothing; after a day of silence the state
 * begins anew.
 */
export function observe(model: FittedModel, state: OnlineState, reading: OnlineReading): OnlineState {
  const hours = (reading.time - state.time) / HOUR_MS
  if (!(hours > 0)) return state
  if (hours > LONGEST_SILENCE_HOURS) return beginOnline(model, reading) ?? { ...state, surprise: null }
  const inputs = {
    outdoor: reading.outdoor ?? state.inputs.outdoor,
    irradiance: reading.irradiance ?? state.inputs.irradiance,
    wind: reading.wind ?? state.inputs.wind,
    heat: reading.heat ?? state.inputs.heat,
  }
  const estimate: StateEstimate = {
    mean: Float64Array.from(state.mean),
    covariance: Float64Array.from(state.covariance),
  }
  const pieces = Math.ceil(hours / LONGEST_STEP_HOURS)
  const discrete = discreteModel(model.structure, model.values, hours / pieces)
  const row = inputRow(model, state.inputs, inputs)
  for (let piece = 0; piece < pieces; piece += 1) predict(discrete, estimate, row, 0)
  const surprise = reading.indoor === null ? null : correct(discrete, estimate, reading.indoor)
  return {
    time: reading.time,
    mean: [...estimate.mean],
    covariance: [...estimate.covariance],
    inputs,
    surprise,
    surprises: countSurprises(state.surprises, surprise),
  }
}

/** Mean of the inputs over the way, in the order of the model's input matrix. */
function inputRow(model: FittedModel, before: OnlineState['inputs'], now: OnlineState['inputs']): Float64Array {
  const { structure, reference } = model
  const outdoor = (before.outdoor + now.outdoor) / 2
  const row = new Float64Array(INPUTS)
  row[0] = outdoor
  row[1] = structure.heat === 'none' ? 0 : (before.heat + now.heat) / 2
  row[2] = structure.solar ? (before.irradiance + now.irradiance) / 2 : 0
  row[3] = 1
  row[4] = structure.wind ? ((before.wind + now.wind) / 2 - reference.wind) * (reference.indoor - outdoor) : 0
  return row
}

function countSurprises(before: number, surprise: number | null): number {
  if (surprise === null) return before
  if (Math.abs(surprise) <= SURPRISE) return 0
  const sign = Math.sign(surprise)
  return Math.sign(before) === sign ? before + sign : sign
}
