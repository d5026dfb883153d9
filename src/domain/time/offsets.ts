/**
 * UTC offsets of a zone as a short list of spans, so that a database can find local dates without knowing time zones.
 */
import { IANAZone } from 'luxon'

export interface OffsetSpan {
  /** Epoch seconds, inclusive. */
  readonly from: number
  /** Epoch seconds, exclusive. */
  readonly to: number
  /** What to add to UTC in this span to get local time. */
  readonly offsetSeconds: number
}

/** Shorter than the time between any two changes of a zone since 1970. */
const STEP_SECONDS = 7 * 86_400

/** Spans covering `[from, to)` (epoch seconds) without gaps, ascending. Throws `RangeError` for an unknown zone. */
export function offsetSpans(from: number, to: number, zone: string): OffsetSpan[] {
  if (!IANAZone.isValidZone(zone)) throw new RangeError(`"${zone}" is not a time zone`)
  const rules = IANAZone.create(zone)
  const offsetAt = (second: number) => Math.round(rules.offset(second * 1000) * 60)

  const spans: OffsetSpan[] = []
  let start = from
  let offsetSeconds = offsetAt(from)
  let known = from
  while (known < to - 1) {
    const probe = Math.min(known + STEP_SECONDS, to - 1)
    if (offsetAt(probe) === offsetSeconds) {
      known = probe
      continue
    }
    const change = firstChange(known, probe, offsetSeconds, offsetAt)
    spans.push({ from: start, to: change, offsetSeconds })
    start = change
    known = change
    offsetSeconds = offsetAt(change)
  }
  if (start < to) spans.push({ from: start, to, offsetSeconds })
  return spans
}

/** Bisects `(before, after]` for the first second whose offset is not `offset`. */
function firstChange(before: number, after: number, offset: number, offsetAt: (second: number) => number): number {
  let low = before
  let high = after
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(middle) === offset) low = middle
    else high = middle
  }
  return high
}
