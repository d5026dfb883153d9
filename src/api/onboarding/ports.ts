/** What the API needs to have houses, buildings and zones added. */

import type { OnboardBuildingInput, OnboardHouseInput, OnboardZoneInput } from '../../activities/onboarding-contract.ts'
import type { ZoneConfig } from '../../config/zone.ts'
import type { PointReading, ZonePoint } from '../../connectors/modbus/index.ts'
import type { EntityKind } from '../../domain/entity.ts'
import type { OperationProgress } from '../../workflows/progress-messages.ts'

export interface OnboardingInputs {
  readonly house: OnboardHouseInput
  readonly building: OnboardBuildingInput
  readonly zone: OnboardZoneInput
}

/** Both reject with `Unavailable` when Temporal cannot be reached. */
export interface OnboardingOperations {
  /** Starts the workflow that adds an entity. `running` when one of this reference runs: it is left as it is. */
  start<K extends EntityKind>(kind: K, input: OnboardingInputs[K]): Promise<'started' | 'running'>
  /** How far an on-boarding or off-boarding is, also after its end; undefined when none is known. */
  progress(workflowId: string): Promise<OperationProgress | undefined>
}

export interface ProbedDevice {
  readonly host: string
  readonly port: number
  readonly unitId: number
  readonly registers: ZoneConfig['registers']
  readonly preferences: Pick<ZoneConfig['preferences'], 'min_temp' | 'max_temp'>
}

/** Reads a zone's device once. @throws what `ModbusClient.read` throws, or the reason of the signal */
export type ZoneProbe = (device: ProbedDevice, signal: AbortSignal) => Promise<PointReading<ZonePoint>>

/** Id of the workflow that adds what was asked for under a reference. */
export function onboardingWorkflowId(kind: EntityKind, reference: string): string {
  return `onboard:${kind}:${reference}`
}

export function progressUrlOf(workflowId: string): string {
  return `/api/v1/operations/${encodeURIComponent(workflowId)}`
}
