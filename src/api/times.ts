/** Times as the API speaks them: ISO 8601 in UTC with whole seconds and `Z` outwards, several spellings inwards. */

/** `2026-01-10T07:05:00Z`; null stays null, because unknown is null. */
export function isoSeconds(epochMs: number): string
export function isoSeconds(epochMs: number | null): string | null
export function isoSeconds(epochMs: number | null): string | null {
  if (epochMs === null) return null
  return `${new Date(Math.floor(epochMs / 1000) * 1000).toISOString().slice(0, 19)}Z`
}

// A blank stands for the plus of an offset that was not percent-encoded in a query.
const ISO = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+\- ]\d{2}:?\d{2})$/i
const EPOCH_SECONDS = /^-?\d{1,11}(\.\d+)?$/

export const TIME_FORMATS =
  'expected ISO 8601 with Z or an offset, such as 2026-01-10T07:00:00Z or 2026-01-10T08:00+01:00, or seconds since 1970'

/** Epoch milliseconds of a time given by a caller; undefined when the text is not one of {@link TIME_FORMATS}. */
export function parseTime(text: string): number | undefined {
  if (EPOCH_SECONDS.test(text)) return Math.round(Number(text) * 1000)
  const match = ISO.exec(text)
  if (match === null) return undefined
  const [, dateTime = '', zone = ''] = match
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : zone.replace(' ', '+').replace(/^(.)(\d{2}):?(\d{2})$/, '$1$2:$3')
  const epochMs = Date.parse(`${dateTime.toUpperCase()}${offset}`)
  if (Number.isNaN(epochMs)) return undefined
  // Date.parse rolls 30 February over to March; a date that does not exist is a mistake, not another date.
  const day = Number(dateTime.slice(8, 10))
  const daysInMonth = new Date(Date.UTC(Number(dateTime.slice(0, 4)), Number(dateTime.slice(5, 7)), 0)).getUTCDate()
  return day <= daysInMonth ? epochMs : undefined
}
