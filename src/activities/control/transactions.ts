/**
 * The one place that writes to a house: take, write a curve, restore. Each reads the controller, stores what it is about
 * to do, writes, reads back, compares, and stores what came of it.
 */
import { BadData, Unavailable } from '../../connectors/errors.ts'
import type {
  CallOptions,
  HomeSideClient,
  HouseReading,
  RegisterChange,
  WriteReport,
} from '../../connectors/homeside/index.ts'
import type { TenPoints } from '../../domain/control/decision.ts'
import { supplyOn } from '../../domain/control/ten-points.ts'
import { CURVE_POINTS } from '../../domain/heating/curve.ts'
import { type CurveRules, whyNotWritable } from '../../domain/safety/curve-gate.ts'
import {
  type Baseline,
  beginRestore,
  beginTaking,
  beginWrite,
  type ControllerReading,
  type ControlRecord,
  captureBaseline,
  type EndReason,
  isLive,
  isRefusal,
  nowFree,
  nowHeld,
  type SteeringWatch,
  written,
} from '../../domain/safety/house-control.ts'
import { describeChange, humanChange, isOverridden, restorationOf } from '../../domain/safety/override.ts'
import type { Logger } from '../../runtime/log.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { describeError } from '../failures.ts'
import { ControlRefused } from './refused.ts'
import type { Turn } from './turn.ts'

export interface TransactionParts {
  readonly timeSeries: Pick<TimeSeriesStore, 'write'>
  readonly log: Logger
  readonly now: () => number
}

export interface HouseInTurn {
  readonly id: string
  readonly turn: Turn
  readonly client: HomeSideClient
  readonly call: CallOptions
}

/** What of a reading control looks at. */
export function controllerReading({ curve, control, registers }: HouseReading): ControllerReading {
  return {
    yref: curve?.yref ?? {},
    y: curve?.y ?? {},
    adaption: control.adaption,
    setpoint: control.setPoint,
    axis: registers.axis,
  }
}

/**
 * Captures the baseline and takes the curve in force over as it is: afterwards the house is held, and stands as before.
 * @throws ControlRefused when there is no complete baseline; Unavailable when the house did not take the write, after
 * which it is given back; the errors of the client
 */
export async function takeHouse(
  parts: TransactionParts,
  { id, turn, client, call }: HouseInTurn,
  taker: Pick<ControlRecord, 'mode' | 'origin'> & Partial<Pick<ControlRecord, 'test'>> & { readonly by: string },
): Promise<void> {
  const reading = controllerReading(await client.read(call))
  const baseline = captureBaseline(turn.record, reading, parts.now())
  if (isRefusal(baseline)) throw new ControlRefused(`control of ${id} is not taken: ${baseline.refused}`)
  await turn.save(beginTaking(turn.record, baseline, { now: parts.now(), ...taker }))
  await record(parts, id, 'heat_curve_baseline', baseline.capturedAt, baselineFields(baseline, taker.by))
  const changes: RegisterChange[] = [
    ...(baseline.adaption ? [{ target: 'adaption', value: false } as const] : []),
    ...curveChanges(turn.record.intended as TenPoints),
  ]
  try {
    assertVerified(id, await writeOwn(turn, client, changes, call))
  } catch (error) {
    await giveBack(parts, { id, turn, client, call }, 'take-failed', describeError(error).reason)
    throw error
  }
  await turn.save(nowHeld(turn.record))
  parts.log.info('control.taken', { kind: 'house', id, by: taker.by, epoch: turn.epoch })
}

export interface WishedCurve {
  readonly curve: TenPoints
  readonly rules: CurveRules
  /** Why, one sentence, for the record of the change. */
  readonly reason: string
  /** Supply temperature less that of the baseline, K. */
  readonly shiftK: number
  /** °C, for telling later whether the house follows. */
  readonly outdoor: number | null
}

export interface WriteOutcome {
  readonly written: boolean
  readonly verified: boolean
  /** Why nothing was written; null when it was. */
  readonly refused: string | null
}

/**
 * Writes a curve to a house that is held by a live lease.
 * @throws Unavailable when it was not read back as written: what stands there then is known from the record
 */
