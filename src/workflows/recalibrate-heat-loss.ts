/** Works out the heat loss coefficient of entities anew; one owner for it, whoever asks. */
import { isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow'
import type { EnergyActivities, RecalibratedEntity } from '../activities/energy-contract.ts'
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import type { RecalibrationReport } from './energy-messages.ts'
import { messageOf } from './energy-steps.ts'
import { siblingQueue } from './queues.ts'

export interface RecalibrationInput {
  /** All that are due when absent. */
  readonly entities?: readonly EntityRef[]
}

export async function recalibrateHeatLoss({ entities }: RecalibrationInput = {}): Promise<RecalibrationReport> {
  const { entitiesToRecalibrate, recalibrateEntity } = proxyActivities<EnergyActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'energy'),
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '10 seconds',
    retry: { initialInterval: '5 seconds', maximumInterval: '1 minute', maximumAttempts: 5 },
  })
  const done: RecalibratedEntity[] = []
  const failures: { what: string; message: string }[] = []
  let after: string | null = null
  do {
    const due: { readonly entities: readonly EntityRef[]; readonly next: string | null } =
      entities === undefined ? await entitiesToRecalibrate(after) : { entities, next: null }
    for (const entity of due.entities) {
      try {
        done.push(await recalibrateEntity(entity))
      } catch (error) {
        if (isCancellation(error)) throw error
        failures.push({ what: entityWorkflowId(entity), message: messageOf(error) })
      }
    }
    after = due.next
  } while (after !== null)
  return { done, failures }
}
