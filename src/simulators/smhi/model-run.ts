/** Model runs of the simulated forecast: when they are made and which times they cover. */

const HOUR_MS = 3_600_000
/** Published 72 s after the full hour, from analyses 15 minutes before it. */
const CREATED_AFTER_HOUR_MS = 72_000
const REFERENCE_BEFORE_HOUR_MS = 15 * 60_000

const HOURLY_STEPS = 58
const SIX_HOUR_STEPS = 14
const TWELVE_HOUR_STEPS = 9

export interface ModelRun {
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly referenceAt: number
  /** Ends of the steps, ascending; the first is the full hour before `createdAt`. */
  readonly times: readonly number[]
}

/** The newest run that is out at `now`. */
export function newestRun(now: number): ModelRun {
  const hour = Math.floor((now - CREATED_AFTER_HOUR_MS) / HOUR_MS) * HOUR_MS
  const times: number[] = []
  let time = hour
  const append = (count: number, stepHours: number) => {
    for (let step = 0; step < count; step += 1) {
      time += stepHours * HOUR_MS
      times.push(time)
    }
  }
  times.push(time)
  append(HOURLY_STEPS - 1, 1)
  // Some runs have a single step of two hours before the long ones; here those of even hours.
  if ((hour / HOUR_MS) % 2 === 0) append(1, 2)
  append(SIX_HOUR_STEPS, 6)
  append(TWELVE_HOUR_STEPS, 12)
  return { createdAt: hour + CREATED_AFTER_HOUR_MS, referenceAt: hour - REFERENCE_BEFORE_HOUR_MS, times }
}

/** `2026-11-21T05:00:00Z`: SMHI writes no fractions of a second. */
export function isoSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`
}
