/** Newest-first listings of a zone's series: the query people give, and the rows it asks for. */
import { z } from '@hono/zod-openapi'
import type { Row, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { invalid } from '../problem.ts'
import { parseTime, TIME_FORMATS } from '../times.ts'

const DAY_MS = 86_400_000
const MAX_LIMIT = 10_000
/** Before 2200: later than anything stored. */
const END_OF_TIME = Date.UTC(2199, 0)

export const NewestFirstQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(100),
  from: z
    .string()
    .optional()
    .openapi({ description: `Inclusive; the beginning when left out. ${TIME_FORMATS}` }),
  to: z.string().optional().openapi({ description: 'Exclusive; the newest when left out.' }),
})

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = parseTime(text)
  if (time === undefined) throw invalid(name, `"${text}" is not a time; ${TIME_FORMATS}`)
  return time
}

/**
 * The newest rows of one zone, the newest first. Without `from` short spans are tried before all of the past: a store
 * may have to look at everything in the span, and the last day usually holds enough.
 * @throws Problem 422 for times that cannot be
 */
export async function newestFirst(
  timeSeries: TimeSeriesStore,
  measurement: 'zone_reading' | 'zone_command',
  id: string,
  query: z.output<typeof NewestFirstQuery>,
  now: number,
): Promise<Row[]> {
  const from = timeOf('from', query.from)
  const to = timeOf('to', query.to) ?? END_OF_TIME
  if (from !== undefined && from >= to) throw invalid('from', 'must be before to')
  const end = Math.min(to, now)
  const starts = from === undefined ? [end - DAY_MS, end - 30 * DAY_MS, 0] : [from]
  let rows: Row[] = []
  for (const start of starts) {
    rows = await timeSeries.read({ measurement, tags: { zone_id: id }, from: start, to, limit: query.limit })
    if (rows.length >= query.limit) break
  }
  return rows.reverse()
}

/** A stored 1 or 0 as yes or no. */
export function yesOrNo(value: unknown): boolean | null {
  return typeof value === 'number' ? value === 1 : null
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
