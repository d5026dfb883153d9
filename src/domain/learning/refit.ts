/** When a house's model is fitted again. Often enough to follow it, seldom enough that a version can be judged. */

const HOUR_MS = 3_600_000
const WEEK_HOURS = 7 * 24
/** A coarse model learns much from a few more hours. */
const COARSE_HOURS = 6
const GROWING_HOURS = 20

/** The newest version a house has had. */
export interface NewestFit {
  readonly fittedAt: number
  /** Hours its readings spanned. */
  readonly spanHours: number
  readonly coarse: boolean
}

/**
 * Daily while each day adds much to what is known, weekly from four weeks on: a version must stand for seven days before
 * its forecasts can be judged. A first model is asked for at every look.
 * @param now epoch milliseconds
 */
export function isFitDue(newest: NewestFit | null, now: number, fullSpanHours: number): boolean {
  if (newest === null) return true
  const hours = (now - newest.fittedAt) / HOUR_MS
  if (newest.coarse) return hours >= COARSE_HOURS
  return hours >= (newest.spanHours < 0.9 * fullSpanHours ? GROWING_HOURS : WEEK_HOURS - 4)
}

/** Whether the hourly look fits it, and not the nightly run: a house is new, and its first models come soon. */
export function isNew(newest: NewestFit | null): boolean {
  return newest === null || newest.coarse
}
