/** Watches something that goes on inside BVPro until it has ended; leaving off watching does not end it. */
import { setTimeout as delay } from 'node:timers/promises'
import { CommandFault, LeftOff } from './fault.ts'
import type { Terminal } from './terminal.ts'

const LOOK_MS = 500
/** A BVPro that restarts in the middle goes on where it was; so long is it waited for. */
const FAILED_LOOKS = 60

/** What BVPro answers when it has started something that takes a while. */
export interface Accepted {
  readonly workflowId: string
  readonly progressUrl: string
}

export interface Watched<T> {
  readonly look: () => Promise<T>
  readonly ended: (seen: T) => boolean
  /** Called with everything seen, the end included. */
  readonly show: (seen: T) => void | Promise<void>
  /** What "bvpro operations show" tells of it by, for whoever leaves off watching. */
  readonly workflowId?: string
}

/** Resolves with what was seen last. Throws `LeftOff` at Ctrl-C, `CommandFault` when BVPro stays away. */
export async function watch<T>(watched: Watched<T>, terminal: Terminal): Promise<T> {
  const { workflowId } = watched
  const over = new AbortController()
  const interrupted = new Promise<never>((_, reject) => {
    const forget = terminal.onInterrupt?.(() => reject(new LeftOff(workflowId === undefined ? [] : [workflowId])))
    if (forget !== undefined) over.signal.addEventListener('abort', forget)
  })
  try {
    return await Promise.race([watchToTheEnd(watched, terminal, over.signal), interrupted])
  } finally {
    over.abort()
    terminal.status?.('')
  }
}

async function watchToTheEnd<T>({ look, ended, show }: Watched<T>, terminal: Terminal, over: AbortSignal): Promise<T> {
  let failures = 0
  for (;;) {
    try {
      const seen = await look()
      over.throwIfAborted()
      failures = 0
      await show(seen)
      if (ended(seen)) return seen
    } catch (error) {
      failures += 1
      if (!(error instanceof CommandFault) || failures > FAILED_LOOKS) throw error
      terminal.status?.(`waiting for BVPro: ${error.message}`)
    }
    await delay(LOOK_MS, undefined, { signal: over })
  }
}
