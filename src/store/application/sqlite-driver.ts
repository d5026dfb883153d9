/**
 * The SQLite connection as Kysely takes it, every write in a transaction that took the lock first; see `inTransaction`.
 */
import type { SqliteDatabase as KyselyDatabase } from 'kysely'
import { inTransaction, type SqliteDatabase } from '../sqlite-file.ts'

/** Kysely's own transactions, whose deferred `begin` would ask for the lock only at the first write. */
const BEGIN = /^\s*begin\b/i

/** An open database file as Kysely wants it; closing this closes the file. */
export function kyselySqlite(file: SqliteDatabase): KyselyDatabase {
  return {
    close: () => {
      file.close()
    },
    prepare: (sql) => {
      const statement = file.prepare<unknown[]>(sql)
      const writing = !/^\s*select\b/i.test(sql)
      return {
        reader: statement.reader,
        all: (parameters) =>
          writing ? locked(file, () => statement.all(...parameters)) : statement.all(...parameters),
        run: (parameters) => {
          if (!BEGIN.test(sql)) return locked(file, () => statement.run(...parameters))
          file.exec('BEGIN IMMEDIATE')
          return { changes: 0, lastInsertRowid: 0 }
        },
        iterate: (parameters) => statement.iterate(...parameters),
      }
    },
  }
}

function locked<T>(file: SqliteDatabase, work: () => T): T {
  return file.inTransaction ? work() : inTransaction(file, work)
}
