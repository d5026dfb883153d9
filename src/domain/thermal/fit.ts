/** Fitting one model structure to a series: maximum likelihood on the innovations, with wide priors. */
import { symmetricEigen } from '../numeric/eigen.ts'
import { at, element, type Matrix, product, setElement, transpose } from '../numeric/matrix.ts'
import { hessian, type Minimum, minimise } from '../numeric/minimise.ts'
import { mean } from '../numeric/statistics.ts'
import { type InputTable, inputTable, type Reference, runFilter } from './filter.ts'
import { discreteModel } from './network.ts'
import type { ThermalSeries } from './series.ts'
import {
  type Guesses,
  type ModelStructure,
  type ParameterSpec,
  type ParameterValues,
  parameterSpecs,
  standardised,
  valuesOf,
} from './structure.ts'

/** A fitted model: everything needed to filter and forecast, as plain numbers. */
export interface FittedModel {
  readonly structure: ModelStructure
  readonly specs: readonly ParameterSpec[]
  /** Deviations from the prior, in its standard deviations. */
  readonly z: readonly number[]
  readonly values: ParameterValues
  /** Covariance of `z`; null when it was not asked for. */
  readonly covariance: Matrix | null
  readonly logLikelihood: number
  readonly readings: number
  readonly reference: Reference
  readonly converged: boolean
}

export interface FitOptions {
  /** Whether standard errors are wanted; they cost as much as a short fit. Default true. */
  readonly uncertainty?: boolean
  /** Begin at the given starts only: they are known to be near. Default false. */
  readonly fromStartsOnly?: boolean
  /** What the disturbance returns to at each step, K; 0 where it is left out. */
  readonly usual?: Float64Array
}

/** The prior's curvature is 1. */
const LEAST_CURVATURE = 0.25

/** The objective of a likelihood that cannot be computed. */
const NOWHERE = 1e12

/**
 * Fits by BFGS from the prior's centre and from the given starts, and keeps the best.
 * @param starts parameter values to begin from besides the centre, such as those of a smaller model
 */
export function fitModel(
  series: ThermalSeries,
  structure: ModelStructure,
  starts: readonly Partial<ParameterValues>[] = [],
  options: FitOptions = {},
): FittedModel {
  const reference = { indoor: meanKnown(series.indoor, 21), wind: meanKnown(series.wind, 0) }
  const specs = parameterSpecs(structure, guessesOf(series))
  const table = inputTable(structure, series, reference)
  const inputs = options.usual === undefined ? table : { ...table, usual: options.usual }
  const objective = (z: Float64Array) => negativeLogPosterior(structure, specs, inputs, series, z)
  const given = starts.map((start) => standardised(specs, start))
  const points = options.fromStartsOnly ? given : [new Float64Array(specs.length), ...given]
  let best: Minimum | null = null
  for (const point of points) {
    const found = minimise(objective, point, options.fromStartsOnly ? { tolerance: 1e-4 } : {})
    if (best === null || found.value < best.value) best = found
  }
  const { point, converged } = best as Minimum
  const values = valuesOf(specs, point)
  const run = runFilter(discreteModel(structure, values, series.stepHours), inputs, series)
  return {
    structure,
    specs,
    z: [...point],
    values,
    covariance: (options.uncertainty ?? true) ? covarianceAt(objective, point) : null,
    logLikelihood: run.logLikelihood,
    readings: run.readings,
    reference,
    converged,
  }
}

function negativeLogPosterior(
  structure: ModelStructure,
  specs: readonly ParameterSpec[],
  inputs: InputTable,
  series: ThermalSeries,
  z: Float64Array,
): number {
  let prior = 0
  for (let i = 0; i < z.length; i += 1) {
    const distance = Math.abs(at(z, i))
    // Quadratic near the centre; steep beyond six standard deviations, where exponentials overflow.
    prior += 0.5 * distance * distance + (distance > 6 ? 100 * (distance - 6) ** 2 : 0)
    if (distance > 12) return NOWHERE
  }
  const model = discreteModel(structure, valuesOf(specs, z), series.stepHours)
  const { logLikelihood } = runFilter(model, inputs, series)
  return Number.isFinite(logLikelihood) ? prior - logLikelihood : NOWHERE
}

/**
 * Inverse of the curvature at the optimum. Where the curvature is smaller than the prior's own it is taken to be a
 * quarter of that: readings do not take away what was known, but an optimum found a little early or a kink of the
 * robust likelihood can look like a saddle.
 */
function covarianceAt(objective: (z: Float64Array) => number, point: Float64Array): Matrix {
  const { values, vectors } = symmetricEigen(hessian(objective, point, 0.03))
  const weighted = { ...vectors, values: Float64Array.from(vectors.values) }
  for (let i = 0; i < vectors.rows; i += 1) {
    values.forEach((value, j) => {
      setElement(weighted, i, j, element(vectors, i, j) / Math.max(LEAST_CURVATURE, value))
    })
  }
  return product(weighted, transpose(vectors))
}

/** Rough sizes from means: what the priors are centred on. */
export function guessesOf(series: ThermalSeries): Guesses {
  const resolution = resolutionOf(series.indoor)
  let difference = 0
  let heat = 0
  let lift = 0
  let count = 0
  for (let k = 0; k < series.length; k += 1) {
    const indoor = at(series.indoor, k)
    const step = indoor - at(series.outdoor, k)
    const given = at(series.heat, k)
    if (Number.isNaN(step) || (Number.isNaN(given) && series.heatInput !== 'none')) continue
    difference += step
    heat += given
    lift += Math.max(0, given - indoor)
    count += 1
  }
  const meanDifference = count === 0 ? 10 : difference / count
  if (series.heatInput === 'none') {
    return { uaKwPerK: 1, emitter: 1, resolution, gain: Math.max(0, meanDifference), gainSpread: 12 }
  }
  const tapWater = series.heatIncludesHotWater
  const driving = Math.max(3, meanDifference - (tapWater ? 0 : USUAL_GAIN))
  return {
    uaKwPerK: Math.max(0.002, count === 0 ? 0.15 : heat / count / driving),
    emitter: Math.min(20, Math.max(0.1, driving / Math.max(1, count === 0 ? 10 : lift / count))),
    resolution,
    // Tap water inside the power counts as a loss that is always there, about as large as the gains.
    gain: tapWater ? 0 : USUAL_GAIN,
    gainSpread: tapWater ? 2 * USUAL_GAIN_SPREAD : USUAL_GAIN_SPREAD,
  }
}

/** People and appliances hold a Swedish house some 3 K above the outdoors; offices and passive houses differ. */
const USUAL_GAIN = 3
const USUAL_GAIN_SPREAD = 2.5

/** The smallest usual change of a sensor, K. */
export function resolutionOf(values: Float64Array): number {
  const changes: number[] = []
  for (let k = 1; k < values.length; k += 1) {
    const change = Math.abs(at(values, k) - at(values, k - 1))
    if (change > 1e-6) changes.push(change)
  }
  changes.sort((one, other) => one - other)
  return changes[Math.floor(changes.length * 0.1)] ?? 0
}

function meanKnown(values: Float64Array, otherwise: number): number {
  const known = [...values].filter((value) => !Number.isNaN(value))
  return known.length === 0 ? otherwise : mean(known)
}
