/** Control as the cycle of a house meets it. Nothing here makes a reading fail: what is in the way is said and tried again. */
import type { CallOptions } from '../../connectors/homeside/index.ts'
import type { ControlMode } from '../../domain/entity.ts'
import type { Concern } from '../contract.ts'
import { describeError } from '../failures.ts'
import { controlConcern } from './control-view.ts'
import { endLease, restoreLapsed } from './restore-lapsed.ts'
import { type SteeredCycle, type SteeringDependencies, steerHouse } from './steer.ts'
import { controlRecordOf } from './turn.ts'

/** Cycles that failed one after another before control is given up. */
const FAILURES_ENDING_CONTROL = 3

export interface CycleControl {
  /** Restores what has lapsed, before anything else is done with the house. */
  before(id: string, call: CallOptions): Promise<void>
  concernOf(id: string, mode: ControlMode): Promise<Concern | null>
  /** After a reading was stored. */
  after(cycle: SteeredCycle, call: CallOptions): Promise<void>
  /** After a cycle that failed for good. */
  failed(id: string): Promise<void>
}

export function createCycleControl(dependencies: SteeringDependencies): CycleControl {
  const { application, log, now } = dependencies
  const unharmed = async (id: string, event: 'restore' | 'steering', work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      const { reason, reasonCode } = describeError(error)
      if (event === 'restore') log.warn('control.restore_postponed', { kind: 'house', id, reason, reasonCode })
      else log.warn('control.steering_failed', { kind: 'house', id, reason, reasonCode })
    }
  }
  return {
    before: (id, call) => unharmed(id, 'restore', () => restoreLapsed(dependencies, id, call)),
    async concernOf(id, mode) {
      try {
        return controlConcern(await controlRecordOf(application, id), mode)
      } catch (error) {
        log.error('control.not_looked_at', { kind: 'house', id, reason: describeError(error).reason })
        return null
      }
    },
    after: (cycle, call) => unharmed(cycle.id, 'steering', () => steerHouse(dependencies, cycle, call)),
    failed: (id) =>
      unharmed(id, 'steering', async () => {
        const row = await application.getStatus({ kind: 'house', id })
        if ((row?.failures ?? 0) < FAILURES_ENDING_CONTROL) return
        const { leaseUntil } = await controlRecordOf(application, id)
        if (leaseUntil === null || leaseUntil <= now()) return
        await endLease(dependencies, id)
        log.warn('control.lease_ended', { kind: 'house', id, failures: row?.failures ?? 0 })
      }),
  }
}
