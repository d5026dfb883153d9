/** Messages of the energy pipelines. */
import { defineQuery, defineSignal } from '@temporalio/workflow'
import type { RecalibratedEntity } from '../activities/energy-contract.ts'

export interface EnergyProgress {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  /** What it is at, for people. */
  readonly step: string
  readonly files: {
    readonly imported: number
    readonly failed: number
    readonly hoursAdded: number
    readonly hoursCorrected: number
    readonly rowsRefused: number
  }
  readonly separated: { readonly entities: number; readonly days: number; readonly notSeparable: number }
  readonly recalibrated: { readonly accepted: number; readonly kept: number }
  /** What went wrong for single files and entities, the first few; the others went on. */
  readonly failures: readonly { readonly what: string; readonly message: string }[]
  readonly error: { readonly code: string; readonly message: string } | null
}

export const energyProgress = defineQuery<EnergyProgress>('progress')

/** Something was put into an inbox: look again before ending. */
export const energyDelivered = defineSignal('delivered')

export interface RecalibrationReport {
  readonly done: readonly RecalibratedEntity[]
  readonly failures: EnergyProgress['failures']
}
