/** The last 24 hours of temperatures for the small curves. */
import type { ApiDependencies } from '../api/dependencies.ts'
import { ENTITY_TAG, type EntityKind, type EntityRef } from '../domain/entity.ts'
import { createBackgroundReader } from './background-reader.ts'

const FRESH_MS = 5 * 60_000
const DAY_MS = 86_400_000
const BUCKET_MS = 30 * 60_000

export interface Curve {
  readonly quantity: 'room' | 'outdoor'
  /** °C by half hour, oldest first, 48 of them; null where nothing is known. */
  readonly values: readonly (number | null)[]
}

interface CurveFields {
  readonly measurement: string
  readonly fields: Readonly<Partial<Record<Curve['quantity'], string>>>
}

/** Kinds whose temperatures have names that no configuration can change. */
const CURVES: Readonly<Partial<Record<EntityKind, CurveFields>>> = {
  house: {
    measurement: 'heating_system',
    fields: { room: 'room_temperature', outdoor: 'outdoor_temperature' },
  },
  zone: { measurement: 'zone_reading', fields: { room: 'temperature' } },
}

/** What is known of an entity's curves already; starts reading what is not, or is old. */
export function createRecentHistory({
  timeSeries,
  now,
  log,
}: Pick<ApiDependencies, 'timeSeries' | 'now' | 'log'>): (entity: EntityRef) => readonly Curve[] {
  async function readCurves({ kind, id }: EntityRef, { measurement, fields }: CurveFields): Promise<Curve[]> {
    const to = Math.ceil(now() / BUCKET_MS) * BUCKET_MS
    const from = to - DAY_MS
    const rows = await timeSeries.read({
      measurement,
      tags: { [ENTITY_TAG[kind]]: id },
      fields: Object.values(fields),
      from,
      to,
      every: '30m',
      aggregate: 'mean',
    })
    return Object.entries(fields).map(([quantity, field]) => {
      const values = new Array<number | null>(DAY_MS / BUCKET_MS).fill(null)
      for (const row of rows) {
        const value = row.fields[field]
        if (typeof value === 'number') values[Math.floor((row.time - from) / BUCKET_MS)] = value
      }
      return { quantity: quantity as Curve['quantity'], values }
    })
  }

  const curvesOf = createBackgroundReader<readonly Curve[]>({ now, log }, 'curves', {
    freshMs: FRESH_MS,
    fallback: [],
    read: async (entity) => {
      const fields = CURVES[entity.kind]
      return fields === undefined ? [] : readCurves(entity, fields)
    },
  })
  return (entity) => (CURVES[entity.kind] === undefined ? [] : curvesOf(entity))
}
