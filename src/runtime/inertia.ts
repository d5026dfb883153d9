/** Inertia tests as clients start and change them, and what their activities ask of the loops of houses. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { ApplicationFailure, TypedSearchAttributes, type UpdateDefinition } from '@temporalio/common'
import type { BeatingCall } from '../activities/beating.ts'
import { ControlRefused } from '../activities/control/refused.ts'
import type { HouseLoops } from '../activities/inertia/activities.ts'
import { type InertiaAnswer, type InertiaOperations, inertiaWorkflowId } from '../api/entities/inertia-port.ts'
import { Unavailable } from '../connectors/errors.ts'
import { entityWorkflowId } from '../domain/entity.ts'
import type { house } from '../workflows/house.ts'
import { beginTest, type Expiring, endTest } from '../workflows/house-messages.ts'
import { abortTest, approveTest, type TestPerson } from '../workflows/inertia-messages.ts'
import type { inertiaTest } from '../workflows/inertia-test.ts'
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts'
import { workflowQueue } from '../workflows/queues.ts'
import { typedError } from './update-errors.ts'

/** A request takes a turn of a worker, seconds; a person waits no longer than this. */
const ASK_MS = 20_000
/** Nobody begins later with what a test asks of a house, ms. */
const EXPIRES_MS = 60_000
/** Two writes, each read back, and a sign-in. */
const HOUSE_MS = 4.5 * 60_000

/** What a test asks of the loop of a house; only that writes to its controller. */
export function createHouseLoops(client: Client): HouseLoops {
  const asked = async <T, R>(
    id: string,
    update: UpdateDefinition<T, [Expiring<R>]>,
    request: R,
    { signal }: BeatingCall,
  ): Promise<T> => {
    const handle = client.workflow.getHandle<typeof house>(entityWorkflowId({ kind: 'house', id }))
    const args: [Expiring<R>] = [{ ...request, expiresAt: Date.now() + EXPIRES_MS }]
    try {
      return await client.withAbortSignal(signal, () =>
        client.withDeadline(Date.now() + HOUSE_MS, () => handle.executeUpdate(update, { args })),
      )
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof WorkflowUpdateFailedError) {
        const { cause } = error
        if (cause instanceof ApplicationFailure && cause.type === 'ControlRefused') {
          throw new ControlRefused(cause.message, { cause })
        }
        throw typedError(cause)
      }
      throw new Unavailable(`the loop of house ${id} does not answer`, { cause: error })
    }
  }
  return {
    beginTest: (id, request, call) => asked(id, beginTest, request, call),
    endTest: (id, request, call) => asked(id, endTest, request, call),
  }
}

export function createInertiaOperations(client: Client, queuePrefix: string): InertiaOperations {
  const handleOf = (id: string) => client.workflow.getHandle<typeof inertiaTest>(inertiaWorkflowId(id))
  const tell = async (
    id: string,
    update: UpdateDefinition<unknown, [TestPerson | undefined]>,
    by: string,
  ): Promise<InertiaAnswer> => {
    try {
      await client.withDeadline(Date.now() + ASK_MS, () => handleOf(id).executeUpdate(update, { args: [{ by }] }))
      return { state: 'accepted' }
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { state: 'not_running' }
      if (error instanceof WorkflowUpdateFailedError) {
        return { state: 'refused', reason: error.cause?.message ?? error.message }
      }
      throw new Unavailable('the Temporal server cannot be reached, or no worker answers', { cause: error })
    }
  }
  return {
    async propose(id, wish, { testId, by }) {
      try {
        await client.workflow.start<typeof inertiaTest>('inertiaTest', {
          taskQueue: workflowQueue(queuePrefix),
          workflowId: inertiaWorkflowId(id),
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          args: [{ ...wish, id, by, testId }],
          typedSearchAttributes: new TypedSearchAttributes([
            { key: SEARCH_ATTRIBUTES.kind, value: 'house' },
            { key: SEARCH_ATTRIBUTES.entity, value: id },
          ]),
        })
        return true
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false
        throw new Unavailable('the Temporal server cannot be reached', { cause: error })
      }
    },

    approve: (id, by) => tell(id, approveTest, by),
    abort: (id, by) => tell(id, abortTest, by),

    async isRunning(id) {
      try {
        return (await handleOf(id).describe()).status.name === 'RUNNING'
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false
        throw new Unavailable('the Temporal server cannot be reached', { cause: error })
      }
    },
  }
}
