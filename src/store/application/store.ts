/** The application store: entity status and small documents, in SQLite or PostgreSQL. */
import type { Kysely } from 'kysely'
import { BadData, type BvproError } from '../../connectors/errors.ts'
import type { EntityKind, EntityRef } from '../../domain/entity.ts'
import { whenUnlocked } from '../sqlite-file.ts'
import { type ApplicationLocation, openApplicationDatabase } from './database.ts'
import { type ApplicationStore, type EntityStatus, initialStatus, type StatusChange } from './port.ts'
import type { ApplicationDatabase } from './schema.ts'
import { toColumns, toRow, toStatus } from './status-row.ts'

/**
 * Opens the store and brings its tables up to date; safe when several processes start at once. Throws
 * `StoreUnavailable`.
 */
export async function openApplicationStore(
  location: ApplicationLocation,
  now: () => number = Date.now,
): Promise<ApplicationStore> {
  const { database, failure } = await openApplicationDatabase(location)
  return new KyselyApplicationStore(database, failure, now)
}

class KyselyApplicationStore implements ApplicationStore {
  readonly #database: Kysely<ApplicationDatabase>
  readonly #failure: (error: unknown) => BvproError
  readonly #now: () => number

  constructor(database: Kysely<ApplicationDatabase>, failure: (error: unknown) => BvproError, now: () => number) {
    this.#database = database
    this.#failure = failure
    this.#now = now
  }

  async listStatus(kind?: EntityKind): Promise<EntityStatus[]> {
    let query = this.#database.selectFrom('entity_status').selectAll()
    if (kind !== undefined) query = query.where('kind', '=', kind)
    const rows = await this.#guard(() => query.execute())
    // Sorted here: the two databases order text by different rules.
    return rows.map(toStatus).sort((a, b) => compare(a.kind, b.kind) || compare(a.id, b.id))
  }

  async getStatus({ kind, id }: EntityRef): Promise<EntityStatus | undefined> {
    const query = this.#database.selectFrom('entity_status').selectAll()
    const rows = await this.#guard(() => query.where('kind', '=', kind).where('id', '=', id).execute())
    return rows.map(toStatus)[0]
  }

  async putStatus({ kind, id }: EntityRef, change: StatusChange): Promise<void> {
    const columns = toColumns(change)
    const row = { ...toRow(initialStatus({ kind, id }, this.#now())), ...columns }
    const insert = this.#database.insertInto('entity_status').values(row)
    // One statement, so that two processes never see or write half of a change.
    await this.#guard(() =>
      insert
        .onConflict((conflict) => {
          const known = conflict.columns(['kind', 'id'])
          return Object.keys(columns).length === 0 ? known.doNothing() : known.doUpdateSet(columns)
        })
        .execute(),
    )
  }

  async deleteStatus({ kind, id }: EntityRef): Promise<void> {
    const query = this.#database.deleteFrom('entity_status').where('kind', '=', kind).where('id', '=', id)
    await this.#guard(() => query.execute())
  }

  async getDocument<T>(collection: string, key: string): Promise<{ value: T; updatedAt: number } | undefined> {
    const query = this.#database.selectFrom('document').select(['value', 'updated_at'])
    const rows = await this.#guard(() => query.where('collection', '=', collection).where('key', '=', key).execute())
    return rows.map(({ value, updated_at }) => ({ value: JSON.parse(value) as T, updatedAt: updated_at }))[0]
  }

  async putDocument(collection: string, key: string, value: unknown): Promise<void> {
    const json: string | undefined = JSON.stringify(value)
    if (json === undefined) throw new BadData(`document ${collection}/${key}: the value has no JSON`)
    const content = { value: json, updated_at: this.#now() }
    const insert = this.#database.insertInto('document').values({ collection, key, ...content })
    await this.#guard(() =>
      insert.onConflict((conflict) => conflict.columns(['collection', 'key']).doUpdateSet(content)).execute(),
    )
  }

  async listDocuments<T>(collection: string): Promise<{ key: string; value: T; updatedAt: number }[]> {
    const query = this.#database.selectFrom('document').selectAll().where('collection', '=', collection)
    const rows = await this.#guard(() => query.execute())
    return rows
      .map(({ key, value, updated_at }) => ({ key, value: JSON.parse(value) as T, updatedAt: updated_at }))
      .sort((a, b) => compare(a.key, b.key))
  }

  async deleteDocument(collection: string, key: string): Promise<void> {
    const query = this.#database.deleteFrom('document').where('collection', '=', collection).where('key', '=', key)
    await this.#guard(() => query.execute())
  }

  /** A write and not just a read: a full disk or a standby server that was promoted away must not look ready. */
  async check(): Promise<void> {
    await this.putDocument('store', 'check', null)
  }

  async close(): Promise<void> {
    await this.#database.destroy()
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await whenUnlocked(work)
    } catch (error) {
      throw this.#failure(error)
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
