/**
 * Where forecasts may depart from "it stays as it is": only where those that would have been issued until now, each by
 * what was known at its time, were significantly better than persistence. A room that only wanders earns no such trust.
 */
/** A forecast that was issued, and its outcome; K. */
export interface IssuedError {
  /** When it was issued, h since any moment. */
  readonly hour: number
  /** Outcome less the indoor temperature at the issue. */
  readonly persistenceError: number
  /** Outcome less what is said when the best shares of the time are trusted. */
  readonly candidateError: number
}

/** Chance of trusting a lead that deserves none, at one look: 5 %, as a quantile of the normal distribution. */
const QUANTILE = 1.645
/** Gains are averaged over at least so many hours before they are compared: those of one day resemble each other. */
const LEAST_BLOCK_HOURS = 8
/** With fewer blocks nothing is significant. */
const LEAST_BLOCKS = 4
/** A lead may rest on the evidence of one this many times shorter, which has more independent outcomes. */
const VOUCHING = 4

/**
 * Whether each lead is trusted. One is when its forecasts gained on persistence by more than the gain's standard error, and
 * when the gain is significant at it or at a shorter one (down to a quarter of it).
 * @param pasts ascending in lead time
 */
export function trustedLeads(
  pasts: readonly { readonly leadHours: number; readonly issued: readonly IssuedError[] }[],
): boolean[] {
  const evidence = pasts.map(({ leadHours, issued }) => ({ leadHours, ...gainOf(issued, leadHours) }))
  return evidence.map(
    ({ leadHours, mean, standardError }) =>
      mean > standardError &&
      evidence.some((one) => one.leadHours <= leadHours && one.leadHours * VOUCHING >= leadHours && one.significant),
  )
}

/** K². */
export interface Gain {
  readonly mean: number
  /** 0 while there are too few blocks to tell. */
  readonly standardError: number
  readonly significant: boolean
}

/**
 * Mean gain in squared error over persistence, and whether it is significantly above zero: Student's test on means of
 * blocks that are as long as the lead, so that they hardly depend on each other (the comparison of Diebold & Mariano 1995,
 * Journal of Business & Economic Statistics 13, 253–263, with batch means).
 */
export function gainOf(issued: readonly IssuedError[], leadHours: number): Gain {
  const length = Math.max(LEAST_BLOCK_HOURS, leadHours)
  const blocks = new Map<number, { sum: number; count: number }>()
  for (const { hour, persistenceError, candidateError } of issued) {
    const block = blocks.get(Math.floor(hour / length)) ?? { sum: 0, count: 0 }
    block.sum += persistenceError ** 2 - candidateError ** 2
    block.count += 1
    blocks.set(Math.floor(hour / length), block)
  }
  const means = [...blocks.values()].map(({ sum, count }) => sum / count)
  const count = means.length
  if (count === 0) return { mean: 0, standardError: 0, significant: false }
  const mean = means.reduce((total, value) => total + value, 0) / count
  if (count < LEAST_BLOCKS) return { mean, standardError: 0, significant: false }
  const variance = means.reduce((total, value) => total + (value - mean) ** 2, 0) / (count - 1)
  const standardError = Math.sqrt(variance / count)
  return { mean, standardError, significant: mean > studentQuantile(count - 1) * standardError }
}

/** The quantile of Student's distribution at the level of {@link QUANTILE} (Abramowitz & Stegun 26.7.5). */
function studentQuantile(freedom: number): number {
  const z = QUANTILE
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  )
}
