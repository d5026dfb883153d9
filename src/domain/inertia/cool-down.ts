/**
 * The time constant of a house from how its room temperature falls while the supply is lowered:
 *
 *     dTw/dt = (Ta + g − Tw)/τ + q,   q = p·(Ts − Ti),   Ti = Tw + r·q
 *
 * with Tw the walls, which carry the heat of the house, Ta outdoors, g the free heat of people and appliances as K
 * outdoors, and Ts the mean of supply and return, delayed by what the emitter stores. The air follows the walls and is
 * warmer than they are by what is being heated: without that, its quick first fall would pass for the slow one that is
 * asked for. The hours before the lowering belong to the fit, so that no balance has to be assumed at any moment, and so do
 * the same hours of nights before, in which nothing was lowered: what people do every evening falls out.
 *
 * Generalised least squares. What moves the room besides lasts for hours, some of it the same every night: residuals are
 * thought to be a sum of noise, of such a habit, and of what is new. What a dwelling usually is counts as a measurement of
 * each parameter, and lags are averaged by how well they fit.
 */
import { at, element, setElement, solve, zeros } from '../numeric/matrix.ts'

const HOUR_MS = 3_600_000

export interface CoolDownSample {
  /** Epoch milliseconds, ascending. */
  readonly time: number
  /** °C. */
  readonly indoor: number
  readonly outdoor: number
  /** Mean of supply and return, or the supply alone, °C. */
  readonly water: number
}

export interface FreeHeat {
  /** K outdoors that free heat is worth, and how sure that is (one standard deviation). */
  readonly mean: number
  readonly deviation: number
}

/** A dwelling in the dark: people, appliances, hot water that cools. */
export const USUAL_FREE_HEAT: FreeHeat = { mean: 3, deviation: 1.5 }

export interface CoolDownFit {
  readonly timeConstantHours: number
  readonly standardErrorHours: number
  /** 95 % interval, h. */
  readonly low: number
  readonly high: number
  /** Delay between water and room that fits best, h. */
  readonly lagHours: number
  /** Root mean square of what the fit leaves, K. */
  readonly residualK: number
  readonly bins: number
}

/** Of one night. */
const MOST_BINS = 32
const SHORTEST_BIN_MS = 60_000
const LEAST_BINS = 12
const LAGS_HOURS = [0, 0.5, 1, 2, 4, 8]
/** Room sensor and its steps of a tenth, K. */
const SENSOR_NOISE_K = 0.035
/** What people, windows and wind do to the room: K the same every night, K besides, and how long it lasts, h. */
const HABIT_K = 0.3
const NEWS_K = 0.1
const DISTURBANCE_HOURS = 4
/** Before anything is measured, as logarithms: τ 80 h and the other two by a factor of what they are in most houses. */
const USUAL = [
  { mean: -Math.log(80), deviation: 1 },
  { mean: -Math.log(60), deviation: 1.5 },
  { mean: Math.log(10), deviation: 0.8 },
] as const
/** How far walls of one temperature lead astray, as a share of τ: seen in simulated houses of three temperatures. */
const MODEL_ERROR = 0.2
const ITERATIONS = 40
/** ln 1/τ, ln p, ln r, g, and the temperature of the walls at the beginning of each night. */
type Parameters = readonly number[]

/**
 * @param nights the one of the test first, then any number of others; each from and to the same hours of the day
 * @returns null when the samples of the test are too few for a fit
 */
