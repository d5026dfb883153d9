/**
 * What control does in a cycle of a house, after its reading is stored: look for a person's hand, see whether the house
 * follows, keep the lease alive, decide when it is time, and write what was decided.
 */
import { controlModeOf, type HouseConfig } from '../../config/house.ts'
import type { CallOptions, HouseReading } from '../../connectors/homeside/index.ts'
import {
  type DecidingMode,
  type Decision,
  type DecisionInputs,
  FRESH_RULES_STATE,
  type HeatPrice,
  type RulesState,
  type TenPoints,
  type WeatherForecast,
} from '../../domain/control/decision.ts'
import type { ControlMode } from '../../domain/entity.ts'
import {
  type ControlRecord,
  isLive,
  needsRestore,
  renewed,
  startingCurve,
  tenPointsOf,
} from '../../domain/safety/house-control.ts'
import { describeChange, humanChange, isOverridden } from '../../domain/safety/override.ts'
import { judgeSteering } from '../../domain/safety/steering.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import { describeError } from '../failures.ts'
import { isBaselineDay, stopTrialUnlessSteered } from '../savings/trials.ts'
import { decisionInputs, type ModelNow, rulesFor } from './decision-inputs.ts'
import { forgetOldDecisions, type KeptDecision, keepDecision } from './decisions.ts'
import { type ControlDependencies, steers } from './house-turn.ts'
import { keepTest } from './inertia-test.ts'
import {
  controllerReading,
  finishWrite,
  type HouseInTurn,
  restoreHouse,
  shiftAt,
  takeHouse,
  type WriteOutcome,
  writeCurve,
} from './transactions.ts'
import { controlRecordOf, withTurn } from './turn.ts'

export interface SteeringDependencies extends ControlDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'write' | 'read'>
  readonly decide: (inputs: DecisionInputs) => Promise<Decision>
  readonly forecastFor: (config: HouseConfig, now: number) => Promise<WeatherForecast | null>
  /** What the heat of a house costs over the coming two days. */
  readonly priceFor: (id: string, config: HouseConfig, now: number) => Promise<HeatPrice>
  /** The learned model of a house as it stands now; null while there is none. */
  readonly modelOf: (id: string, now: number) => Promise<ModelNow | null>
}

/** One healthy cycle: its reading is durable. */
export interface SteeredCycle {
  readonly id: string
  readonly origin: 'real' | 'demo'
  readonly config: HouseConfig
  readonly reading: HouseReading
  /** Due time of the cycle, epoch milliseconds: the time of its decision. */
  readonly dueAt: number
  readonly pollSeconds: number
}

/** What decisions of a house remember. Losing it costs a worse decision, no safety. */
interface DecisionMemory {
  readonly decidedAt: number | null
  readonly rulesState: RulesState
  /** The curve that would stand if the decisions of mode `shadow` were written. */
  readonly shadowCurve: TenPoints | null
}

export const DECISION_MEMORIES = 'decision-memory'
const NO_MEMORY: DecisionMemory = { decidedAt: null, rulesState: FRESH_RULES_STATE, shadowCurve: null }

const LONGEST_BETWEEN_MS = 15 * 60_000
/** Every third cycle at five minutes; the faster cycles of a demonstration decide as much more often. */
const CYCLES_BETWEEN = 3

/** A decision comes with the first cycle that is not earlier than this after the one before. */
function decisionIsDue(decidedAt: number | null, { dueAt, pollSeconds }: SteeredCycle): boolean {
  if (decidedAt === null || decidedAt > dueAt) return true
  // Cycles are aligned, so half a second of slack never means another cycle.
  return dueAt - decidedAt >= Math.min(LONGEST_BETWEEN_MS, CYCLES_BETWEEN * pollSeconds * 1000) - 500
}

/**
 * @throws what is in the way of writing to the house; the reading is stored all the same, and the next cycle goes on
 * from the control record
 */
