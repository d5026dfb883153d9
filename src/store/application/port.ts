/**
 * Application state: what must outlast a workflow run and is not a time series.
 * One Kysely implementation serves SQLite (embedded) and PostgreSQL (production).
 */
import type { ConfigProblem, ControlMode, EntityKind, EntityRef } from '../../domain/entity.ts'

/** What polls write and lists read; one row per entity, so that pages never query workflows one by one. */
export interface EntityStatus {
  readonly kind: EntityKind
  readonly id: string
  readonly name: string
  /** `demo` entities belong to the simulated town and are never sent to a real vendor. */
  readonly origin: 'real' | 'demo'
  readonly mode: ControlMode
  readonly paused: boolean
  readonly pollSeconds: number
  /** Rounded `lat,lon` of the entity's weather, see `domain/weather/place.ts`; null when no position is known. */
  readonly place: string | null
  /** All times are epoch milliseconds. */
  readonly registeredAt: number
  /** Due time of the last cycle that ended, well or badly. */
  readonly lastPollAt: number | null
  /** Due time of the last cycle whose reading is stored. */
  readonly lastGoodAt: number | null
  /** When the present run of failures began. */
  readonly failingSince: number | null
  readonly failures: number
  readonly reason: string | null
  readonly reasonCode: string | null
  readonly problems: readonly ConfigProblem[]
  readonly lastReading: Readonly<Record<string, number | string | null>> | null
  /** Hash of configuration and credentials as last seen by reconciliation; never the values themselves. */
  readonly configHash: string | null
  readonly offboarding: boolean
  /** When `health` (as derived at the last write) last changed, and what it was. */
  readonly health: string
  readonly since: number
  /** When `mode` last changed, kept by the store itself; null when nobody knows. */
  readonly modeSince: number | null
}

export type StatusChange = Partial<Omit<EntityStatus, 'kind' | 'id' | 'modeSince'>>

/** What is known about an entity before anything was said about it. @param now epoch milliseconds */
export function initialStatus({ kind, id }: EntityRef, now: number): EntityStatus {
  return {
    kind,
    id,
    name: id,
    origin: 'real',
    mode: 'monitor',
    paused: false,
    pollSeconds: 300,
    place: null,
    registeredAt: now,
    lastPollAt: null,
    lastGoodAt: null,
    failingSince: null,
    failures: 0,
    reason: null,
    reasonCode: null,
    problems: [],
    lastReading: null,
    configHash: null,
    offboarding: false,
    health: 'starting',
    since: now,
    modeSince: now,
  }
}

/** The right to something only one process at a time may do. */
export interface Lease {
  readonly name: string
  /** Who holds it, for messages. */
  readonly holder: string
  /** Rises with every holder: a higher one means that this lease is over. */
  readonly epoch: number
  /** Epoch milliseconds; from then on anybody may take the name. */
  readonly expiresAt: number
}

/**
 * Leases count by the clocks of the processes, so these must agree to well within the time a lease lasts. A holder that
 * stands still for longer than its lease does not notice; what must never be done by two goes through
 * {@link putDocumentUnder}.
 */
export interface LeaseStore {
  /** The lease, when nobody holds the name or the holder's time is over; undefined otherwise, also for its holder. */
  acquireLease(name: string, holder: string, lastsMs: number): Promise<Lease | undefined>
  /** The lease with its time counting from now; undefined when another has taken the name since. */
  renewLease(lease: Lease, lastsMs: number): Promise<Lease | undefined>
  /** Gives the name back; does nothing when another has taken it since. */
  releaseLease(lease: Lease): Promise<void>
  /** Writes a document unless another has taken the name since. @returns whether it was written */
  putDocumentUnder(lease: Lease, collection: string, key: string, value: unknown): Promise<boolean>
}

export interface ApplicationStore extends LeaseStore {
  /** Rows of one kind or all, ordered by kind and id. */
  listStatus(kind?: EntityKind): Promise<EntityStatus[]>
  getStatus(entity: EntityRef): Promise<EntityStatus | undefined>
  /** Inserts, or updates just the given columns, atomically. */
  putStatus(entity: EntityRef, change: StatusChange): Promise<void>
  deleteStatus(entity: EntityRef): Promise<void>

  /** Small durable documents by key (weather runs, learned state, ...). Values are JSON. */
  getDocument<T>(collection: string, key: string): Promise<{ value: T; updatedAt: number } | undefined>
  putDocument(collection: string, key: string, value: unknown): Promise<void>
  listDocuments<T>(collection: string): Promise<{ key: string; value: T; updatedAt: number }[]>
  deleteDocument(collection: string, key: string): Promise<void>

  /** Leaves no trace of a lease that is not needed any more; does nothing while somebody holds it. */
  forgetLease(name: string): Promise<void>

  check(): Promise<void>
  close(): Promise<void>
}
