/** On-boardings as clients start and see them, and what their activities ask of Temporal. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Client,
  QueryNotRegisteredError,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionStatusName,
  WorkflowNotFoundError,
} from '@temporalio/client'
import type { OnboardingLoops } from '../activities/onboarding/index.ts'
import type { EntityLoops } from '../activities/reconcile.ts'
import type { Operations } from '../api/dependencies.ts'
import type { ImportOperations } from '../api/import-routes.ts'
import { type OnboardingOperations, onboardingWorkflowId } from '../api/onboarding/ports.ts'
import { type RemovalOperations, removalWorkflowId } from '../api/removals.ts'
import { BadConfig, Unavailable } from '../connectors/errors.ts'
import { type EntityKind, entityWorkflowId } from '../domain/entity.ts'
import { type OperationProgress, progress } from '../workflows/progress-messages.ts'
import { workflowQueue } from '../workflows/queues.ts'

const WORKFLOW_TYPE = {
  house: 'onboardHouse',
  building: 'onboardBuilding',
  zone: 'onboardZone',
} as const satisfies Record<EntityKind, string>

/** A restore takes a turn of the reconciler, seconds. */
const LOOK_EVERY_MS = 250

export function createOnboardingOperations(
  client: Client,
  queuePrefix: string,
  imports: Pick<ImportOperations, 'importProgress'>,
): OnboardingOperations {
  return {
    async start(kind, input) {
      const workflowId = onboardingWorkflowId(kind, input.reference)
      try {
        await client.workflow.start(WORKFLOW_TYPE[kind], {
          taskQueue: workflowQueue(queuePrefix),
          workflowId,
          args: [input],
        })
        return 'started'
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'running'
        throw new Unavailable('the Temporal server cannot be reached', { cause: error })
      }
    },

    async progress(workflowId) {
      const handle = client.workflow.getHandle(workflowId)
      try {
        const [{ status }, told] = await Promise.all([handle.describe(), handle.query(progress)])
        return await withImport(workflowId, endedFromOutside(status.name, told), imports)
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || error instanceof QueryNotRegisteredError) return undefined
        throw new Unavailable('the Temporal server cannot be reached, or no worker answers', { cause: error })
      }
    },
  }
}

/** A workflow that was terminated knows nothing of it. */
function endedFromOutside(status: WorkflowExecutionStatusName, told: OperationProgress): OperationProgress {
  if (told.state !== 'running' || (status !== 'TERMINATED' && status !== 'TIMED_OUT')) return told
  const message = 'it was ended from outside, in the middle; the same again goes on where it was'
  return { ...told, state: 'failed', error: { code: 'Terminated', message } }
}

/** How far the import is, which is a workflow of its own, and counts as its step's share. */
async function withImport(
  workflowId: string,
  told: OperationProgress,
  imports: Pick<ImportOperations, 'importProgress'>,
): Promise<OperationProgress> {
  const kind = workflowId.split(':')[1]
  const isImporting = told.state === 'running' && told.step === 'import history'
  if (!isImporting || told.entityId === null || (kind !== 'house' && kind !== 'building')) return told
  const past = await imports.importProgress({ kind, id: told.entityId })
  if (past?.state !== 'running') return told
  return {
    ...told,
    percent: told.percent + Math.floor(past.percent / told.steps.length),
    steps: told.steps.map((step) =>
      step.name === told.step ? { ...step, detail: `${past.percent} %, ${past.step}` } : step,
    ),
  }
}

export function createOnboardingLoops(
  client: Client,
  loops: Pick<EntityLoops, 'stop' | 'refreshWeather'>,
  operations: Pick<Operations, 'reconcileNow'>,
  removals: Pick<RemovalOperations, 'restore'>,
): OnboardingLoops {
  const isRunning = async (workflowId: string) => {
    try {
      return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING'
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false
      throw new Unavailable('the Temporal server cannot be reached', { cause: error })
    }
  }
  return {
    reconcileNow: operations.reconcileNow,
    refreshWeather: () =>
      loops.refreshWeather().catch((error: unknown) => {
        throw new Unavailable('the Temporal server cannot be reached', { cause: error })
      }),
    runs: (entity) => isRunning(entityWorkflowId(entity)),
    isRunning,
    async stop(entity) {
      await loops.stop(entity)
    },
    async restore(entity, by) {
      if ((await removals.restore(entity, by)) === 'too_late') {
        throw new BadConfig(`the data of ${entity.kind} ${entity.id} are being deleted; add it when that is done`)
      }
      while (await isRunning(removalWorkflowId(entity))) await delay(LOOK_EVERY_MS)
    },
  }
}
