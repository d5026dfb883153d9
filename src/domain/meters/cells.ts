/** Single cells of a meter file: times in all the forms suppliers write, numbers with point or comma. */

const HOUR_MS = 3_600_000

const DATE_FIRST = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.0+)?)?$/
const DAY_FIRST = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{2}):(\d{2})(?::(\d{2}))?$/
const DIGITS = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?$/
const OFFSET = /(Z|[+-]\d{2}:?\d{2})$/i

/**
 * Epoch milliseconds of a time such as `2026-01-10T23:00:00Z`, `2026-01-10 23:00`, `10/01/2026 23:00` or
 * `202601102300`; without an offset it is UTC. Undefined for anything else and for dates that do not exist.
 */
export function readTime(cell: string): number | undefined {
  const text = cell.trim()
  // The compact form has no hyphen, so that none of its digits is taken for an offset.
  const offset = text.includes(':') || /Z$/i.test(text) ? (OFFSET.exec(text)?.[0] ?? '') : ''
  const local = offset === '' ? text : text.slice(0, -offset.length)
  const parts = DATE_FIRST.exec(local) ?? reorder(DAY_FIRST.exec(local)) ?? DIGITS.exec(local)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? 0))
  const time = utc(year, month, day, hour, minute, second)
  return time === undefined ? undefined : time - offsetMs(offset)
}

function reorder(match: RegExpExecArray | null): (string | undefined)[] | null {
  if (match === null) return null
  const [whole, day, month, year, ...clock] = match
  return [whole, year, month, day, ...clock]
}

function utc(year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0): number | undefined {
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(time)
  // `Date` turns 31 February into 3 March.
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? time : undefined
}

function offsetMs(offset: string): number {
  if (offset === '' || /^z$/i.test(offset)) return 0
  const digits = offset.slice(1).replace(':', '')
  const size = Number(digits.slice(0, 2)) * HOUR_MS + Number(digits.slice(2)) * 60_000
  return offset.startsWith('-') ? -size : size
}

const MISSING = new Set(['', '-', 'null', 'none', 'n/a', '#n/a'])

export function isMissing(cell: string | undefined): boolean {
  return cell === undefined || MISSING.has(cell.trim().toLowerCase())
}

export interface ReadNumber {
  readonly value: number
  readonly decimalComma: boolean
}

/** A plain decimal number; undefined when the cell holds something else. */
export function readNumber(cell: string): ReadNumber | undefined {
  const text = cell.trim()
  if (!/^[+-]?\d+(?:[.,]\d+)?$/.test(text)) return undefined
  return { value: Number(text.replace(',', '.')), decimalComma: text.includes(',') }
}
