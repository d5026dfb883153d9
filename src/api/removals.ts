/** What the API needs to have an entity taken out of service or brought back. */
import type { RemovalMode } from '../activities/offboarding-contract.ts'
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'

export interface RemovalWish {
  readonly mode: RemovalMode
  /** Days until the data of a soft removal are deleted; the default of the workflow when left out. */
  readonly graceDays?: number | undefined
  readonly abandonControl: boolean
  /** Who asked. */
  readonly by: string
}

/** Starts and talks to the workflow `offboardEntity` of an entity. Rejects with `Unavailable` when Temporal is away. */
export interface RemovalOperations {
  /**
   * Starts a removal. `changed` when one runs and was told to delete at once or to abandon control; `running` when one
   * runs and the wish adds nothing to it.
   */
  remove(entity: EntityRef, wish: RemovalWish): Promise<'started' | 'changed' | 'running'>
  /**
   * Has a removal called off, also one whose workflow is gone; resolves when that is accepted, and with `too_late` when
   * the data are being deleted already.
   */
  restore(entity: EntityRef, by: string): Promise<'accepted' | 'too_late'>
}

/** Id of the workflow that off-boards an entity. */
export function removalWorkflowId(entity: EntityRef): string {
  return `offboard:${entityWorkflowId(entity)}`
}

/** Where the progress of a workflow in which an entity comes or goes is told. */
export function operationUrl(workflowId: string): string {
  return `/api/v1/operations/${encodeURIComponent(workflowId)}`
}
