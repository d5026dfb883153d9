/**
 * What a switch-back trial shows: heat of the days under control against the days on the house's own curve, pair by pair
 * of blocks, at the same effective outdoor temperature.
 *
 * A house that has just been switched is not yet where it will be: lowered, it still lives on the heat it has stored, and
 * raised it takes that heat back, so that short blocks show more than lasting control would save. The model says how much
 * more, and by that share what was measured is corrected; how much heat it was is measured, not modelled.
 */
import { sum } from '../numeric/statistics.ts'
import type { Interval, SavingsDay } from './savings-day.ts'
import { LEAST_PAIRS, type SavingsTrial, scrambled, type TrialArm, trialDay } from './trial.ts'

/** A day counts when the house was held for nearly all of it. */
const LEAST_HELD_HOURS = 21
/** The line through the pairs takes two of them. */
const LEAST_FOR_A_LINE = 4
/** Up to this many pairs all orders are tried; beyond, as many drawn ones. */
const ALL_ORDERS_PAIRS = 12
const DRAWN_ORDERS = 4096
/** K·h a day by the model below which nothing has been changed. */
const LEAST_SAVED_KH = 1
/** A share outside this says that blocks are far too short for the house. */
const LASTING_LIMITS = [0.3, 1.5] as const
/** Standard error of that share, share of it. */
const LASTING_ERROR = 0.05

export interface TrialResult {
  /** Pairs both of whose blocks have days that count. */
  readonly pairs: number
  /** Enough pairs to say something. */
  readonly enough: boolean
  /** Metered space heating in kWh, or heat over UA by the model in K·h. */
  readonly unit: 'kWh' | 'K·h'
  /** Heat that lasting control saves a day at equal effective temperature, with its 90 % interval; null with too few pairs. */
  readonly savedPerDay: Interval | null
  /** The same as a share of the days on the house's own curve. */
  readonly savedShare: Interval | null
  /** Chance that the order of the blocks alone makes a difference as large; null with too few pairs. */
  readonly pValue: number | null
  /** Days under control less days on the house's own curve: mean indoor temperature, K, and K·h a day outside the band. */
  readonly indoorDifference: number | null
  readonly coldDifferenceKh: number | null
  readonly warmDifferenceKh: number | null
}

interface Block {
  readonly heat: number
  /** Heat saved by the model, K·h a day. */
  readonly modelled: number
  readonly effectiveTemperature: number
  readonly indoor: number
  readonly cold: number
  readonly warm: number
}

interface Pair {
  readonly control: Block
  readonly baseline: Block
}

/** @param days evaluated days of the house, in any order */
export function trialResult(trial: SavingsTrial, days: readonly SavingsDay[]): TrialResult {
  const counted = days.flatMap((day) => {
    const planned = trialDay(trial, day.date)
    return planned?.counts && day.controlledHours >= LEAST_HELD_HOURS ? [{ ...planned, day }] : []
  })
  const inKwh = counted.length > 0 && counted.every(({ day }) => day.source === 'meter')
  const pairs = Array.from({ length: trial.pairs }, (_, pair): Pair | null => {
    const blockOf = (arm: TrialArm) =>
      blockMean(
        counted.filter((one) => one.pair === pair && one.arm === arm).map(({ day }) => day),
        inKwh,
      )
    const [control, baseline] = [blockOf('control'), blockOf('baseline')]
    return control === null || baseline === null ? null : { control, baseline }
  }).filter((pair) => pair !== null)
  const difference = (read: (block: Block) => number) =>
    pairs.length === 0 ? null : mean(pairs.map(({ control, baseline }) => read(control) - read(baseline)))
  const line = pairs.length < LEAST_FOR_A_LINE ? null : lineThrough(pairs.map(toPoint))
  const lasting = lastingShare(trial, days, pairs)
  const usual = mean(pairs.map(({ baseline }) => baseline.heat))
  return {
    pairs: pairs.length,
    enough: pairs.length >= LEAST_PAIRS,
    unit: inKwh ? 'kWh' : 'K·h',
    savedPerDay: line === null ? null : savedBy(line, pairs.length, lasting),
    savedShare: line === null || usual <= 0 ? null : savedBy(line, pairs.length, lasting / usual),
    pValue: line === null ? null : chanceOf(pairs.map(toPoint), trial.seed),
    indoorDifference: difference(({ indoor }) => indoor),
    coldDifferenceKh: difference(({ cold }) => cold),
    warmDifferenceKh: difference(({ warm }) => warm),
  }
}

