/** What the activities of off-boarding take and give. Types only: workflows import them. */
import type { EntityRef } from '../domain/entity.ts'

/** `soft` keeps the data for some days and can be undone until then; `hard` deletes them at once. */
export type RemovalMode = 'soft' | 'hard'

export interface OpenRemovalInput {
  readonly entity: EntityRef
  readonly mode: RemovalMode
  /** Who asked, for the audit. */
  readonly by: string
}

/** What is known of a removal when a workflow takes it up, for the first time or after it was terminated. */
export interface OpenedRemoval {
  readonly name: string
  /** When the data of a removal begun earlier are due, epoch milliseconds; null when none was. */
  readonly purgeAfter: number | null
}

/** `not_held`: BVPro did not hold the heat curve, or the entity has none, so there was nothing to give back. */
export type ReleaseOutcome = 'released' | 'not_held'

export interface TakenOut {
  /** Names of credentials that stand in the process environment, where BVPro cannot delete them. */
  readonly leftInEnvironment: readonly string[]
}

export interface DeletedSeries {
  readonly measurement: string
  readonly rows: number
}

/** `configured_again`: somebody has configured the id again, so its data stay. */
export type DeletionReport =
  | { readonly outcome: 'deleted'; readonly series: readonly DeletedSeries[] }
  | { readonly outcome: 'configured_again' }

export interface OffboardingActivities {
  /**
   * Marks the entity as being off-boarded, so that nobody starts its loop again, and remembers the removal.
   * @throws EntityNotFound when nothing at all is known of the entity
   */
  openRemoval(input: OpenRemovalInput): Promise<OpenedRemoval>
  /** Has written down that control was given up without giving the heat curve back. */
  recordAbandonedControl(input: { readonly entity: EntityRef; readonly by: string }): Promise<void>
  /** Cancels the loop and the import of the entity and waits until both are over. */
  stopLoop(entity: EntityRef): Promise<void>
  /** Takes configuration and credentials out of service; `purgeAfter` in epoch milliseconds, null for a hard removal. */
  takeOut(input: {
    readonly entity: EntityRef
    readonly mode: RemovalMode
    readonly purgeAfter: number | null
    readonly by: string
  }): Promise<TakenOut>
  /** Deletes everything stored for exactly this entity, reads back that nothing is left, and tells what was there. */
  deleteStored(entity: EntityRef): Promise<DeletionReport>
  /** The last traces: what was set aside, the status row, the pending purge. */
  concludeRemoval(input: {
    readonly entity: EntityRef
    readonly by: string
    readonly series: readonly DeletedSeries[]
  }): Promise<void>
  /** Brings configuration and loop back; what is in service already stays as it is. */
  restoreEntity(input: { readonly entity: EntityRef; readonly by: string }): Promise<{ readonly restored: boolean }>
  /** Has the reconciler look now. */
  wakeReconciler(): Promise<void>
}

export interface ReleaseActivities {
  /**
   * Asks the running loop of a house to give the heat curve back to its controller, starting the loop when it does not
   * run; resolves when that is verified.
   */
  askForRelease(entity: EntityRef): Promise<ReleaseOutcome>
}

export interface SweepReport {
  /** ISO 8601 UTC. */
  readonly at: string
  /** Purges that were due and had no workflow. */
  readonly started: readonly string[]
  /** Pending purges called off because the id is configured again. */
  readonly calledOff: readonly string[]
  readonly pending: number
  /** Credentials given for an on-boarding that never came. */
  readonly discardedCredentials: number
}

export interface SweepActivities {
  sweepPurges(): Promise<SweepReport>
}
