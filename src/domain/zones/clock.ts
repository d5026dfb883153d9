/** The Swedish clock on the wall: when a day's clock reaches a time, and how a time is written in a sentence. */
import { dayEnd, dayLabel, dayStart, labelToTime, SWEDISH_ZONE } from '../time/day.ts'
import { type OffsetSpan, offsetSpans } from '../time/offsets.ts'

const DAY_MS = 86_400_000

/** `HH:MM` from `00:00` to `23:59`. */
export type ClockTime = string

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** Day of the week of a day label. */
export function weekdayOf(label: string): Weekday {
  return WEEKDAYS[(new Date(localDay(label).utc).getUTCDay() + 6) % 7] ?? 'mon'
}

/**
 * First instant of a day (epoch milliseconds) at which the Swedish clock shows `clock` or later. An hour that is skipped in
 * spring is reached where it begins to be missing, one that comes twice in autumn the first time; so the order of clock
 * times is kept, and periods that abut on the clock abut in time. Throws `RangeError` for a clock that is no `HH:MM`.
 */
export function clockInstant(label: string, clock: ClockTime): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(clock)
  if (match === null) throw new RangeError(`"${clock}" is not a time of day written HH:MM`)
  const wanted = localDay(label).utc + (Number(match[1]) * 60 + Number(match[2])) * 60_000
  const { end, offsets } = localDay(label)
  for (const span of offsets) {
    const candidate = wanted - span.offsetSeconds * 1000
    if (candidate < span.to * 1000) return Math.max(candidate, span.from * 1000)
  }
  return end
}

export interface LocalDay {
  readonly label: string
  /** First instant of the day and of the next one, epoch milliseconds. */
  readonly start: number
  readonly end: number
  /** 00:00Z of the label, epoch milliseconds. */
  readonly utc: number
  /** UTC offsets in force, one unless the clock is changed. */
  readonly offsets: readonly OffsetSpan[]
}

/** Calendar arithmetic in a time zone costs a tenth of a millisecond, and a schedule asks for the same few days for ever. */
const remembered = new Map<string, LocalDay>()
const REMEMBERED_DAYS = 64
let latest: LocalDay | undefined

/** A Swedish day. Throws `RangeError` for a label that is no date. */
export function localDay(label: string): LocalDay {
  const known = remembered.get(label)
  if (known !== undefined) return known
  const start = dayStart(label)
  const end = dayEnd(label)
  const offsets = offsetSpans(start / 1000, end / 1000, SWEDISH_ZONE)
  const day = { label, start, end, utc: labelToTime(label), offsets }
  if (remembered.size >= REMEMBERED_DAYS) remembered.clear()
  remembered.set(label, day)
  return day
}

/** Label of the Swedish day an instant falls on. */
export function swedishDay(time: number): string {
  return dayAt(time).label
}

function dayAt(time: number): LocalDay {
  if (latest !== undefined && time >= latest.start && time < latest.end) return latest
  for (const day of remembered.values()) if (time >= day.start && time < day.end) return day
  latest = localDay(dayLabel(time))
  return latest
}

/** The label `days` later (earlier when negative). */
export function daysLater(label: string, days: number): string {
  return new Date(localDay(label).utc + days * DAY_MS).toISOString().slice(0, 10)
}

const WEEKDAY_TEXT = {
  sv: ['mån', 'tis', 'ons', 'tor', 'fre', 'lör', 'sön'],
  en: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
} as const

export type Language = keyof typeof WEEKDAY_TEXT

/** `06:30`; with the weekday when it is another day within six days of `now`, else with the date. */
export function clockText(time: number, now: number, language: Language): string {
  const { label, utc, offsets } = dayAt(time)
  const offset = offsets.find(({ to }) => time < to * 1000)?.offsetSeconds ?? 0
  const clock = new Date(time + offset * 1000).toISOString().slice(11, 16)
  const today = dayAt(now)
  if (label === today.label) return clock
  const isNear = Math.abs(utc - today.utc) < 6 * DAY_MS
  return `${isNear ? WEEKDAY_TEXT[language][WEEKDAYS.indexOf(weekdayOf(label))] : label} ${clock}`
}
