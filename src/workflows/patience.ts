/** Repeating an activity while an outside system is away, by the workflow itself, so that it can say what it waits for. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/common'
import { isCancellation, sleep } from '@temporalio/workflow'

/** Types of `connectors/errors.ts` that pass by themselves; give them to activities as `nonRetryableErrorTypes`. */
export const PASSING_FAILURES = ['Unavailable', 'RateLimited', 'Pending', 'StoreUnavailable']

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

export interface Patience {
  /** No new attempt begins later than this after the first one; null = for ever. */
  readonly limitMs: number | null
  /** Told why the work is waiting, and null when it goes on. */
  readonly waiting: (reason: string | null) => void
}

/** The failure an activity ended with itself; undefined for time-outs and for what is no activity's. */
export function ownFailure(error: unknown): ApplicationFailure | undefined {
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : undefined
}

/** The result of `work`, repeated as long as it fails with something that passes. @throws its last failure */
export async function patiently<T>(patience: Patience, work: () => Promise<T>): Promise<T> {
  const begunAt = Date.now()
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await work()
      } catch (error) {
        const failure = isCancellation(error) ? undefined : ownFailure(error)
        if (failure === undefined || !PASSING_FAILURES.includes(failure.type ?? '')) throw error
        const late = Date.now() + pauseMs - begunAt
        if (patience.limitMs !== null && late > patience.limitMs) throw error
        patience.waiting(failure.message)
        await sleep(pauseMs)
      }
    }
  } finally {
    patience.waiting(null)
  }
}
