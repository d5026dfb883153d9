/** Looks for holes in a stored series, and keeps a mark where one could not be filled. */
import { type Cadence, findHoles, HOUR_MS, type Hole, type Reading, suspiciousHours } from '../domain/history/gaps.ts'
import { originFieldOf, originOf } from '../domain/history/origin.ts'
import type { StoredRow, TimeRange } from '../domain/history/row.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'

export interface GapSearch {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  /** Fields of which at least one stands in every reading. */
  readonly readingFields: readonly string[]
  /** End of the search, epoch milliseconds. */
  readonly to: number
  readonly days: number
  readonly cadence: Cadence
  /** Time between two polls, which may be shorter than the cadence expects readings. */
  readonly pollMs: number
}

export interface FoundHoles {
  readonly holes: readonly Hole[]
  /** Beginning of what was looked at: the search's own, or that of a hole that reaches further back. */
  readonly from: number
}

const DAY_MS = 24 * HOUR_MS
/** Beginnings of holes are looked for this far before the search. */
const LONGEST_HOLE_DAYS = 60

/** Hours are counted first; only those with too few readings are read in full. */
export async function lookForHoles(store: Pick<TimeSeriesStore, 'read'>, search: GapSearch): Promise<FoundHoles> {
  const { measurement, tags, readingFields, to, days, cadence, pollMs } = search
  const start = Math.floor((to - days * DAY_MS) / HOUR_MS) * HOUR_MS
  const before = await lastReadingBefore(store, search, start)
  const counts = new Map<number, number>()
  const hours = await store.read({
    measurement,
    tags,
    fields: readingFields,
    from: start,
    to,
    every: '1h',
    aggregate: 'count',
  })
  for (const { time, fields } of hours) {
    counts.set(time, Math.max(...readingFields.map((field) => Number(fields[field] ?? 0))))
  }
  const holes: Hole[] = []
  for (const range of suspiciousHours(counts, { from: start, to }, pollMs)) {
    const readings = await readReadings(store, search, range)
    const previous = range.from === start && before !== undefined ? [before] : []
    holes.push(...findHoles([...previous, ...readings], range.to === to ? to : undefined, cadence))
  }
  return { holes, from: Math.min(start, holes[0]?.from ?? start) }
}

/** Stand-ins of a long hole may lie in between, one an hour: then more rows are looked through. */
async function lastReadingBefore(
  store: Pick<TimeSeriesStore, 'read'>,
  search: GapSearch,
  time: number,
): Promise<Reading | undefined> {
  const range = { from: Math.max(0, time - LONGEST_HOLE_DAYS * DAY_MS), to: time }
  for (const limit of [1, 24 * LONGEST_HOLE_DAYS]) {
    const newest = (await readReadings(store, search, range, limit)).at(-1)
    if (newest !== undefined) return newest
  }
  return undefined
}

/** Rows that are readings; a stand-in from a weather station is none, so that its hole is asked for again. */
async function readReadings(
  store: Pick<TimeSeriesStore, 'read'>,
  { measurement, tags, readingFields }: GapSearch,
  range: TimeRange,
  limit?: number,
): Promise<Reading[]> {
  const rows: readonly StoredRow[] = await store.read({
    measurement,
    tags,
    fields: [...readingFields, originFieldOf(measurement)],
    ...range,
    ...(limit === undefined ? {} : { limit }),
  })
  return rows.flatMap((row): Reading[] => {
    const origin = originOf(row)
    const isReading = readingFields.some((field) => (row.fields[field] ?? null) !== null)
    if (!isReading || origin === 'fill-observed') return []
    return [{ time: row.time, ...(origin === undefined ? {} : { origin }) }]
  })
}

/** Afterwards the marks in the range are those of the holes given, and of no others. */
export async function markHoles(
  store: Pick<TimeSeriesStore, 'read' | 'replaceRange'>,
  series: string,
  tags: Readonly<Record<string, string>>,
  range: TimeRange,
  holes: readonly Hole[],
  reason: string | null,
): Promise<void> {
  const known = await store.read({ measurement: 'data_gap', tags, ...range })
  if (known.length === 0 && holes.length === 0) return
  const points = holes.map(({ from, to }) => ({
    measurement: 'data_gap',
    tags,
    time: from,
    fields: {
      series,
      ended_at: Math.floor(to / 1000),
      minutes: Math.round((to - from) / 60_000),
      reason: reason ?? 'not known',
    },
  }))
  await store.replaceRange('data_gap', tags, range.from, range.to, points)
}
