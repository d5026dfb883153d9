/**
 * Looks every minute whether the loops every installation has still run: nothing else would start them again after
 * somebody has ended one in the Web UI, where no code of ours runs.
 */
import type { Logger } from './log.ts'

const LOOK_MS = 60_000

/**
 * @param restart starts what does not run and tells what that was
 * @returns ends the looking
 */
export function keepSystemLoops(restart: () => Promise<readonly string[]>, log: Logger): () => void {
  const look = async () => {
    try {
      for (const workflow of await restart()) log.warn('loop.restarted', { workflow })
    } catch (error) {
      log.warn('loop.not_restarted', { reason: error instanceof Error ? error.message : String(error) })
    }
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  return () => clearInterval(timer)
}
