/** Holes in a series whose cadence is known: where they are, what may be put into them, and what is left. */
import type { Origin } from './origin.ts'
import type { TimeRange } from './row.ts'

/** A reading of a series, whatever brought it. */
export interface Reading {
  /** Epoch milliseconds. */
  readonly time: number
  /** Undefined: polled. */
  readonly origin?: Origin | undefined
}

/** Nothing was read after `from`, the time of the last reading, and before `to`, that of the next one. */
export type Hole = TimeRange

export interface Cadence {
  /** Time between two readings in order. */
  readonly expectedMs: number
  /** Two readings further apart than this have a hole between them. */
  readonly longestMs: number
}

export interface GapSummary {
  readonly holes: number
  /** Their length together, whole minutes. */
  readonly minutes: number
}

const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

/** Vendors keep nothing finer than five minutes: a shorter hole cannot be filled from their history. */
const FINEST_SERIES_MS = 5 * MINUTE_MS

/** A single missed poll is no hole, two are. */
export function pollCadence(pollSeconds: number): Cadence {
  const expectedMs = Math.max(pollSeconds * 1000, FINEST_SERIES_MS)
  return { expectedMs, longestMs: 2 * expectedMs }
}

/** Stations report at every full hour, so one missing hour shows. */
export const HOURLY: Cadence = { expectedMs: HOUR_MS, longestMs: 1.5 * HOUR_MS }

/**
 * Stretches of whole UTC hours in which fewer readings were counted than the cadence leads to expect, each widened by an
 * hour with readings on either side where there is one. Only these need to be read in full.
 * @param counts readings by start of the hour, epoch milliseconds; absent = none
 * @param pollMs time between two polls, which may be shorter than `expectedMs` of the cadence
 */
export function suspiciousHours(
  counts: ReadonlyMap<number, number>,
  { from, to }: TimeRange,
  pollMs: number,
): TimeRange[] {
  const expected = HOUR_MS / pollMs
  const tolerated = expected - Math.min(0.9 * expected, Math.max(1, expected - 1))
  const first = floorTo(from, HOUR_MS)
  const missing = (hour: number) => (hour < first || hour >= to ? 0 : expected - (counts.get(hour) ?? 0))
  // A hole may lie across the full hour: then neither side alone is short by much.
  const isShort = (hour: number) =>
    missing(hour) > 0 &&
    [0, missing(hour - HOUR_MS), missing(hour + HOUR_MS)].some(
      (beside) => missing(hour) + Math.max(0, beside) > tolerated,
    )
  const stretches: { from: number; to: number }[] = []
  for (let hour = first; hour < to; hour += HOUR_MS) {
    if (!isShort(hour)) continue
    const open = stretches.at(-1)
    const start = Math.max(from, hour - HOUR_MS)
    const end = Math.min(to, hour + 2 * HOUR_MS)
    if (open !== undefined && open.to >= start) open.to = end
    else stretches.push({ from: start, to: end })
  }
  return stretches
}

/**
 * Holes between readings, and at the end of the range. Before the first reading there is none: nothing was expected yet.
 * Beside imported and filled readings an hour may be missing, because a vendor's series may have nothing finer.
 * @param readings ascending; the one before the range goes first, if there is one
 * @param end end of the range; undefined when the range goes on with readings
 */
export function findHoles(readings: readonly Reading[], end: number | undefined, cadence: Cadence): Hole[] {
  const holes: Hole[] = []
  const coarse = Math.max(cadence.longestMs, HOUR_MS + cadence.expectedMs)
  readings.forEach(({ time, origin }, index) => {
    const next = readings[index + 1]
    const to = next?.time ?? end
    if (to === undefined) return
    const isPolled = origin === undefined && next?.origin === undefined
    if (to - time > (isPolled ? cadence.longestMs : coarse)) holes.push({ from: time, to })
  })
  return holes
}

/** Whether a value of this time may be put into a hole: not beside a reading, where it would only repeat it. */
export function fitsInto({ from, to }: Hole, time: number, { expectedMs }: Cadence): boolean {
  return time > from + expectedMs / 2 && time < to - expectedMs / 2
}

/**
 * Ranges to ask a vendor for, ascending: holes that lie close together in one, none longer than a week. On a grid of
 * hours, so that hourly series fit in.
 */
export function rangesToAsk(holes: readonly Hole[]): TimeRange[] {
  const ranges: { from: number; to: number }[] = []
  for (const hole of holes) {
    const to = ceilTo(hole.to, HOUR_MS)
    for (let from = floorTo(hole.from, HOUR_MS); from < to; from += LONGEST_QUESTION_MS) {
      const part = { from, to: Math.min(to, from + LONGEST_QUESTION_MS) }
      const open = ranges.at(-1)
      if (open !== undefined && part.from - open.to <= CLOSE_MS && part.to - open.from <= LONGEST_QUESTION_MS) {
        open.to = Math.max(open.to, part.to)
      } else ranges.push({ from: Math.max(part.from, open?.to ?? part.from), to: part.to })
    }
  }
  return ranges.filter(({ from, to }) => to > from)
}

const CLOSE_MS = 6 * HOUR_MS
const LONGEST_QUESTION_MS = 7 * 24 * HOUR_MS

/** What is left of holes when readings have been put in. */
export function holesAfter(holes: readonly Hole[], filled: readonly Reading[], cadence: Cadence): Hole[] {
  return holes.flatMap((hole) => {
    const inside = filled.filter(({ time }) => time > hole.from && time < hole.to)
    return inside.length === 0 ? [hole] : findHoles([{ time: hole.from }, ...inside], hole.to, cadence)
  })
}

export function summarise(holes: readonly Hole[]): GapSummary {
  const minutes = holes.reduce((sum, { from, to }) => sum + Math.round((to - from) / MINUTE_MS), 0)
  return { holes: holes.length, minutes }
}

export function addGaps(a: GapSummary, b: GapSummary): GapSummary {
  return { holes: a.holes + b.holes, minutes: a.minutes + b.minutes }
}

function floorTo(value: number, width: number): number {
  return Math.floor(value / width) * width
}

function ceilTo(value: number, width: number): number {
  return Math.ceil(value / width) * width
}
