/**
 * The heat loss coefficient k of a house or building, kW/K: robust regression of daily space heating on the temperature
 * difference, with sun, wind, stored heat and free heat from people and appliances beside it.
 */

import { mean, median, robustDeviation } from '../numeric/statistics.ts'
import { SWEDISH_ZONE } from '../time/day.ts'
import type { Coordinates } from '../weather/place.ts'
import { type HeatLossDay, type HeatLossDays, heatLossDays } from './heat-loss-days.ts'
import type { EnergyHour } from './hours.ts'
import { factor, inverse, normalMatrix, solve } from './least-squares.ts'
import { type Separation, separateEnergy } from './separation.ts'

export const HEAT_LOSS_VERSION = 'heat-loss-1'

export interface HeatLoss {
  /** Null when nothing could be estimated. */
  readonly kwPerK: number | null
  /** 95 % interval. */
  readonly low: number | null
  readonly high: number | null
  /** m² of horizontal surface whose sun heats the house. */
  readonly solarApertureM2: number | null
  /** Growth of k with wind, kW·s/(K·m), about the mean wind of the days. */
  readonly windSensitivity: number | null
  /** Free heat of people and appliances, kW. */
  readonly internalGainsKw: number | null
  /** kWh/K that follow the room temperature within a day. */
  readonly heatCapacityKwhPerK: number | null
  readonly daysUsed: number
  readonly daysSeen: number
  /** Largest less smallest daily temperature difference of the days used, K. */
  readonly differenceSpread: number
  /** Mean outdoor temperature of the days used, °C. */
  readonly meanOutdoor: number | null
  /** Why there is no estimate, one sentence. */
  readonly problem: string | null
  readonly method: string
  readonly modelVersion: string
}

export interface HeatLossOptions {
  readonly place?: Coordinates | null
  readonly zone?: string
  /** Of the same hours, when it is there already. */
  readonly separation?: Separation
}

/** K; days nearer to the indoor temperature are heated now and then only. */
const LEAST_DIFFERENCE = 8
/** K below the balance temperature from which on a house is heated all day. */
const BELOW_BALANCE = 4
const DAYS_TO_FIT = 10
const ROUNDS = 12
const HUBER = 1.5

/**
 * What is usual, as weak beliefs that matter only where data are few. All scale with k, so that no size of building is
 * preferred: free heat lifts a house by 2.5 ± 2.5 K; the sun enters through 15 ± 25 m² per kW/K; a 40 ± 40 h part of its
 * heat capacity follows the day; wind adds 0 ± 3 % per m/s.
 */
const BELIEFS = {
  lift: { mean: 2.5, deviation: 2.5 },
  aperture: { mean: 15, deviation: 25 },
  capacityHours: { mean: 40, deviation: 40 },
  wind: { mean: 0, deviation: 0.03 },
} as const

const SIZE = 5

/**
 * Estimates k from measured energy, never from an earlier estimate.
 * @throws RangeError as {@link separateEnergy} does
 */
export function estimateHeatLoss(input: readonly EnergyHour[], options: HeatLossOptions = {}): HeatLoss {
  const { place = null, zone = SWEDISH_ZONE } = options
  const separation = options.separation ?? separateEnergy(input, { place, zone })
  if (!separation.separable && separation.reasonCode !== 'no_hot_water') {
    return noEstimate(separation.reason ?? 'The energy could not be split.', 0)
  }
  return fitHeatLoss(heatLossDays(input, separation, place, zone), separation.quality.balanceTemperature)
}

/** The regression itself. @param balanceTemperature outdoor temperature above which the house is not heated, °C */
export function fitHeatLoss(source: HeatLossDays, balanceTemperature: number): HeatLoss {
  const seen = source.days.length
  const days = source.days.filter(
    (day) => day.difference >= LEAST_DIFFERENCE && day.outdoor <= balanceTemperature - BELOW_BALANCE && day.powerKw > 0,
  )
  if (days.length < DAYS_TO_FIT) {
    return noEstimate(`Only ${days.length} heated days have enough meter hours and temperatures.`, seen)
  }
  const winds = days.map((day) => day.wind).filter((wind) => !Number.isNaN(wind))
  const meanWind = winds.length === 0 ? 0 : mean(winds)
  const rows = new Float64Array(days.length * SIZE)
  days.forEach((day, index) => {
    const wind = Number.isNaN(day.wind) ? 0 : day.wind - meanWind
    rows.set([day.difference, -1, -day.irradiance, day.warming, wind * day.difference], index * SIZE)
  })
  const fitted = fitRobustly(rows, days)
  const [kwPerK, gains, aperture, capacity, windSensitivity] = fitted.coefficients as unknown as number[]
  const k = kwPerK as number
  if (!(k > 0)) return noEstimate('Heating does not grow with the cold.', seen)
  const reach = studentQuantile(days.length) * Math.hypot(fitted.deviation, k * systematicError(source))
  const differences = days.map((day) => day.difference)
  return {
    kwPerK: k,
    low: Math.max(0, k - reach),
    high: k + reach,
    solarApertureM2: source.irradianceSource === 'none' ? null : Math.max(0, aperture as number),
    windSensitivity: winds.length === 0 ? null : (windSensitivity as number),
    internalGainsKw: source.indoorSource === 'measured' ? (gains as number) : null,
    heatCapacityKwhPerK: source.indoorSource === 'measured' ? Math.max(0, capacity as number) : null,
    daysUsed: days.length,
    daysSeen: seen,
    differenceSpread: Math.max(...differences) - Math.min(...differences),
    meanOutdoor: mean(days.map((day) => day.outdoor)),
    problem: null,
    method: methodOf(source),
    modelVersion: HEAT_LOSS_VERSION,
  }
}

