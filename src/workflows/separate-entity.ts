/** Splits the energy of one house or building into space heating and hot water, day by day. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow'
import type { EnergyActivities, SeparatedEntity, SeparationInput } from '../activities/energy-contract.ts'
import { siblingQueue } from './queues.ts'

export async function separateEntity(input: SeparationInput): Promise<SeparatedEntity> {
  const { separateEnergy } = proxyActivities<EnergyActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'energy'),
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '10 seconds',
    // The day stays due in the data: a later run finds it again.
    retry: { initialInterval: '5 seconds', maximumInterval: '1 minute', maximumAttempts: 5 },
  })
  return separateEnergy(input)
}
