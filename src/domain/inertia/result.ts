/** What an inertia test has measured, and how far it can be trusted. */
import { type CoolDownFit, type CoolDownSample, fitCoolDown } from './cool-down.ts'
import { LEAST_DROP_K } from './preconditions.ts'

/** Hours before the lowering that belong to the fit: the house as it lives on its own curve. */
export const HOURS_BEFORE = 3
const HOUR_MS = 3_600_000
const LEAST_READINGS = 6
const LEAST_HOURS = 1
/** Standard error over time constant. */
const GOOD_ERROR = 0.3
const WORST_ERROR = 0.45
/** Outside of these no dwelling is, h. */
const PLAUSIBLE = { least: 8, most: 500 }

export interface InertiaReading {
  /** Epoch milliseconds, ascending. */
  readonly time: number
  readonly indoor: number | null
  readonly outdoor: number | null
  readonly supply: number | null
  readonly return_: number | null
}

export interface InertiaResult {
  /** `good` and `rough` are measurements; what is `inconclusive` must not be used as one. */
  readonly grade: 'good' | 'rough' | 'inconclusive'
  /** Why it is no better; null for a good one. */
  readonly why: string | null
  /** h; null when nothing could be fitted. */
  readonly timeConstantHours: number | null
  readonly standardErrorHours: number | null
  /** 95 % interval, h. */
  readonly low: number | null
  readonly high: number | null
  readonly lagHours: number | null
  readonly residualK: number | null
  /** Fall of the room temperature while the supply was lowered, K. */
  readonly dropK: number
  /** How long it was lowered, h. */
  readonly hours: number
  /** Mean outdoor temperature meanwhile, °C. */
  readonly outdoorMean: number | null
  readonly readings: number
}

/** How many nights before the test are compared with it. */
export const NIGHTS_BEFORE = 4
const DAY_HOURS = 24

/** @param readings of the test and of {@link NIGHTS_BEFORE} days and {@link HOURS_BEFORE} hours before `begunAt` */
export function resultOf(readings: readonly InertiaReading[], begunAt: number, endedAt: number): InertiaResult {
  const known = readings.flatMap(asSample)
  const lowered = known.filter(({ time }) => time >= begunAt && time <= endedAt)
  const hours = (endedAt - begunAt) / HOUR_MS
  const first = lowered[0]
  const last = lowered.at(-1)
  const dropK = first === undefined || last === undefined ? 0 : first.indoor - last.indoor
  const outdoorMean =
    lowered.length === 0 ? null : lowered.reduce((sum, { outdoor }) => sum + outdoor, 0) / lowered.length
  const facts = {
    dropK: rounded(dropK),
    hours: rounded(hours),
    outdoorMean: rounded(outdoorMean),
    readings: lowered.length,
  }
  const tooLittle = whyTooLittle(lowered.length, hours, dropK)
  if (tooLittle !== null) return { ...NOTHING, ...facts, why: tooLittle }
  const nights = Array.from({ length: NIGHTS_BEFORE + 1 }, (_, before) => {
    const shift = before * DAY_HOURS * HOUR_MS
    const from = begunAt - HOURS_BEFORE * HOUR_MS - shift
    return known.filter(({ time }) => time >= from && time <= endedAt - shift)
  })
  const fit = fitCoolDown(nights)
  if (fit === null) return { ...NOTHING, ...facts, why: 'the readings could not be fitted' }
  return { ...facts, ...graded(fit), ...figures(fit) }
}

const NOTHING = {
  grade: 'inconclusive',
  timeConstantHours: null,
  standardErrorHours: null,
  low: null,
  high: null,
  lagHours: null,
  residualK: null,
} as const

function asSample({ time, indoor, outdoor, supply, return_ }: InertiaReading): CoolDownSample[] {
  if (indoor === null || outdoor === null || supply === null) return []
  return [{ time, indoor, outdoor, water: return_ === null ? supply : (supply + return_) / 2 }]
}

function whyTooLittle(readings: number, hours: number, dropK: number): string | null {
  if (readings < LEAST_READINGS) return `${readings} readings are too few`
  if (hours < LEAST_HOURS) return `${(hours * 60).toFixed(0)} minutes are too short`
  if (dropK < LEAST_DROP_K) return `the room has fallen by ${dropK.toFixed(2)} K only`
  return null
}

function graded({ timeConstantHours, standardErrorHours }: CoolDownFit): Pick<InertiaResult, 'grade' | 'why'> {
  const error = standardErrorHours / timeConstantHours
  if (timeConstantHours < PLAUSIBLE.least || timeConstantHours > PLAUSIBLE.most) {
    return { grade: 'inconclusive', why: `a time constant of ${timeConstantHours.toFixed(0)} h is not plausible` }
  }
  const share = `${(100 * error).toFixed(0)} %`
  if (error > WORST_ERROR) return { grade: 'inconclusive', why: `the standard error is ${share} of the time constant` }
  if (error > GOOD_ERROR) return { grade: 'rough', why: `the standard error is ${share} of the time constant` }
  return { grade: 'good', why: null }
}

function figures(fit: CoolDownFit) {
  const { timeConstantHours, standardErrorHours, low, high, lagHours, residualK } = fit
  return {
    timeConstantHours: Math.round(timeConstantHours * 10) / 10,
    standardErrorHours: Math.round(standardErrorHours * 10) / 10,
    low: Math.round(low * 10) / 10,
    high: Math.round(high * 10) / 10,
    lagHours,
    residualK: Math.round(residualK * 1000) / 1000,
  }
}

function rounded<T extends number | null>(value: T): T {
  return (value === null ? null : Math.round(value * 100) / 100) as T
}
