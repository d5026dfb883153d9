/** Entity status between its shape in the program and its row in the database. */
import { BadData } from '../../connectors/errors.ts'
import type { EntityStatus, StatusChange } from './port.ts'
import type { EntityStatusTable } from './schema.ts'

type StatusColumns = Omit<EntityStatusTable, 'kind' | 'id'>

/** The columns of the given properties only; `BadData` for a property that has none. */
export function toColumns(change: StatusChange): Partial<StatusColumns> {
  const columns: Partial<Record<keyof StatusColumns, unknown>> = {}
  for (const [property, value] of Object.entries(change)) {
    if (value === undefined) continue
    const column = COLUMNS[property as keyof StatusChange]
    if (!Object.hasOwn(COLUMNS, property)) throw new BadData(`an entity has no status property ${property}`)
    columns[column] = toColumn(column, value)
  }
  return columns as Partial<StatusColumns>
}

/** A whole status as a row to insert. */
export function toRow({ kind, id, modeSince, ...status }: EntityStatus): EntityStatusTable {
  return { kind, id, ...(toColumns(status) as Omit<StatusColumns, 'mode_since'>), mode_since: modeSince }
}

/** A row as the program sees it; the database holds what {@link toRow} wrote. */
export function toStatus(row: EntityStatusTable): EntityStatus {
  return {
    kind: row.kind,
    id: row.id,
    name: row.name,
    origin: row.origin === 'demo' ? 'demo' : 'real',
    mode: row.mode as EntityStatus['mode'],
    paused: row.paused === 1,
    pollSeconds: row.poll_seconds,
    place: row.place,
    registeredAt: row.registered_at,
    lastPollAt: row.last_poll_at,
    lastGoodAt: row.last_good_at,
    failingSince: row.failing_since,
    failures: row.failures,
    reason: row.reason,
    reasonCode: row.reason_code,
    problems: JSON.parse(row.problems),
    lastReading: row.last_reading === null ? null : JSON.parse(row.last_reading),
    configHash: row.config_hash,
    offboarding: row.offboarding === 1,
    health: row.health,
    since: row.since,
    modeSince: row.mode_since,
  }
}

const COLUMNS = {
  name: 'name',
  origin: 'origin',
  mode: 'mode',
  paused: 'paused',
  pollSeconds: 'poll_seconds',
  place: 'place',
  registeredAt: 'registered_at',
  lastPollAt: 'last_poll_at',
  lastGoodAt: 'last_good_at',
  failingSince: 'failing_since',
  failures: 'failures',
  reason: 'reason',
  reasonCode: 'reason_code',
  problems: 'problems',
  lastReading: 'last_reading',
  configHash: 'config_hash',
  offboarding: 'offboarding',
  health: 'health',
  since: 'since',
} as const satisfies Record<keyof StatusChange, keyof StatusColumns>

const FLAGS: readonly string[] = ['paused', 'offboarding']
const JSON_COLUMNS: readonly string[] = ['problems', 'last_reading']

function toColumn(column: keyof StatusColumns, value: unknown): unknown {
  if (FLAGS.includes(column)) return value ? 1 : 0
  if (JSON_COLUMNS.includes(column)) return value === null ? null : JSON.stringify(value)
  return value
}
