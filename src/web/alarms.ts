/** How many alarms stand in a building. */
import type { ApiDependencies } from '../api/dependencies.ts'
import type { EntityRef } from '../domain/entity.ts'
import { createBackgroundReader } from './background-reader.ts'

/** Polls of buildings are minutes apart. */
const FRESH_MS = 30_000
/** Alarms are counted at every poll; a count this old is of a past that may have nothing to do with now. */
const OUTDATED_MS = 2 * 60 * 60_000

/** The number of standing alarms; null when none were counted lately, which is not the same as none. */
export function createAlarmCounts({
  timeSeries,
  now,
  log,
}: Pick<ApiDependencies, 'timeSeries' | 'now' | 'log'>): (entity: EntityRef) => number | null {
  const countOf = createBackgroundReader<number | null>({ now, log }, 'alarms', {
    freshMs: FRESH_MS,
    fallback: null,
    read: async ({ id }) => {
      const newest = await timeSeries.latest('building_alarms', { building_id: id })
      if (newest === undefined || newest.time < now() - OUTDATED_MS) return null
      const count = newest.fields.count_alarmed
      return typeof count === 'number' ? count : null
    },
  })
  return (entity) => (entity.kind === 'building' ? countOf(entity) : null)
}
