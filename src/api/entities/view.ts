/** What the API and the pages say about one entity: its status row and its configuration file seen together, now. */
import type { ConfigFolder, ConfiguredEntity } from '../../config/catalogue.ts'
import { coordinatesOf, displayNameOf } from '../../config/field.ts'
import { type ConfigProblem, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import { deriveHealth, type HealthFacts } from '../../domain/health.ts'
import { placeKey } from '../../domain/weather/place.ts'
import { type EntityStatus, initialStatus } from '../../store/application/port.ts'
import { isoSeconds } from '../times.ts'
import type { EntityAnswer } from './schemas.ts'

/** At least one of `status` and `configured` is there. */
export interface EntitySources {
  readonly ref: EntityRef
  readonly status: EntityStatus | undefined
  readonly configured: ConfiguredEntity | undefined
  /** The folders its file would be in. */
  readonly folders: readonly ConfigFolder[]
}

/** An entity without a file is at fault only if its folder could be read: else nothing is known about the file. */
function missingFile({ ref, configured, folders }: EntitySources): ConfigProblem | undefined {
  if (configured !== undefined) return undefined
  if (folders.length === 0 || folders.some(({ state }) => state !== 'read')) return undefined
  return {
    path: '',
    message: `there is no configuration file for ${ref.kind} ${ref.id}; put it back, or off-board the ${ref.kind}`,
  }
}

function unreadableFolder({ configured, folders }: EntitySources): string | null {
  if (configured !== undefined) return null
  const folder = folders.find(({ state }) => state !== 'read')
  if (folder === undefined) return null
  return folder.state === 'missing'
    ? `the folder ${folder.path} is missing, so its configuration is not known`
    : `the folder ${folder.path} cannot be read, so its configuration is not known`
}

function healthFacts(sources: EntitySources, now: number): HealthFacts {
  const { ref, status, configured } = sources
  const missing = missingFile(sources)
  const problems = missing === undefined ? ((configured ?? status)?.problems ?? []) : [missing]
  return { ...(status ?? initialStatus(ref, now)), problems }
}

/**
 * Weather place of an entity: what its polls use, or what its file says before the first; null when it has no position.
 */
export function placeOf({ status, configured }: Pick<EntitySources, 'status' | 'configured'>): string | null {
  if (status !== undefined) return status.place
  const position = configured?.config == null ? undefined : coordinatesOf(configured.config)
  return position === undefined ? null : placeKey(position)
}

/**
 * The row's `since` holds for the health it was written with; a health derived anew began when things stopped going
 * well.
 */
function healthSince(status: EntityStatus | undefined, health: string): number | null {
  if (status === undefined) return null
  if (status.health === health) return status.since
  return status.failingSince ?? status.lastGoodAt ?? status.registeredAt
}

function ageSeconds(status: EntityStatus | undefined, now: number): number | null {
  if (status === undefined || status.lastGoodAt === null) return null
  // A due time can lie a little ahead of this process's clock; an age cannot.
  return Math.max(0, Math.round((now - status.lastGoodAt) / 1000))
}

/** @param now epoch milliseconds; health and age are derived for this moment, never taken from the row. */
export function describeEntity(sources: EntitySources, now: number): EntityAnswer {
  const { ref, status, configured } = sources
  const facts = healthFacts(sources, now)
  const { health, reason, reasonCode } = deriveHealth(facts, now)
  const problems = facts.problems.length > 0 ? facts.problems : (status?.problems ?? [])
  return {
    kind: ref.kind,
    id: ref.id,
    name: (configured?.config == null ? undefined : displayNameOf(configured.config)) ?? status?.name ?? ref.id,
    health,
    reason: reason ?? unreadableFolder(sources),
    reasonCode,
    since: isoSeconds(healthSince(status, health)),
    mode: status?.mode ?? 'monitor',
    modeSince: isoSeconds(status?.modeSince ?? null),
    paused: status?.paused ?? false,
    workflowId: entityWorkflowId(ref),
    lastPollAt: isoSeconds(status?.lastPollAt ?? null),
    lastReading: status?.lastReading == null ? null : { ...status.lastReading },
    origin: status?.origin ?? configured?.origin ?? 'real',
    failingSince: isoSeconds(status?.failingSince ?? null),
    pollSeconds: status?.pollSeconds ?? null,
    ageSeconds: ageSeconds(status, now),
    ...(health === 'misconfigured' ? { problems: describeFaults(problems, reason) } : {}),
  }
}

function describeFaults(problems: readonly ConfigProblem[], reason: string | null): ConfigProblem[] {
  if (problems.length > 0) return problems.map(({ path, message }) => ({ path, message }))
  return [{ path: '', message: reason ?? 'the configuration is not valid' }]
}
