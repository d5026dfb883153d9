/** Queries of the workflows that import history and fill holes: what clients and the Web UI see of them. */
import { defineQuery } from '@temporalio/workflow'
import type { FilledSeries } from '../activities/history-contract.ts'
import type { GapSummary } from '../domain/history/gaps.ts'
import type { FieldCount } from '../domain/history/grid.ts'

export interface ImportProgress {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  /** What it is at, for people. */
  readonly step: string
  readonly percent: number
  readonly chunksDone: number
  /** 0 until it is known. */
  readonly chunksTotal: number
  /** Points that stand in the store, or would in a dry run. */
  readonly rows: number
  /** Points left out because readings were polled in their step. */
  readonly keptOut: number
  readonly fields: Readonly<Record<string, FieldCount>>
  /** ISO 8601 UTC; null until the range is known. */
  readonly from: string | null
  readonly to: string | null
  readonly resolutionMinutes: number
  readonly dryRun: boolean
  readonly issues: readonly string[]
  readonly error: { readonly code: string; readonly message: string } | null
}

export const importProgress = defineQuery<ImportProgress>('progress')

export interface GapReport {
  /** Series looked at, and those with holes. */
  readonly looked: number
  readonly withHoles: number
  readonly before: GapSummary
  readonly after: GapSummary
  readonly fromHistory: number
  readonly fromObservations: number
  /** Series with the most left to fill, most first. */
  readonly worst: readonly FilledSeries[]
}

export interface FillGapsProgress {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly days: number
  readonly dryRun: boolean
  readonly report: GapReport
  readonly error: { readonly code: string; readonly message: string } | null
}

export const fillGapsProgress = defineQuery<FillGapsProgress>('progress')
