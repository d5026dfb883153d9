/**
 * Swedish days: which calendar day an instant belongs to, and when that day starts and ends. Everything is UTC outside;
 * a day is its label (`2026-03-29`), has 23, 24 or 25 hours, and never depends on the zone of the machine.
 */
import { DateTime, IANAZone } from 'luxon'

export const SWEDISH_ZONE = 'Europe/Stockholm'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const LABEL = /^\d{4}-\d{2}-\d{2}$/

/** Whether this is a name of the IANA time zone database that this machine knows. */
export function isZone(zone: string): boolean {
  return IANAZone.isValidZone(zone)
}

/** True for a calendar date that exists, written `YYYY-MM-DD`. */
export function isDayLabel(text: string): boolean {
  return LABEL.test(text) && DateTime.fromISO(text, { zone: 'utc' }).isValid
}

/** Label `YYYY-MM-DD` of the day an instant (epoch milliseconds) falls on. */
export function dayLabel(instant: number, zone: string = SWEDISH_ZONE): string {
  return labelAt(inZone(DateTime.fromMillis(instant, { zone })))
}

/** First instant of a day, epoch milliseconds. Throws `RangeError` for a label that is no date. */
export function dayStart(label: string, zone: string = SWEDISH_ZONE): number {
  requireLabel(label)
  // `startOf` also after parsing: where midnight itself is skipped by a time change, the day begins later.
  return inZone(DateTime.fromISO(label, { zone })).startOf('day').toMillis()
}

/** First instant after a day, epoch milliseconds: the start of the next one. */
export function dayEnd(label: string, zone: string = SWEDISH_ZONE): number {
  return dayStart(addDays(label, 1), zone)
}

/** 24, or 23 and 25 on the days the clock changes. */
export function hoursInDay(label: string, zone: string = SWEDISH_ZONE): number {
  return (dayEnd(label, zone) - dayStart(label, zone)) / HOUR_MS
}

/** Start of every hour of a day, epoch milliseconds, ascending. */
export function hourStarts(label: string, zone: string = SWEDISH_ZONE): number[] {
  const start = dayStart(label, zone)
  return Array.from({ length: Math.ceil(hoursInDay(label, zone)) }, (_, hour) => start + hour * HOUR_MS)
}

/** The label `days` later (earlier when negative). */
export function addDays(label: string, days: number): string {
  return timeToLabel(labelToTime(label) + days * DAY_MS)
}

/** All days with at least one instant in `[from, to)`, ascending. */
export function daysInRange(from: number, to: number, zone: string = SWEDISH_ZONE): string[] {
  if (to <= from) return []
  const last = dayLabel(to - 1, zone)
  const days: string[] = []
  for (let day = dayLabel(from, zone); day <= last; day = addDays(day, 1)) days.push(day)
  return days
}

/**
 * The time day results are stored at: 00:00Z of the label, epoch milliseconds. It is a name, not an instant of that
 * day.
 */
export function labelToTime(label: string): number {
  requireLabel(label)
  return DateTime.fromISO(label, { zone: 'utc' }).toMillis()
}

/** Inverse of {@link labelToTime}. */
export function timeToLabel(time: number): string {
  return labelAt(DateTime.fromMillis(time, { zone: 'utc' }))
}

function labelAt(time: DateTime): string {
  return time.toFormat('yyyy-MM-dd')
}

function inZone(time: DateTime): DateTime {
  if (!time.isValid) throw new RangeError(`no such time: ${time.invalidExplanation ?? time.invalidReason}`)
  return time
}

function requireLabel(label: string): void {
  if (!isDayLabel(label)) throw new RangeError(`"${label}" is not a date written YYYY-MM-DD`)
}
