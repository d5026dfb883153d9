/**
 * Control of one heat curve as a state machine: free → taking → held → restoring → free. Its record is written before
 * the controller is, so that whoever finds it after a crash knows what may stand in the house and what stood there before.
 */
import type { TenPoints } from '../control/decision.ts'
import type { ControlMode } from '../entity.ts'
import { CURVE_POINTS, type CurvePoints } from '../heating/curve.ts'
import type { TestEnd, TestEndReason, TestHold } from '../inertia/hold.ts'

/** How long control lasts without a healthy cycle. */
export const LEASE_MS = 30 * 60_000

export type ControlPhase = 'free' | 'taking' | 'held' | 'restoring'

/** What stood in the controller before BVPro wrote to it. It never changes while control lasts. */
export interface Baseline {
  /** Epoch milliseconds. */
  readonly capturedAt: number
  /** The base curve as set by people, °C at −30, −25 … +15 °C outdoors. */
  readonly yref: TenPoints
  /** The curve in force, after the controller's own adaptation. */
  readonly y: TenPoints
  /** Whether the controller adapted its curve by itself. */
  readonly adaption: boolean
  /** Room target then, °C. For people to look at: it is never written back, the resident may have changed it since. */
  readonly setpoint: number | null
}

/** Why control ended, or is being ended. */
export type EndReason =
  | 'released'
  | 'lapsed'
  | 'overridden'
  | 'not-steerable'
  | 'take-failed'
  | 'test-ended'
  | 'earlier-system'

/** Where the effective supply setpoint stood before a write that it ought to follow. */
export interface SteeringWatch {
  /** When the write was read back, epoch milliseconds. */
  readonly since: number
  /** °C. */
  readonly supplySetpoint: number
  readonly outdoor: number
  readonly curve: TenPoints
}

export interface ControlRecord {
  readonly phase: ControlPhase
  /** Whose vendor the house is asked at, also when its profile is gone. */
  readonly origin: 'real' | 'demo'
  /** Null exactly while free. */
  readonly baseline: Baseline | null
  /** End of the lease, epoch milliseconds; null unless taking or held. */
  readonly leaseUntil: number | null
  /** Curve of a write that has begun and was not read back yet. */
  readonly intended: TenPoints | null
  /** Curve that was read back last; null before the first, and where an earlier system has written. */
  readonly applied: TenPoints | null
  readonly watch: SteeringWatch | null
  /** Somebody has switched the controller's own adaptation on meanwhile: a restore leaves it on. */
  readonly adaptionSwitchedOn: boolean
  /** Whether the house follows a written curve; null while nobody knows. Kept after control. */
  readonly steerable: boolean | null
  /** The mode control was taken for: a mode that writes ends control when it is left. */
  readonly mode: ControlMode
  /** Who took control. */
  readonly by: string | null
  readonly endReason: EndReason | null
  /** A sentence with it, for people. */
  readonly endDetail: string | null
  /** Why giving back has failed so far; null when it has not. */
  readonly trouble: string | null
  /** Control ended by a fault of ours, and a healthy cycle may take it again. */
  readonly resume: boolean
  /** The inertia test the house is held for; nothing else decides about its curve meanwhile. */
  readonly test: TestHold | null
  /** How the last one ended. Kept after control. */
  readonly lastTest: TestEnd<EndReason | TestEndReason> | null
}

export const FREE: ControlRecord = {
  phase: 'free',
  origin: 'real',
  baseline: null,
  leaseUntil: null,
  intended: null,
  applied: null,
  watch: null,
  adaptionSwitchedOn: false,
  steerable: null,
  mode: 'monitor',
  by: null,
  endReason: null,
  endDetail: null,
  trouble: null,
  resume: false,
  test: null,
  lastTest: null,
}

/** What a controller holds, as read. A point that was not delivered is absent. */
export interface ControllerReading {
  readonly yref: CurvePoints
  readonly y: CurvePoints
  readonly adaption: boolean | null
  readonly setpoint: number | null
  /** Whether the outdoor axis was read and is the known one. */
  readonly axis: 'verified' | 'unknown' | 'mismatch'
}

/** A sentence about why a rule forbids something. */
export interface Refusal {
  readonly refused: string
}

export function isRefusal(outcome: object): outcome is Refusal {
  return 'refused' in outcome
}

/** The ten values in order; null unless all are there. */
export function tenPointsOf(curve: CurvePoints): number[] | null {
  const values = CURVE_POINTS.map((point) => curve[point])
  return values.every((value) => value !== undefined && Number.isFinite(value)) ? (values as number[]) : null
}

/** Control is given while this holds; from then on only a restore may write. */
export function isLive({ phase, leaseUntil }: ControlRecord, now: number): boolean {
  return phase === 'held' && leaseUntil !== null && leaseUntil > now
}

/**
 * Whether the baseline has to be written back. To be asked only by who holds the right to write: then a record that says
 * `taking` was left by somebody who has died over it.
 */
export function needsRestore(record: ControlRecord, now: number): boolean {
  return record.phase !== 'free' && !isLive(record, now)
}

/**
 * The curve control begins with: what is in force already, so that nobody in the house notices. With its adaptation off
 * a controller follows the base curve, so it gets the values of the adapted one.
 */
