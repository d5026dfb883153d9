/**
 * Tables made from the registry: one wide typed table per measurement, or, where a configuration names the fields, one
 * long table. Rows lie in the order they are read in: whose, then when.
 */
import { StoreUnavailable } from '../../../connectors/errors.ts'
import {
  type FieldType,
  type MeasurementRegistry,
  type MeasurementSpec,
  ownerTags,
  tagNames,
} from '../../../domain/measurements.ts'
import { inTransaction, type SqliteDatabase } from '../../sqlite-file.ts'

export interface Table {
  readonly measurement: string
  readonly spec: MeasurementSpec
  /** `wide`: a column per field. `long`: a row per field, clustered by tag, field and time. */
  readonly shape: 'wide' | 'long'
  /** Tag columns, all `NOT NULL`; the tag of an owner a point does not have is the empty text. */
  readonly tags: readonly string[]
  /** Field columns of a wide table. */
  readonly fields: readonly string[]
}

interface Column {
  readonly name: string
  readonly type: string
}

const COLUMN_TYPE: Readonly<Record<FieldType, string>> = { float: 'REAL', integer: 'INTEGER', string: 'TEXT' }

/** One row, rewritten to find out whether the database takes writes. */
export const CHECK_TABLE = 'bvpro_store_check'

function tableOf(measurement: string, spec: MeasurementSpec): Table {
  const shape = spec.openFields === undefined ? 'wide' : 'long'
  return { measurement, spec, shape, tags: tagNames(spec), fields: shape === 'wide' ? Object.keys(spec.fields) : [] }
}

/** Quotes a name of the registry as an SQL identifier. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * Creates missing tables and adds missing columns, in one transaction so that two processes can start at once. Throws
 * `StoreUnavailable` when a table was made with other tags or types: those cannot be changed in place.
 */
export function prepareTables(
  database: SqliteDatabase,
  registry: MeasurementRegistry,
  path: string,
): Map<string, Table> {
  const tables = Object.entries(registry).map(([name, spec]) => tableOf(name, spec))
  // Looking first keeps a reader from waiting for the write lock when there is nothing to do.
  if (plan(database, tables, path).length > 0) {
    inTransaction(database, () => {
      for (const statement of plan(database, tables, path)) database.exec(statement)
    })
  }
  return new Map(tables.map((table) => [table.measurement, table]))
}

function plan(database: SqliteDatabase, tables: readonly Table[], path: string): string[] {
  const present = presentColumns(database)
  const statements = tables.flatMap((table) => {
    const columns = present.get(table.measurement)
    return columns === undefined ? [createTable(table)] : missingColumns(table, columns, path)
  })
  if (!present.has(CHECK_TABLE)) {
    statements.push(`CREATE TABLE ${quote(CHECK_TABLE)} (id INTEGER PRIMARY KEY, checked_at INTEGER NOT NULL) STRICT`)
  }
  return statements
}

function presentColumns(database: SqliteDatabase): Map<string, Column[]> {
  const found = database
    .prepare(
      `SELECT m.name, c.name, c.type FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
       WHERE m.type = 'table' ORDER BY m.name, c.cid`,
    )
    .raw()
    .all() as [table: string, name: string, type: string][]
  const tables = new Map<string, Column[]>()
  for (const [table, name, type] of found) {
    const columns = tables.get(table) ?? []
    columns.push({ name, type })
    tables.set(table, columns)
  }
  return tables
}

/** Columns of the primary key in their order. */
export function keyColumns({ spec, shape }: Table): string[] {
  // Time before the further tags: most reads give an entity and a range and want all meters, or all lead times, in it.
  return shape === 'wide'
    ? [...ownerTags(spec), 'time', ...spec.extraTags]
    : [...ownerTags(spec), 'field', 'time', ...spec.extraTags]
}

function columnsOf(table: Table): Column[] {
  const text = (name: string): Column => ({ name, type: 'TEXT' })
  const key = keyColumns(table).map((name) => (name === 'time' ? { name, type: 'INTEGER' } : text(name)))
  const { spec, shape } = table
  if (shape === 'long') return [...key, { name: 'value', type: COLUMN_TYPE[spec.openFields ?? 'float'] }]
  return [...key, ...Object.entries(spec.fields).map(([name, { type }]) => ({ name, type: COLUMN_TYPE[type] }))]
}

function createTable(table: Table): string {
  const key = keyColumns(table)
  const columns = columnsOf(table).map(
    ({ name, type }) => `${quote(name)} ${type}${key.includes(name) || name === 'value' ? ' NOT NULL' : ''}`,
  )
  return `CREATE TABLE ${quote(table.measurement)} (${columns.join(', ')}, PRIMARY KEY (${key.map(quote).join(', ')})) WITHOUT ROWID, STRICT`
}

function missingColumns(table: Table, present: readonly Column[], path: string): string[] {
  const key = keyColumns(table)
  const storedKey = present.slice(0, key.length).map(({ name }) => name)
  if (storedKey.join() !== key.join()) {
    throw new StoreUnavailable(
      `the table ${table.measurement} of ${path} was made with other tags (${storedKey.join(', ')}) than those of this version (${key.join(', ')})`,
    )
  }
  const stored = new Map(present.map(({ name, type }) => [name, type]))
  return columnsOf(table).flatMap(({ name, type }) => {
    const storedType = stored.get(name)
    if (storedType === undefined) return [`ALTER TABLE ${quote(table.measurement)} ADD COLUMN ${quote(name)} ${type}`]
    if (storedType === type) return []
    throw new StoreUnavailable(
      `the column ${name} of the table ${table.measurement} of ${path} is ${storedType}, this version needs ${type}`,
    )
  })
}
