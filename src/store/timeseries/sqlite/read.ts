/** Reads of the SQLite store: rows as stored, buckets, the newest row, and what is stored for an entity. */
import { fieldSpec } from '../../../domain/measurements.ts'
import type { Every } from '../../../domain/time/every.ts'
import type { SqliteDatabase } from '../../sqlite-file.ts'
import { aggregateOf, type CheckedQuery, type Tags } from '../point.ts'
import type { Aggregate, FieldValue, Row, SeriesCount } from '../port.ts'
import { RowCollector } from '../rows.ts'
import { quote, type Table } from './schema.ts'
import { aggregateExpression, bucketSource, type Parameter, type Sql, tagFilter } from './statements.ts'

type StoredRow = readonly (number | string | null)[]

/** Days counted at a time where counting means visiting every value. */
const COUNT_SLICE_SECONDS = 28 * 86_400

/** One consistent picture of the database, whatever other processes write meanwhile. */
export function readRows(database: SqliteDatabase, table: Table, query: CheckedQuery): Row[] {
  if (query.to <= query.from || query.limit === 0) return []
  database.exec('BEGIN')
  try {
    const rows = new RowCollector()
    const { every } = query
    if (every === undefined) readStored(database, table, query, rows)
    else readBuckets(database, table, query, every, rows)
    return rows.rows(query)
  } finally {
    // Nothing was written, and unlike a commit this works with a statement that failed half-way, too.
    database.exec('ROLLBACK')
  }
}

/** Names of the fields stored for the given tags, ascending. */
export function storedFields(database: SqliteDatabase, table: Table, tags: Tags): string[] {
  if (table.shape === 'wide') return [...table.fields].sort()
  const filter = tagFilter(table, tags)
  const name = quote(table.measurement)
  // A loose index scan: one step per field, where DISTINCT would visit every value.
  const sql = `WITH RECURSIVE found (field) AS (
      SELECT min(field) FROM ${name} WHERE ${filter.text}
      UNION ALL
      SELECT (SELECT min(field) FROM ${name} WHERE ${filter.text} AND field > found.field)
      FROM found WHERE found.field IS NOT NULL
    ) SELECT field FROM found WHERE field IS NOT NULL`
  const stored = all(database, { text: sql, parameters: [...filter.parameters, ...filter.parameters] })
  return stored.map(([field]) => String(field))
}

/** Rows, oldest and newest of an entity's table; undefined when it holds nothing. */
export async function countRows(
  database: SqliteDatabase,
  table: Table,
  tags: Tags,
  breathe: () => Promise<void>,
): Promise<SeriesCount | undefined> {
  const filter = tagFilter(table, tags)
  const name = quote(table.measurement)
  if (table.shape === 'wide') {
    const found = all(database, {
      text: `SELECT count(*), min(time), max(time) FROM ${name} WHERE ${filter.text}`,
      parameters: filter.parameters,
    })
    const [rows, oldest, newest] = found[0] ?? []
    return seriesCount(table, Number(rows), Number(oldest), Number(newest))
  }
  const fields = storedFields(database, table, tags)
  const bounds = fields.flatMap((field) =>
    all(database, {
      text: `SELECT min(time), max(time) FROM ${name} WHERE ${filter.text} AND field = ?`,
      parameters: [...filter.parameters, field],
    }),
  )
  const oldest = Math.min(...bounds.map(([first]) => Number(first)))
  const newest = Math.max(...bounds.map(([, last]) => Number(last)))
  let rows = 0
  for (let from = oldest; from <= newest; from += COUNT_SLICE_SECONDS) {
    const found = all(database, {
      text: `SELECT count(*) FROM (SELECT DISTINCT ${[...table.tags, 'time'].map(quote).join(', ')} FROM ${name}
        WHERE ${filter.text} AND field IN (${fields.map(() => '?').join(', ')}) AND time >= ? AND time < ?)`,
      parameters: [...filter.parameters, ...fields, from, from + COUNT_SLICE_SECONDS],
    })
    rows += Number(found[0]?.[0])
    await breathe()
  }
  return seriesCount(table, rows, oldest, newest)
}

function seriesCount(table: Table, rows: number, oldest: number, newest: number): SeriesCount | undefined {
  if (rows === 0) return undefined
  return { measurement: table.measurement, rows, oldest: oldest * 1000, newest: newest * 1000 }
}

