/**
 * What an import changes in a series that may hold polled readings already. A reading that was polled is finer and truer
 * than any history, so it is never deleted, moved or mixed with imported values: a step of the import that holds one is
 * left as it is.
 */
import { ORIGIN_CODE_FIELD, ORIGIN_FIELD, originOf } from './origin.ts'
import type { HistoryPoint, StoredRow, TimeRange } from './row.ts'

export interface ImportIntoSeries {
  /** Everything stored in the range, ascending. */
  readonly stored: readonly StoredRow[]
  /** New points on the grid, ascending, all within the range. */
  readonly imported: readonly HistoryPoint[]
  readonly stepSeconds: number
  /** Whether an unmarked row is a reading, and not a single value somebody set between polls. */
  readonly isReading: (row: StoredRow) => boolean
}

/** A stretch without polled rows that holds something an earlier import left: afterwards it holds exactly `points`. */
export interface Stretch extends TimeRange {
  readonly points: readonly HistoryPoint[]
}

export interface SeriesChange {
  /** Points to write where nothing has to be deleted. */
  readonly writes: readonly HistoryPoint[]
  readonly stretches: readonly Stretch[]
  /** Imported points that stand in the series afterwards, whether they are new or were there already. */
  readonly standing: number
  /** Imported points that were left out because their step holds a polled or filled reading. */
  readonly keptOut: number
}

const SECOND_MS = 1000

/** The same import a second time gives no writes and no stretches. */
export function planImport({ stored, imported, stepSeconds, isReading }: ImportIntoSeries): SeriesChange {
  const stepMs = stepSeconds * 1000
  const stepOf = (time: number) => Math.floor(time / stepMs)
  const importedSteps = new Set(imported.map(({ time }) => stepOf(time)))

  const replaceable: StoredRow[] = []
  const keptTimes: number[] = []
  const taken = new Set<number>()
  for (const row of stored) {
    const origin = originOf(row)
    if (origin === 'import' || (origin === 'fill-observed' && importedSteps.has(stepOf(row.time)))) {
      replaceable.push(row)
    } else {
      keptTimes.push(row.time)
      if (origin === 'fill' || (origin === undefined && isReading(row))) taken.add(stepOf(row.time))
    }
  }

  const occupied = new Set(keptTimes)
  const standing = imported.filter(({ time }) => !taken.has(stepOf(time)) && !occupied.has(time))
  const wanted = new Map(standing.map((point) => [point.time, point]))
  const stale = replaceable.filter((row) => !isCovered(row, wanted.get(row.time)))
  const stretches = stretchesOf(stale, keptTimes, standing)
  const known = new Map(replaceable.map((row) => [row.time, row]))
  const writes = standing.filter(
    (point) =>
      !stretches.some(({ from, to }) => point.time >= from && point.time < to) && differs(point, known.get(point.time)),
  )
  return { writes, stretches, standing: standing.length, keptOut: imported.length - standing.length }
}

/** Whether writing the new point leaves nothing of the stored row behind. */
function isCovered(row: StoredRow, point: HistoryPoint | undefined): boolean {
  return point !== undefined && Object.keys(knownFields(row)).every((field) => Object.hasOwn(point.fields, field))
}

function differs(point: HistoryPoint, row: StoredRow | undefined): boolean {
  if (row === undefined || originOf(row) !== 'import') return true
  return Object.entries(point.fields).some(([field, value]) => row.fields[field] !== value)
}

function knownFields({ fields }: StoredRow): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, number | string] =>
        entry[1] !== null && entry[0] !== ORIGIN_FIELD && entry[0] !== ORIGIN_CODE_FIELD,
    ),
  )
}

/** As few and as short stretches as hold all stale rows and no kept one. */
function stretchesOf(
  stale: readonly StoredRow[],
  keptTimes: readonly number[],
  standing: readonly HistoryPoint[],
): Stretch[] {
  const stretches: { from: number; to: number }[] = []
  let nextKept = 0
  for (const { time } of stale) {
    const open = stretches.at(-1)
    while ((keptTimes[nextKept] ?? Number.POSITIVE_INFINITY) < (open?.to ?? time)) nextKept += 1
    const barrier = keptTimes[nextKept] ?? Number.POSITIVE_INFINITY
    if (open !== undefined && barrier > time) open.to = time + SECOND_MS
    else stretches.push({ from: time, to: time + SECOND_MS })
  }
  return stretches.map(({ from, to }) => ({
    from,
    to,
    points: standing.filter(({ time }) => time >= from && time < to),
  }))
}
