/** What the energy routes need of running workflows and of the place meter files come from. */
import type { SeparatedEntity } from '../../activities/energy-contract.ts'
import type { EnergyExchange } from '../../connectors/energy-exchange/exchange.ts'
import { type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import type { EnergyProgress, RecalibrationReport } from '../../workflows/energy-messages.ts'

export interface SeparationWish {
  /** Swedish days to split again, `YYYY-MM-DD`; those that need it when absent. */
  readonly days?: readonly string[]
  readonly dryRun: boolean
}

/** How far one of the energy workflows is, or how it ended; the part of its kind is there, the others are null. */
export interface EnergyOperationProgress {
  readonly state: EnergyProgress['state']
  /** What it is at, for people. */
  readonly step: string
  readonly error: EnergyProgress['error']
  /** Of a look into the inbox, also while it runs. */
  readonly pipeline: Pick<EnergyProgress, 'files' | 'separated' | 'recalibrated' | 'failures'> | null
  /** Of a separation that is done. */
  readonly separation: SeparatedEntity | null
  /** Of a recalibration that is done. */
  readonly recalibration: RecalibrationReport | null
}

/** Starts energy workflows and looks at them. Each rejects with `Unavailable` when Temporal cannot be reached. */
export interface EnergyOperations {
  /** Looks for meter files now, or again when somebody is at it already; the answer is the workflow's id. */
  startSync(): Promise<string>
  /** `running` when one of the entity has not ended yet: it is left as it is. */
  startSeparation(entity: EntityRef, wish: SeparationWish): Promise<'started' | 'running'>
  startRecalibration(entity: EntityRef): Promise<'started' | 'running'>
  /** Undefined when no energy workflow is known by that id. */
  progress(workflowId: string): Promise<EnergyOperationProgress | undefined>
}

/** Where meter files come from; without `deliver` only the supplier puts files there. */
export type EnergyInbox = Pick<EnergyExchange, 'place' | 'deliver'>

/** The pipelines split an entity under the same id, so that nobody splits it twice at once. */
export function separationWorkflowId(entity: EntityRef): string {
  return `separate:${entityWorkflowId(entity)}`
}

export function recalibrationWorkflowId(entity: EntityRef): string {
  return `recalibrate:${entityWorkflowId(entity)}`
}
