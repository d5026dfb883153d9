/**
 * The baseline of space heating under the spikes of hot water: a regression on weather and clock, a slow level that
 * follows what the regression does not know, and the mixture of draw-offs above both, fitted together by
 * expectation-maximisation. Robust in the sense of Bacher et al. (2016), Energy and Buildings 130, 107-112: what is far
 * above the curve does not lift it.
 */

import { robustDeviation } from '../numeric/statistics.ts'
import { type DailyLimits, type Expectation, startingMixture, updateMixture } from './draw-off-mixture.ts'
import { CLOCK_CLASSES, type Features } from './heating-features.ts'
import type { HourGrid } from './hours.ts'
import { type Factored, factor, solve } from './least-squares.ts'

export interface Baseline {
  /** Expected heating of each hour, kWh; also where the energy is unknown. */
  readonly heating: Float64Array
  readonly drawOff: Expectation
  /** Noise of an hour about the baseline in the heating season, kWh, without the meter's step. */
  readonly processDeviation: number
  /** Noise of each hour, kWh, all included. */
  readonly deviation: Float64Array
}

const ROUNDS = 32
/** The level follows once the regression stands. */
const FIRST_LEVEL_ROUND = 8
/** Time constant of the slow level, hours. */
const LEVEL_HOURS = 9
/** Residuals count up to this many deviations below the baseline: a fire in the stove does not pull it down. */
const LOWEST_RESIDUAL = -2.5
const SMALLEST_DEVIATION = 0.02

export interface BaselineInputs {
  readonly grid: HourGrid
  readonly features: Features
  /** Power that is no heating at any time, kW. */
  readonly base: number
  /** Standard deviation of the meter's counting, kWh. */
  readonly stepDeviation: number
  /** Typical size of a draw-off hour, kWh. */
  readonly scale: number
  /** Group of each hour in the mixture, and how many there are. */
  readonly group: Int16Array
  readonly groups: number
  readonly limits: DailyLimits
  /** Smallest noise of heating about its baseline that is believed, kWh. */
  readonly leastNoise: number
}

export function fitBaseline({
  grid,
  features,
  base,
  stepDeviation,
  scale,
  group,
  groups,
  limits,
  leastNoise,
}: BaselineInputs): Baseline {
  const { count } = grid
  const { season } = features
  const above = grid.energy.map((energy) => energy - base)
  const weights = above.map((value, index) => (Number.isNaN(value) || (season[index] as number) < 0.05 ? 0 : 1))
  const factored = factorOf(features, weights)
  const explained = new Float64Array(count)
  const level = new Float64Array(count)
  const heating = new Float64Array(count)
  const residual = new Float64Array(count)
  const deviation = new Float64Array(count)
  const wanted = new Float64Array(count)
  const drawOff: Expectation = {
    mean: new Float64Array(count),
    variance: new Float64Array(count),
  }
  let coefficients = startingCoefficients(features, above, weights)
  let mixture = startingMixture(scale, groups)
  let processNoise = Math.max(leastNoise, 0.25 * scale)
  for (let round = 0; round < ROUNDS; round++) {
    predict(features, coefficients, explained)
    const usual = usualHeating(explained, level, season)
    for (let index = 0; index < count; index++) {
      const on = season[index] as number
      heating[index] = Math.max(0, (explained[index] as number) + (level[index] as number))
      // Much heating errs by more than little: between a constant and a proportional error. Without heating all there is
      // is hot water, and a coarse meter's count of it is right on average.
      const amount = Math.sqrt(Math.min(3, Math.max(0.2, (heating[index] as number) / usual)))
      deviation[index] = Math.hypot(stepDeviation * on, processNoise * on * amount, SMALLEST_DEVIATION * scale)
      residual[index] = (above[index] as number) - (heating[index] as number)
    }
    mixture = updateMixture(mixture, residual, deviation, group, limits, drawOff)
    processNoise = processDeviation(residual, drawOff, season, stepDeviation, leastNoise)
    for (let index = 0; index < count; index++) {
      const noise = Math.max(
        LOWEST_RESIDUAL * (deviation[index] as number),
        (residual[index] as number) - (drawOff.mean[index] as number),
      )
      wanted[index] = (heating[index] as number) + noise - (level[index] as number)
    }
    coefficients = solve(factored, rightHandSide(features, weights, wanted))
    if (round < FIRST_LEVEL_ROUND) continue
    predict(features, coefficients, explained)
    followLevel(level, explained, above, drawOff, deviation, season, processNoise)
  }
  return { heating, drawOff, processDeviation: processNoise, deviation }
}

/** Mean heating of the season, kWh an hour, above 0. */
function usualHeating(explained: Float64Array, level: Float64Array, season: Float64Array): number {
  let sum = 0
  let hours = 0
  for (let index = 0; index < season.length; index++) {
    if ((season[index] as number) < 0.6) continue
    sum += Math.max(0, (explained[index] as number) + (level[index] as number))
    hours += 1
  }
  return Math.max(1e-6, hours === 0 ? 0 : sum / hours)
}

function predict(features: Features, coefficients: Float64Array, explained: Float64Array): void {
  const { weatherSize: size, weather, clock, season, cold } = features
  for (let index = 0; index < explained.length; index++) {
    const kind = size + (clock[index] as number)
    let sum =
      (coefficients[kind] as number) * (season[index] as number) +
      (coefficients[kind + CLOCK_CLASSES] as number) * (cold[index] as number)
    const offset = index * size
    for (let column = 0; column < size; column++)
      sum += (weather[offset + column] as number) * (coefficients[column] as number)
    explained[index] = sum
  }
}

