/** Time series in one SQLite file: the default store, for one machine. */
import { setImmediate } from 'node:timers/promises'
import { BadData, BvproError, StoreUnavailable } from '../../connectors/errors.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { MEASUREMENTS, type MeasurementRegistry, measurementsOf } from '../../domain/measurements.ts'
import {
  inTransaction,
  isBusy,
  LOCK_PATIENCE_MS,
  LOCK_RETRY_MS,
  neverStandStill,
  openSqliteFile,
  type SqliteDatabase,
  sqliteFailure,
  whenUnlocked,
} from '../sqlite-file.ts'
import { GroupCommit } from './group-commit.ts'
import {
  type CheckedPoint,
  checkPoints,
  checkQuery,
  checkReplacement,
  MAX_SECOND,
  ownTag,
  requireMeasurementsOf,
  type Tags,
  toSecond,
} from './point.ts'
import type { DeleteReport, Point, Row, SeriesCount, SeriesQuery, TimeSeriesStore } from './port.ts'
import { countRows, readRows, storedFields } from './sqlite/read.ts'
import { CHECK_TABLE, keyColumns, prepareTables, quote, type Table } from './sqlite/schema.ts'
import { type Parameter, tagFilter, upsertStatement } from './sqlite/statements.ts'

/** Rows deleted at a time: off-boarding years of data must not hold up the polls of others. */
const DELETE_ROWS = 5000

/**
 * Opens or creates the file, creates missing tables and columns.
 * Throws `StoreUnavailable` with one sentence naming the file when it cannot be used.
 */
export function openSqliteTimeSeries(path: string, registry: MeasurementRegistry = MEASUREMENTS): TimeSeriesStore {
  const database = openSqliteFile(path)
  try {
    return new SqliteTimeSeries(database, path, registry)
  } catch (error) {
    database.close()
    throw error instanceof BvproError ? error : sqliteFailure(error, path)
  }
}

/** The store over an open database, which it closes. */
export class SqliteTimeSeries implements TimeSeriesStore {
  readonly #database: SqliteDatabase
  readonly #path: string
  readonly #registry: MeasurementRegistry
  readonly #tables: ReadonlyMap<string, Table>
  readonly #upserts = new Map<string, (values: readonly (number | string | null)[]) => void>()
  readonly #commits: GroupCommit
  #closed = false

