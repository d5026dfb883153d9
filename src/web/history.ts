/**
 * The last 24 hours of room and outdoor temperature for the small curves. Read in the background and kept for some
 * minutes: a page never waits for them, and many readers cost no more than one.
 */
import pLimit from 'p-limit'
import type { ApiDependencies } from '../api/dependencies.ts'
import type { EntityRef } from '../domain/entity.ts'
import { entityWorkflowId } from '../domain/entity.ts'
import { redactSecrets } from '../runtime/log.ts'

const FRESH_MS = 5 * 60_000
const FORGOTTEN_MS = 60 * 60_000
const DAY_MS = 86_400_000
const BUCKET_MS = 30 * 60_000

export interface Curve {
  readonly quantity: 'room' | 'outdoor'
  /** °C by half hour, oldest first, 48 of them; null where nothing is known. */
  readonly values: readonly (number | null)[]
}

interface Remembered {
  readonly curves: readonly Curve[]
  readonly readAt: number
}

export interface RecentHistory {
  /** What is known already; starts reading what is not, or is old. */
  curvesOf(entity: EntityRef): readonly Curve[]
}

/** Only houses have both temperatures under names that no configuration can change. */
const HOUSE_FIELDS = { room: 'room_temperature', outdoor: 'outdoor_temperature' } as const

export function createRecentHistory({
  timeSeries,
  now,
  log,
}: Pick<ApiDependencies, 'timeSeries' | 'now' | 'log'>): RecentHistory {
  const remembered = new Map<string, Remembered>()
  const underWay = new Set<string>()
  // One at a time: the curves are an ornament and must not delay anybody's reading.
  const inTurn = pLimit(1)

  async function readCurves(id: string): Promise<readonly Curve[]> {
    const to = Math.ceil(now() / BUCKET_MS) * BUCKET_MS
    const from = to - DAY_MS
    const rows = await timeSeries.read({
      measurement: 'heating_system',
      tags: { house_id: id },
      fields: Object.values(HOUSE_FIELDS),
      from,
      to,
      every: '30m',
      aggregate: 'mean',
    })
    return (['room', 'outdoor'] as const).map((quantity) => {
      const values = new Array<number | null>(DAY_MS / BUCKET_MS).fill(null)
      for (const row of rows) {
        const value = row.fields[HOUSE_FIELDS[quantity]]
        if (typeof value === 'number') values[Math.floor((row.time - from) / BUCKET_MS)] = value
      }
      return { quantity, values }
    })
  }

  async function refresh(key: string, id: string): Promise<void> {
    let curves: readonly Curve[] = []
    try {
      curves = await readCurves(id)
    } catch (error) {
      const reason = redactSecrets(error instanceof Error ? error.message : String(error))
      log.warn('web.curves_not_read', { house: id, reason })
    }
    remembered.set(key, { curves, readAt: now() })
    underWay.delete(key)
    for (const [other, { readAt }] of remembered) {
      if (now() - readAt > FORGOTTEN_MS) remembered.delete(other)
    }
  }

  return {
    curvesOf(entity) {
      if (entity.kind !== 'house') return []
      const key = entityWorkflowId(entity)
      const known = remembered.get(key)
      if ((known === undefined || now() - known.readAt > FRESH_MS) && !underWay.has(key)) {
        underWay.add(key)
        void inTurn(() => refresh(key, entity.id))
      }
      return known?.curves ?? []
    },
  }
}