function readStored(database: SqliteDatabase, table: Table, query: CheckedQuery, rows: RowCollector): void {
  const filter = tagFilter(table, query.tags)
  const tagList = table.tags.map(quote).join(', ')
  const newestFirst = ['time', ...table.tags].map((name) => `${quote(name)} DESC`).join(', ')
  const newest: Sql =
    query.limit === undefined
      ? { text: '', parameters: [] }
      : { text: `ORDER BY ${newestFirst} LIMIT ?`, parameters: [query.limit] }
  const select = (columns: string, condition: Sql): Sql => ({
    text: `SELECT ${tagList}, time, ${columns} FROM ${quote(table.measurement)}
      WHERE ${filter.text} AND ${condition.text} AND time >= ? AND time < ? ${newest.text}`,
    parameters: [...filter.parameters, ...condition.parameters, query.from, query.to, ...newest.parameters],
  })

  if (table.shape === 'wide') {
    const fields = query.fields ?? table.fields
    if (fields.length === 0) return
    const known = { text: `(${fields.map((name) => `${quote(name)} IS NOT NULL`).join(' OR ')})`, parameters: [] }
    collect(table, fields, all(database, select(fields.map(quote).join(', '), known)), rows)
    return
  }
  // The newest n of each field hold the newest n rows of all of them.
  for (const field of query.fields ?? storedFields(database, table, query.tags)) {
    collect(table, [field], all(database, select('value', { text: 'field = ?', parameters: [field] })), rows)
  }
}

function readBuckets(
  database: SqliteDatabase,
  table: Table,
  query: CheckedQuery,
  every: Every,
  rows: RowCollector,
): void {
  const filter = tagFilter(table, query.tags)
  const source = bucketSource(table, every, query.zone, query.from, query.to)
  const tagList = table.tags.map(quote).join(', ')
  const select = (columns: string, condition: Sql): Sql => ({
    text: `${source.prefix.text} SELECT ${tagList}, ${source.stamp} AS stamp, ${columns} FROM ${source.from}
      WHERE ${filter.text} AND ${condition.text} AND ${source.range.text} GROUP BY ${tagList}, stamp`,
    parameters: [
      ...source.prefix.parameters,
      ...filter.parameters,
      ...condition.parameters,
      ...source.range.parameters,
    ],
  })
  const read = (fields: readonly string[], columns: string, condition: Sql) =>
    collect(table, fields, all(database, select(columns, condition)), rows)

  const fields = query.fields ?? storedFields(database, table, query.tags)
  const together: string[] = []
  for (const field of fields) {
    const aggregate = aggregateOf(query.aggregate, fieldSpec(table.spec, field))
    const column = table.shape === 'wide' ? field : 'value'
    const ofField: Sql =
      table.shape === 'wide'
        ? { text: `${quote(field)} IS NOT NULL`, parameters: [] }
        : { text: 'field = ?', parameters: [field] }
    if (aggregate === 'first' || aggregate === 'last') {
      // SQLite gives a bare column the value it has in the row of the only min() or max().
      read([field], `${quote(column)}, ${aggregate === 'first' ? 'min' : 'max'}(time)`, ofField)
    } else if (table.shape === 'long') {
      read([field], aggregateExpression(aggregate, column), ofField)
    } else {
      together.push(field)
    }
  }
  if (together.length === 0) return
  const expressions = together.map((field) => {
    const aggregate = aggregateOf(query.aggregate, fieldSpec(table.spec, field)) as Exclude<Aggregate, 'first' | 'last'>
    return aggregateExpression(aggregate, field)
  })
  read(together, expressions.join(', '), { text: 'TRUE', parameters: [] })
}

/** Columns of a result: tags, time, then the values of `fields`. */
function collect(table: Table, fields: readonly string[], found: readonly StoredRow[], rows: RowCollector): void {
  const width = table.tags.length
  for (const row of found) {
    const tags = Object.fromEntries(
      table.tags.map((tag, index) => [tag, String(row[index])]).filter(([, value]) => value !== ''),
    )
    const time = Number(row[width]) * 1000
    fields.forEach((field, index) => {
      const value: FieldValue = row[width + 1 + index] ?? null
      rows.add(tags, time, field, value)
    })
  }
}

function all(database: SqliteDatabase, { text, parameters }: Sql): StoredRow[] {
  return database
    .prepare<Parameter[]>(text)
    .raw()
    .all(...parameters) as StoredRow[]
}
