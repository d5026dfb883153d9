/** What has to be deleted after a replacement, as few and as short time ranges as possible. */
import { type CheckedPoint, type Tags, tagKey } from '../point.ts'

/** The fields stored for one series at one time. */
export interface StoredTime {
  readonly tags: Tags
  /** Epoch milliseconds. */
  readonly time: number
  readonly field: string
}

/** Times to delete, epoch milliseconds, both ends inclusive. */
export interface SurplusRange {
  readonly tags: Tags
  readonly first: number
  readonly last: number
}

export interface Surplus {
  readonly ranges: readonly SurplusRange[]
  /**
   * Points that share a time with a surplus field: InfluxDB deletes whole points only, so they are written once more.
   */
  readonly rewrite: readonly CheckedPoint[]
}

interface Series {
  readonly tags: Tags
  readonly stored: Map<number, string[]>
}

/** Compares what is stored with what should be: everything beside `wanted` is surplus. */
export function findSurplus(stored: Iterable<StoredTime>, wanted: readonly CheckedPoint[]): Surplus {
  const wantedFields = new Map<string, Set<string>>()
  const wantedPoints = new Map<string, CheckedPoint[]>()
  for (const point of wanted) {
    const key = pointKey(point.tags, point.second * 1000)
    const fields = wantedFields.get(key) ?? new Set()
    for (const [name] of point.fields) fields.add(name)
    wantedFields.set(key, fields)
    wantedPoints.set(key, [...(wantedPoints.get(key) ?? []), point])
  }

  const ranges: SurplusRange[] = []
  const rewrite: CheckedPoint[] = []
  for (const { tags, stored: times } of bySeries(stored)) {
    let open: { first: number; last: number } | undefined
    for (const time of [...times.keys()].sort((a, b) => a - b)) {
      const key = pointKey(tags, time)
      const keep = times.get(time)?.every((field) => wantedFields.get(key)?.has(field))
      if (keep) {
        if (open !== undefined) ranges.push({ tags, ...open })
        open = undefined
        continue
      }
      rewrite.push(...(wantedPoints.get(key) ?? []))
      open = { first: open?.first ?? time, last: time }
    }
    if (open !== undefined) ranges.push({ tags, ...open })
  }
  return { ranges, rewrite }
}

function bySeries(stored: Iterable<StoredTime>): Iterable<Series> {
  const series = new Map<string, Series>()
  for (const { tags, time, field } of stored) {
    const key = tagKey(tags)
    const known = series.get(key) ?? { tags, stored: new Map<number, string[]>() }
    known.stored.set(time, [...(known.stored.get(time) ?? []), field])
    series.set(key, known)
  }
  return series.values()
}

function pointKey(tags: Tags, time: number): string {
  return `${time} ${tagKey(tags)}`
}
