/** Starts the on-boarding of a zone and waits a moment for it, so that the zone can be read as soon as it is answered. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Unavailable } from '../../connectors/errors.ts'
import type { OperationProgress } from '../../workflows/progress-messages.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'
import { BY } from './begin.ts'
import { onboardingWorkflowId } from './ports.ts'

const PATIENCE_MS = 10_000
const LOOK_EVERY_MS = 100
const REFERENCE_BYTES = 8

const STATUS_OF = { exists: 409, BadConfig: 422 } as const

/**
 * @returns the id of the workflow, once the zone's file is written or ten seconds have passed
 * @throws Problem 409 or 422 when the zone cannot be added, Unavailable when Temporal is away
 */
export async function addZone(
  { onboarding }: Pick<ApiDependencies, 'onboarding'>,
  document: Readonly<Record<string, unknown>>,
): Promise<string> {
  const reference = `z${randomBytes(REFERENCE_BYTES).toString('hex')}`
  await onboarding.start('zone', { reference, document, by: BY })
  const workflowId = onboardingWorkflowId('zone', reference)
  const giveUpAt = performance.now() + PATIENCE_MS
  while (performance.now() < giveUpAt) {
    const progress = await lookAt(onboarding, workflowId, giveUpAt - performance.now())
    if (progress === undefined) return workflowId
    if (progress.state === 'failed') throw refusal(progress)
    if (progress.steps.find(({ name }) => name === 'write configuration')?.state === 'done') return workflowId
    await delay(LOOK_EVERY_MS)
  }
  return workflowId
}

/** Undefined when nobody tells in time: the workflow has been started, and goes on when a worker is there. */
async function lookAt(
  onboarding: Pick<ApiDependencies['onboarding'], 'progress'>,
  workflowId: string,
  forMs: number,
): Promise<OperationProgress | undefined> {
  const enough = new AbortController()
  try {
    return await Promise.race([onboarding.progress(workflowId), delay(forMs, undefined, { signal: enough.signal })])
  } catch (error) {
    if (error instanceof Unavailable) return undefined
    throw error
  } finally {
    enough.abort()
  }
}

function refusal({ error }: OperationProgress): Error {
  const { code, message } = error ?? { code: 'Unknown', message: 'the zone could not be added' }
  const status = Object.entries(STATUS_OF).find(([known]) => known === code)?.[1]
  return status === undefined ? new Unavailable(message) : new Problem(status, message)
}
