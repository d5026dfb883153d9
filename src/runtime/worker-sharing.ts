/** What the worker processes of one installation share so that they do not get in one another's way. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Environment } from '../config/environment.ts'
import { createSessionRegistry, type SessionRegistry } from '../connectors/arrigo/index.ts'
import type { TakeTurn } from '../connectors/modbus/index.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import { sealingKeyOf } from '../store/application/sealed-value.ts'
import { createEndpointTurns } from './endpoint-turns.ts'
import type { Logger } from './log.ts'
import { createSharedSessions } from './shared-sessions.ts'

export interface WorkerSharing {
  /** This process among all that may hold leases. */
  readonly holder: string
  /** Undefined when this process is the only one: connections are then kept open. */
  readonly endpointTurns: TakeTurn | undefined
  readonly arrigoSessions: SessionRegistry
}

/** A database on a server is what several processes have in common; with a file there is one process. */
export function mayHaveSeveralWorkers({ databaseUrl }: Pick<Environment, 'databaseUrl'>): boolean {
  return databaseUrl !== undefined
}

export function createWorkerSharing(
  environment: Pick<Environment, 'databaseUrl' | 'secretsKey'>,
  application: ApplicationStore,
  log: Logger,
): WorkerSharing {
  const { secretsKey } = environment
  const several = mayHaveSeveralWorkers(environment)
  // The last part tells a process from an earlier one with its number: that one's leases are not ours.
  const holder = `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`
  if (several && secretsKey === undefined) {
    log.warn('arrigo.every_worker_signs_in', { hint: 'set BVPRO_SECRETS_KEY, the same for all processes' })
  }
  return {
    holder,
    endpointTurns: several ? createEndpointTurns({ leases: application, holder, log }) : undefined,
    arrigoSessions:
      several && secretsKey !== undefined
        ? createSessionRegistry(createSharedSessions({ application, key: sealingKeyOf(secretsKey), holder, log }))
        : createSessionRegistry(),
  }
}