export function startingCurve({ y }: Pick<Baseline, 'y'>): number[] {
  return y.map((supply) => Math.round(supply * 10) / 10)
}

/**
 * The baseline as it is captured, once, before the first write.
 * @returns the refusal when anything is missing, or when a curve of ours may still stand in the controller
 */
export function captureBaseline(
  record: Pick<ControlRecord, 'phase'>,
  { yref, y, adaption, setpoint, axis }: ControllerReading,
  now: number,
): Baseline | Refusal {
  if (record.phase !== 'free') return refuse('the curve in the controller may be one of BVPro, so it is no baseline')
  if (axis === 'mismatch') return refuse('the outdoor axis of the heat curve is not the known one')
  if (axis === 'unknown') return refuse('the outdoor axis of the heat curve was not delivered in full')
  const [base, inForce] = [tenPointsOf(yref), tenPointsOf(y)]
  if (base === null) return refuse(`the base curve was not delivered in full (${missingOf(yref)} missing)`)
  if (inForce === null) return refuse(`the curve in force was not delivered in full (${missingOf(y)} missing)`)
  if (adaption === null) return refuse('whether the controller adapts its curve by itself was not delivered')
  return { capturedAt: now, yref: base, y: inForce, adaption, setpoint }
}

function missingOf(curve: CurvePoints): string {
  const missing = CURVE_POINTS.filter((point) => curve[point] === undefined)
  return missing.length === 10 ? 'all points' : `point ${missing.join(', ')}`
}

export function beginTaking(
  record: ControlRecord,
  baseline: Baseline,
  {
    now,
    ...taker
  }: Pick<ControlRecord, 'origin' | 'mode' | 'by'> & Partial<Pick<ControlRecord, 'test'>> & { readonly now: number },
): ControlRecord {
  assertPhase(record, 'free')
  return {
    ...FREE,
    ...taker,
    phase: 'taking',
    baseline,
    leaseUntil: now + LEASE_MS,
    intended: startingCurve(baseline),
    // A house that did not follow gets another trial.
    steerable: record.steerable === false ? null : record.steerable,
    lastTest: record.lastTest,
  }
}

/** The starting curve was read back. */
export function nowHeld(record: ControlRecord): ControlRecord {
  assertPhase(record, 'taking')
  return { ...record, phase: 'held', applied: record.intended, intended: null }
}

/** Only a live lease can be renewed: one that has lapsed has to be restored, however healthy the cycle is. */
export function renewed(record: ControlRecord, now: number): ControlRecord {
  assertLive(record, now)
  return { ...record, leaseUntil: now + LEASE_MS }
}

/** To be stored before the first point is written. */
export function beginWrite(record: ControlRecord, curve: TenPoints, now: number): ControlRecord {
  assertLive(record, now)
  return { ...record, intended: [...curve] }
}

/** The curve was read back as intended. */
export function written(record: ControlRecord, watch: SteeringWatch | null): ControlRecord {
  return { ...record, applied: record.intended, intended: null, watch: record.watch ?? watch }
}

/** From here on only the baseline is written, until it was read back. */
export function beginRestore(record: ControlRecord, reason: EndReason, detail: string | null): ControlRecord {
  if (record.phase === 'free') throw new Error('there is nothing to restore')
  // The first reason stands: a restore that is tried again is still the same one.
  if (record.phase === 'restoring') return record
  return {
    ...record,
    phase: 'restoring',
    leaseUntil: null,
    watch: null,
    steerable: reason === 'not-steerable' ? false : record.steerable,
    endReason: reason,
    endDetail: detail,
    // A test had interrupted a mode that steers, which goes on.
    resume: reason === 'lapsed' || (reason === 'test-ended' && (record.mode === 'rules' || record.mode === 'optimise')),
  }
}

/** The baseline was read back. */
export function nowFree(record: ControlRecord): ControlRecord {
  assertPhase(record, 'restoring')
  const { origin, steerable, mode, by, endReason, endDetail, resume, test } = record
  const lastTest =
    test === null
      ? record.lastTest
      : { testId: test.testId, reason: test.ending ?? endReason ?? 'released', detail: endDetail }
  return { ...FREE, origin, steerable, mode, by, endReason, endDetail, resume, lastTest }
}

/** Holds a house for a test that a mode which steers has held before. */
export function beginTest(record: ControlRecord, test: TestHold, now: number): ControlRecord {
  assertLive(record, now)
  return { ...record, test }
}

/**
 * Control that an earlier system has left in a profile, as a lease that has lapsed: whatever stands in the controller,
 * its baseline is written back.
 */
export function adopted(baseline: Baseline, origin: ControlRecord['origin']): ControlRecord {
  return { ...FREE, phase: 'restoring', origin, baseline, endReason: 'earlier-system' }
}

function refuse(reason: string): Refusal {
  return { refused: reason }
}

function assertPhase({ phase }: ControlRecord, expected: ControlPhase): void {
  if (phase !== expected) throw new Error(`control is ${phase}, not ${expected}`)
}

function assertLive(record: ControlRecord, now: number): void {
  if (!isLive(record, now)) throw new Error(`control is not held by a live lease (${record.phase})`)
}
