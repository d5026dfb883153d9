/** Sends operators' wishes to running workflows and says plainly when that cannot be done. */
import type { z } from '@hono/zod-openapi'
import pLimit from 'p-limit'
import { EntityNotFound } from '../../connectors/errors.ts'
import type { EntityRef } from '../../domain/entity.ts'
import type { Operations } from '../dependencies.ts'
import { Problem, reasonOf } from '../problem.ts'
import type { FleetReportSchema } from './schemas.ts'

/** Messages under way at once when all entities are meant: enough to be quick, few enough not to flood Temporal. */
const CONCURRENT_MESSAGES = 16

/** @throws Problem 409 when no workflow runs for the entity, Unavailable when Temporal cannot be reached. */
export async function tellWorkflow(ref: EntityRef, message: (ref: EntityRef) => Promise<void>): Promise<void> {
  try {
    await message(ref)
  } catch (error) {
    // The entity itself is known: what is not there is somebody to talk to, and that may pass.
    if (!(error instanceof EntityNotFound)) throw error
    throw new Problem(409, `No workflow runs for ${ref.kind} ${ref.id} at present, so there is nothing to tell it.`, {
      cause: error,
    })
  }
}

type FleetReport = z.infer<typeof FleetReportSchema>

/**
 * Sends one message to many workflows; one refusal does not keep it from the others.
 * @throws Unavailable when Temporal cannot be reached at all.
 */
export async function tellFleet(
  refs: readonly EntityRef[],
  operations: Operations,
  message: (ref: EntityRef) => Promise<void>,
): Promise<FleetReport> {
  await operations.check()
  const limit = pLimit(CONCURRENT_MESSAGES)
  const report: FleetReport = { accepted: [], refused: [] }
  await Promise.all(
    refs.map(({ kind, id }) =>
      limit(async () => {
        try {
          await tellWorkflow({ kind, id }, message)
          report.accepted.push({ kind, id })
        } catch (error) {
          report.refused.push({ kind, id, reason: reasonOf(error) })
        }
      }),
    ),
  )
  return report
}
