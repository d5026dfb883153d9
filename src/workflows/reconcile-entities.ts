/** Keeps the running loops equal to the configured entities: every 60 s, and at once when asked. */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { ReconcileActivities, ReconcileReport } from '../activities/contract.ts'
import { reconcileNow } from './messages.ts'
import { repeatUntilRenewal } from './periodic.ts'
import { siblingQueue } from './queues.ts'

const PERIOD_MS = 60_000

export const reconcileReport = defineQuery<ReconcileReport | null>('report')

export async function reconcileEntities(lastReport: ReconcileReport | null = null): Promise<void> {
  let report = lastReport
  let asked = false
  setHandler(reconcileReport, () => report)
  setHandler(reconcileNow, () => {
    asked = true
  })
  const { reconcile } = proxyActivities<ReconcileActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'pipelines'),
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '10 seconds',
    retry: { initialInterval: '1 second', maximumInterval: '10 seconds', maximumAttempts: 5 },
  })
  await repeatUntilRenewal({
    periodMs: PERIOD_MS,
    asked: () => asked,
    isFatal: isCancellation,
    work: async () => {
      asked = false
      report = await reconcile()
    },
  })
  await condition(allHandlersFinished)
  await continueAsNew<typeof reconcileEntities>(report)
}
