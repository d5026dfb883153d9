/** Status rows: what a cycle leaves behind for lists, pages and alarms. */
import type { EntityRef } from '../domain/entity.ts'
import { deriveHealth } from '../domain/health.ts'
import type { ApplicationStore, EntityStatus } from '../store/application/port.ts'
import type { Concern } from './contract.ts'

type Change = Partial<Omit<EntityStatus, 'kind' | 'id'>>

/** What an entity's configuration and vendor say of it. */
export type PolledEntity = Pick<EntityStatus, 'name' | 'origin' | 'mode' | 'pollSeconds' | 'place'>

export interface GoodPoll extends PolledEntity {
  readonly dueAt: number
  readonly lastReading: Readonly<Record<string, number>>
  /** Why the reading is not durable yet; null when it is. */
  readonly storeProblem: string | null
  readonly concern: Concern | null
}

/** A cycle that read the entity. It counts as good only when the reading is stored. */
export async function recordGoodPoll(
  application: ApplicationStore,
  entity: EntityRef,
  poll: GoodPoll,
  now: number,
): Promise<void> {
  const { dueAt, storeProblem, concern, ...facts } = poll
  const row = await application.getStatus(entity)
  const outcome: Change =
    storeProblem === null
      ? {
          lastGoodAt: dueAt,
          failures: 0,
          failingSince: null,
          reason: concern?.reason ?? null,
          reasonCode: concern?.reasonCode ?? null,
        }
      : {
          failures: failuresAfter(row, dueAt),
          failingSince: row?.failingSince ?? dueAt,
          reason: storeProblem,
          reasonCode: 'StoreUnavailable',
        }
  await put(application, entity, row, { ...facts, lastPollAt: dueAt, problems: [], ...outcome }, now)
}

/** A cycle that failed for good; several attempts of one cycle count once. */
export async function recordFailedPoll(
  application: ApplicationStore,
  entity: EntityRef,
  { dueAt, reason, reasonCode }: { dueAt: number; reason: string; reasonCode: string },
  now: number,
): Promise<void> {
  const row = await application.getStatus(entity)
  await put(
    application,
    entity,
    row,
    {
      lastPollAt: dueAt,
      failures: failuresAfter(row, dueAt),
      failingSince: row?.failingSince ?? dueAt,
      reason,
      reasonCode,
    },
    now,
  )
}

export async function recordPausedState(
  application: ApplicationStore,
  entity: EntityRef,
  paused: boolean,
  now: number,
): Promise<void> {
  await put(application, entity, await application.getStatus(entity), { paused }, now)
}

function failuresAfter(row: EntityStatus | undefined, dueAt: number): number {
  const before = row?.failures ?? 0
  return row?.lastPollAt === dueAt && before > 0 ? before : before + 1
}

/** Writes a change together with the health it leads to, so that `since` tells when health last changed. */
async function put(
  application: ApplicationStore,
  entity: EntityRef,
  row: EntityStatus | undefined,
  change: Change,
  now: number,
): Promise<void> {
  const facts = {
    registeredAt: now,
    lastPollAt: null,
    lastGoodAt: null,
    failures: 0,
    reason: null,
    reasonCode: null,
    problems: [],
    pollSeconds: 300,
    paused: false,
    offboarding: false,
    ...row,
    ...change,
  }
  const { health } = deriveHealth(facts, now)
  const since = row === undefined || row.health !== health ? { health, since: now } : {}
  await application.putStatus(entity, { ...change, ...since })
}
