/**
 * Rows of sealed credentials. What is in them is known to `src/connectors/credentials/` alone; here it is text that is
 * exchanged only when it still is what the caller has seen.
 */
import type { Kysely } from 'kysely'
import type { ApplicationDatabase, CredentialRow } from './schema.ts'

export interface SealedCredentialKey {
  readonly origin: 'real' | 'demo'
  /** `reference`: given by somebody and not an entity's yet; `id` is the reference then. */
  readonly kind: 'house' | 'building' | 'zone' | 'reference'
  readonly id: string
}

export interface SealedCredential extends SealedCredentialKey {
  readonly sealed: string
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

export interface SealedCredentialChange {
  readonly key: SealedCredentialKey
  /** What the caller has seen; undefined when there was no row. */
  readonly seen: string | undefined
  /** What is to be there; undefined to have no row. */
  readonly sealed: string | undefined
}

export interface SealedCredentialTable {
  get(key: SealedCredentialKey): Promise<SealedCredential | undefined>
  list(): Promise<readonly SealedCredential[]>
  /** Makes all changes or none. @returns false, and nothing is changed, when one row is no longer what was seen */
  change(changes: readonly SealedCredentialChange[]): Promise<boolean>
  delete(key: SealedCredentialKey): Promise<void>
}

type Database = Kysely<ApplicationDatabase>
/** Runs a query so that a lock is waited for and a failure is told in a sentence. */
type Guard = <T>(work: () => Promise<T>) => Promise<T>

/** Rolls a transaction back. */
class SeenOtherwise extends Error {}

export function sealedCredentialTable(database: Database, guard: Guard, now: () => number): SealedCredentialTable {
  return {
    async get({ origin, kind, id }) {
      const query = database.selectFrom('credential').selectAll().where('origin', '=', origin)
      const rows = await guard(() => query.where('kind', '=', kind).where('id', '=', id).execute())
      return rows.map(toSealed)[0]
    },
    async list() {
      const rows = await guard(() => database.selectFrom('credential').selectAll().execute())
      return rows.map(toSealed)
    },
    change: (changes) =>
      guard(async () => {
        try {
          await database.transaction().execute(async (transaction) => {
            for (const change of changes) {
              if (!(await changeOne(transaction, change, now()))) throw new SeenOtherwise()
            }
          })
          return true
        } catch (error) {
          if (error instanceof SeenOtherwise) return false
          throw error
        }
      }),
    async delete({ origin, kind, id }) {
      const query = database.deleteFrom('credential').where('origin', '=', origin)
      await guard(() => query.where('kind', '=', kind).where('id', '=', id).execute())
    },
  }
}

async function changeOne(database: Database, change: SealedCredentialChange, now: number): Promise<boolean> {
  const { seen, sealed } = change
  const { origin, kind, id } = change.key
  if (seen === undefined) {
    if (sealed === undefined) return true
    const { numInsertedOrUpdatedRows } = await database
      .insertInto('credential')
      .values({ origin, kind, id, sealed, updated_at: now })
      .onConflict((conflict) => conflict.columns(['origin', 'kind', 'id']).doNothing())
      .executeTakeFirstOrThrow()
    return numInsertedOrUpdatedRows === 1n
  }
  const exactly = { origin, kind, id, sealed: seen }
  if (sealed === undefined) {
    const { numDeletedRows } = await database
      .deleteFrom('credential')
      .where(({ and }) => and(exactly))
      .executeTakeFirstOrThrow()
    return numDeletedRows === 1n
  }
  const { numUpdatedRows } = await database
    .updateTable('credential')
    .set({ sealed, updated_at: now })
    .where(({ and }) => and(exactly))
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

function toSealed({ origin, kind, id, sealed, updated_at }: CredentialRow): SealedCredential {
  return {
    origin: origin as SealedCredential['origin'],
    kind: kind as SealedCredential['kind'],
    id,
    sealed,
    updatedAt: updated_at,
  }
}
