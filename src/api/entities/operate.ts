/** Sends operators' wishes to running workflows and says plainly when that cannot be done. */
import pLimit from 'p-limit'
import type { EntityRef } from '../../domain/entity.ts'
import { redactSecrets } from '../../runtime/log.ts'
import type { Operations } from '../dependencies.ts'
import { Problem } from '../problem.ts'

/** Messages under way at once when all entities are meant: enough to be quick, few enough not to flood Temporal. */
const CONCURRENT_MESSAGES = 16

/** Names of the errors of Temporal's client; told by name so that the API does not depend on that client. */
function asProblem(error: unknown, ref: EntityRef): unknown {
  if (!(error instanceof Error)) return error
  if (error.name === 'WorkflowNotFoundError') {
    return new Problem(409, `No workflow runs for ${ref.kind} ${ref.id} at present, so there is nothing to tell it.`, {
      cause: error,
    })
  }
  if (error.name === 'ServiceError') {
    return new Problem(503, `Temporal cannot be reached: ${redactSecrets(error.message)}`, { cause: error })
  }
  return error
}

/** @throws Problem 409 when no workflow runs for the entity, 503 when Temporal cannot be reached. */
export async function tellWorkflow(ref: EntityRef, message: (ref: EntityRef) => Promise<void>): Promise<void> {
  try {
    await message(ref)
  } catch (error) {
    throw asProblem(error, ref)
  }
}

export interface FleetReport {
  readonly accepted: EntityRef[]
  readonly refused: (EntityRef & { readonly reason: string })[]
}

/**
 * Sends one message to many workflows; one refusal does not keep it from the others.
 * @throws Problem 503 when Temporal cannot be reached at all.
 */
export async function tellFleet(
  refs: readonly EntityRef[],
  operations: Operations,
  message: (ref: EntityRef) => Promise<void>,
): Promise<FleetReport> {
  try {
    await operations.check()
  } catch (error) {
    const reason = redactSecrets(error instanceof Error ? error.message : String(error))
    throw new Problem(503, `Temporal cannot be reached: ${reason}`, { cause: error })
  }
  const limit = pLimit(CONCURRENT_MESSAGES)
  const report: FleetReport = { accepted: [], refused: [] }
  await Promise.all(
    refs.map(({ kind, id }) =>
      limit(async () => {
        try {
          await tellWorkflow({ kind, id }, message)
          report.accepted.push({ kind, id })
        } catch (error) {
          const reason = redactSecrets(error instanceof Error ? error.message : String(error))
          report.refused.push({ kind, id, reason })
        }
      }),
    ),
  )
  return report
}