export async function writeCurve(
  parts: TransactionParts,
  { id, turn, client, call }: HouseInTurn,
  wish: WishedCurve,
): Promise<WriteOutcome> {
  const refused = isLive(turn.record, parts.now())
    ? whyNotWritable(wish.curve, wish.rules)
    : 'BVPro does not hold the heat curve'
  if (refused !== null) {
    parts.log.warn('control.curve_refused', { kind: 'house', id, reason: refused })
    return { written: false, verified: false, refused }
  }
  const before = await client.read(call)
  const reading = controllerReading(before)
  assertAxis(id, reading)
  const change = humanChange(heldRecord(turn.record), reading)
  if (isOverridden(change)) {
    const said = describeChange(change)
    await giveBack(parts, { id, turn, client, call }, 'overridden', said)
    return { written: false, verified: false, refused: `somebody has changed ${said} at the house` }
  }
  await turn.save(beginWrite(turn.record, wish.curve, parts.now()))
  const report = await writeOwn(turn, client, curveChanges(wish.curve), call)
  assertVerified(id, report)
  await turn.save(written(turn.record, watchOf(before, reading, wish, parts.now())))
  await record(parts, id, 'heat_curve_adjustment', parts.now(), {
    action: 'write',
    delta: wish.shiftK,
    points_adjusted: report.results.filter(({ previous, applied }) => previous !== applied).length,
    ...numbered('point_', wish.curve),
    reason: wish.reason,
  })
  parts.log.info('control.written', { kind: 'house', id, shiftK: wish.shiftK, epoch: turn.epoch })
  return { written: true, verified: true, refused: null }
}

/** A curve whose write was cut off is written once more as it was meant: points of two curves must not stand mixed. */
export async function finishWrite(parts: TransactionParts, { id, turn, client, call }: HouseInTurn): Promise<void> {
  const { intended } = turn.record
  if (intended === null || !isLive(turn.record, parts.now())) return
  assertVerified(id, await writeOwn(turn, client, curveChanges(intended), call))
  await turn.save(written(turn.record, null))
  parts.log.info('control.write_finished', { kind: 'house', id, epoch: turn.epoch })
}

/**
 * Writes the baseline back, spares what a person has set, and is done only when every value was read back.
 * @throws Unavailable while it is not, and the errors of the client; the record then says so, and control stays ours
 */
export async function restoreHouse(
  parts: TransactionParts,
  { id, turn, client, call }: HouseInTurn,
  reason: EndReason,
  detail: string | null = null,
): Promise<void> {
  await turn.save(beginRestore(turn.record, reason, detail))
  try {
    await writeBaseline(parts, { id, turn, client, call })
  } catch (error) {
    const trouble = describeError(error).reason
    parts.log.error('control.not_restored', { kind: 'house', id, reason: trouble })
    if (turn.record.trouble !== trouble) await turn.save({ ...turn.record, trouble })
    throw error
  }
}

async function writeBaseline(parts: TransactionParts, { id, turn, client, call }: HouseInTurn): Promise<void> {
  const restoring = heldRecord(turn.record)
  const { baseline } = restoring
  // What an earlier system has written is not known, so nothing can be told from a person's hand: all is written.
  const known = restoring.endReason !== 'earlier-system'
  const reading = known ? controllerReading(await client.read(call)) : null
  const change = reading === null ? null : humanChange(restoring, reading)
  const { yref, y, adaptionOffFirst, adaptionOn } = restorationOf(restoring, change, reading)
  if (adaptionOn && !baseline.adaption) await turn.save({ ...turn.record, adaptionSwitchedOn: true })
  const curve: RegisterChange[] = [
    ...(adaptionOffFirst ? [{ target: 'adaption', value: false } as const] : []),
    ...yref.map(({ point, value }) => ({ target: 'yref', point, value }) as const),
    ...y.map(({ point, value }) => ({ target: 'y', point, value }) as const),
  ]
  assertVerified(id, await writeOwn(turn, client, curve, call))
  // Last: with its adaptation on again, the controller may move the curve before it was read back.
  if (adaptionOn) {
    assertVerified(id, await writeOwn(turn, client, [{ target: 'adaption', value: true }], call))
  }
  await turn.save(nowFree(turn.record))
  await record(parts, id, 'heat_curve_adjustment', parts.now(), {
    action: 'restore',
    delta: 0,
    points_adjusted: yref.length,
    ...numbered('point_', baseline.yref),
    reason: restoring.endDetail ?? restoring.endReason ?? '',
  })
  parts.log.info('control.released', {
    kind: 'house',
    id,
    reason: restoring.endReason,
    spared: change?.yref.length ?? 0,
    epoch: turn.epoch,
  })
}