/** The columns of one hour that are not 0, as indices and values; the clock's are two of many. */
function fillRow(features: Features, index: number, columns: Int32Array, values: Float64Array): void {
  const { weatherSize: size, weather, clock, season, cold } = features
  for (let column = 0; column < size; column++) {
    columns[column] = column
    values[column] = weather[index * size + column] as number
  }
  columns[size] = size + (clock[index] as number)
  values[size] = season[index] as number
  columns[size + 1] = size + (clock[index] as number) + CLOCK_CLASSES
  values[size + 1] = cold[index] as number
}

function factorOf(features: Features, weights: Float64Array): Factored {
  const size = features.ridge.length
  const matrix = new Float64Array(size * size)
  const columns = new Int32Array(features.weatherSize + 2)
  const values = new Float64Array(features.weatherSize + 2)
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] as number
    if (weight === 0) continue
    fillRow(features, index, columns, values)
    for (let one = 0; one < columns.length; one++) {
      const value = weight * (values[one] as number)
      const row = (columns[one] as number) * size
      for (let other = 0; other < columns.length; other++) {
        const cell = row + (columns[other] as number)
        matrix[cell] = (matrix[cell] as number) + value * (values[other] as number)
      }
    }
  }
  for (let column = 0; column < size; column++) {
    const cell = column * size + column
    matrix[cell] = (matrix[cell] as number) + (features.ridge[column] as number)
  }
  const factored = factor(matrix, size)
  if (factored === undefined) throw new RangeError('the regression of the baseline is singular')
  return factored
}

function rightHandSide(features: Features, weights: Float64Array, wanted: Float64Array): Float64Array {
  const right = new Float64Array(features.ridge.length)
  const columns = new Int32Array(features.weatherSize + 2)
  const values = new Float64Array(features.weatherSize + 2)
  for (let index = 0; index < weights.length; index++) {
    if ((weights[index] as number) === 0) continue
    const value = (weights[index] as number) * (wanted[index] as number)
    fillRow(features, index, columns, values)
    for (let one = 0; one < columns.length; one++) {
      const column = columns[one] as number
      right[column] = (right[column] as number) + value * (values[one] as number)
    }
  }
  return right
}

/** Starts low: hours above the first fit count a fifth in the next. */
function startingCoefficients(features: Features, above: Float64Array, weights: Float64Array): Float64Array {
  const explained = new Float64Array(above.length).fill(Number.POSITIVE_INFINITY)
  let coefficients = new Float64Array(features.ridge.length)
  for (let round = 0; round < 4; round++) {
    const tilted = weights.map((weight, index) =>
      (above[index] as number) <= (explained[index] as number) ? weight : 0.2 * weight,
    )
    coefficients = solve(
      factorOf(features, tilted),
      rightHandSide(features, tilted, above),
    ) as Float64Array<ArrayBuffer>
    predict(features, coefficients, explained)
  }
  return coefficients
}

function processDeviation(
  residual: Float64Array,
  drawOff: Expectation,
  season: Float64Array,
  stepDeviation: number,
  least: number,
): number {
  let variance = 0
  const noises: number[] = []
  for (let index = 0; index < residual.length; index++) {
    if ((season[index] as number) < 0.6 || Number.isNaN(residual[index] as number)) continue
    noises.push((residual[index] as number) - (drawOff.mean[index] as number))
    variance += drawOff.variance[index] as number
  }
  if (noises.length < 24) return least
  // Every third hour tells the spread of a year as well as all do.
  const robust = robustDeviation(noises.length > 3000 ? noises.filter((_, index) => index % 3 === 0) : noises)
  const total = robust * robust + variance / noises.length
  return Math.max(least, Math.sqrt(Math.max(0, total - stepDeviation * stepDeviation)))
}

/** Two-sided exponential smoothing of what the regression leaves; hours without draw-off count most. */
function followLevel(
  level: Float64Array,
  explained: Float64Array,
  above: Float64Array,
  drawOff: Expectation,
  deviation: Float64Array,
  season: Float64Array,
  process: number,
): void {
  const { length } = level
  const value = new Float64Array(length)
  const weight = new Float64Array(length)
  for (let index = 0; index < length; index++) {
    if (Number.isNaN(above[index] as number) || (season[index] as number) < 0.05) continue
    const sigma = deviation[index] as number
    const limit = 5 * sigma
    const noise = (above[index] as number) - (drawOff.mean[index] as number) - (explained[index] as number)
    const precision = (process * process) / (sigma * sigma + (drawOff.variance[index] as number))
    weight[index] = (season[index] as number) * Math.min(1, precision)
    value[index] = Math.max(-limit, Math.min(limit, noise))
  }
  const keep = Math.exp(-1 / LEVEL_HOURS)
  const sums = new Float64Array(length)
  const totals = new Float64Array(length)
  let sum = 0
  let total = 0
  for (let index = 0; index < length; index++) {
    sum = keep * sum + (weight[index] as number) * (value[index] as number)
    total = keep * total + (weight[index] as number)
    sums[index] = sum
    totals[index] = total
  }
  sum = 0
  total = 0
  for (let index = length - 1; index >= 0; index--) {
    level[index] =
      ((season[index] as number) * ((sums[index] as number) + sum)) / ((totals[index] as number) + total + 2)
    sum = keep * (sum + (weight[index] as number) * (value[index] as number))
    total = keep * (total + (weight[index] as number))
  }
}
