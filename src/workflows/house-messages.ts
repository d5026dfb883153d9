/** Updates of the loop of a house by which people steer it. Each has an id, and a time after which nobody begins with it. */
import { defineUpdate } from '@temporalio/workflow'
import type { ControlOutcome, ModeRequest, SetpointRequest, TakeRequest } from '../activities/control-contract.ts'

/** `expiresAt` is epoch milliseconds: whoever gave up waiting must not be surprised hours later. */
export type Expiring<T> = T & { readonly expiresAt: number }

export const takeControl = defineUpdate<ControlOutcome, [Expiring<TakeRequest>]>('takeControl')
export const setSetpoint = defineUpdate<ControlOutcome, [Expiring<SetpointRequest>]>('setSetpoint')
export const setMode = defineUpdate<ControlOutcome, [Expiring<ModeRequest>]>('setMode')
