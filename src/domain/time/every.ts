/** Widths of time buckets as people write them: `5m`, `1h`, `1d`, `1w`, `1mo`. */

export const EVERY_UNITS = ['s', 'm', 'h', 'd', 'w', 'mo'] as const
export type EveryUnit = (typeof EVERY_UNITS)[number]

export interface Every {
  /** At least 1. */
  readonly count: number
  readonly unit: EveryUnit
}

const UNIT_SECONDS: Readonly<Partial<Record<EveryUnit, number>>> = { s: 1, m: 60, h: 3600 }

const PATTERN = /^([1-9]\d{0,4})(s|mo|m|h|d|w)$/

/** Throws `RangeError` with a sentence for anything but `<n>s|m|h|d|w|mo`, n from 1 to 99999. */
export function parseEvery(text: string): Every {
  const match = PATTERN.exec(text)
  const unit = EVERY_UNITS.find((known) => known === match?.[2])
  if (match === null || unit === undefined) {
    throw new RangeError(`"${text}" is not a bucket width: write a number and s, m, h, d, w or mo, such as 1h`)
  }
  return { count: Number(match[1]), unit }
}

/** The inverse of {@link parseEvery}: `15m`. */
export function formatEvery({ count, unit }: Every): string {
  return `${count}${unit}`
}

/** Width in seconds of a bucket that does not follow the calendar; undefined for days, weeks and months. */
export function fixedSeconds({ count, unit }: Every): number | undefined {
  const seconds = UNIT_SECONDS[unit]
  return seconds === undefined ? undefined : count * seconds
}
