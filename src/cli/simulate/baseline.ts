/**
 * Finds the heat curve a careful installer would have arrived at: the one that holds the mean indoor temperature at the
 * setpoint over the learning days, whatever the weather. Each trial lives the same days again.
 */
import { wellFormed } from '../../domain/control/curve-limits.ts'
import type { ControlLimits, TenPoints } from '../../domain/control/decision.ts'
import { AXIS } from '../../domain/control/ten-points.ts'
import { mean } from '../../domain/numeric/statistics.ts'
import type { PlantRun, StepRecord } from './run.ts'

export interface BaselineTrial {
  readonly curve: TenPoints
  readonly meanIndoor: number | null
  readonly records: readonly StepRecord[]
}

export interface BaselineSearch {
  readonly curve: TenPoints
  /** Mean over the learning days on this curve, °C; null when the plant never shows an indoor temperature. */
  readonly meanIndoor: number | null
  readonly withinTolerance: boolean
  /** The learning days on the plant's own curve and on every curve tried; the last one is the baseline. */
  readonly ownCurve: readonly StepRecord[]
  readonly trials: readonly BaselineTrial[]
}

export interface SearchOptions {
  readonly setpoint: number
  readonly learnDays: number
  readonly limits: ControlLimits
}

/** K the mean may differ from the setpoint. */
export const BASELINE_TOLERANCE = 0.2
/** What is aimed at. */
const NEAR_ENOUGH = 0.08
const MOST_TRIALS = 7
/** Slope corrections; later ones would follow the weather of the days rather than the house. */
const SLOPE_CORRECTIONS = 2
const OWN_CURVE_DAYS = 7
/** K indoors per K of supply in the end, before it has been seen. */
const USUAL_GAIN = 0.5
/** Supply per outdoor temperature where the plant does not show its own curve. */
const USUAL_SLOPE = -0.9
const STEEPEST = -3

/** A straight line over the ten points: `level` °C at `around` °C outdoors. */
interface Line {
  readonly level: number
  readonly slope: number
  readonly around: number
}

/** The plant stands at the end of the learning days on the found curve afterwards. */
export async function searchBaseline(run: PlantRun, options: SearchOptions): Promise<BaselineSearch> {
  const { setpoint, learnDays, limits } = options
  await run.begin()
  const ownCurve = await run.live(Math.min(OWN_CURVE_DAYS, learnDays), () => null)
  let line = lineOf(ownCurve, setpoint)
  const own = meanIndoorOf(ownCurve)
  if (own !== null) line = { ...line, level: line.level + limited((setpoint - own) / USUAL_GAIN, 12) }
  const trials: BaselineTrial[] = []
  const lines: Line[] = []
  let gain = USUAL_GAIN
  let corrections = 0
  while (trials.length < MOST_TRIALS) {
    const trial = await tryCurve(run, curveOf(line, limits), learnDays)
    trials.push(trial)
    lines.push(line)
    if (trial.meanIndoor === null) break
    const error = setpoint - trial.meanIndoor
    const tilt = corrections < SLOPE_CORRECTIONS ? tiltOf(trial.records) : 0
    if (Math.abs(error) <= NEAR_ENOUGH && Math.abs(tilt) < 0.04) break
    if (Math.abs(error) <= BASELINE_TOLERANCE && trials.length >= 4) break
    gain = gainFrom(trials, gain)
    if (Math.abs(tilt) >= 0.04) corrections += 1
    line = {
      level: line.level + limited(error / gain, 15),
      slope: Math.min(0, Math.max(STEEPEST, line.slope - limited((0.8 * tilt) / gain, 0.4))),
      around: line.around,
    }
  }
  const best = bestOf(trials, setpoint)
  if (best !== trials.at(-1)) trials.push(await tryCurve(run, best.curve, learnDays))
  const found = trials.at(-1) as BaselineTrial
  return {
    curve: found.curve,
    meanIndoor: found.meanIndoor,
    withinTolerance: found.meanIndoor !== null && Math.abs(found.meanIndoor - setpoint) <= BASELINE_TOLERANCE,
    ownCurve,
    trials,
  }
}

