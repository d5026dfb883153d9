/** The parameters of a fitted model in physical terms, with intervals. */
import { at, element } from '../numeric/matrix.ts'
import type { FittedModel } from './fit.ts'
import { timeConstants } from './network.ts'
import { valuesOf } from './structure.ts'

/** A value with its 95 % interval; the interval is null when the readings do not give one. */
export interface Estimate {
  readonly value: number
  readonly low: number | null
  readonly high: number | null
  /** Standard error over the value. */
  readonly relativeError: number | null
}

export interface ModelParameters {
  /** Heat loss coefficient, kW/K, all ways together at the usual wind; null when only water temperatures are known. */
  readonly uaKwPerK: Estimate | null
  /** Sum of the heat capacities, kWh/K; null when only water temperatures are known. */
  readonly capacityKwhPerK: Estimate | null
  /** Effective solar aperture for global horizontal irradiance, m²; null without irradiance or power. */
  readonly solarApertureM2: Estimate | null
  /** K by which 1 W/m² would lift the room in the end; known without the power too. */
  readonly solarLift: Estimate | null
  /** Constant gains, kW; null when only water temperatures are known. */
  readonly gainsKw: Estimate | null
  /** The same in K above the outdoor temperature. */
  readonly gainsLift: Estimate
  /** Growth of the loss per m/s above the usual wind, share of UA. */
  readonly windPerMetrePerSecond: Estimate | null
  /** Conductance from heating water to room over UA; null where the power is known. */
  readonly emitterRatio: Estimate | null
  /** Ascending, h. */
  readonly timeConstantsHours: readonly number[]
  /** The slowest, with its interval. */
  readonly slowestHours: Estimate
  /** What the excitation is judged by. */
  readonly main: readonly { readonly name: string; readonly relativeError: number | null }[]
}

/**
 * What no likelihood tells: the network is not the house. A standard error of log UA, added in squares; the committed
 * benchmark over simulated houses that are richer than any model here set it, so that 95 % intervals cover 95 %.
 */
const STRUCTURAL_ERROR = 0.03

export function describeParameters(model: FittedModel): ModelParameters {
  const { structure, values } = model
  const power = structure.heat === 'power'
  const estimate = (read: (z: ArrayLike<number>) => number, logarithmic = true) => propagate(model, read, logarithmic)
  const natural = (z: ArrayLike<number>) => valuesOf(model.specs, z)
  const uaKwPerK = power ? estimate((z) => natural(z).ua) : null
  const slowestHours = estimate((z) => slowest(model, z))
  const emitterRatio = structure.heat === 'supply' ? estimate((z) => natural(z).emitter) : null
  const main = [
    ...(uaKwPerK === null ? [] : [{ name: 'heat loss coefficient', relativeError: uaKwPerK.relativeError }]),
    ...(emitterRatio === null ? [] : [{ name: 'emitter', relativeError: emitterRatio.relativeError }]),
  ]
  return {
    uaKwPerK,
    capacityKwhPerK: power ? estimate((z) => natural(z).ua * totalHours(model, z)) : null,
    solarApertureM2: power && structure.solar ? estimate((z) => natural(z).ua * natural(z).aperture) : null,
    solarLift: structure.solar ? estimate((z) => natural(z).aperture / 1000) : null,
    gainsKw: power ? estimate((z) => natural(z).ua * natural(z).gain, false) : null,
    gainsLift: estimate((z) => natural(z).gain, false),
    windPerMetrePerSecond: structure.wind ? estimate((z) => natural(z).wind) : null,
    emitterRatio,
    timeConstantsHours: timeConstants(structure, values),
    slowestHours,
    main,
  }
}

function slowest(model: FittedModel, z: ArrayLike<number>): number {
  return timeConstants(model.structure, valuesOf(model.specs, z)).at(-1) as number
}

function totalHours(model: FittedModel, z: ArrayLike<number>): number {
  const { airHours, wallHours, heaterHours, heaterCoupling } = valuesOf(model.specs, z)
  return airHours + wallHours + (model.structure.order === 3 ? heaterHours * heaterCoupling : 0)
}

/** Delta method: the error of a function of the parameters from its gradient and their covariance. */
function propagate(model: FittedModel, read: (z: ArrayLike<number>) => number, logarithmic: boolean): Estimate {
  const z = Float64Array.from(model.z)
  const value = read(z)
  const { covariance } = model
  if (covariance === null) return { value, low: null, high: null, relativeError: null }
  const scale = (at: Float64Array) => (logarithmic ? Math.log(read(at)) : read(at))
  const slopes = z.map((_, index) => {
    const ahead = Float64Array.from(z)
    const behind = Float64Array.from(z)
    ahead[index] = at(z, index) + 0.01
    behind[index] = at(z, index) - 0.01
    return (scale(ahead) - scale(behind)) / 0.02
  })
  let variance = 0
  for (let i = 0; i < z.length; i += 1) {
    for (let j = 0; j < z.length; j += 1) variance += at(slopes, i) * element(covariance, i, j) * at(slopes, j)
  }
  if (logarithmic) {
    const error = Math.sqrt(variance + STRUCTURAL_ERROR ** 2)
    return { value, low: value * Math.exp(-1.96 * error), high: value * Math.exp(1.96 * error), relativeError: error }
  }
  const error = Math.sqrt(variance)
  const relativeError = value === 0 ? null : error / Math.abs(value)
  return { value, low: value - 1.96 * error, high: value + 1.96 * error, relativeError }
}
