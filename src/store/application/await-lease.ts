/** Waiting for a lease that another process holds. */
import { setTimeout as delay } from 'node:timers/promises'
import { Unavailable } from '../../connectors/errors.ts'
import type { Lease, LeaseStore } from './port.ts'

export interface LeaseWish {
  readonly name: string
  readonly holder: string
  readonly lastsMs: number
  /** Longer than leases of this name last, so that the death of a holder is waited out. */
  readonly patienceMs: number
  /** What the name stands for, for the message of a wait in vain. */
  readonly subject: string
  readonly signal?: AbortSignal | undefined
}

const FIRST_WAIT_MS = 25
const LONGEST_WAIT_MS = 250

/** @throws Unavailable when the lease was not to be had in time, StoreUnavailable, or the signal's reason */
export async function awaitLease(store: LeaseStore, wish: LeaseWish): Promise<Lease> {
  const { name, holder, lastsMs, patienceMs, subject, signal } = wish
  const giveUpAt = performance.now() + patienceMs
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    signal?.throwIfAborted()
    const lease = await store.acquireLease(name, holder, lastsMs)
    if (lease !== undefined) return lease
    if (performance.now() + waitMs > giveUpAt) {
      throw new Unavailable(`${subject} is in use by another worker of BVPro, for ${Math.round(patienceMs / 1000)} s`)
    }
    await untilLater(waitMs * (0.5 + Math.random() / 2), signal)
  }
}

/** Node wraps the reason of an aborted timer; callers expect the reason itself. */
async function untilLater(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
