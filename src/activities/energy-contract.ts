/** What the activities that work on stored meter hours take and give. Types only: workflows import them. */
import type { EntityRef } from '../domain/entity.ts'

export interface DueEntities {
  readonly entities: readonly EntityRef[]
  /** Where to go on asking; null when these were the last. */
  readonly next: string | null
}

export interface SeparationInput {
  readonly entity: EntityRef
  /** Swedish days to separate again whatever the data say, `YYYY-MM-DD`; otherwise those that need it. */
  readonly days?: readonly string[]
  /** Work everything out, write nothing. */
  readonly dryRun?: boolean
}

export interface SeparatedEntity {
  readonly entity: EntityRef
  /** Days written, ascending. */
  readonly days: readonly string[]
  readonly separable: boolean
  /** How the split was found; null when there is none. */
  readonly method: string | null
  /** Why there is none; null otherwise. */
  readonly reason: string | null
}

export interface RecalibratedEntity {
  readonly entity: EntityRef
  readonly accepted: boolean
  /** kW/K; null when the data allow no estimate. */
  readonly kwPerK: number | null
  readonly low: number | null
  readonly high: number | null
  /** kW/K in force afterwards. */
  readonly inForce: number | null
  readonly reason: string | null
}

export interface EnergyActivities {
  /**
   * Entities with a day whose stored split does not agree with its meter hours, in the order of their names. Found in
   * the data, so that neither a standstill nor a crash loses a day.
   * @param after where an earlier answer ended; null at the beginning
   */
  entitiesToSeparate(after: string | null): Promise<DueEntities>
  separateEnergy(input: SeparationInput): Promise<SeparatedEntity>
  /** Entities whose last recalibration is longer ago than the settings say. */
  entitiesToRecalibrate(after: string | null): Promise<DueEntities>
  recalibrateEntity(entity: EntityRef): Promise<RecalibratedEntity>
  /** Issues a forecast of the energy of the next two days for every entity that can be forecast; resolves with their number. */
  forecastEnergy(): Promise<{ readonly issued: number }>
}
