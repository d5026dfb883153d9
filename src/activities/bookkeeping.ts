/** Short reads and writes of the status row that loops of every kind need. */
import type { EntityRef } from '../domain/entity.ts'
import type { Logger } from '../runtime/log.ts'
import type { ApplicationStore, EntityStatus } from '../store/application/port.ts'
import type { BookkeepingActivities } from './contract.ts'
import { recordFailedPoll, recordPausedState } from './status-rows.ts'

export interface BookkeepingDependencies {
  readonly application: ApplicationStore
  /** What the configuration file says now; undefined while it is missing or has a fault. */
  readonly configured: (entity: EntityRef) => Promise<Pick<EntityStatus, 'mode' | 'pollSeconds'> | undefined>
  readonly log: Logger
  readonly now: () => number
}

export function createBookkeepingActivities(dependencies: BookkeepingDependencies): BookkeepingActivities {
  const { application, configured, log, now } = dependencies
  return {
    async openEntity(entity) {
      const [facts, row] = await Promise.all([configured(entity), application.getStatus(entity)])
      return {
        paused: row?.paused ?? false,
        pollSeconds: facts?.pollSeconds ?? row?.pollSeconds ?? 300,
        mode: facts?.mode ?? row?.mode ?? 'monitor',
        registeredAt: row?.registeredAt ?? now(),
        lastPollAt: row?.lastPollAt ?? null,
        lastGoodAt: row?.lastGoodAt ?? null,
      }
    },

    async recordFailedCycle({ entity, dueAt, reason, reasonCode }) {
      await recordFailedPoll(application, entity, { dueAt, reason, reasonCode }, now())
    },

    async recordPaused({ entity, paused }) {
      await recordPausedState(application, entity, paused, now())
      log.info(paused ? 'entity.paused' : 'entity.resumed', { ...entity })
    },
  }
}
