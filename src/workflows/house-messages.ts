/** Updates of the loop of a house by which people steer it. Each has an id, and a time after which nobody begins with it. */
import { defineUpdate } from '@temporalio/workflow'
import type { ControlOutcome, ModeRequest, SetpointRequest, TakeRequest } from '../activities/control-contract.ts'
import type { BeginTestRequest, BegunTest, EndedTest, EndTestRequest } from '../activities/inertia-contract.ts'

/** `expiresAt` is epoch milliseconds: whoever gave up waiting must not be surprised hours later. */
export type Expiring<T> = T & { readonly expiresAt: number }

export const takeControl = defineUpdate<ControlOutcome, [Expiring<TakeRequest>]>('takeControl')
export const setSetpoint = defineUpdate<ControlOutcome, [Expiring<SetpointRequest>]>('setSetpoint')
export const setMode = defineUpdate<ControlOutcome, [Expiring<ModeRequest>]>('setMode')

/** Asked by the workflow of an inertia test: hold the house for it, and give it back. */
export const beginTest = defineUpdate<BegunTest, [Expiring<BeginTestRequest>]>('beginTest')
export const endTest = defineUpdate<EndedTest, [Expiring<EndTestRequest>]>('endTest')
