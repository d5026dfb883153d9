/** SQL for a table of the registry. Names come from the registry and are quoted; every value is a bound parameter. */
import { ownerTags } from '../../../domain/measurements.ts'
import { type Every, fixedSeconds } from '../../../domain/time/every.ts'
import { offsetSpans } from '../../../domain/time/offsets.ts'
import type { Tags } from '../point.ts'
import type { Aggregate } from '../port.ts'
import { keyColumns, quote, type Table } from './schema.ts'

export type Parameter = number | string

/** A piece of SQL with the values of its question marks. */
export interface Sql {
  readonly text: string
  readonly parameters: readonly Parameter[]
}

/** Rows with exactly these tags; of a measurement with several kinds of owner those of the given one. */
export function tagFilter({ spec }: Table, tags: Tags): Sql {
  const owners = ownerTags(spec)
  const conditions = Object.entries(tags)
  if (owners.some((tag) => tags[tag] !== undefined)) {
    // Naming the absent owners too lets the primary key be used down to the time.
    for (const tag of owners) if (tags[tag] === undefined) conditions.push([tag, ''])
  }
  return {
    text: conditions.length === 0 ? 'TRUE' : conditions.map(([tag]) => `${quote(tag)} = ?`).join(' AND '),
    parameters: conditions.map(([, value]) => value),
  }
}

/** Inserts a row, or merges it field by field: a value that is not given leaves the stored one as it is. */
export function upsertStatement(table: Table): string {
  const columns = [...table.tags, 'time', ...(table.shape === 'wide' ? table.fields : ['field', 'value'])]
  const values = table.shape === 'wide' ? table.fields : ['value']
  const merge = values.map((name) => `${quote(name)} = coalesce(excluded.${quote(name)}, ${quote(name)})`)
  return `INSERT INTO ${quote(table.measurement)} (${columns.map(quote).join(', ')})
    VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (${keyColumns(table).map(quote).join(', ')}) DO UPDATE SET ${merge.join(', ')}`
}

/** Where a range is read from: a table, or for calendar buckets the table beside the UTC offsets of a zone. */
export interface BucketSource {
  /** `WITH` clause, empty when none is needed. */
  readonly prefix: Sql
  readonly from: string
  /** Expression of the stamp of a row's bucket, epoch seconds. */
  readonly stamp: string
  /** Condition on the time of a row. */
  readonly range: Sql
}

/**
 * Up to hours a bucket is plain arithmetic. Days, weeks and months are found from local time: the zone goes in as spans
 * of constant UTC offset, two a year, and the local date is a whole division of what they give.
 */
export function bucketSource(table: Table, every: Every, zone: string, from: number, to: number): BucketSource {
  const seconds = fixedSeconds(every)
  if (seconds !== undefined) {
    return {
      prefix: { text: '', parameters: [] },
      from: quote(table.measurement),
      stamp: `(time - time % ${seconds})`,
      range: { text: 'time >= ? AND time < ?', parameters: [from, to] },
    }
  }
  const spans = offsetSpans(from, to, zone)
  // libsql binds every number as a float, and a whole division needs whole numbers.
  const whole = 'CAST(? AS INTEGER)'
  return {
    prefix: {
      text: `WITH spans (starts, ends, shift) AS (VALUES ${spans.map(() => `(${whole}, ${whole}, ${whole})`).join(', ')})`,
      parameters: spans.flatMap((span) => [span.from, span.to, span.offsetSeconds]),
    },
    // CROSS JOIN keeps the order: a few spans outside, a range of the primary key inside.
    from: `spans CROSS JOIN ${quote(table.measurement)}`,
    stamp: calendarStamp(every),
    range: { text: 'time >= spans.starts AND time < spans.ends', parameters: [] },
  }
}

/** Same rules as `bucketStamp` in `domain/time/buckets.ts`. */
function calendarStamp({ count, unit }: Every): string {
  const day = '((time + spans.shift) / 86400)'
  if (unit === 'd') return `((${day} - ${day} % ${count}) * 86400)`
  // Weeks begin on Monday; 1970-01-01 was a Thursday.
  if (unit === 'w') return `((${day} - (${day} + 3) % ${7 * count}) * 86400)`
  const date = `${day} * 86400, 'unixepoch'`
  const month = `((strftime('%Y', ${date}) - 1970) * 12 + strftime('%m', ${date}) - 1)`
  const first = `(${month} - ${month} % ${count})`
  return `unixepoch(printf('%04d-%02d-01', 1970 + ${first} / 12, ${first} % 12 + 1))`
}

/**
 * SQL of an aggregate over a column; null where the bucket holds no value. First and last have a query of their own.
 */
export function aggregateExpression(aggregate: Exclude<Aggregate, 'first' | 'last'>, column: string): string {
  const name = quote(column)
  const expressions = {
    mean: `avg(${name})`,
    min: `min(${name})`,
    max: `max(${name})`,
    sum: `sum(${name})`,
    count: `nullif(count(${name}), 0)`,
  }
  return expressions[aggregate]
}
