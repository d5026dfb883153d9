/** Puts imported points into a series: replaces what an earlier import left, and leaves polled readings alone. */
import { setImmediate } from 'node:timers/promises'
import { originFieldOf, originMark } from '../domain/history/origin.ts'
import { planImport, type SeriesChange } from '../domain/history/replacement.ts'
import type { HistoryPoint, StoredRow, TimeRange } from '../domain/history/row.ts'
import type { Point, TimeSeriesStore } from '../store/timeseries/port.ts'
import type { HistorySeries } from './entity-history.ts'

export type ImportStore = Pick<TimeSeriesStore, 'read' | 'write' | 'replaceRange'>

export interface StoredImport {
  /** Points that stand in the series afterwards, or would. */
  readonly standing: number
  readonly keptOut: number
}

/** Values written at a time: some 20 ms of a process that polls hundreds of houses beside this. */
const VALUES_PER_WRITE = 2_000

/** Stored values are compared a day at a time, for the same reason. */
const LONGEST_STRETCH_MS = 86_400_000

/**
 * Stores the points of one stretch. Doing it again changes nothing, and being killed in between leaves nothing that the
 * next time does not put right.
 * @param range whole steps
 */
export async function storeImport(
  store: ImportStore,
  series: HistorySeries,
  points: readonly HistoryPoint[],
  range: TimeRange,
  stepSeconds: number,
  dryRun: boolean,
): Promise<StoredImport> {
  let standing = 0
  let keptOut = 0
  for (const { open, ...stretch } of await stretchesOf(store, series, range, stepSeconds)) {
    const inside = points.filter(({ time }) => time >= stretch.from && time < stretch.to)
    if (!open) {
      keptOut += inside.length
      continue
    }
    const change = planImport({
      stored: await readAll(store, series, stretch),
      imported: inside,
      stepSeconds,
      isReading: isReadingOf(series),
    })
    standing += change.standing
    keptOut += change.keptOut
    // Directly after the reading, so that as little as possible can come in between.
    if (!dryRun) await apply(store, series, change)
    await setImmediate()
  }
  return { standing, keptOut }
}

async function apply(store: ImportStore, series: HistorySeries, { stretches, writes }: SeriesChange): Promise<void> {
  for (const { from, to, points } of stretches) await replace(store, series, { from, to }, points)
  for (const batch of batches(writes)) await store.write(toPoints(series, batch))
}

interface Stretch extends TimeRange {
  /** False where every step holds polled readings and nothing of an import: nothing is to be done there. */
  readonly open: boolean
}

/** Tells polled stretches from others by counting, because reading weeks of polls to leave them alone would be slow. */
async function stretchesOf(
  store: ImportStore,
  { measurement, tags, readingFields }: HistorySeries,
  { from, to }: TimeRange,
  stepSeconds: number,
): Promise<Stretch[]> {
  const mark = originFieldOf(measurement)
  const rows = await store.read({
    measurement,
    tags,
    fields: [...readingFields, mark],
    from,
    to,
    every: `${stepSeconds}s`,
    aggregate: 'count',
  })
  const polled = new Set(
    rows
      .filter(({ fields }) => fields[mark] === null && readingFields.some((field) => fields[field] !== null))
      .map(({ time }) => time),
  )
  const stretches: { from: number; to: number; open: boolean }[] = []
  for (let step = from; step < to; step += stepSeconds * 1000) {
    const open = !polled.has(step)
    const last = stretches.at(-1)
    const end = Math.min(to, step + stepSeconds * 1000)
    if (last !== undefined && last.open === open && end - last.from <= LONGEST_STRETCH_MS) last.to = end
    else stretches.push({ from: step, to: end, open })
  }
  return stretches
}

async function readAll(
  store: ImportStore,
  { measurement, tags }: HistorySeries,
  { from, to }: TimeRange,
): Promise<StoredRow[]> {
  return store.read({ measurement, tags, from, to })
}

/** A stretch in parts that are stored quickly, each ending where the next begins. */
async function replace(
  store: ImportStore,
  series: HistorySeries,
  { from, to }: TimeRange,
  points: readonly HistoryPoint[],
): Promise<void> {
  const parts = batches(points)
  if (parts.length === 0) parts.push([])
  let start = from
  for (const [index, part] of parts.entries()) {
    const end = parts[index + 1]?.[0]?.time ?? to
    await store.replaceRange(series.measurement, series.tags, start, end, toPoints(series, part))
    start = end
  }
}

function batches(points: readonly HistoryPoint[]): HistoryPoint[][] {
  const parts: HistoryPoint[][] = []
  let values = 0
  for (const point of points) {
    const size = Object.keys(point.fields).length
    const open = parts.at(-1)
    if (open === undefined || values + size > VALUES_PER_WRITE) {
      parts.push([point])
      values = size
    } else {
      open.push(point)
      values += size
    }
  }
  return parts
}

function toPoints({ measurement, tags }: HistorySeries, points: readonly HistoryPoint[]): Point[] {
  const mark = originMark(measurement, 'import')
  return points.map(({ time, fields }) => ({ measurement, tags, time, fields: { ...fields, ...mark } }))
}

function isReadingOf({ readingFields }: HistorySeries): (row: StoredRow) => boolean {
  return ({ fields }) => readingFields.some((field) => (fields[field] ?? null) !== null)
}
