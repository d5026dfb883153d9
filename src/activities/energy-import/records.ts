/** What the application store remembers of importing meter files. */
import type { EntityRef } from '../../domain/entity.ts'
import type { FileOutcome } from './import-file.ts'

/** Collection with one document for each file that was imported, by name and revision. */
export const ENERGY_FILES = 'energy_file'
/** Collection with one document for each place files come from. */
export const ENERGY_PLACES = 'energy_place'

export interface EnergyFileRecord extends Omit<FileOutcome, 'touched'> {
  /** ISO 8601 UTC. */
  readonly importedAt: string
  readonly entities: readonly EntityRef[]
}

/** How the last look at a place went. */
export interface EnergyPlaceRecord {
  readonly inbox: string
  readonly place: string
  /** ISO 8601 UTC, whole seconds. */
  readonly lookedAt: string
  readonly error: { readonly code: string; readonly message: string } | null
}
