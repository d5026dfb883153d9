/** Looks once a day for purges that are due and that no workflow waits for any more. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow'
import type { SweepActivities, SweepReport } from '../activities/offboarding-contract.ts'
import { siblingQueue } from './queues.ts'

export async function purgeSweep(): Promise<SweepReport> {
  const { sweepPurges } = proxyActivities<SweepActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'pipelines'),
    startToCloseTimeout: '5 minutes',
    // A store that is away for hours is found by the sweep of the next day.
    scheduleToCloseTimeout: '6 hours',
    retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  })
  return sweepPurges()
}
