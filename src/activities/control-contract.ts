/** What the loop of a house asks of control, for people and for off-boarding. Types only: workflows import them. */
import type { ControlMode } from '../domain/entity.ts'
import type { ReleaseOutcome } from './offboarding-contract.ts'

/** Every request has an id of its own, under which its outcome is kept. */
export interface ControlRequest {
  readonly requestId: string
  /** Who asked, for the audit. */
  readonly by: string
}

export interface TakeRequest extends ControlRequest {
  /** Also where the house did not follow the last time. */
  readonly force: boolean
}

export interface SetpointRequest extends ControlRequest {
  /** °C. */
  readonly temperature: number
}

export interface ModeRequest extends ControlRequest {
  readonly mode: ControlMode
  /** Past what a rule says of the mode; audited. */
  readonly force: boolean
}

/** Control of a house as it stands; times are ISO 8601 UTC. */
export interface ControlView {
  readonly state: 'released' | 'taking' | 'held' | 'restoring'
  readonly leaseUntil: string | null
  readonly baselineAt: string | null
  /** Null while nobody knows whether the house follows. */
  readonly steerable: boolean | null
}

/** A verified outcome: read back from the controller. */
export interface ControlOutcome {
  readonly control: ControlView
  readonly mode: ControlMode
  /** Room target as read back, °C; only where it was set. */
  readonly temperature?: number
}

/** Runs for the loop of a house, the only one that people and workflows ask to write to its controller. */
export interface HouseControlActivities {
  /**
   * Gives the heat curve back when BVPro holds it; resolves when that is verified.
   * @param by who asked; absent when off-boarding does
   */
  releaseHouse(id: string, request?: ControlRequest): Promise<ReleaseOutcome>
  takeControl(id: string, request: TakeRequest): Promise<ControlOutcome>
  setSetpoint(id: string, request: SetpointRequest): Promise<ControlOutcome>
  setMode(id: string, request: ModeRequest): Promise<ControlOutcome>
}
