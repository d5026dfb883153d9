/**
 * The one history of the application tables, for SQLite and PostgreSQL alike. A migration that has been released is
 * never changed; a new one is added below with a name that sorts last.
 */
import type { Kysely, Migration, MigrationProvider } from 'kysely'

const createStatusAndDocuments: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable('entity_status')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('origin', 'text', (column) => column.notNull())
      .addColumn('mode', 'text', (column) => column.notNull())
      .addColumn('paused', 'integer', (column) => column.notNull())
      .addColumn('poll_seconds', 'double precision', (column) => column.notNull())
      .addColumn('place', 'text')
      .addColumn('registered_at', 'bigint', (column) => column.notNull())
      .addColumn('last_poll_at', 'bigint')
      .addColumn('last_good_at', 'bigint')
      .addColumn('failing_since', 'bigint')
      .addColumn('failures', 'integer', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('reason_code', 'text')
      .addColumn('problems', 'text', (column) => column.notNull())
      .addColumn('last_reading', 'text')
      .addColumn('config_hash', 'text')
      .addColumn('offboarding', 'integer', (column) => column.notNull())
      .addColumn('health', 'text', (column) => column.notNull())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('entity_status_key', ['kind', 'id'])
      .execute()
    await database.schema
      .createTable('document')
      .addColumn('collection', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('document_key', ['collection', 'key'])
      .execute()
  },
}

const createLeases: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable('lease')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('epoch', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute()
  },
}

const createCredentials: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable('credential')
      .addColumn('origin', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('credential_key', ['origin', 'kind', 'id'])
      .execute()
  },
}

/** Null in rows of before: nobody knows since when. */
const addSinceOfMode: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema.alterTable('entity_status').addColumn('mode_since', 'bigint').execute()
  },
}

export const migrations: MigrationProvider = {
  getMigrations: async () => ({
    '2026-01-01-status-and-documents': createStatusAndDocuments,
    '2026-01-15-leases': createLeases,
    '2026-01-16-credentials': createCredentials,
    '2026-02-10-since-of-mode': addSinceOfMode,
  }),
}
