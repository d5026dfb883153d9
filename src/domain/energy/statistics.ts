/** Order statistics and normal distribution, as the energy estimates need them. */

/** Linear interpolation between order statistics; NaN for nothing. */
export function quantile(values: readonly number[], share: number): number {
  return quantileOfSorted(
    [...values].sort((one, other) => one - other),
    share,
  )
}

/** {@link quantile} of values already in ascending order. */
export function quantileOfSorted(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

export function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** Standard deviation of a normal distribution with the same median absolute deviation. */
export function robustDeviation(values: readonly number[]): number {
  const middle = median(values)
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)))
}

export function normalDensity(z: number): number {
  return 0.3989422804014327 * Math.exp(-0.5 * z * z)
}

/**
 * φ(z)/Φ(z), the inverse Mills ratio of the lower tail, for any z without overflow: the exact ratio from Φ above −5, its
 * asymptotic series below.
 */
export function inverseMills(z: number): number {
  if (z < -5) {
    const square = 1 / (z * z)
    return -z / (1 - square * (1 - square * (3 - 15 * square)))
  }
  return normalDensity(z) / normalCumulative(z)
}

/** Φ(z); Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8. */
export function normalCumulative(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const tail =
    normalDensity(z) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z >= 0 ? 1 - tail : tail
}
