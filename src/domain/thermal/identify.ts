/**
 * From a series to a model: how many temperatures the measurements justify, what the parameters are and how sure that
 * is, whether the measurements could tell at all.
 */
import { chiSquareTail, rootMeanSquare, standardDeviation } from '../numeric/statistics.ts'
import { inputTable, runFilter } from './filter.ts'
import { type FittedModel, fitModel } from './fit.ts'
import { discreteModel, INPUTS } from './network.ts'
import { describeParameters, type ModelParameters } from './parameters.ts'
import { between, type ThermalSeries } from './series.ts'
import type { ModelOrder } from './structure.ts'

/** The least a model is made from. */
export const LEAST_READINGS = 24
export const LEAST_HOURS = 6
/** From here on more than one temperature is tried: a third of the time is held out, and it has whole days. */
const SELECTION_HOURS = 6 * 24
/** Chance of taking a larger model that is not better: 5 %. */
const SIGNIFICANCE = 0.05
/** A main parameter less sure than this (standard error, share of its value) has not been excited. */
const UNSURE = 0.3
/** Outdoor temperatures that vary less than this (standard deviation, K) tell nothing about losses. */
const STILL_OUTDOOR = 0.7
/** No building keeps its warmth for longer. */
const SLOWEST_HOURS = 600
/** Less than two days hold no two nights to compare. */
const ENOUGH_HOURS = 48

export interface OrderTrial {
  readonly order: ModelOrder
  readonly logLikelihood: number
  /** Chance of such a gain over the largest order taken before, if that one were right; null for the first. */
  readonly likelihoodRatioP: number | null
  /** Error 24 h ahead on the held-out third, inputs as measured, K; null when there is none. */
  readonly heldOutRmse: number | null
}

export interface Excitation {
  readonly enough: boolean
  /** Why not, whole sentences. */
  readonly reasons: readonly string[]
}

export interface Identification {
  readonly model: FittedModel
  readonly trials: readonly OrderTrial[]
  readonly parameters: ModelParameters
  readonly excitation: Excitation
  /** Values outside what a building can be; an implausible model must not steer. */
  readonly implausible: readonly string[]
  /** p-value of the Ljung–Box test of the innovations; small: something moves the house that the model does not know. */
  readonly whiteness: number | null
  /** Hours between first and last reading. */
  readonly spanHours: number
  readonly readings: number
  /** First model from little: less than {@link SELECTION_HOURS}. */
  readonly coarse: boolean
  /** Excited and plausible: may be used to steer. */
  readonly accepted: boolean
}

/** Why no model can be made from a series; null when one can. */
export function tooLittle(series: ThermalSeries): string | null {
  const { readings, spanHours } = extent(series)
  if (readings > 0 && !moves(series.indoor)) return 'The indoor temperature never moved.'
  if (readings < LEAST_READINGS) return `There are ${readings} indoor temperatures; a model needs ${LEAST_READINGS}.`
  if (spanHours < LEAST_HOURS) {
    return `The readings span ${spanHours.toFixed(1)} h; a model needs ${LEAST_HOURS} h.`
  }
  return null
}

/**
 * Fits models of rising order and takes the largest that a likelihood-ratio test justifies and that foretells 24 h on
 * held-out days better than the last one taken.
 * @param previous an earlier model of the same house: a start close to the optimum
 * @param options whether standard errors are wanted (default); without them the excitation cannot be judged
 * @throws RangeError when there is too little: see {@link tooLittle}
 */
export function identify(
  series: ThermalSeries,
  previous?: FittedModel,
  options: { uncertainty?: boolean } = {},
): Identification {
  const reason = tooLittle(series)
  if (reason !== null) throw new RangeError(reason)
  const { readings, spanHours } = extent(series)
  const coarse = spanHours < SELECTION_HOURS
  const split = coarse ? series.length : Math.floor((series.length * 2) / 3)
  const training = between(series, 0, split)
  const kind = { heat: series.heatInput, solar: series.hasIrradiance, wind: series.hasWind && !coarse }
  const trials: OrderTrial[] = []
  let chosen: FittedModel | null = null
  let chosenError: number | null = null
  let before: FittedModel | null = null
  for (const order of coarse ? ([1] as const) : ([1, 2, 3] as const)) {
    const near = previous?.structure.order === order ? previous : null
    const starts = [before, near].flatMap((model) => (model === null ? [] : [model.values]))
    const fitted: FittedModel = fitModel(training, { order, ...kind }, starts, {
      uncertainty: false,
      fromStartsOnly: near !== null,
    })
    const error = coarse ? null : heldOutError(fitted, series, split)
    const gain: number | null = chosen === null ? null : 2 * (fitted.logLikelihood - chosen.logLikelihood)
    const added = chosen === null ? 0 : fitted.specs.length - chosen.specs.length
    const p = gain === null ? null : gain <= 0 ? 1 : chiSquareTail(gain, added)
    trials.push({ order, logLikelihood: fitted.logLikelihood, likelihoodRatioP: p, heldOutRmse: error })
    const better = chosenError === null || error === null || error < chosenError
    before = fitted
    // An order that is not justified does not stop the next: walls may only show once the radiators are told from them.
    if (p !== null && !(p < SIGNIFICANCE && better)) continue
    chosen = fitted
    chosenError = error
  }
  const selected = chosen as FittedModel
  const model = fitModel(series, selected.structure, [selected.values], {
    uncertainty: options.uncertainty ?? true,
    fromStartsOnly: true,
  })
  const parameters = describeParameters(model)
  const excitation = excitationOf(series, parameters, spanHours)
  const implausible = implausibleIn(model, parameters)
  return {
    model,
    trials,
    parameters,
    excitation,
    implausible,
    whiteness: whitenessOf(model, series),
    spanHours,
    readings,
    coarse,
    accepted: excitation.enough && implausible.length === 0,
  }
}

