/** What the activities of importing history and filling holes take and give. Types only: workflows import them. */
import type { EntityRef } from '../domain/entity.ts'
import type { GapSummary } from '../domain/history/gaps.ts'
import type { FieldCount } from '../domain/history/grid.ts'
import type { TimeRange } from '../domain/history/row.ts'

/** Zones have no vendor that remembers. */
export type EntityWithHistory = EntityRef & { readonly kind: 'house' | 'building' }

export interface ImportPlanInput {
  readonly entity: EntityWithHistory
  readonly days: number
  readonly resolutionMinutes: number
}

export interface ImportPlan {
  readonly range: TimeRange
  /** Fields the vendor's history has a signal for. */
  readonly fields: readonly string[]
  /** Fields it has none for. */
  readonly missing: readonly string[]
  /** Sentences about signals that cannot be used. */
  readonly problems: readonly string[]
}

export interface ImportChunkInput {
  readonly entity: EntityWithHistory
  readonly range: TimeRange
  readonly resolutionMinutes: number
  /** Look and count, write nothing. */
  readonly dryRun: boolean
}

export interface ImportedChunk {
  /** Points of the range that stand in the store afterwards, or would. */
  readonly rows: number
  /** Points left out because readings were polled in their step. */
  readonly keptOut: number
  readonly fields: Readonly<Record<string, FieldCount>>
  /** Distinct sentences about what the vendor did not deliver, the first few. */
  readonly problems: readonly string[]
}

export interface ImportActivities {
  planImport(input: ImportPlanInput): Promise<ImportPlan>
  importChunk(input: ImportChunkInput): Promise<ImportedChunk>
}

export interface FillBatchInput {
  /** Key of the last series of the batch before; null at the beginning. */
  readonly after: string | null
  /** Only these; every entity and place when absent. */
  readonly entities?: readonly EntityRef[]
  /** How far back to look. */
  readonly days: number
  readonly dryRun: boolean
}

/** What became of the holes of one entity or place. */
export interface FilledSeries {
  /** `house:<id>`, `building:<id>` or `place:<latitude>,<longitude>`. */
  readonly key: string
  readonly before: GapSummary
  readonly after: GapSummary
  /** Points put in from the vendor's history, and from weather stations; or that would be. */
  readonly fromHistory: number
  readonly fromObservations: number
  /** Why something is left; null when nothing is. */
  readonly reason: string | null
}

export interface FilledBatch {
  /** Key to go on after; null when all has been looked at. */
  readonly next: string | null
  /** Series looked at in this batch. */
  readonly looked: number
  /** Series with holes, in the order of their keys. */
  readonly series: readonly FilledSeries[]
}

export interface FillActivities {
  fillBatch(input: FillBatchInput): Promise<FilledBatch>
}
