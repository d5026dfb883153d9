/** The query `progress` of workflows in which an entity comes or goes: what clients and the Web UI see of them. */
import { defineQuery } from '@temporalio/workflow'

export type StepState = 'pending' | 'running' | 'done' | 'failed' | 'undone' | 'skipped'

export interface OperationStep {
  readonly name: string
  readonly state: StepState
  /** What came of it, for people; null when there is nothing to tell. */
  readonly detail: string | null
}

export interface OperationProgress {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  /** Name of the step it is at, or of the last one it was at. */
  readonly step: string
  readonly steps: readonly OperationStep[]
  /** Null until it is known. */
  readonly entityId: string | null
  /** 0 to 100. */
  readonly percent: number
  readonly error: { readonly code: string; readonly message: string } | null
  /** What it waits for or retries at present, for people; null when it just works. */
  readonly waitingFor: string | null
  /** When something happens by itself, such as a purge: ISO 8601 UTC. */
  readonly dueAt: string | null
}

export const progress = defineQuery<OperationProgress>('progress')
