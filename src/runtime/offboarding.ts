/** Removals as clients start and change them, and what their activities ask of Temporal. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { TypedSearchAttributes } from '@temporalio/common'
import type { EntityEnd } from '../activities/offboarding/index.ts'
import type { RemovalWorkflows } from '../activities/offboarding/sweep.ts'
import type { EntityLoops } from '../activities/reconcile.ts'
import { inertiaWorkflowId } from '../api/entities/inertia-port.ts'
import { importWorkflowId } from '../api/import-routes.ts'
import { type RemovalOperations, removalWorkflowId } from '../api/removals.ts'
import { Unavailable } from '../connectors/errors.ts'
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import { reconcileNow, SEARCH_ATTRIBUTES } from '../workflows/messages.ts'
import type { OffboardEntityInput, offboardEntity } from '../workflows/offboard-entity.ts'
import { abandonControl, purgeNow, releaseControl, restore, tryNow } from '../workflows/offboarding-messages.ts'
import { workflowQueue } from '../workflows/queues.ts'
import { RECONCILE_WORKFLOW_ID } from './temporal.ts'
import { typedError } from './update-errors.ts'

/** A request takes a turn of a worker, seconds; a caller waits no longer than this. */
const ASK_MS = 20_000
const LOOK_EVERY_MS = 250
/** How long a loop may take to give the heat curve back: two writes, each read back, and a sign-in. */
const RELEASE_MS = 5 * 60_000

export function createRemovalOperations(client: Client, queuePrefix: string): RemovalOperations {
  const handleOf = (entity: EntityRef) => client.workflow.getHandle<typeof offboardEntity>(removalWorkflowId(entity))
  return {
    async remove(entity, { mode, graceDays, abandonControl: abandon, by }) {
      const input = { ...entity, mode, abandonControl: abandon, by, ...(graceDays === undefined ? {} : { graceDays }) }
      if (await start(client, queuePrefix, input)) return 'started'
      const handle = handleOf(entity)
      try {
        return await asked(client, async () => {
          if (mode === 'hard') await handle.executeUpdate(purgeNow, { args: [{ by }] })
          if (abandon) await handle.executeUpdate(abandonControl, { args: [{ by }] })
          // Whoever asks again knows perhaps that what was in the way is gone.
          await handle.signal(tryNow)
          return mode === 'hard' || abandon ? 'changed' : 'running'
        })
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error
        // It ended between the two questions.
        await start(client, queuePrefix, input)
        return 'started'
      }
    },

    async restore(entity, by) {
      try {
        await asked(client, () => handleOf(entity).executeUpdate(restore, { args: [{ by }] }))
        return 'accepted'
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError) return 'too_late'
        if (!(error instanceof WorkflowNotFoundError)) throw error
        await start(client, queuePrefix, { ...entity, restore: true, by })
        return 'accepted'
      }
    },
  }
}

/** @returns false when one runs already */
async function start(client: Client, queuePrefix: string, input: OffboardEntityInput): Promise<boolean> {
  const { kind, id } = input
  try {
    await client.workflow.start<typeof offboardEntity>('offboardEntity', {
      taskQueue: workflowQueue(queuePrefix),
      workflowId: removalWorkflowId({ kind, id }),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      args: [input],
      typedSearchAttributes: new TypedSearchAttributes([
        { key: SEARCH_ATTRIBUTES.kind, value: kind },
        { key: SEARCH_ATTRIBUTES.entity, value: id },
      ]),
    })
    return true
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false
    throw new Unavailable('the Temporal server cannot be reached', { cause: error })
  }
}

/** What a workflow answers is passed on; that none answers becomes `Unavailable`. */
async function asked<T>(client: Client, question: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + ASK_MS, question)
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) throw error
    throw new Unavailable('the Temporal server cannot be reached, or no worker answers', { cause: error })
  }
}

export function createRemovalWorkflows(client: Client, queuePrefix: string): RemovalWorkflows {
  return {
    isRunning: (entity) => isRunning(client, removalWorkflowId(entity)),
    async resume(entity, by) {
      await start(client, queuePrefix, { kind: entity.kind, id: entity.id, mode: 'soft', by })
    },
  }
}

export function createEntityEnd(client: Client, loops: Pick<EntityLoops, 'start'>): EntityEnd {
  return {
    async end(entity, { heartbeat, signal }) {
      const test = entity.kind === 'house' ? [inertiaWorkflowId(entity.id)] : []
      for (const workflowId of [...test, importWorkflowId(entity), entityWorkflowId(entity)]) {
        await unlessGone(() => client.workflow.getHandle(workflowId).cancel())
        while (await isRunning(client, workflowId)) {
          heartbeat()
          await delay(LOOK_EVERY_MS, undefined, { signal })
        }
      }
    },

    async release(entity, name, { signal }) {
      await loops.start(entity, name)
      const expiresAt = Date.now() + RELEASE_MS
      const handle = client.workflow.getHandle(entityWorkflowId(entity))
      try {
        const request = { expiresAt: Date.now() + ASK_MS }
        return await client.withAbortSignal(signal, () =>
          client.withDeadline(expiresAt, () => handle.executeUpdate(releaseControl, { args: [request] })),
        )
      } catch (error) {
        if (signal.aborted) throw error
        if (error instanceof WorkflowUpdateFailedError) throw typedError(error.cause)
        throw new Unavailable(`the loop of ${entity.kind} ${entity.id} does not answer`, { cause: error })
      }
    },

    wakeReconciler: () => unlessGone(() => client.workflow.getHandle(RECONCILE_WORKFLOW_ID).signal(reconcileNow)),
  }
}

async function isRunning(client: Client, workflowId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING'
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw new Unavailable('the Temporal server cannot be reached', { cause: error })
  }
}

async function unlessGone(message: () => Promise<unknown>): Promise<void> {
  try {
    await message()
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return
    throw new Unavailable('the Temporal server cannot be reached', { cause: error })
  }
}
