/** The shape shared by loops that run one activity at a fixed rhythm or when asked. */
import { condition, log, workflowInfo } from '@temporalio/workflow'

const MAX_EVENTS = 3_000

/**
 * Repeats `work` every `periodMs`, earlier when `asked()` says so, until the history should be renewed.
 * A failed round is logged and the next one runs: no failure ends a loop.
 */
export async function repeatUntilRenewal(options: {
  readonly periodMs: number
  readonly asked: () => boolean
  readonly work: () => Promise<void>
  readonly isFatal: (error: unknown) => boolean
}): Promise<void> {
  for (;;) {
    try {
      await options.work()
    } catch (error) {
      if (options.isFatal(error)) throw error
      log.warn('loop.round_failed', { workflow: workflowInfo().workflowType, reason: String(error) })
    }
    const { continueAsNewSuggested, historyLength } = workflowInfo()
    if (continueAsNewSuggested || historyLength >= MAX_EVENTS) return
    await condition(options.asked, options.periodMs)
  }
}
