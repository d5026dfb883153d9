/** Heartbeats of activities that wait long: alive as long as this process is, and telling how far they have come. */
import { Context } from '@temporalio/activity'

const HEARTBEAT_MS = 3_000

export interface Heartbeat<T> {
  /** What the attempt before had done when it was last heard of; undefined at the first attempt. */
  readonly resumed: T | undefined
  /** Remembers how far the work has come, for the attempt after this one. */
  done(progress: T): void
  /** Says at once that the work is alive. */
  beat(): void
  stop(): void
}

/** Beats every few seconds until stopped, always with the newest progress: a beat without it would wipe it out. */
export function startHeartbeat<T>(): Heartbeat<T> {
  const context = Context.current()
  const resumed = context.info.heartbeatDetails as T | undefined
  let progress = resumed
  const beat = () => context.heartbeat(progress)
  const timer = setInterval(beat, HEARTBEAT_MS)
  return {
    resumed,
    done(next) {
      progress = next
      beat()
    },
    beat,
    stop: () => clearInterval(timer),
  }
}
