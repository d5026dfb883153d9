/** Order statistics and the few distributions that estimates and tests of a fit need. */

export function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

export function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length)
}

/** Standard deviation around the mean, with divisor n. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values)
  return rootMeanSquare(values.map((value) => value - centre))
}

/**
 * Quantile with linear interpolation between order statistics (Hyndman & Fan 1996, type 7); NaN without values.
 * @param share 0 … 1
 */
export function quantile(values: readonly number[], share: number): number {
  const ascending = [...values].sort((one, other) => one - other)
  return quantileOfSorted(ascending, share)
}

/** {@link quantile} of values that ascend already. */
export function quantileOfSorted(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) return Number.NaN
  const position = Math.min(1, Math.max(0, share)) * (ascending.length - 1)
  const below = Math.floor(position)
  const low = ascending[below] as number
  const high = ascending[Math.min(ascending.length - 1, below + 1)] as number
  return low + (position - below) * (high - low)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Standard deviation of a normal distribution with the same median absolute deviation. */
export function robustDeviation(values: readonly number[]): number {
  const middle = median(values)
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)))
}

/**
 * Probability that a chi-square variable exceeds a value, by the cube-root approximation of Wilson & Hilferty (1931),
 * PNAS 17, 684–688: within 0.01 of the truth from three degrees of freedom on.
 */
export function chiSquareTail(value: number, degrees: number): number {
  const spread = 2 / (9 * degrees)
  return 1 - standardNormal((Math.cbrt(value / degrees) - 1 + spread) / Math.sqrt(spread))
}

/** Distribution function of the standard normal: Abramowitz & Stegun 26.2.17, error below 7.5e-8. */
export function standardNormal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const tail =
    normalDensity(x) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return x >= 0 ? 1 - tail : tail
}

export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
}

/**
 * φ(x)/Φ(x), the inverse Mills ratio of the lower tail, for any x without overflow: the exact ratio from Φ above −5, its
 * asymptotic series below.
 */
export function inverseMills(x: number): number {
  if (x < -5) {
    const square = 1 / (x * x)
    return -x / (1 - square * (1 - square * (3 - 15 * square)))
  }
  return normalDensity(x) / standardNormal(x)
}