export function fitCoolDown(
  nights: readonly (readonly CoolDownSample[])[],
  freeHeat = USUAL_FREE_HEAT,
): CoolDownFit | null {
  const [tested, ...others] = nights.map(binned)
  if (tested === undefined || tested.length < LEAST_BINS) return null
  const all = [tested, ...others.filter((bins) => bins.length >= LEAST_BINS)]
  const whiten = whitening(all)
  const fits = LAGS_HOURS.flatMap((lag) => fitWithLag(all, lag, whiten, [...USUAL, freeHeat]) ?? [])
  const [first] = fits
  if (first === undefined) return null
  const best = fits.reduce((one, other) => (other.cost < one.cost ? other : one), first)
  const weights = fits.map(({ cost }) => Math.exp(-0.5 * (cost - best.cost)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = fits.reduce((sum, { lnLoss }, index) => sum + (weights[index] as number) * lnLoss, 0) / total
  const variance =
    fits.reduce(
      (sum, { lnLoss, variance: own }, index) => sum + (weights[index] as number) * (own + (lnLoss - mean) ** 2),
      0,
    ) / total
  // A house that is more restless than most is measured less well, and none is quite as simple as this.
  const deviation = Math.sqrt(variance * Math.max(1, best.misfit) + MODEL_ERROR ** 2)
  const timeConstantHours = Math.exp(-mean)
  return {
    timeConstantHours,
    standardErrorHours: timeConstantHours * deviation,
    low: timeConstantHours * Math.exp(-1.96 * deviation),
    high: timeConstantHours * Math.exp(1.96 * deviation),
    lagHours: best.lag,
    residualK: best.residualK,
    bins: all.reduce((sum, bins) => sum + bins.length, 0),
  }
}

function binned(samples: readonly CoolDownSample[]): CoolDownSample[] {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined) return []
  const width = Math.max(SHORTEST_BIN_MS, Math.ceil((last.time - first.time) / MOST_BINS))
  const groups = new Map<number, CoolDownSample[]>()
  for (const sample of samples) {
    const bin = Math.floor((sample.time - first.time) / width)
    const group = groups.get(bin)
    if (group === undefined) groups.set(bin, [sample])
    else group.push(sample)
  }
  return [...groups.values()].map((group) => {
    const mean = (read: (sample: CoolDownSample) => number) =>
      group.reduce((sum, sample) => sum + read(sample), 0) / group.length
    return {
      time: mean(({ time }) => time),
      indoor: mean(({ indoor }) => indoor),
      outdoor: mean(({ outdoor }) => outdoor),
      water: mean(({ water }) => water),
    }
  })
}

interface LagFit {
  readonly lag: number
  readonly lnLoss: number
  readonly variance: number
  readonly cost: number
  /** Whitened squares for each degree of freedom: 1 where the house is as restless as most. */
  readonly misfit: number
  readonly residualK: number
}

interface Prior {
  readonly mean: number
  readonly deviation: number
}

function fitWithLag(
  nights: readonly (readonly CoolDownSample[])[],
  lag: number,
  whiten: (values: readonly number[]) => Float64Array,
  priors: readonly Prior[],
): LagFit | null {
  const water = nights.map((bins) => delayed(bins, lag))
  const plainOf = (parameters: Parameters) =>
    nights.flatMap((bins, night) => residualsOf(bins, water[night] as number[], parameters, night))
  const starts = nights.map((bins) => (bins[0] as CoolDownSample).indoor - 1)
  const found = leastSquares(
    (parameters) => whiten(plainOf(parameters)),
    [...priors.map(({ mean }) => mean), ...starts],
    priors,
  )
  if (found === null) return null
  const { parameters, residuals, curvature, cost } = found
  const unit = new Float64Array(parameters.length)
  unit[0] = 1
  const variance = at(solve(curvature, unit) ?? new Float64Array([Number.NaN]), 0)
  if (!(variance > 0)) return null
  const plain = plainOf(parameters)
  return {
    lag,
    lnLoss: parameters[0] as number,
    variance,
    cost,
    misfit: squaresOf(residuals) / Math.max(1, residuals.length - parameters.length),
    residualK: Math.sqrt(squaresOf(plain) / plain.length),
  }
}

/** Turns residuals of all nights into independent ones of variance 1: forward substitution by the Cholesky factor. */
function whitening(nights: readonly (readonly CoolDownSample[])[]): (values: readonly number[]) => Float64Array {
  const places = nights.flatMap((bins, night) =>
    bins.map(({ time }) => ({ night, hours: (time - (bins[0] as CoolDownSample).time) / HOUR_MS })),
  )
  const n = places.length
  const factor = new Float64Array(n * n)
  for (const [i, one] of places.entries()) {
    for (const [j, other] of places.slice(0, i + 1).entries()) {
      const lasting = HABIT_K ** 2 + (one.night === other.night ? NEWS_K ** 2 : 0)
      let value = lasting * Math.exp(-Math.abs(one.hours - other.hours) / DISTURBANCE_HOURS)
      if (i === j) value += SENSOR_NOISE_K ** 2
      for (let k = 0; k < j; k += 1) value -= at(factor, i * n + k) * at(factor, j * n + k)
      factor[i * n + j] = i === j ? Math.sqrt(value) : value / at(factor, j * n + j)
    }
  }
  return (values) => {
    const white = new Float64Array(n)
    for (let i = 0; i < n; i += 1) {
      let value = values[i] as number
      for (let k = 0; k < i; k += 1) value -= at(factor, i * n + k) * at(white, k)
      white[i] = value / at(factor, i * n + i)
    }
    return white
  }
}

/** First-order lag of the water, which starts settled. */
function delayed(bins: readonly CoolDownSample[], lag: number): number[] {
  let stored = (bins[0] as CoolDownSample).water
  let before = (bins[0] as CoolDownSample).time
  return bins.map(({ time, water }) => {
    const hours = (time - before) / HOUR_MS
    stored = lag === 0 ? water : water + (stored - water) * Math.exp(-hours / lag)
    before = time
    return stored
  })
}

/** Marquardt's way between Gauss and Newton and steepest descent. */
function leastSquares(
  foreseen: (parameters: Parameters) => Float64Array,
  start: Parameters,
  priors: readonly Prior[],
): { parameters: Parameters; residuals: Float64Array; curvature: ReturnType<typeof zeros>; cost: number } | null {
  let parameters = start
  let residuals = foreseen(parameters)
  let cost = squaresOf(residuals) + penaltyOf(parameters, priors)
  let damping = 1e-2
  const size = start.length
  let curvature = zeros(size, size)
  for (let iteration = 0; iteration < ITERATIONS; iteration += 1) {
    const slopes = slopesOf(foreseen, parameters, residuals)
    curvature = zeros(size, size)
    const gradient = new Float64Array(size)
    for (const [i, slope] of slopes.entries()) {
      for (const [j, other] of slopes.entries()) setElement(curvature, i, j, inner(slope, other))
      gradient[i] = -inner(slope, residuals)
    }
    for (const [i, { mean, deviation }] of priors.entries()) {
      const precision = 1 / deviation ** 2
      setElement(curvature, i, i, element(curvature, i, i) + precision)
      gradient[i] = at(gradient, i) - precision * ((parameters[i] as number) - mean)
    }
    const damped = { ...curvature, values: Float64Array.from(curvature.values) }
    for (let i = 0; i < size; i += 1) setElement(damped, i, i, element(curvature, i, i) * (1 + damping))
    const change = solve(damped, gradient)
    if (change === null) return null
    const tried = parameters.map((value, i) => value + Math.max(-1, Math.min(1, at(change, i))))
    const triedResiduals = foreseen(tried)
    const triedCost = squaresOf(triedResiduals) + penaltyOf(tried, priors)
    if (triedCost < cost) {
      const gained = cost - triedCost
      parameters = tried
      residuals = triedResiduals
      cost = triedCost
      damping = Math.max(1e-9, damping / 5)
      if (gained < 1e-6) break
    } else {
      damping *= 8
      if (damping > 1e8) break
    }
  }
  return { parameters, residuals, curvature, cost }
}

function penaltyOf(parameters: Parameters, priors: readonly Prior[]): number {
  return priors.reduce((sum, { mean, deviation }, i) => sum + (((parameters[i] as number) - mean) / deviation) ** 2, 0)
}

/** Foreseen less measured room temperature, K. */
function residualsOf(
  bins: readonly CoolDownSample[],
  water: readonly number[],
  parameters: Parameters,
  night: number,
): number[] {
  const [lnLoss, lnPull, lnRise, free] = parameters as readonly [number, number, number, number]
  const loss = Math.exp(lnLoss)
  // Ti = (Tw + r·p·Ts)/(1 + r·p) turns the heat into p/(1 + r·p)·(Ts − Tw).
  const rise = Math.exp(lnPull + lnRise)
  const pull = Math.exp(lnPull) / (1 + rise)
  let walls = parameters[SHARED + night] as number
  return bins.map((bin, index) => {
    const before = bins[index - 1]
    if (before !== undefined) {
      const hours = (bin.time - before.time) / HOUR_MS
      const outdoor = (bin.outdoor + before.outdoor) / 2
      const heated = ((water[index] as number) + (water[index - 1] as number)) / 2
      const aim = (loss * (outdoor + free) + pull * heated) / (loss + pull)
      walls = aim + (walls - aim) * Math.exp(-(loss + pull) * hours)
    }
    return (walls + rise * (water[index] as number)) / (1 + rise) - bin.indoor
  })
}

const SHARED = 4
const DIFFERENCE = 1e-4

function slopesOf(
  foreseen: (parameters: Parameters) => Float64Array,
  parameters: Parameters,
  residuals: Float64Array,
): Float64Array[] {
  return parameters.map((_, moved) => {
    const shifted = parameters.map((value, i) => (i === moved ? value + DIFFERENCE : value))
    const there = foreseen(shifted)
    return residuals.map((value, n) => (at(there, n) - value) / DIFFERENCE)
  })
}

function inner(one: Float64Array, other: Float64Array): number {
  return one.reduce((sum, value, index) => sum + value * at(other, index), 0)
}

function squaresOf(values: Float64Array | readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value * value
  return sum
}
