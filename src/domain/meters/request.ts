/**
 * The request file `BVPro_DH.csv`, by which the supplier learns from which hour on each meter is wanted. It follows the
 * holes in what is stored, not the newest hour, so that a row lost in the middle is asked for again.
 */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A supplier is not asked for more than this much of the past. */
export const LONGEST_REQUEST_DAYS = 90

export interface WantedMeter {
  readonly meterId: string
  /** Name of the house or building; for people. */
  readonly name: string
  /** Start of the first hour wanted, epoch milliseconds. */
  readonly from: number
}

/**
 * Start of the oldest hour that is not stored, epoch milliseconds.
 * @param stored starts of the stored hours of one meter, in any order
 * @param since first hour this meter is wanted from; undefined when nobody said
 */
export function firstMissingHour(stored: readonly number[], now: number, since?: number): number {
  const earliest = now - LONGEST_REQUEST_DAYS * DAY_MS
  const present = new Set(stored)
  const oldest = stored.length === 0 ? earliest : Math.min(...range(stored))
  // What lies before the first hour a meter ever delivered is not a hole, unless a person asked for it.
  const begin = since ?? (stored.length === 0 ? earliest : oldest)
  let hour = floorToHour(Math.max(begin, earliest))
  while (present.has(hour)) hour += HOUR_MS
  return hour
}

function range(times: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const time of times) {
    low = Math.min(low, time)
    high = Math.max(high, time)
  }
  return [low, high]
}

function floorToHour(time: number): number {
  return Math.floor(time / HOUR_MS) * HOUR_MS
}

/** The file's text: UTF-8, line feeds, none after the last row, times in UTC without a mark. */
export function formatRequest(meters: readonly WantedMeter[]): string {
  const rows = meters.map(({ meterId, name, from }) => [meterId, formatHour(from), withoutSeparators(name)].join(';'))
  return ['meter_id;from_datetime;house_name', ...rows].join('\n')
}

function formatHour(time: number): string {
  return `${new Date(time).toISOString().slice(0, 13).replace('T', ' ')}:00`
}

/** The format has no quoting: a separator in a name would shift the columns. */
function withoutSeparators(name: string): string {
  return name.replace(/\s*[;\r\n]+\s*/g, ' ').trim()
}
