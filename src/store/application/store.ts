/** The application store: entity status and small documents, in SQLite or PostgreSQL. */
import { type Kysely, sql } from 'kysely'
import { BadData, type BvproError } from '../../connectors/errors.ts'
import type { EntityKind, EntityRef } from '../../domain/entity.ts'
import { whenUnlocked } from '../sqlite-file.ts'
import { type SealedCredentialTable, sealedCredentialTable } from './credential-table.ts'
import { type ApplicationLocation, openApplicationDatabase } from './database.ts'
import { deleteLease, insertLease, setLeaseEnd, underLease } from './lease.ts'
import { type ApplicationStore, type EntityStatus, initialStatus, type Lease, type StatusChange } from './port.ts'
import type { ApplicationDatabase, DocumentTable } from './schema.ts'
import { toColumns, toRow, toStatus } from './status-row.ts'

/**
 * Opens the store and brings its tables up to date; safe when several processes start at once. Throws
 * `StoreUnavailable`.
 */
export async function openApplicationStore(
  location: ApplicationLocation,
  now: () => number = Date.now,
): Promise<OpenApplicationStore> {
  const { database, failure } = await openApplicationDatabase(location)
  return new KyselyApplicationStore(database, failure, now)
}

/** Sealed credentials are for those who hold the key, not for everybody who keeps documents. */
export interface OpenApplicationStore extends ApplicationStore {
  readonly sealedCredentials: SealedCredentialTable
}

class KyselyApplicationStore implements OpenApplicationStore {
  readonly sealedCredentials: SealedCredentialTable
  readonly #database: Kysely<ApplicationDatabase>
  readonly #failure: (error: unknown) => BvproError
  readonly #now: () => number

  constructor(database: Kysely<ApplicationDatabase>, failure: (error: unknown) => BvproError, now: () => number) {
    this.#database = database
    this.#failure = failure
    this.#now = now
    this.sealedCredentials = sealedCredentialTable(database, (work) => this.#guard(work), now)
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
    const now = this.#now()
    const row = { ...toRow(initialStatus({ kind, id }, now)), ...columns }
    const insert = this.#database.insertInto('entity_status').values(row)
    // One statement, so that two processes never see or write half of a change.
    await this.#guard(() =>
      insert
        .onConflict((conflict) => {
          const known = conflict.columns(['kind', 'id'])
          if (Object.keys(columns).length === 0) return known.doNothing()
          return known.doUpdateSet(columns.mode === undefined ? columns : { ...columns, mode_since: sinceOfMode(now) })
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
    const document = documentRow(collection, key, value, this.#now())
    await this.#guard(() => upsertDocument(this.#database, document))
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

  async acquireLease(name: string, holder: string, lastsMs: number): Promise<Lease | undefined> {
    return this.#guard(() => {
      const now = this.#now()
      return insertLease(this.#database, { name, holder, expiresAt: now + lastsMs }, now)
    })
  }

  async renewLease(lease: Lease, lastsMs: number): Promise<Lease | undefined> {
    return this.#guard(() => setLeaseEnd(this.#database, lease, this.#now() + lastsMs))
  }

  async releaseLease(lease: Lease): Promise<void> {
    await this.#guard(() => setLeaseEnd(this.#database, lease, 0))
  }

  async forgetLease(name: string): Promise<void> {
    await this.#guard(() => deleteLease(this.#database, name, this.#now()))
  }

  async putDocumentUnder(lease: Lease, collection: string, key: string, value: unknown): Promise<boolean> {
    const document = documentRow(collection, key, value, this.#now())
    return this.#guard(() => underLease(this.#database, lease, (transaction) => upsertDocument(transaction, document)))
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

function documentRow(collection: string, key: string, value: unknown, now: number): DocumentTable {
  const json: string | undefined = JSON.stringify(value)
  if (json === undefined) throw new BadData(`document ${collection}/${key}: the value has no JSON`)
  return { collection, key, value: json, updated_at: now }
}

async function upsertDocument(database: Kysely<ApplicationDatabase>, document: DocumentTable): Promise<void> {
  const { value, updated_at } = document
  await database
    .insertInto('document')
    .values(document)
    .onConflict((conflict) => conflict.columns(['collection', 'key']).doUpdateSet({ value, updated_at }))
    .execute()
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What it is already where the row has the mode that is put, else now. */
function sinceOfMode(now: number) {
  return sql<number | null>`case when entity_status.mode = excluded.mode then entity_status.mode_since else ${now} end`
}