/** A restore that may fail: it is tried again with the next cycle, and by every process that starts. */
async function giveBack(
  parts: TransactionParts,
  house: HouseInTurn,
  reason: EndReason,
  detail: string | null,
): Promise<void> {
  try {
    await restoreHouse(parts, house, reason, detail)
  } catch (error) {
    parts.log.warn('control.restore_postponed', { kind: 'house', id: house.id, reason: describeError(error).reason })
  }
}

async function writeOwn(
  turn: Turn,
  client: HomeSideClient,
  changes: readonly RegisterChange[],
  call: CallOptions,
): Promise<WriteReport> {
  await turn.assertOwn()
  // A process that stood still in the middle of its registers must not write the rest of them over another's.
  const signal = call.signal === undefined ? turn.lost : AbortSignal.any([call.signal, turn.lost])
  return client.write(changes, { ...call, signal })
}

function watchOf(
  before: HouseReading,
  { yref }: ControllerReading,
  { outdoor }: WishedCurve,
  now: number,
): SteeringWatch | null {
  const supplySetpoint = before.control.supplySetpoint
  const curve = CURVE_POINTS.map((point) => yref[point])
  if (supplySetpoint === null || outdoor === null || curve.some((value) => value === undefined)) return null
  return { since: now, supplySetpoint, outdoor, curve: curve as number[] }
}

/** Supply temperature a curve asks for, less that of another, K. */
export function shiftAt(outdoor: number, curve: TenPoints, baseline: TenPoints): number {
  return Math.round((supplyOn(curve, outdoor) - supplyOn(baseline, outdoor)) * 10) / 10
}

function curveChanges(curve: TenPoints): RegisterChange[] {
  return CURVE_POINTS.map((point, index) => ({ target: 'yref', point, value: curve[index] as number }) as const)
}

function heldRecord(controlled: ControlRecord): ControlRecord & { readonly baseline: Baseline } {
  const { baseline } = controlled
  if (baseline === null) throw new Error('control without a baseline')
  return { ...controlled, baseline }
}

function assertAxis(id: string, { axis }: ControllerReading): void {
  if (axis !== 'verified')
    throw new BadData(`the outdoor axis of the heat curve of ${id} is ${axis}; nothing is written`)
}

/** Not permanent: a portal may swallow a write and take the next one. */
function assertVerified(id: string, { verified, results }: WriteReport): void {
  if (verified) return
  const differing = results.filter((result) => !result.verified).map(({ name }) => name)
  throw new Unavailable(
    `${differing.length} values were not read back from ${id} as they were written (${differing[0]} first)`,
  )
}

/** History for people and plots. What control itself needs stands in the record, so a failure here stops nothing. */
async function record(
  { timeSeries, log }: TransactionParts,
  id: string,
  measurement: string,
  time: number,
  fields: Record<string, number | string>,
): Promise<void> {
  const point: Point = { measurement, tags: { house_id: id }, time: Math.floor(time / 1000) * 1000, fields }
  try {
    await timeSeries.write([point])
  } catch (error) {
    log.warn('control.not_recorded', { kind: 'house', id, measurement, reason: describeError(error).reason })
  }
}

function baselineFields({ yref, y, adaption, setpoint }: Baseline, by: string) {
  return {
    ...numbered('y_', y),
    ...numbered('yref_', yref),
    adaption: Number(adaption),
    ...(setpoint === null ? {} : { setpoint }),
    reason: `control taken by ${by}`,
  }
}

function numbered(prefix: string, curve: TenPoints): Record<string, number> {
  return Object.fromEntries(curve.map((value, index) => [`${prefix}${index + 1}`, value]))
}
