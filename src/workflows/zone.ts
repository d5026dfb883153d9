/** The loop of one zone: reads it, lets it be controlled in the same cycle, and takes a person's wish for a setpoint. */
import { ApplicationFailure } from '@temporalio/common'
import { continueAsNew, setHandler } from '@temporalio/workflow'
import type { ZoneRequest } from '../activities/contract.ts'
import { EntityLoop, type LoopInput } from './entity-loop.ts'
import { requestZone } from './messages.ts'

export interface ZoneInput extends LoopInput {
  /** A request no cycle has taken yet, through continue-as-new. */
  readonly request?: ZoneRequest
}

export async function zone(input: ZoneInput): Promise<void> {
  let pending = input.request
  const loop = new EntityLoop(
    {
      kind: 'zone',
      queue: 'modbus',
      poll: 'pollZone',
      pendingRequest: () => pending,
      requestTaken: (request) => {
        // A newer wish may have arrived while the cycle ran.
        if (pending === request) pending = undefined
      },
      renew: (next) => continueAsNew<typeof zone>({ ...next, ...(pending === undefined ? {} : { request: pending }) }),
    },
    input,
  )
  setHandler(
    requestZone,
    ({ request }) => {
      pending = request
      loop.wake()
    },
    { validator: refuseLate },
  )
  await loop.run()
}

/** Whoever gave up waiting must not be surprised hours later, when a worker returns. */
function refuseLate({ request, expiresAt }: { readonly request: ZoneRequest; readonly expiresAt: number }): void {
  if (Date.now() > expiresAt) throw ApplicationFailure.nonRetryable('the request has expired', 'Expired')
  if (request.type === 'override' && request.until <= Date.now()) {
    throw ApplicationFailure.nonRetryable('the end of the override has passed', 'Expired')
  }
}
