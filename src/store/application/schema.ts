/**
 * Tables of the application store, in types both SQLite and PostgreSQL have: whole numbers for times and flags, text
 * for JSON.
 */
import type { EntityKind } from '../../domain/entity.ts'

export interface EntityStatusTable {
  kind: EntityKind
  id: string
  name: string
  origin: string
  mode: string
  /** 0 or 1. */
  paused: number
  poll_seconds: number
  place: string | null
  /** Times are epoch milliseconds. */
  registered_at: number
  last_poll_at: number | null
  last_good_at: number | null
  failing_since: number | null
  failures: number
  reason: string | null
  reason_code: string | null
  /** JSON. */
  problems: string
  /** JSON, null when nothing was read yet. */
  last_reading: string | null
  config_hash: string | null
  /** 0 or 1. */
  offboarding: number
  health: string
  since: number
  /** Null when the row was made before this was kept. */
  mode_since: number | null
}

export interface DocumentTable {
  collection: string
  key: string
  /** JSON. Text and not `jsonb`, which refuses some strings JSON allows. */
  value: string
  updated_at: number
}

export interface LeaseTable {
  name: string
  holder: string
  /** Rises by one with every holder. */
  epoch: number
  /** Epoch milliseconds; 0 when it was given back. */
  expires_at: number
}

export interface CredentialRow {
  /** `real` or `demo`. */
  origin: string
  /** `house`, `building`, or `reference` for what is no entity's yet. */
  kind: string
  id: string
  sealed: string
  updated_at: number
}

export interface ApplicationDatabase {
  entity_status: EntityStatusTable
  document: DocumentTable
  lease: LeaseTable
  credential: CredentialRow
}