export async function steerHouse(
  dependencies: SteeringDependencies,
  cycle: SteeredCycle,
  call: CallOptions = {},
): Promise<void> {
  const { application, homeSideClient, holder, now } = dependencies
  const { id, origin, config } = cycle
  const mode = controlModeOf(config)
  await stopTrialUnlessSteered(dependencies, id, mode)
  const record = await controlRecordOf(application, id)
  const mayTakeAgain = record.resume && steers(mode)
  if (record.phase === 'free' && !mayTakeAgain) {
    // Modes that write decide only about a house they hold: a curve nobody writes is what `shadow` is for.
    if (mode === 'shadow') await shadow(dependencies, cycle)
    return
  }
  if (needsRestore(record, now())) return
  await withTurn(application, { id, holder, patienceMs: 0, signal: call.signal }, async (turn) => {
    const house = { id, turn, client: homeSideClient({ id, origin }), call }
    if (turn.record.phase === 'free' && turn.record.resume && steers(mode)) {
      await takeHouse(dependencies, house, { by: turn.record.by ?? 'BVPro', mode, origin })
    } else if (isLive(turn.record, now()) && (await staysHeld(dependencies, house, cycle, mode))) {
      await finishWrite(dependencies, house)
      const { test } = turn.record
      if (test !== null) await keepTest(dependencies, house, cycle, test)
      else if (steers(mode)) await decideAndWrite(dependencies, house, cycle, mode as DecidingMode)
      // Last: a house nobody can decide about, or write to, must not be kept on the curve it happens to have.
      if (isLive(turn.record, now())) await turn.save(renewed(turn.record, now()))
    }
  })
}

/** Looks for what ends control. @returns whether the house is held still, in a cycle that shows its curve */
async function staysHeld(
  dependencies: SteeringDependencies,
  house: HouseInTurn,
  cycle: SteeredCycle,
  mode: ControlMode,
): Promise<boolean> {
  const { turn } = house
  const { now } = dependencies
  if (steers(turn.record.mode) && !steers(mode)) {
    await restoreHouse(dependencies, house, 'released', `the mode is ${mode}`)
    return false
  }
  const reading = controllerReading(cycle.reading)
  // A cycle that does not show the curve is not a healthy one; the lease ends by itself when that goes on.
  if (tenPointsOf(reading.yref) === null) return false
  const { baseline } = turn.record
  if (baseline === null) throw new Error('control without a baseline')
  const change = humanChange({ ...turn.record, baseline }, reading)
  if (isOverridden(change)) {
    const said = `somebody has changed ${describeChange(change)} at the house`
    dependencies.log.warn('control.overridden', { kind: 'house', id: house.id, reason: said })
    await restoreHouse(dependencies, house, 'overridden', said)
    return false
  }
  const follows = seenToFollow(turn.record, cycle, now())
  if (follows === false) {
    const said = 'the supply temperature the controller aims at did not follow the written curve'
    dependencies.log.warn('control.not_steerable', { kind: 'house', id: house.id, reason: said })
    await restoreHouse(dependencies, house, 'not-steerable', said)
    return false
  }
  if (follows === true) await turn.save({ ...turn.record, steerable: true, watch: null })
  if (turn.record.mode !== mode) await turn.save({ ...turn.record, mode })
  return true
}

function seenToFollow(
  { watch }: ControlRecord,
  { reading, dueAt, pollSeconds }: SteeredCycle,
  now: number,
): boolean | null {
  const { supplySetpoint, lowLimit, highLimit } = reading.control
  const outdoor = reading.fields.outdoor_temperature
  const curve = tenPointsOf(reading.curve?.yref ?? {})
  // The reading of this cycle may be older than the write.
  if (watch === null || supplySetpoint === null || outdoor === undefined || curve === null || dueAt < watch.since) {
    return null
  }
  return judgeSteering(watch, {
    time: now,
    pollSeconds,
    supplySetpoint,
    outdoor,
    curve,
    lowest: lowLimit,
    highest: highLimit,
  })
}