  constructor(database: SqliteDatabase, path: string, registry: MeasurementRegistry = MEASUREMENTS) {
    this.#database = database
    this.#path = path
    this.#registry = registry
    this.#tables = prepareTables(database, registry, path)
    neverStandStill(database)
    this.#commits = new GroupCommit({
      commit: (points) => inTransaction(database, () => this.#store(points)),
      failure: (error) => this.#failure(error),
      isBusy,
      patienceMs: LOCK_PATIENCE_MS,
      retryMs: LOCK_RETRY_MS,
    })
  }

  async write(points: readonly Point[]): Promise<void> {
    const checked = checkPoints(this.#registry, points)
    this.#requireOpen()
    await this.#commits.write(checked)
  }

  async replaceRange(
    measurement: string,
    tags: Tags,
    from: number,
    to: number,
    points: readonly Point[],
  ): Promise<void> {
    const [first, end] = [toSecond(from), toSecond(to)]
    const checked = checkReplacement(this.#registry, measurement, tags, first, end, points)
    const table = this.#table(measurement)
    await this.#guardWrite(() => {
      // What was written before must be replaced too, not come back from the queue afterwards.
      this.#commits.drain()
      inTransaction(this.#database, () => {
        this.#deleteRange(table, tags, first, end)
        this.#store(checked)
      })
    })
  }

  async read(query: SeriesQuery): Promise<Row[]> {
    const checked = checkQuery(this.#registry, query)
    return this.#guard(() => readRows(this.#database, this.#table(query.measurement), checked))
  }

  async latest(measurement: string, tags: Tags): Promise<Row | undefined> {
    const rows = await this.read({ measurement, tags, from: 0, to: MAX_SECOND * 1000, limit: 1 })
    return rows[0]
  }

  async countEntity(entity: EntityRef): Promise<SeriesCount[]> {
    return this.#count(entity, measurementsOf(entity.kind, this.#registry))
  }

  async deleteEntity(entity: EntityRef, options: { measurements?: readonly string[] } = {}): Promise<DeleteReport> {
    const measurements = this.#measurementsToDelete(entity, options.measurements)
    await this.#guardWrite(() => this.#commits.drain())
    const deleted = await this.#count(entity, measurements)
    for (const { measurement } of deleted) await this.#deleteAll(this.#table(measurement), ownTag(entity))
    return { deleted, remaining: await this.#count(entity, measurements) }
  }

  async check(): Promise<void> {
    // A real commit: only that tells a full disk from a good one.
    const touch = `INSERT OR REPLACE INTO ${quote(CHECK_TABLE)} (id, checked_at) VALUES (1, unixepoch())`
    await this.#guardWrite(() => inTransaction(this.#database, () => this.#run(touch, [])))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      await whenUnlocked(() => this.#commits.drain())
    } catch (error) {
      this.#commits.refuseAll(error)
    }
    this.#database.close()
  }

  #store(points: readonly CheckedPoint[]): void {
    for (const point of points) {
      const table = this.#table(point.measurement)
      const upsert = this.#upsert(table)
      const key = [...table.tags.map((tag) => point.tags[tag] ?? ''), point.second]
      if (table.shape === 'long') {
        for (const field of point.fields) upsert([...key, ...field])
      } else {
        const values = new Map(point.fields)
        upsert([...key, ...table.fields.map((field) => values.get(field) ?? null)])
      }
    }
  }

  #upsert(table: Table): (values: readonly (number | string | null)[]) => void {
    const known = this.#upserts.get(table.measurement)
    if (known !== undefined) return known
    const statement = this.#database.prepare<(number | string | null)[]>(upsertStatement(table))
    const upsert = (values: readonly (number | string | null)[]) => {
      statement.run(...values)
    }
    this.#upserts.set(table.measurement, upsert)
    return upsert
  }

  #deleteRange(table: Table, tags: Tags, from: number, to: number): void {
    const filter = tagFilter(table, tags)
    const range = `DELETE FROM ${quote(table.measurement)} WHERE ${filter.text} AND time >= ? AND time < ?`
    if (table.shape === 'wide') {
      this.#run(range, [...filter.parameters, from, to])
      return
    }
    // With the field given the clustering gives the range, without it every row of the entity would be visited.
    for (const field of storedFields(this.#database, table, tags)) {
      this.#run(`${range} AND field = ?`, [...filter.parameters, from, to, field])
    }
  }

  async #deleteAll(table: Table, tags: Tags): Promise<void> {
    const filter = tagFilter(table, tags)
    const key = keyColumns(table).map(quote).join(', ')
    const name = quote(table.measurement)
    const some = `DELETE FROM ${name} WHERE (${key}) IN (SELECT ${key} FROM ${name} WHERE ${filter.text} LIMIT ?)`
    const deleteSome = () => inTransaction(this.#database, () => this.#run(some, [...filter.parameters, DELETE_ROWS]))
    while ((await this.#guardWrite(deleteSome)) > 0) await setImmediate()
  }

  /** Number of rows changed. */
  #run(sql: string, parameters: readonly Parameter[]): number {
    return this.#database.prepare<Parameter[]>(sql).run(...parameters).changes
  }

  #measurementsToDelete(entity: EntityRef, asked: readonly string[] | undefined): string[] {
    if (asked === undefined) return measurementsOf(entity.kind, this.#registry)
    requireMeasurementsOf(this.#registry, entity.kind, asked)
    return [...new Set(asked)].sort()
  }

  async #count(entity: EntityRef, measurements: readonly string[]): Promise<SeriesCount[]> {
    const counts: SeriesCount[] = []
    for (const measurement of measurements) {
      try {
        this.#requireOpen()
        const count = await countRows(this.#database, this.#table(measurement), ownTag(entity), setImmediate)
        if (count !== undefined) counts.push(count)
      } catch (error) {
        throw this.#failure(error)
      }
    }
    return counts
  }

  #table(measurement: string): Table {
    const table = this.#tables.get(measurement)
    if (table === undefined) throw new BadData(`there is no measurement "${measurement}"`)
    return table
  }

  #guard<T>(work: () => T): T {
    this.#requireOpen()
    try {
      return work()
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async #guardWrite<T>(work: () => T): Promise<T> {
    try {
      return await whenUnlocked(() => {
        this.#requireOpen()
        return work()
      })
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #failure(error: unknown): Error {
    return error instanceof BvproError ? error : sqliteFailure(error, this.#path)
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreUnavailable(`the database ${this.#path} is closed`)
  }
}
