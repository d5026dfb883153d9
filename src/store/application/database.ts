/** Opens the application database, SQLite or PostgreSQL, and brings its tables up to date. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, Migrator, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import { BvproError, StoreUnavailable } from '../../connectors/errors.ts'
import { isBusy, neverStandStill, openSqliteFile, type SqliteDatabase, sqliteFailure } from '../sqlite-file.ts'
import { migrations } from './migrations.ts'
import type { ApplicationDatabase } from './schema.ts'
import { kyselySqlite } from './sqlite-driver.ts'

/** Where the application state is kept: a file of this machine, or a `postgres://` URL. */
export type ApplicationLocation = { readonly sqlitePath: string } | { readonly databaseUrl: string }

export interface OpenDatabase {
  readonly database: Kysely<ApplicationDatabase>
  /** What to tell an operator about a failed query. */
  readonly failure: (error: unknown) => BvproError
}

const MIGRATION_LOCK_ATTEMPTS = 400
const MIGRATION_LOCK_RETRY_MS = 25
const CONNECT_TIMEOUT_MS = 10_000
const POOL_CONNECTIONS = 10

/** Throws `StoreUnavailable` with one sentence when the database cannot be opened or its tables cannot be made. */
export async function openApplicationDatabase(location: ApplicationLocation): Promise<OpenDatabase> {
  return 'sqlitePath' in location ? openSqlite(location.sqlitePath) : openPostgres(location.databaseUrl)
}

async function openSqlite(path: string): Promise<OpenDatabase> {
  const file = openSqliteFile(path)
  const database = new Kysely<ApplicationDatabase>({ dialect: new SqliteDialect({ database: kyselySqlite(file) }) })
  const failure = (error: unknown) => (error instanceof BvproError ? error : sqliteFailure(error, path))
  try {
    await migrateAlone(file, database)
  } catch (error) {
    await database.destroy()
    throw failure(error)
  }
  return { database, failure }
}

async function openPostgres(databaseUrl: string): Promise<OpenDatabase> {
  const place = describeUrl(databaseUrl)
  const failure = (error: unknown) => (error instanceof BvproError ? error : postgresFailure(error, place))
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: POOL_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    types: { getTypeParser: parserOf },
  })
  // An idle connection that breaks is replaced by the pool; the next query tells if the server is really gone.
  pool.on('error', () => {})
  const database = new Kysely<ApplicationDatabase>({ dialect: new PostgresDialect({ pool }) })
  try {
    await migrate(database)
  } catch (error) {
    await database.destroy()
    throw failure(error)
  }
  return { database, failure }
}

/**
 * Kysely takes a lock for migrations on PostgreSQL but not on SQLite, where the write lock does it. It is asked for
 * again and again instead of waited for: the holder may be another store of this very process, which a wait would hold
 * up.
 */
async function migrateAlone(file: SqliteDatabase, database: Kysely<ApplicationDatabase>): Promise<void> {
  file.pragma('busy_timeout = 0')
  for (let attempt = 1; ; attempt++) {
    try {
      file.exec('BEGIN IMMEDIATE')
      break
    } catch (error) {
      if (!isBusy(error) || attempt === MIGRATION_LOCK_ATTEMPTS) throw error
      await sleep(MIGRATION_LOCK_RETRY_MS)
    }
  }
  try {
    await migrate(database)
    file.exec('COMMIT')
  } catch (error) {
    if (file.inTransaction) file.exec('ROLLBACK')
    throw error
  }
  neverStandStill(file)
}

async function migrate(database: Kysely<ApplicationDatabase>): Promise<void> {
  const { error } = await new Migrator({ db: database, provider: migrations }).migrateToLatest()
  if (error !== undefined) throw error
}

/** 64-bit integers as numbers: ours are milliseconds and counts, far below 2^53. The library's default is text. */
function parserOf(oid: number, format?: 'text' | 'binary') {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)
}

function postgresFailure(error: unknown, place: string): StoreUnavailable {
  const reason = error instanceof Error ? error.message || causeOf(error) : String(error)
  return new StoreUnavailable(`the database ${place} refused: ${reason}`, { cause: error })
}

/** A refused connection comes as an `AggregateError` without a message of its own. */
function causeOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(String).join('; ')
  return 'code' in error ? String(error.code) : error.name
}

/** Host and database of a URL, without the user and password in it. */
function describeUrl(databaseUrl: string): string {
  try {
    const { host, pathname } = new URL(databaseUrl)
    return `PostgreSQL ${pathname.slice(1)} at ${host}`
  } catch {
    throw new StoreUnavailable('the address of the database is not a URL such as postgres://user@host/database')
  }
}
