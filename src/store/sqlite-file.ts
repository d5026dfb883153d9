/**
 * Opens SQLite files the way every store here needs them: WAL, durable commits, patient with other processes, plain
 * words on failure.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type BetterSqlite3 from 'better-sqlite3'
import Libsql from 'libsql'
import { StoreUnavailable } from '../connectors/errors.ts'

export type SqliteDatabase = BetterSqlite3.Database

/** While a file is opened and its tables are made; libsql waits for nothing by default, and two processes that start would fail each other. */
const OPENING_TIMEOUT_MS = 5000

/** SQLite waits inside the call, and this whole process stands still with it. */
const BUSY_TIMEOUT_MS = 20

/** How long a write waits for a lock of another process before it is refused; less than a readiness check takes. */
export const LOCK_PATIENCE_MS = 4000

/** Between two attempts to get the lock. */
export const LOCK_RETRY_MS = 25

const WAL_ATTEMPTS = 200
const WAL_RETRY_MS = 25

/** Primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

const SENTENCES: Readonly<Record<number, string>> = {
  [SQLITE_BUSY]: 'is locked by another process',
  [SQLITE_LOCKED]: 'is locked by another process',
  [SQLITE_READONLY]: 'cannot be written: file or folder is read-only',
  [SQLITE_IOERR]: 'cannot be read or written: the disk reports an error or is full',
  [SQLITE_CORRUPT]: 'is damaged: restore it from a backup, or move it away with its -wal and -shm files to begin anew',
  [SQLITE_FULL]: 'cannot grow: the disk is full',
  [SQLITE_CANTOPEN]: 'cannot be opened: check that it is a file, and that this user may write it and its folder',
  [SQLITE_NOTADB]:
    'is not a SQLite database: restore it from a backup, or move it away with its -wal and -shm files to begin anew',
}

/**
 * Opens or creates a database file; its folder is created too. Throws `StoreUnavailable` with one sentence that names
 * the file.
 *
 * `synchronous=FULL`: in WAL mode the weaker NORMAL may lose the last commits when the power fails, and a write is only
 * reported as done once it would survive that. The sync per commit is paid once for many callers by group commit.
 */
export function openSqliteFile(path: string): SqliteDatabase {
  let database: SqliteDatabase | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    // libsql is better-sqlite3's API under another name, and brings no full types of its own.
    database = new Libsql(path, { timeout: OPENING_TIMEOUT_MS }) as unknown as SqliteDatabase
    switchToWal(database)
    database.pragma('synchronous = FULL')
    // The first statement that reads the file: a file that is no database fails here and not in the first poll.
    database.prepare('SELECT count(*) FROM sqlite_master').raw().all()
    return database
  } catch (error) {
    database?.close()
    throw sqliteFailure(error, path)
  }
}

/**
 * Runs `work` in one transaction: all or nothing. Writes must go through here, never on their own: a statement that
 * fails for want of the lock is not reset by libsql, and SQLite then puts off the commit of every later one of the
 * connection. `BEGIN IMMEDIATE` run by `exec` takes the lock first, and leaves nothing behind when it fails.
 */
export function inTransaction<T>(database: SqliteDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite itself has rolled back already after some errors, a full disk among them.
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** From now on a lock is waited for outside SQLite, see {@link whenUnlocked}; to be called when the tables are made. */
export function neverStandStill(database: SqliteDatabase): void {
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
}

/**
 * Runs `work`, again and again while another process holds the lock, for up to {@link LOCK_PATIENCE_MS}; polls and
 * requests go on meanwhile. `work` must take the lock before it does anything else, as `inTransaction` does.
 */
export async function whenUnlocked<T>(work: () => T | Promise<T>): Promise<T> {
  const end = performance.now() + LOCK_PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error
    }
    await sleep(LOCK_RETRY_MS)
  }
}

/** What to tell an operator about any failure of a SQLite call on `path`. */
export function sqliteFailure(error: unknown, path: string): StoreUnavailable {
  const code = primaryCode(error)
  const sentence = code === undefined ? undefined : SENTENCES[code]
  const detail = error instanceof Error ? error.message : String(error)
  return new StoreUnavailable(`the database ${path} ${sentence ?? `refused: ${detail}`}`, { cause: error })
}

/** True when another connection holds the lock: trying again later may work. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

/** The busy timeout does not cover the first switch to WAL: two processes that start together can race for it. */
function switchToWal(database: SqliteDatabase): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.pragma('journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || attempt === WAL_ATTEMPTS) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS)
    }
  }
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('rawCode' in error && typeof error.rawCode === 'number') return error.rawCode & 0xff
  // A failed open carries its code only at the end of the message.
  const match = /Unable to open connection to local database .*: (\d+)/.exec(error.message)
  return match === null ? undefined : Number(match[1]) & 0xff
}
