/** How a long range is cut: into chunks that are one activity each, and those into slices that are stored as one piece. */
import type { TimeRange } from './row.ts'

const DAY_MS = 86_400_000

/** Steps an import may have, minutes; each divides the hour, so that steps begin at the same minutes in every hour. */
export const IMPORT_RESOLUTIONS = [5, 10, 15, 20, 30, 60] as const
export type ImportResolution = (typeof IMPORT_RESOLUTIONS)[number]

export const LONGEST_IMPORT_DAYS = 3660

/** The step before the present one may still change, and readings of this time may still be on their way to the store. */
const SETTLED_AFTER_MS = 15 * 60_000

const CHUNK_DAYS = 7
/** Rows fetched for one slice: a few megabytes, stored within a second. */
const SLICE_ROWS = 40_000
/** A sensor counts as stuck after a day without a change, so less than two days could hide one. */
const SLICE_DAYS = { fewest: 2, most: CHUNK_DAYS }

/** The range of an import: whole steps, ending where everything is settled. */
export function importRange(now: number, days: number, resolutionMinutes: number): TimeRange {
  const stepMs = resolutionMinutes * 60_000
  const to = Math.floor((now - SETTLED_AFTER_MS) / stepMs) * stepMs
  return { from: to - days * DAY_MS, to }
}

/** Number of chunks of a range; they are made newest first, because what is recent is wanted first. */
export function chunkCount({ from, to }: TimeRange): number {
  return Math.ceil((to - from) / (CHUNK_DAYS * DAY_MS))
}

/** The chunk of that number, counted from 0 at the newest. */
export function chunkAt({ from, to }: TimeRange, index: number): TimeRange {
  const end = to - index * CHUNK_DAYS * DAY_MS
  return { from: Math.max(from, end - CHUNK_DAYS * DAY_MS), to: end }
}

/** Slices of a chunk, oldest first; each starts on the grid when the chunk does. */
export function slicesOf({ from, to }: TimeRange, signals: number, resolutionSeconds: number): TimeRange[] {
  const rowsPerDay = Math.max(1, (signals * 86_400) / resolutionSeconds)
  const days = Math.min(SLICE_DAYS.most, Math.max(SLICE_DAYS.fewest, Math.floor(SLICE_ROWS / rowsPerDay)))
  const slices: TimeRange[] = []
  for (let start = from; start < to; start += days * DAY_MS) {
    slices.push({ from: start, to: Math.min(to, start + days * DAY_MS) })
  }
  return slices
}
