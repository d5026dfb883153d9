/** From parameters to the equations of the network, their exact discretisation, and what follows from them. */

import { symmetricEigen } from '../numeric/eigen.ts'
import { discretise } from '../numeric/exponential.ts'
import { element, type Matrix, setElement, zeros } from '../numeric/matrix.ts'
import type { ModelStructure, ParameterValues } from './structure.ts'

/** Inputs of the discrete model, in this order: outdoor °C, heat (K, or °C of the water), irradiance kW/m², 1, (wind − usual wind)·ΔT. */
export const INPUTS = 5

/** The discrete model in flat arrays, as the filter wants it. The last state is the disturbance. */
export interface DiscreteModel {
  readonly states: number
  readonly transition: Float64Array
  /** `states × INPUTS`, row by row. */
  readonly input: Float64Array
  readonly noise: Float64Array
  readonly sensorVariance: number
  /** Variances of the states where nothing is known yet. */
  readonly initialVariance: Float64Array
}

interface Network {
  readonly a: Matrix
  readonly b: Matrix
  readonly q: Matrix
  /** Heat capacities over UA of the thermal states, h. */
  readonly capacities: readonly number[]
}

/** Index of the emitter's temperature, or of the air when the model has none: where the heat goes in. */
export function heatedState(structure: ModelStructure): number {
  return structure.order === 3 ? 2 : 0
}

function networkOf(structure: ModelStructure, values: ParameterValues): Network {
  const { order } = structure
  const states = order + 1
  const a = zeros(states, states)
  const b = zeros(states, INPUTS)
  const q = zeros(states, states)
  const path = heatPath(structure, values)
  const heaterCapacity = values.heaterHours * path.heater
  const capacities = [values.airHours, values.wallHours, heaterCapacity].slice(0, order)
  const add = (matrix: Matrix, row: number, column: number, value: number) =>
    setElement(matrix, row, column, element(matrix, row, column) + value)
  const couple = (one: number, other: number, conductance: number) => {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const flow = conductance / (capacities[from] as number)
      add(a, from, to, flow)
      add(a, from, from, -flow)
    }
  }
  const gains = (state: number, input: number, amount: number) =>
    add(b, state, input, amount / (capacities[state] as number))
  const lose = (state: number, conductance: number) => {
    add(a, state, state, -conductance / (capacities[state] as number))
    gains(state, 0, conductance)
  }
  const direct = order === 1 ? 1 : values.direct
  lose(0, direct)
  if (order >= 2) {
    couple(0, 1, (1 - direct) / values.wallPosition)
    lose(1, (1 - direct) / (1 - values.wallPosition))
  }
  if (order === 3) couple(0, 2, path.heater)
  const heated = heatedState(structure)
  if (structure.heat === 'power') gains(heated, 1, 1 / values.ua)
  if (structure.heat === 'supply') {
    gains(heated, 1, path.water)
    add(a, heated, heated, -path.water / (capacities[heated] as number))
  }
  const toAir = order === 1 ? 1 : values.solarToAir
  gains(0, 2, toAir * values.aperture)
  if (order >= 2) gains(1, 2, (1 - toAir) * values.aperture)
  gains(0, 3, values.gain)
  gains(0, 4, -values.wind)
  const last = states - 1
  add(a, 0, last, 1 / values.airHours)
  add(a, last, last, -1 / values.disturbanceHours)
  setElement(q, 0, 0, values.process ** 2)
  setElement(q, last, last, (2 * values.disturbance ** 2) / values.disturbanceHours)
  return { a, b, q, capacities }
}

/** Conductances of the way of heat (over UA): from the water to the state it heats, and from the heater to the air. */
export function heatPath(structure: ModelStructure, values: ParameterValues): { water: number; heater: number } {
  const { emitter, heaterCoupling } = values
  if (structure.order < 3) return { water: emitter, heater: 0 }
  if (structure.heat !== 'supply') return { water: 0, heater: heaterCoupling }
  // Two in series, chosen so that `emitter` is the conductance of the whole way.
  return { water: (emitter * (1 + heaterCoupling)) / heaterCoupling, heater: emitter * (1 + heaterCoupling) }
}

/** @param stepHours length of a step */
export function discreteModel(structure: ModelStructure, values: ParameterValues, stepHours: number): DiscreteModel {
  const { a, b, q } = networkOf(structure, values)
  const { transition, input, noise } = discretise(a, b, q, stepHours)
  const initialVariance = new Float64Array(a.rows).fill(4)
  initialVariance[0] = 0.25
  initialVariance[a.rows - 1] = values.disturbance ** 2
  return {
    states: a.rows,
    transition: transition.values,
    input: input.values,
    noise: noise.values,
    sensorVariance: values.sensor ** 2,
    initialVariance,
  }
}

/**
 * Time constants of the building, h, ascending; the disturbance is not part of it. An RC network is similar to a
 * symmetric matrix (scale with the roots of the capacities), so all of them are real.
 */
export function timeConstants(structure: ModelStructure, values: ParameterValues): number[] {
  const { a, capacities } = networkOf(structure, values)
  const size = structure.order
  const symmetric = zeros(size, size)
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      const scale = Math.sqrt((capacities[i] as number) / (capacities[j] as number))
      setElement(symmetric, i, j, element(a, i, j) * scale)
    }
  }
  return symmetricEigen(symmetric)
    .values.map((rate) => -1 / rate)
    .sort((one, other) => one - other)
}
