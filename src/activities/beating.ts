/** Runs the work of an activity that may take long: it beats meanwhile, and what goes wrong becomes a typed failure. */
import { Context } from '@temporalio/activity'
import { toApplicationFailure } from './failures.ts'
import { startHeartbeat } from './heartbeat.ts'

export interface BeatingCall {
  /** Says at once that the work is alive. */
  readonly heartbeat: () => void
  readonly signal: AbortSignal
}

/** A cancellation stays one; everything else becomes a typed failure. */
export async function beating<T>(work: (call: BeatingCall) => Promise<T>): Promise<T> {
  const heartbeat = startHeartbeat<never>()
  const { cancellationSignal: signal } = Context.current()
  try {
    return await work({ heartbeat: () => heartbeat.beat(), signal })
  } catch (error) {
    throw signal.aborted ? error : toApplicationFailure(error)
  } finally {
    heartbeat.stop()
  }
}
