/**
 * What an hour above its baseline means: noise alone, or noise plus a draw-off of hot water. Draw-offs are a mixture of
 * exponential sizes whose odds depend on when the hour is; noise is normal. (The composed error of stochastic frontier
 * analysis: Aigner, Lovell & Schmidt 1977, J. Econometrics 6, 21–37, with a share of hours without any.)
 */
import { inverseMills } from '../numeric/statistics.ts'

export interface Mixture {
  /** Mean sizes of the kinds of draw-off, kWh. */
  readonly sizes: Float64Array
  /** Typical size of an hour with a draw-off, kWh. */
  readonly scale: number
  readonly groups: number
  /** groups × sizes: probability of each kind in an hour of the group. */
  readonly odds: Float64Array
}

export interface Expectation {
  /** Mean and variance of the draw-off given the hour's residual, kWh and kWh². */
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** Pseudo-hours without draw-off added to each group: what is not seen is not there. */
const IDLE_HOURS = 4
/** Hands and dishes, a short shower, a long one; multiples of the typical size, and how far from it each may move. */
const SIZES = [0.12, 0.45, 1.4] as const
const SIZE_SPAN = 1.8

export function startingMixture(scale: number, groups: number): Mixture {
  const sizes = Float64Array.from(SIZES, (size) => size * scale)
  return { sizes, scale, groups, odds: new Float64Array(groups * sizes.length).fill(0.12) }
}

/** What a day's draw-offs may sum to, kWh: more is heating that looks like them. */
export interface DailyLimits {
  readonly low: number
  readonly high: number
}

/**
 * One round of expectation and maximisation.
 * @param residual energy above the baseline, kWh; NaN is left out
 * @param deviation of the noise of each hour, kWh, above 0
 * @param group of each hour
 * @param expectation is overwritten
 */
export function updateMixture(
  mixture: Mixture,
  residual: Float64Array,
  deviation: Float64Array,
  group: Int16Array,
  limits: DailyLimits,
  expectation: Expectation,
): Mixture {
  const kinds = mixture.sizes.length
  const count = new Float64Array(mixture.groups)
  const share = new Float64Array(mixture.groups * kinds)
  const sizeSum = new Float64Array(kinds)
  const sizeCount = new Float64Array(kinds)
  const weights = new Float64Array(kinds)
  const means = new Float64Array(kinds)
  const squares = new Float64Array(kinds)
  for (let index = 0; index < residual.length; index++) {
    const above = residual[index] as number
    if (Number.isNaN(above)) continue
    const sigma = deviation[index] as number
    const offset = (group[index] as number) * kinds
    let total = 0
    let taken = 0
    for (let kind = 0; kind < kinds; kind++) {
      const size = mixture.sizes[kind] as number
      const odds = mixture.odds[offset + kind] as number
      const standard = above / sigma - sigma / size
      // Beyond 25 deviations the answer is "a draw-off" to double precision; the cap keeps the ratio finite.
      const mills = inverseMills(Math.min(standard, 25))
      weights[kind] = odds / (size * mills)
      const mean = sigma * (standard + (standard > 25 ? 0 : mills))
      means[kind] = mean
      squares[kind] = mean * mean + sigma * sigma * (1 - (standard > 25 ? 0 : mills * (mills + standard)))
      taken += odds
      total += weights[kind] as number
    }
    const idleWeight = Math.max(1e-6, 1 - taken) / sigma
    total += idleWeight
    let mean = 0
    let square = 0
    for (let kind = 0; kind < kinds; kind++) {
      const probability = (weights[kind] as number) / total
      mean += probability * (means[kind] as number)
      square += probability * (squares[kind] as number)
      share[offset + kind] = (share[offset + kind] as number) + probability
      sizeSum[kind] = (sizeSum[kind] as number) + probability * (means[kind] as number)
      sizeCount[kind] = (sizeCount[kind] as number) + probability
    }
    expectation.mean[index] = mean
    expectation.variance[index] = Math.max(0, square - mean * mean)
    count[group[index] as number] = (count[group[index] as number] as number) + 1
  }
  const odds = share.map((value, index) =>
    Math.min(0.9, value / ((count[Math.floor(index / kinds)] as number) + IDLE_HOURS)),
  )
  for (let start = 0; start < odds.length; start += kinds) limitOdds(odds, start, kinds)
  const sizes = mixture.sizes.map((size, kind) => {
    const found = (sizeCount[kind] as number) > 10 ? (sizeSum[kind] as number) / (sizeCount[kind] as number) : size
    const start = mixture.scale * (SIZES[kind] as number)
    return Math.min(start * SIZE_SPAN, Math.max(start / SIZE_SPAN, found))
  })
  keepWithin(limits, odds, sizes, count)
  return { ...mixture, sizes, odds }
}

function keepWithin({ low, high }: DailyLimits, odds: Float64Array, sizes: Float64Array, count: Float64Array): void {
  let hours = 0
  let energy = 0
  for (const [group, groupHours] of count.entries()) {
    hours += groupHours
    for (const [kind, size] of sizes.entries()) {
      energy += groupHours * size * (odds[group * sizes.length + kind] as number)
    }
  }
  const daily = (24 * energy) / Math.max(1, hours)
  const factor = daily > high ? high / daily : daily > 0 && daily < low ? low / daily : 1
  if (factor === 1) return
  for (let index = 0; index < odds.length; index++) odds[index] = (odds[index] as number) * factor
}

/** No group is certain of a draw-off, so that its baseline stays visible. */
function limitOdds(odds: Float64Array, start: number, kinds: number): void {
  let total = 0
  for (let kind = 0; kind < kinds; kind++) total += odds[start + kind] as number
  if (total <= 0.95) return
  for (let kind = 0; kind < kinds; kind++) odds[start + kind] = ((odds[start + kind] as number) * 0.95) / total
}
