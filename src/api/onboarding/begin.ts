/** What all requests share that look at a vendor or start an on-boarding: credentials, time limits, the start itself. */
import { z } from '@hono/zod-openapi'
import { OnboardingRefused } from '../../activities/onboarding/refusal.ts'
import type { Credentials } from '../../connectors/credentials/index.ts'
import { CredentialsMissing, Unavailable } from '../../connectors/errors.ts'
import type { EntityKind } from '../../domain/entity.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'
import type { GivenAccount } from './bodies.ts'
import { type OnboardingInputs, onboardingWorkflowId, progressUrlOf } from './ports.ts'

type Parts = Pick<ApiDependencies, 'credentials' | 'onboarding' | 'log'>

/** Who asked, as log and audit tell it: there is one token, so there is one name. */
export const BY = 'administrator'

export const AcceptedSchema = z
  .object({ workflowId: z.string(), progressUrl: z.string() })
  .openapi('OnboardingAccepted', {
    example: {
      workflowId: 'onboard:house:c0123456789abcdef',
      progressUrl: '/api/v1/operations/onboard%3Ahouse%3Ac0123456789abcdef',
    },
  })

/** @throws CredentialsMissing when nothing is kept under the reference */
export async function credentialsOf(
  { credentials }: Pick<Parts, 'credentials'>,
  account: GivenAccount,
): Promise<Credentials> {
  if (!('reference' in account)) return account
  const kept = await credentials.kept(account.reference)
  if (kept !== undefined) return kept
  throw new CredentialsMissing(`no user name and password are kept under the reference ${account.reference}`)
}

/**
 * Keeps the account and starts the workflow that adds an entity.
 * @throws Problem 409 when one runs under the reference already, CredentialsMissing when it is not known
 */
export async function beginOnboarding<K extends Exclude<EntityKind, 'zone'>>(
  parts: Parts,
  kind: K,
  account: GivenAccount,
  wish: Omit<OnboardingInputs[K], 'reference' | 'by'>,
): Promise<z.infer<typeof AcceptedSchema>> {
  const { credentials, onboarding, log } = parts
  const kept = await credentialsOf(parts, account)
  const reference = 'reference' in account ? account.reference : await credentials.keep(kept)
  const input = { ...wish, reference, by: BY } as OnboardingInputs[K]
  try {
    if ((await onboarding.start(kind, input)) === 'running') {
      throw new Problem(409, `An on-boarding under the reference ${reference} runs already.`)
    }
  } catch (error) {
    if (!('reference' in account)) await credentials.discard(reference)
    throw error
  }
  const workflowId = onboardingWorkflowId(kind, reference)
  log.info('onboarding.begun', { kind, workflowId })
  return { workflowId, progressUrl: progressUrlOf(workflowId) }
}

/** Looks at a vendor, for no longer than `limitMs`. @throws Unavailable when that was not enough */
export async function withinTime<T>(
  limitMs: number,
  what: string,
  look: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(limitMs)
  try {
    return await look(signal)
  } catch (error) {
    if (!signal.aborted) throw error
    throw new Unavailable(`${what} did not answer within ${Math.round(limitMs / 1000)} s`, { cause: error })
  }
}

/** A refusal of what a dry run would have done. */
export function refusalAsProblem(error: unknown): unknown {
  return error instanceof OnboardingRefused ? new Problem(409, error.message, { cause: error }) : error
}
