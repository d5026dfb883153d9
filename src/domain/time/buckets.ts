/**
 * Time buckets: up to hours they are aligned to UTC and stamped with their start; days, weeks and months follow a zone
 * and are stamped 00:00Z of their first date. Both stores and everyone who groups by hand use these rules.
 */
import { dayLabel, dayStart, labelToTime, SWEDISH_ZONE, timeToLabel } from './day.ts'
import { type Every, fixedSeconds } from './every.ts'

export interface Bucket {
  /** What the bucket is called, epoch milliseconds; see above. */
  readonly stamp: number
  /** First instant, epoch milliseconds. */
  readonly start: number
  /** First instant after it, epoch milliseconds. */
  readonly end: number
}

const DAY_MS = 86_400_000

/** 1970-01-01 was a Thursday: weeks are ISO weeks, so they are counted from the Monday before. */
const EPOCH_DAYS_SINCE_MONDAY = 3

/** A chart that asks for more has a mistake in its width. */
const MAX_BUCKETS = 1_000_000

/**
 * Stamp of the bucket an instant falls in. Several days or months in one bucket are counted from 1970-01-01, weeks from
 * the Monday before it.
 */
export function bucketStamp(instant: number, every: Every, zone: string = SWEDISH_ZONE): number {
  const seconds = fixedSeconds(every)
  if (seconds !== undefined) return floorTo(instant, seconds * 1000)
  const date = labelToTime(dayLabel(instant, zone))
  if (every.unit === 'mo') {
    const day = new Date(date)
    const month = (day.getUTCFullYear() - 1970) * 12 + day.getUTCMonth()
    return Date.UTC(1970, floorTo(month, every.count))
  }
  const width = bucketDays(every) * DAY_MS
  const anchor = every.unit === 'w' ? EPOCH_DAYS_SINCE_MONDAY * DAY_MS : 0
  return floorTo(date + anchor, width) - anchor
}

/** All buckets that overlap `[from, to)`, ascending, with gaps nowhere. Throws `RangeError` above a million. */
export function bucketsInRange(every: Every, from: number, to: number, zone: string = SWEDISH_ZONE): Bucket[] {
  const buckets: Bucket[] = []
  if (to <= from) return buckets
  let stamp = bucketStamp(from, every, zone)
  let start = bucketStart(stamp, every, zone)
  while (start < to) {
    if (buckets.length >= MAX_BUCKETS) throw new RangeError(`more than ${MAX_BUCKETS} buckets: choose wider ones`)
    const next = nextStamp(stamp, every)
    const end = bucketStart(next, every, zone)
    buckets.push({ stamp, start, end })
    stamp = next
    start = end
  }
  return buckets
}

function bucketStart(stamp: number, every: Every, zone: string): number {
  return fixedSeconds(every) === undefined ? dayStart(timeToLabel(stamp), zone) : stamp
}

function nextStamp(stamp: number, every: Every): number {
  const seconds = fixedSeconds(every)
  if (seconds !== undefined) return stamp + seconds * 1000
  if (every.unit !== 'mo') return stamp + bucketDays(every) * DAY_MS
  const date = new Date(stamp)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + every.count)
}

function bucketDays({ count, unit }: Every): number {
  return unit === 'w' ? 7 * count : count
}

function floorTo(value: number, width: number): number {
  return Math.floor(value / width) * width
}