function moves(values: Float64Array): boolean {
  const first = values.find((value) => !Number.isNaN(value))
  return values.some((value) => !Number.isNaN(value) && value !== first)
}

function extent(series: ThermalSeries): { readings: number; spanHours: number } {
  let readings = 0
  let first = -1
  let last = -1
  series.indoor.forEach((value, index) => {
    if (Number.isNaN(value)) return
    readings += 1
    if (first < 0) first = index
    last = index
  })
  return { readings, spanHours: (last - first) * series.stepHours }
}

/** Root mean square error 24 h ahead of forecasts issued each hour of the held-out part; null without any. */
function heldOutError(model: FittedModel, series: ThermalSeries, from: number): number | null {
  const errors: number[] = []
  const inputs = inputTable(model.structure, series, model.reference)
  const discrete = discreteModel(model.structure, model.values, series.stepHours)
  const { states } = runFilter(discrete, inputs, series, { states: true })
  const ahead = Math.round(24 / series.stepHours)
  const hour = Math.max(1, Math.round(1 / series.stepHours))
  const n = discrete.states
  for (let k = from; k + ahead < series.length; k += hour) {
    const actual = series.indoor[k + ahead] as number
    const start = (states as Float64Array).slice(k * n, (k + 1) * n)
    if (Number.isNaN(actual) || Number.isNaN(start[0] as number)) continue
    let mean: Float64Array = start
    let usable = true
    for (let step = k; step < k + ahead && usable; step += 1) {
      usable = inputs.usable[step] === 1
      mean = advance(discrete, mean, inputs.values, step * INPUTS)
    }
    if (usable) errors.push(actual - (mean[0] as number))
  }
  return errors.length === 0 ? null : rootMeanSquare(errors)
}

function advance(
  discrete: { states: number; transition: Float64Array; input: Float64Array },
  mean: Float64Array,
  inputs: Float64Array,
  offset: number,
): Float64Array {
  return mean.map((_, i) => {
    let next = 0
    for (let j = 0; j < discrete.states; j += 1) {
      next += (discrete.transition[i * discrete.states + j] as number) * (mean[j] as number)
    }
    for (let j = 0; j < INPUTS; j += 1) {
      next += (discrete.input[i * INPUTS + j] as number) * (inputs[offset + j] as number)
    }
    return next
  })
}

/** Ljung & Box (1978), Biometrika 65, 297–303, over 20 lags; null with fewer than 100 innovations. */
function whitenessOf(model: FittedModel, series: ThermalSeries): number | null {
  const inputs = inputTable(model.structure, series, model.reference)
  const discrete = discreteModel(model.structure, model.values, series.stepHours)
  const { innovations } = runFilter(discrete, inputs, series, { innovations: true })
  const known = [...(innovations as Float64Array)].filter((value) => !Number.isNaN(value)).slice(4)
  const count = known.length
  if (count < 100) return null
  const centre = known.reduce((total, value) => total + value, 0) / count
  const centred = known.map((value) => Math.min(3, Math.max(-3, value - centre)))
  const power = centred.reduce((total, value) => total + value * value, 0)
  let statistic = 0
  for (let lag = 1; lag <= 20; lag += 1) {
    let covariance = 0
    for (let k = lag; k < count; k += 1) covariance += (centred[k] as number) * (centred[k - lag] as number)
    statistic += (covariance / power) ** 2 / (count - lag)
  }
  return chiSquareTail(count * (count + 2) * statistic, 20)
}

function excitationOf(series: ThermalSeries, parameters: ModelParameters, spanHours: number): Excitation {
  const reasons: string[] = []
  if (spanHours < ENOUGH_HOURS) reasons.push(`The readings span ${spanHours.toFixed(0)} h only.`)
  const outdoor = deviationOf(series.outdoor)
  if (outdoor < STILL_OUTDOOR) {
    reasons.push(`The outdoor temperature hardly moved (standard deviation ${outdoor.toFixed(1)} K).`)
  }
  if (series.heatInput === 'none') {
    reasons.push('Neither heating power nor supply temperature is known, so losses and gains cannot be told apart.')
  } else if (deviationOf(series.heat) < 1e-3) {
    reasons.push('The heat never changed.')
  }
  for (const { name, relativeError } of parameters.main) {
    if (relativeError === null) reasons.push(`The ${name} cannot be told from these readings.`)
    else if (relativeError > UNSURE) {
      reasons.push(`The ${name} is known to ${Math.round(100 * relativeError)} % only.`)
    }
  }
  return { enough: reasons.length === 0, reasons }
}

function deviationOf(values: Float64Array): number {
  const known = [...values].filter((value) => !Number.isNaN(value))
  return known.length === 0 ? 0 : standardDeviation(known)
}

function implausibleIn(model: FittedModel, parameters: ModelParameters): string[] {
  const slowest = parameters.slowestHours.value
  const slow =
    slowest > SLOWEST_HOURS
      ? [`The slowest time constant is ${slowest.toFixed(0)} h, more than ${SLOWEST_HOURS} h.`]
      : []
  const outside = model.specs.flatMap((spec) => {
    const value = model.values[spec.name]
    const [low, high] = spec.plausible
    if (value >= low && value <= high) return []
    return [`${spec.name} is ${value.toPrecision(3)}, outside ${low} to ${high}.`]
  })
  return [...slow, ...outside]
}
