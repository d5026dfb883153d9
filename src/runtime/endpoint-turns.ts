/** Turns of several worker processes at the same Modbus endpoints, kept apart by leases in the application store. */
import { setTimeout as delay } from 'node:timers/promises'
import type { TakeTurn } from '../connectors/modbus/index.ts'
import { awaitLease } from '../store/application/await-lease.ts'
import type { LeaseStore } from '../store/application/port.ts'
import type { Logger } from './log.ts'

/** Further orders that wait already are taken along for this long. */
const TAKE_ALONG_MS = 2_000
/** For a process that stands still in the middle of a turn: the lease outlasts the turn by this. */
const STANDSTILL_MS = 8_000
/** Longer than a lease lasts, so that the death of another worker costs no cycle. */
const PATIENCE_MS = 20_000
/** After a turn that was used to its end, others get in first. */
const COURTESY_MS = 400

export interface EndpointTurnOptions {
  readonly leases: LeaseStore
  /** Names this process, for messages and for people who look into the database. */
  readonly holder: string
  readonly log: Logger
  readonly patienceMs?: number
}

export function createEndpointTurns(options: EndpointTurnOptions): TakeTurn {
  const { leases, holder, log, patienceMs = PATIENCE_MS } = options
  const usedUp = new Set<string>()
  return async (endpoint, neededMs, signal) => {
    if (usedUp.delete(endpoint)) await delay(COURTESY_MS)
    const lease = await awaitLease(leases, {
      name: `modbus ${endpoint}`,
      holder,
      lastsMs: neededMs + TAKE_ALONG_MS + STANDSTILL_MS,
      patienceMs,
      subject: endpoint,
      signal,
    })
    const until = performance.now() + neededMs + TAKE_ALONG_MS
    return {
      until,
      async end() {
        if (performance.now() + neededMs > until) usedUp.add(endpoint)
        try {
          await leases.releaseLease(lease)
        } catch (error) {
          log.warn('modbus.turn_not_given_back', { endpoint, reason: String(error) })
        }
      },
    }
  }
}
