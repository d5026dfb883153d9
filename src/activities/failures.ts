/** Turns typed errors into Temporal failures: the type decides about retries, the message is for people. */
import { ApplicationFailure } from '@temporalio/common'
import { BvproError } from '../connectors/errors.ts'
import { redactSecrets } from '../runtime/log.ts'

/** @param recorded whether the failure is already in the entity's status row. */
export function toApplicationFailure(error: unknown, recorded = false): ApplicationFailure {
  const details = recorded ? ['recorded'] : []
  if (error instanceof BvproError) {
    return ApplicationFailure.create({
      message: redactSecrets(error.message),
      type: error.type,
      nonRetryable: !error.retryable,
      details,
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return ApplicationFailure.create({
    message: redactSecrets(message),
    type: error instanceof Error ? error.name : 'Unknown',
    details,
  })
}

/** Reason and code of an error as they stand in a status row. */
export function describeError(error: unknown): { reason: string; reasonCode: string } {
  const { message, type } = toApplicationFailure(error)
  return { reason: message, reasonCode: type ?? 'Unknown' }
}
