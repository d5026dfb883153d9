/**
 * Leases: at most one process at a time holds a name, for a limited time. The row outlives the lease, so that its epoch
 * rises and whoever comes too late can be told apart (fencing). A name that is forgotten begins anew at 1: that is why
 * the holder is compared, too.
 */
import { type Kysely, sql } from 'kysely'
import type { Lease } from './port.ts'
import type { ApplicationDatabase, LeaseTable } from './schema.ts'

const HELD = ['name', 'holder', 'epoch', 'expires_at'] as const

/** One statement: of several processes that ask at once, the database lets one through. */
export async function insertLease(
  database: Kysely<ApplicationDatabase>,
  lease: { readonly name: string; readonly holder: string; readonly expiresAt: number },
  now: number,
): Promise<Lease | undefined> {
  const { name, holder, expiresAt } = lease
  const rows = await database
    .insertInto('lease')
    .values({ name, holder, epoch: 1, expires_at: expiresAt })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ holder, expires_at: expiresAt, epoch: sql`lease.epoch + 1` })
        .where('lease.expires_at', '<=', now),
    )
    .returning(HELD)
    .execute()
  return rows.map(toLease)[0]
}

/** Undefined when somebody else has taken the name since. */
export async function setLeaseEnd(
  database: Kysely<ApplicationDatabase>,
  { name, holder, epoch }: Lease,
  expiresAt: number,
): Promise<Lease | undefined> {
  const rows = await database
    .updateTable('lease')
    .set({ expires_at: expiresAt })
    .where('name', '=', name)
    .where('holder', '=', holder)
    .where('epoch', '=', epoch)
    .returning(HELD)
    .execute()
  return rows.map(toLease)[0]
}

/**
 * Runs `work` in the transaction that has locked the row of the lease: nobody can take the name in between.
 * @returns whether the lease still was the present one; otherwise nothing was done
 */
export function underLease(
  database: Kysely<ApplicationDatabase>,
  { name, holder, epoch }: Lease,
  work: (transaction: Kysely<ApplicationDatabase>) => Promise<void>,
): Promise<boolean> {
  return database.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('lease')
      .set({ epoch })
      .where('name', '=', name)
      .where('holder', '=', holder)
      .where('epoch', '=', epoch)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    await work(transaction)
    return true
  })
}

/** Does nothing while somebody holds the name. */
export async function deleteLease(database: Kysely<ApplicationDatabase>, name: string, now: number): Promise<void> {
  await database.deleteFrom('lease').where('name', '=', name).where('expires_at', '<=', now).execute()
}

function toLease({ name, holder, epoch, expires_at }: LeaseTable): Lease {
  return { name, holder, epoch, expiresAt: expires_at }
}
