/** Whether several worker processes of one installation can share the sessions at outside systems. */
import type { Environment } from '../../config/environment.ts'
import { mayHaveSeveralWorkers } from '../../runtime/worker-sharing.ts'
import { type CheckOutcome, ok, skipped, warning } from './check.ts'

export function checkSharing(environment: Pick<Environment, 'databaseUrl' | 'secretsKey'>): CheckOutcome {
  const name = 'shared sessions'
  if (!mayHaveSeveralWorkers(environment))
    return skipped(name, 'DATABASE_URL is not set: one process, nothing to share')
  if (environment.secretsKey !== undefined) return ok(name, 'workers share sign-ins, encrypted with BVPRO_SECRETS_KEY')
  return warning(
    name,
    'every worker process signs in to building servers on its own',
    'set BVPRO_SECRETS_KEY, the same for all processes',
  )
}
