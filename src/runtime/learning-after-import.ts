/** Has the models of houses fitted soon after their past was imported; the hourly look finds what this misses. */
import { type Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client'
import type { learnThermal } from '../workflows/learn-thermal.ts'
import { type LearningInput, pastImported } from '../workflows/learning-steps.ts'
import { workflowQueue } from '../workflows/queues.ts'
import type { Logger } from './log.ts'

export const LEARNING_WORKFLOW_ID = 'learn-imported'

/** An import comes in many pieces; a model is not fitted between two of them. */
const SOON_MS = 15_000

export interface LearningCheck {
  /** Has new houses looked at in some seconds; asked again meanwhile, it waits a little longer. */
  soon(): void
  end(): void
}

export function createLearningCheck(client: Client, queuePrefix: string, log: Logger): LearningCheck {
  let timer: NodeJS.Timeout | undefined
  return {
    soon() {
      clearTimeout(timer)
      timer = setTimeout(() => {
        learnImported(client, queuePrefix).catch((error: unknown) => {
          log.warn('thermal.import_not_told', { reason: error instanceof Error ? error.message : String(error) })
        })
      }, SOON_MS)
      timer.unref()
    },
    end: () => clearTimeout(timer),
  }
}

/** Starts a run over new houses, or tells one that is at it to look again. */
async function learnImported(client: Client, queuePrefix: string): Promise<void> {
  await client.workflow.signalWithStart<typeof learnThermal, []>('learnThermal', {
    taskQueue: workflowQueue(queuePrefix),
    workflowId: LEARNING_WORKFLOW_ID,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    args: [{ onlyNew: true } satisfies LearningInput],
    signal: pastImported,
    signalArgs: [],
  })
}
