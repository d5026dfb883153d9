/** Times as Arrigo servers write them: with `Z`, with an offset, or with no zone at all, which means UTC. */

const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?$/i
/** "Never" comes as year 0 or year 1; no building reported anything before this. */
const EARLIEST_YEAR = 1970

/** Epoch milliseconds; null for anything that is no time, and for the years that stand for "never". */
export function parseArrigoTime(value: unknown): number | null {
  const match = typeof value === 'string' ? WRITTEN.exec(value.trim()) : null
  if (match === null) return null
  const [, year = '', month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = match
  if (Number(year) < EARLIEST_YEAR) return null
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0')
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${offset}`)
  return Number.isNaN(time) ? null : time
}