interface Fitted {
  readonly coefficients: Float64Array
  /** Standard deviation of k, kW/K. */
  readonly deviation: number
}

/** Huber's weights; days that follow each other err alike, so that they count as fewer. */
function fitRobustly(rows: Float64Array, days: readonly HeatLossDay[]): Fitted {
  const count = days.length
  let scale = median(days.map((day) => day.powerKw / Math.max(1, day.difference - BELIEFS.lift.mean)))
  let noise = 0.15 * median(days.map((day) => day.powerKw))
  let inflation = 1
  let weights = new Float64Array(count).fill(1)
  let coefficients = new Float64Array(SIZE)
  let deviation = Number.NaN
  for (let round = 0; round < ROUNDS; round++) {
    const precision = weights.map((weight) => weight / (noise * noise * inflation))
    const system = normalMatrix(rows, precision, SIZE, new Float64Array(SIZE).fill(1e-9))
    const right = new Float64Array(SIZE)
    for (let index = 0; index < count; index++) {
      const value = (precision[index] as number) * (days[index] as HeatLossDay).powerKw
      for (let column = 0; column < SIZE; column++) {
        right[column] = (right[column] as number) + value * (rows[index * SIZE + column] as number)
      }
    }
    believe(system, scale)
    const factored = factor(system, SIZE)
    if (factored === undefined) return { coefficients, deviation: Number.POSITIVE_INFINITY }
    coefficients = solve(factored, right) as Float64Array<ArrayBuffer>
    deviation = Math.sqrt(inverse(factored)[0] as number)
    const residuals = days.map((day, index) => day.powerKw - dot(rows, index, coefficients))
    noise = Math.max(robustDeviation(residuals) * Math.sqrt(count / Math.max(1, count - SIZE)), 0.005 * scale * 20)
    weights = Float64Array.from(residuals, (residual) =>
      Math.min(1, (HUBER * noise) / Math.max(1e-12, Math.abs(residual))),
    )
    inflation = autocorrelationInflation(residuals, days, noise)
    scale = Math.max(1e-6, coefficients[0] as number)
  }
  return { coefficients, deviation }
}

/** Adds each belief as one more observation of "coefficient − mean × k = 0". */
function believe(system: Float64Array, scale: number): void {
  const kinds = [BELIEFS.lift, BELIEFS.aperture, BELIEFS.capacityHours, BELIEFS.wind]
  for (const [position, belief] of kinds.entries()) {
    const column = position + 1
    const precision = 1 / (belief.deviation * scale) ** 2
    const add = (row: number, other: number, value: number) => {
      system[row * SIZE + other] = (system[row * SIZE + other] as number) + value
    }
    add(column, column, precision)
    add(0, 0, precision * belief.mean ** 2)
    add(0, column, -precision * belief.mean)
    add(column, 0, -precision * belief.mean)
  }
}

function dot(rows: Float64Array, index: number, coefficients: Float64Array): number {
  let sum = 0
  for (let column = 0; column < SIZE; column++) {
    sum += (rows[index * SIZE + column] as number) * (coefficients[column] as number)
  }
  return sum
}

/** (1 + ρ)/(1 − ρ) of the residuals of consecutive days, at least 1. */
function autocorrelationInflation(residuals: readonly number[], days: readonly HeatLossDay[], noise: number): number {
  let product = 0
  let square = 0
  const limit = 3 * noise
  const clipped = residuals.map((residual) => Math.max(-limit, Math.min(limit, residual)))
  for (let index = 1; index < clipped.length; index++) {
    const apart = (days[index] as HeatLossDay).time - (days[index - 1] as HeatLossDay).time
    if (apart > 26 * 3_600_000) continue
    product += (clipped[index] as number) * (clipped[index - 1] as number)
    square += (clipped[index] as number) ** 2
  }
  const correlation = square === 0 ? 0 : Math.min(0.8, Math.max(0, product / square))
  return (1 + correlation) / (1 - correlation)
}

/** What more days do not cure, as a share of k: gains and hot water that go with the season, an indoor guess. */
function systematicError({ indoorSource, irradianceSource }: HeatLossDays): number {
  return Math.hypot(0.025, indoorSource === 'assumed' ? 0.025 : 0, irradianceSource === 'measured' ? 0 : 0.015)
}

/** Two-sided 95 % of Student's t for a regression on so many days (within 1 %). */
function studentQuantile(days: number): number {
  const freedom = Math.max(3, days - SIZE)
  return 1.96 + 2.4 / freedom + 3 / freedom ** 2
}

function methodOf({ indoorSource, irradianceSource }: HeatLossDays): string {
  const indoor = indoorSource === 'measured' ? 'measured indoor temperature' : 'constant indoor temperature assumed'
  const sun = { measured: 'measured irradiance', clear_sky: 'clear-sky irradiance', none: 'no irradiance' }[
    irradianceSource
  ]
  return `robust daily regression, ${indoor}, ${sun}`
}

function noEstimate(problem: string, daysSeen: number): HeatLoss {
  return {
    kwPerK: null,
    low: null,
    high: null,
    solarApertureM2: null,
    windSensitivity: null,
    internalGainsKw: null,
    heatCapacityKwhPerK: null,
    daysUsed: 0,
    daysSeen,
    differenceSpread: 0,
    meanOutdoor: null,
    problem,
    method: 'robust daily regression',
    modelVersion: HEAT_LOSS_VERSION,
  }
}
