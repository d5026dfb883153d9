/** Updates of the workflow that off-boards an entity, and of the loop that gives control back for it. */
import { defineSignal, defineUpdate } from '@temporalio/workflow'
import type { ControlRequest } from '../activities/control-contract.ts'
import type { ReleaseOutcome } from '../activities/offboarding-contract.ts'

export interface Person {
  /** For the audit. */
  readonly by?: string
}

/** Calls the removal off and brings the entity back; refused once its data are being deleted. */
export const restore = defineUpdate<void, [Person | undefined]>('restore')

/** Deletes the data now instead of at the end of the grace period. */
export const purgeNow = defineUpdate<void, [Person | undefined]>('purgeNow')

/** Goes on although the heat curve could not be given back to the controller. */
export const abandonControl = defineUpdate<void, [Person | undefined]>('abandonControl')

/** Somebody asked again: what failed is tried again now instead of when its next attempt is due. */
export const tryNow = defineSignal('tryNow')

/** Asks the loop of a house to give the heat curve back; `expiresAt` is epoch milliseconds, `request` a person's own. */
export const releaseControl = defineUpdate<
  ReleaseOutcome,
  [{ readonly expiresAt: number; readonly request?: ControlRequest }]
>('releaseControl')
