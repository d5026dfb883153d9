/** The audit: who did what to which entity. Entries are added and never changed; after a crash one may stand twice. */
import { randomBytes } from 'node:crypto'
import type { EntityRef } from '../../domain/entity.ts'
import type { ApplicationStore } from './port.ts'

const COLLECTION = 'audit'

export interface AuditEntry {
  /** ISO 8601 UTC. */
  readonly at: string
  readonly by: string
  /** Such as `removal.begun`. */
  readonly action: string
  readonly entity: EntityRef
  /** For people, without secrets. */
  readonly detail: string | null
}

/** @param at epoch milliseconds */
export async function recordAudit(
  store: Pick<ApplicationStore, 'putDocument'>,
  { entity: { kind, id }, ...entry }: Omit<AuditEntry, 'at'>,
  at: number,
): Promise<void> {
  const time = new Date(at).toISOString()
  // Keys sort by time.
  await store.putDocument(COLLECTION, `${time}-${randomBytes(6).toString('hex')}`, {
    at: time,
    ...entry,
    entity: { kind, id },
  })
}

/** The newest entries, newest first. */
export async function newestAudit(
  store: Pick<ApplicationStore, 'listDocuments'>,
  limit: number,
): Promise<AuditEntry[]> {
  const documents = await store.listDocuments<AuditEntry>(COLLECTION)
  return documents
    .sort((a, b) => (a.key < b.key ? 1 : -1))
    .slice(0, limit)
    .map(({ value }) => value)
}
