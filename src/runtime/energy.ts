/** The energy workflows as clients start and see them. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionStatusName,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TypedSearchAttributes } from '@temporalio/common'
import type { SeparatedEntity, SeparationInput } from '../activities/energy-contract.ts'
import {
  type EnergyOperationProgress,
  type EnergyOperations,
  recalibrationWorkflowId,
  separationWorkflowId,
} from '../api/energy/ports.ts'
import { Unavailable } from '../connectors/errors.ts'
import type { EntityRef } from '../domain/entity.ts'
import { energyProgress, type RecalibrationReport } from '../workflows/energy-messages.ts'
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts'
import { workflowQueue } from '../workflows/queues.ts'
import type { RecalibrationInput, recalibrateHeatLoss } from '../workflows/recalibrate-heat-loss.ts'
import type { separateEntity } from '../workflows/separate-entity.ts'
import { ENERGY_INBOX_WORKFLOW_ID, importDeliveries } from './energy-deliveries.ts'

export function createEnergyOperations(client: Client, queuePrefix: string): EnergyOperations {
  const common = (entity: EntityRef) => ({
    taskQueue: workflowQueue(queuePrefix),
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: SEARCH_ATTRIBUTES.kind, value: entity.kind },
      { key: SEARCH_ATTRIBUTES.entity, value: entity.id },
    ]),
  })
  return {
    async startSync() {
      await reachable(importDeliveries(client, queuePrefix))
      return ENERGY_INBOX_WORKFLOW_ID
    },

    startSeparation(entity, { days, dryRun }) {
      const input: SeparationInput = { entity, dryRun, ...(days === undefined ? {} : { days }) }
      return startedOrRunning(
        client.workflow.start<typeof separateEntity>('separateEntity', {
          ...common(entity),
          workflowId: separationWorkflowId(entity),
          args: [input],
        }),
      )
    },

    startRecalibration(entity) {
      const input: RecalibrationInput = { entities: [entity] }
      return startedOrRunning(
        client.workflow.start<typeof recalibrateHeatLoss>('recalibrateHeatLoss', {
          ...common(entity),
          workflowId: recalibrationWorkflowId(entity),
          args: [input],
        }),
      )
    },

    async progress(workflowId) {
      const handle = client.workflow.getHandle(workflowId)
      try {
        const { status, type } = await handle.describe()
        if (type === 'separateEntity') return await separationProgress(handle, status.name)
        if (type === 'recalibrateHeatLoss') return await recalibrationProgress(handle, status.name)
        return await pipelineProgress(handle, status.name)
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined
        throw new Unavailable('the Temporal server cannot be reached, or no worker answers', { cause: error })
      }
    },
  }
}

const NOTHING = { pipeline: null, separation: null, recalibration: null } as const
const ENDED_OUTSIDE = { code: 'Terminated', message: 'the workflow was ended from outside' }

async function pipelineProgress(
  handle: WorkflowHandle,
  status: WorkflowExecutionStatusName,
): Promise<EnergyOperationProgress> {
  const { state, step, error, ...pipeline } = await handle.query(energyProgress)
  const lost = state === 'running' && (status === 'TERMINATED' || status === 'TIMED_OUT')
  return { ...NOTHING, state: lost ? 'failed' : state, step, error: lost ? ENDED_OUTSIDE : error, pipeline }
}

async function separationProgress(
  handle: WorkflowHandle<typeof separateEntity>,
  status: WorkflowExecutionStatusName,
): Promise<EnergyOperationProgress> {
  const outcome = await outcomeOf<SeparatedEntity>(handle, status, 'separating')
  return 'result' in outcome ? { ...DONE, separation: outcome.result } : outcome
}

async function recalibrationProgress(
  handle: WorkflowHandle<typeof recalibrateHeatLoss>,
  status: WorkflowExecutionStatusName,
): Promise<EnergyOperationProgress> {
  const outcome = await outcomeOf<RecalibrationReport>(handle, status, 'working out the heat loss')
  return 'result' in outcome ? { ...DONE, recalibration: outcome.result } : outcome
}

const DONE = { ...NOTHING, state: 'done', step: 'done', error: null } as const

async function outcomeOf<T>(
  handle: Pick<WorkflowHandle, 'result'>,
  status: WorkflowExecutionStatusName,
  step: string,
): Promise<{ readonly result: T } | EnergyOperationProgress> {
  if (status === 'RUNNING') return { ...NOTHING, state: 'running', step, error: null }
  try {
    return { result: (await handle.result()) as T }
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error
    const cause = causeOf(error)
    if (cause instanceof CancelledFailure) return { ...NOTHING, state: 'cancelled', step, error: null }
    return { ...NOTHING, state: 'failed', step, error: reasonOf(cause) }
  }
}

function reasonOf(cause: Error): NonNullable<EnergyOperationProgress['error']> {
  if (cause instanceof TerminatedFailure) return ENDED_OUTSIDE
  const type = cause instanceof ApplicationFailure ? cause.type : 'Unavailable'
  return { code: type ?? 'Unknown', message: cause.message }
}

/** What lies at the bottom of a failure. */
function causeOf(error: Error): Error {
  return error.cause instanceof Error && !(error instanceof ApplicationFailure) ? causeOf(error.cause) : error
}

async function startedOrRunning(starting: Promise<unknown>): Promise<'started' | 'running'> {
  try {
    await reachable(starting)
    return 'started'
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'running'
    throw error
  }
}

async function reachable<T>(calling: Promise<T>): Promise<T> {
  try {
    return await calling
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw error
    throw new Unavailable('the Temporal server cannot be reached', { cause: error })
  }
}
