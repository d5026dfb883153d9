/** Query and updates of the workflow of an inertia test. */
import { defineQuery, defineUpdate } from '@temporalio/workflow'
import type { InertiaTestRecord } from '../activities/inertia-contract.ts'

export const testStatus = defineQuery<InertiaTestRecord>('status')

export interface TestPerson {
  /** For the audit. */
  readonly by?: string
}

/** Lets a proposed test begin at its time; refused when there is nothing to approve. */
export const approveTest = defineUpdate<InertiaTestRecord, [TestPerson | undefined]>('approve')

/** Ends a test at any step, or declines a proposed one. A house that is lowered is given back first. */
export const abortTest = defineUpdate<InertiaTestRecord, [TestPerson | undefined]>('abort')