function blockMean(days: readonly SavingsDay[], inKwh: boolean): Block | null {
  if (days.length === 0) return null
  const of = (read: (day: SavingsDay) => number) => mean(days.map(read))
  return {
    heat: of((day) => (inKwh ? (day.usedKwh ?? 0) : day.usedKh)),
    modelled: of(savedKh),
    effectiveTemperature: of((day) => day.effectiveTemperature),
    indoor: of((day) => day.indoor),
    cold: of((day) => day.coldKh),
    warm: of((day) => day.warmKh),
  }
}

function savedKh({ baselineKh, usedKh }: SavingsDay): number {
  return baselineKh - usedKh
}

/**
 * What lasting control saves over what the days that count show, by the model. Over many blocks the heat stored and taken
 * back evens out: all that was saved, on days of either kind, is what the days under control have earned.
 */
function lastingShare(trial: SavingsTrial, days: readonly SavingsDay[], pairs: readonly Pair[]): number {
  const savedOn = (arm: TrialArm) => mean(days.filter(({ date }) => trialDay(trial, date)?.arm === arm).map(savedKh))
  const lasting = savedOn('control') + savedOn('baseline')
  const shown = mean(pairs.map(({ control, baseline }) => control.modelled - baseline.modelled))
  // Control that changes nothing has nothing to correct.
  if (Math.abs(shown) < LEAST_SAVED_KH) return 1
  const [least, most] = LASTING_LIMITS
  return Math.min(most, Math.max(least, lasting / shown))
}

interface Point {
  /** Effective temperature, K, and heat: control less baseline. */
  readonly x: number
  readonly y: number
}

function toPoint({ control, baseline }: Pair): Point {
  return { x: control.effectiveTemperature - baseline.effectiveTemperature, y: control.heat - baseline.heat }
}

/** The heat difference at equal temperature, and its standard error: least squares over the pairs. */
function lineThrough(points: readonly Point[]): { readonly atZero: number; readonly error: number } {
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))]
  const square = sum(points.map((point) => (point.x - x) ** 2))
  const product = sum(points.map((point) => (point.x - x) * (point.y - y)))
  // Equal weather in all pairs says nothing about its effect, and needs no correction.
  const slope = square < 1e-9 ? 0 : product / square
  const atZero = y - slope * x
  const rest = sum(points.map((point) => (point.y - atZero - slope * point.x) ** 2))
  const variance = rest / (points.length - 2)
  return { atZero, error: Math.sqrt(variance * (1 / points.length + (square < 1e-9 ? 0 : x ** 2 / square))) }
}

/** @param factor of what the pairs show */
function savedBy({ atZero, error }: { atZero: number; error: number }, pairs: number, factor: number): Interval {
  const half = studentNinety(pairs - 2) * Math.hypot(error, LASTING_ERROR * atZero)
  return { value: factor * -atZero, low: factor * (-atZero - half), high: factor * (-atZero + half) }
}

/** Permutation test: within each pair the two blocks might as well have come in the other order. */
function chanceOf(points: readonly Point[], seed: number): number {
  const found = Math.abs(lineThrough(points).atZero)
  const isAsLarge = (isTurned: (pair: number) => boolean) => {
    const turned = points.map((point, pair) => (isTurned(pair) ? { x: -point.x, y: -point.y } : point))
    return Math.abs(lineThrough(turned).atZero) >= found * (1 - 1e-9)
  }
  const all = points.length <= ALL_ORDERS_PAIRS
  const orders = all ? 2 ** points.length : DRAWN_ORDERS
  let asLarge = 0
  for (let order = 0; order < orders; order += 1) {
    // The order that was drawn is one of those that are possible.
    const turned = (pair: number) =>
      all ? ((order >> pair) & 1) === 1 : order > 0 && scrambled(scrambled(seed + order) + pair) % 2 === 1
    if (isAsLarge(turned)) asLarge += 1
  }
  return asLarge / orders
}

/** 95 % quantile of Student's t distribution, by degrees of freedom from 1. */
const STUDENT_95 = [
  6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.74,
  1.734, 1.729, 1.725,
]

/** Half the width of a two-sided 90 % interval, standard errors. */
function studentNinety(degrees: number): number {
  return STUDENT_95[degrees - 1] ?? 1.645 + 1.55 / degrees
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length
}