async function decideAndWrite(
  dependencies: SteeringDependencies,
  house: HouseInTurn,
  cycle: SteeredCycle,
  mode: DecidingMode,
): Promise<void> {
  const { id, reading } = cycle
  const memory = await memoryOf(dependencies, id)
  if (!decisionIsDue(memory.decidedAt, cycle)) return
  const { baseline } = house.turn.record
  const presentCurve = tenPointsOf(reading.curve?.yref ?? {})
  if (baseline === null || presentCurve === null) return
  const gathered = await inputsOf(dependencies, cycle, mode, startingCurve(baseline), presentCurve, memory)
  const onBaseline = await isBaselineDay(dependencies.application, id, cycle.dueAt)
  const inputs: DecisionInputs = onBaseline ? { ...gathered, trialDay: 'baseline' } : gathered
  const decision = await dependencies.decide(inputs)
  // A decision that could not be written is one all the same: it is kept, and the failure is the cycle's.
  let outcome: WriteOutcome = { written: false, verified: false, refused: null }
  try {
    if (decision.action !== 'keep') outcome = await write(dependencies, house, inputs, decision)
  } finally {
    await keep(dependencies, id, memory, { time: cycle.dueAt, inputs, decision, ...outcome }, null)
  }
}

function write(
  dependencies: SteeringDependencies,
  house: HouseInTurn,
  inputs: DecisionInputs,
  { curve, reason, shiftK }: Decision,
): Promise<WriteOutcome> {
  const { outdoor } = inputs
  const shift = outdoor === null ? shiftK : shiftAt(outdoor, curve, inputs.baselineCurve)
  return writeCurve(dependencies, house, {
    curve,
    rules: rulesFor(inputs),
    reason: reason.en,
    shiftK: shift,
    outdoor,
  })
}

/** Decides as if the house were held, and remembers the curve that would stand. */
async function shadow(dependencies: SteeringDependencies, cycle: SteeredCycle): Promise<void> {
  const { id, reading } = cycle
  const memory = await memoryOf(dependencies, id)
  const inForce = tenPointsOf(reading.curve?.y ?? {})
  if (inForce === null || !decisionIsDue(memory.decidedAt, cycle)) return
  const present = memory.shadowCurve ?? startingCurve({ y: inForce })
  const inputs = await inputsOf(dependencies, cycle, 'shadow', startingCurve({ y: inForce }), present, memory)
  const decision = await dependencies.decide(inputs)
  const kept = { time: cycle.dueAt, inputs, decision, written: false, verified: false, refused: null }
  await keep(dependencies, id, memory, kept, decision.curve)
}

async function inputsOf(
  dependencies: SteeringDependencies,
  cycle: SteeredCycle,
  mode: DecidingMode,
  baselineCurve: TenPoints,
  presentCurve: TenPoints,
  { rulesState }: DecisionMemory,
): Promise<DecisionInputs> {
  const { id, config, reading, dueAt } = cycle
  const [forecast, price, learned] = await Promise.all([
    dependencies.forecastFor(config, dueAt),
    dependencies.priceFor(id, config, dueAt),
    dependencies.modelOf(id, dueAt),
  ])
  return decisionInputs({
    mode,
    time: dueAt,
    config,
    reading,
    baselineCurve,
    presentCurve,
    forecast,
    price,
    learned,
    rulesState,
  })
}

async function memoryOf({ application }: SteeringDependencies, id: string): Promise<DecisionMemory> {
  const found = await application.getDocument<DecisionMemory>(DECISION_MEMORIES, id)
  return found === undefined ? NO_MEMORY : { ...NO_MEMORY, ...found.value }
}

async function keep(
  dependencies: SteeringDependencies,
  id: string,
  { decidedAt }: DecisionMemory,
  kept: KeptDecision,
  shadowCurve: TenPoints | null,
): Promise<void> {
  const { application, log, now } = dependencies
  const { time, decision, written, verified, refused, inputs } = kept
  const memory: DecisionMemory = { decidedAt: time, rulesState: decision.nextRulesState, shadowCurve }
  await application.putDocument(DECISION_MEMORIES, id, memory)
  log.info('control.decided', {
    kind: 'house',
    id,
    mode: inputs.mode,
    action: decision.action,
    shiftK: decision.shiftK,
    degraded: decision.degraded,
    written,
    verified,
    ...(refused === null ? {} : { refused }),
  })
  try {
    await keepDecision(dependencies, id, kept)
    await forgetOldDecisions(dependencies, id, decidedAt, now())
  } catch (error) {
    log.warn('control.decision_not_kept', { kind: 'house', id, reason: describeError(error).reason })
  }
}
