/** What the activities of importing meter files take and give. Types only: workflows import them. */
import type { EntityRef } from '../domain/entity.ts'

export interface EnergyFile {
  /** Which of the places files come from. */
  readonly inbox: string
  readonly name: string
  readonly bytes: number
  readonly revision: string
}

/** An entity whose meter hours changed. */
export interface TouchedEntity {
  readonly entity: EntityRef
  /** Swedish days with new or other values, ascending, `YYYY-MM-DD`. */
  readonly days: readonly string[]
}

export interface FileCounts {
  /** Hours nothing was stored for. */
  readonly added: number
  /** Hours that had other values. */
  readonly corrected: number
  readonly unchanged: number
  /** Hours a newer file has spoken on already. */
  readonly superseded: number
  /** Hours the file names without a value. */
  readonly missing: number
  readonly refused: number
}

export interface ImportedFile extends FileCounts {
  readonly inbox: string
  readonly name: string
  readonly revision: string
  readonly touched: readonly TouchedEntity[]
}

export interface EnergyImportActivities {
  /** Complete files that wait to be imported, oldest delivery first. */
  listEnergyFiles(): Promise<readonly EnergyFile[]>
  /** Stores what is good in a file, quarantines what is not, archives it. Repeating it changes nothing. */
  importEnergyFile(file: EnergyFile): Promise<ImportedFile>
  /** Tells the supplier from which hour on each meter is wanted; resolves with the number of meters. */
  writeEnergyRequest(): Promise<{ readonly meters: number }>
}