/** The learning days on a curve, from the plant's beginning. */
export async function tryCurve(run: PlantRun, curve: TenPoints, days: number): Promise<BaselineTrial> {
  await run.begin()
  const records = await run.live(days, () => curve)
  return { curve, meanIndoor: meanIndoorOf(records), records }
}

function curveOf({ level, slope, around }: Line, limits: ControlLimits): number[] {
  const points = AXIS.map((outdoor) => Math.round((level + slope * (outdoor - around)) * 10) / 10)
  return wellFormed(points, limits)
}

export function meanIndoorOf(records: readonly StepRecord[]): number | null {
  const known = records.flatMap(({ outputs }) => outputs.indoorTemperature ?? [])
  return known.length < records.length / 10 || known.length === 0 ? null : mean(known)
}

/** The line through what the plant's own curve did, by least squares; a usual one where it does not show. */
function lineOf(records: readonly StepRecord[], setpoint: number): Line {
  const around = records.length === 0 ? 0 : mean(records.map(({ outdoor }) => outdoor))
  const pairs = records.flatMap(({ outdoor, outputs }) =>
    outputs.supplyTemperature === null ? [] : [{ x: outdoor - around, y: outputs.supplyTemperature }],
  )
  const usual = { level: setpoint + USUAL_SLOPE * (around - setpoint), slope: USUAL_SLOPE, around }
  if (pairs.length < 24) return usual
  const level = mean(pairs.map(({ y }) => y))
  const square = pairs.reduce((sum, { x }) => sum + x * x, 0)
  const slope = square / pairs.length < 1 ? USUAL_SLOPE : pairs.reduce((sum, { x, y }) => sum + x * y, 0) / square
  return { level, slope: slope > -0.1 || slope < STEEPEST ? USUAL_SLOPE : slope, around }
}

/** K indoors per K outdoors, from daily means without the first day: what the slope of the curve leaves over. */
function tiltOf(records: readonly StepRecord[]): number {
  const days = new Map<number, { indoor: number[]; outdoor: number[] }>()
  const start = records[0]?.time ?? 0
  for (const { time, outdoor, outputs } of records) {
    const day = Math.floor((time - start) / 86_400_000)
    if (day < 1 || outputs.indoorTemperature === null) continue
    const entry = days.get(day) ?? { indoor: [], outdoor: [] }
    entry.indoor.push(outputs.indoorTemperature)
    entry.outdoor.push(outdoor)
    days.set(day, entry)
  }
  const points = [...days.values()].map(({ indoor, outdoor }) => ({ x: mean(outdoor), y: mean(indoor) }))
  if (points.length < 5) return 0
  const middle = mean(points.map(({ x }) => x))
  const square = points.reduce((sum, { x }) => sum + (x - middle) ** 2, 0)
  if (square / points.length < 2) return 0
  return points.reduce((sum, { x, y }) => sum + (x - middle) * y, 0) / square
}

/** From the two trials whose supply differed most; trusted within what emitters can be. */
function gainFrom(trials: readonly BaselineTrial[], otherwise: number): number {
  let farthest = 0.7
  let gain = otherwise
  const last = trials.at(-1) as BaselineTrial
  for (const other of trials.slice(0, -1)) {
    const supply = meanAsked(last) - meanAsked(other)
    if (Math.abs(supply) < farthest || last.meanIndoor === null || other.meanIndoor === null) continue
    farthest = Math.abs(supply)
    gain = Math.min(1.2, Math.max(0.1, (last.meanIndoor - other.meanIndoor) / supply))
  }
  return gain
}

function meanAsked({ records }: BaselineTrial): number {
  return mean(records.map(({ asked }) => asked ?? 0))
}

function bestOf(trials: readonly BaselineTrial[], setpoint: number): BaselineTrial {
  const distance = ({ meanIndoor }: BaselineTrial) =>
    meanIndoor === null ? Number.POSITIVE_INFINITY : Math.abs(meanIndoor - setpoint)
  const last = trials.at(-1) as BaselineTrial
  // The later trials have the better slope: an earlier one must be clearly nearer to be taken.
  return trials.reduce((best, trial) => (distance(trial) < distance(best) - BASELINE_TOLERANCE ? trial : best), last)
}

function limited(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value))
}
