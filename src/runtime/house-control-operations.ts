/** Requests of people to the loop of a house, as Temporal updates that are waited for a while. */
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { ControlOutcome } from '../activities/control-contract.ts'
import type { ControlOperations, ControlWish } from '../api/entities/control-port.ts'
import { EntityNotFound, Unavailable } from '../connectors/errors.ts'
import { entityWorkflowId } from '../domain/entity.ts'
import type { house } from '../workflows/house.ts'
import { setMode, setSetpoint, takeControl } from '../workflows/house-messages.ts'
import { releaseControl } from '../workflows/offboarding-messages.ts'
import { typedError } from './update-errors.ts'

/** A person waits no longer than this for the controller to confirm, ms. */
const WAIT_MS = 20_000
/** A refusal by the network comes at once; what takes as long as this is a house that takes its time. */
const WAITED_MS = WAIT_MS - 1_000

type Request = Parameters<ControlOperations['ask']>[2]

/** @param outcomeOf the control of a house as it stands, for what answers only that it is done */
export function createControlOperations(
  client: Client,
  {
    mayOptimise,
    outcomeOf,
  }: Pick<ControlOperations, 'mayOptimise'> & { readonly outcomeOf: (id: string) => Promise<ControlOutcome> },
): ControlOperations {
  const send = async (id: string, wish: ControlWish, request: Request): Promise<ControlOutcome> => {
    const handle = client.workflow.getHandle<typeof house>(entityWorkflowId({ kind: 'house', id }))
    const updateId = request.requestId
    switch (wish.kind) {
      case 'take':
        return handle.executeUpdate(takeControl, { updateId, args: [{ ...request, force: wish.force }] })
      case 'setpoint':
        return handle.executeUpdate(setSetpoint, { updateId, args: [{ ...request, temperature: wish.temperature }] })
      case 'mode':
        return handle.executeUpdate(setMode, { updateId, args: [{ ...request, mode: wish.mode, force: wish.force }] })
      case 'release': {
        const { requestId, by, expiresAt } = request
        await handle.executeUpdate(releaseControl, { updateId, args: [{ expiresAt, request: { requestId, by } }] })
        return outcomeOf(id)
      }
    }
  }
  return {
    mayOptimise,
    async ask(id, wish, request) {
      const askedAt = performance.now()
      try {
        const outcome = await client.withDeadline(Date.now() + WAIT_MS, () => send(id, wish, request))
        return { state: 'done', outcome }
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) {
          throw new EntityNotFound(`no loop runs for house ${id}`, { cause: error })
        }
        if (error instanceof WorkflowUpdateFailedError) {
          const { cause } = error
          if (cause instanceof ApplicationFailure && cause.type === 'ControlRefused') {
            return { state: 'refused', reason: cause.message }
          }
          throw typedError(cause)
        }
        if (performance.now() - askedAt >= WAITED_MS) return { state: 'pending' }
        throw new Unavailable('the Temporal server cannot be reached', { cause: error })
      }
    },
  }
}
