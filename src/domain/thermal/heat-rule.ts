/**
 * What the heating will do by itself: the heat (power or water temperature) as people, curve and thermostats have given
 * it lately. A forecast needs it because the heat of tomorrow is not measured yet.
 */

import { ridge } from '../numeric/least-squares.ts'
import { at } from '../numeric/matrix.ts'
import { quantile } from '../numeric/statistics.ts'
import type { LocalTime } from './local-time.ts'
import type { ThermalSeries } from './series.ts'

/** Regressors: 1, outdoor, outdoor smoothed over half a day, irradiance, indoor (less the setpoint where known). */
const REGRESSORS = 5
const SMOOTHING_HOURS = 12
/** A controller answers a warmer room with less heat, never with more. */
const INDOOR = 4

export interface HeatRule {
  readonly coefficients: readonly number[]
  /** What is added by hour of the day, working days then weekends, 48 numbers. */
  readonly profile: readonly number[]
  /** How long a departure from the rule lasts, h. */
  readonly persistenceHours: number
  readonly low: number
  readonly high: number
  readonly usesSetpoint: boolean
}

/** The outdoor temperature as a sluggish controller sees it: exponentially smoothed; holes keep the value before. */
export function smoothedOutdoor(series: ThermalSeries): Float64Array {
  const keep = Math.exp(-series.stepHours / SMOOTHING_HOURS)
  const result = new Float64Array(series.length)
  let value = Number.NaN
  for (let k = 0; k < series.length; k += 1) {
    const now = at(series.outdoor, k)
    if (!Number.isNaN(now)) value = Number.isNaN(value) ? now : keep * value + (1 - keep) * now
    result[k] = value
  }
  return result
}

export function smoothOn(before: number, now: number, stepHours: number): number {
  const keep = Math.exp(-stepHours / SMOOTHING_HOURS)
  return Number.isNaN(before) ? now : keep * before + (1 - keep) * now
}

/** The room as the controller sees it: above its setpoint where that is known, else as it is. */
export function roomSignal(usesSetpoint: boolean, indoor: number, setpoint: number): number {
  return usesSetpoint ? indoor - setpoint : indoor - 21
}

/**
 * Learns the rule from a series by ridge regression, then what remains by hour of the day.
 * Null when no heat is known, or for less than a day.
 */
export function learnHeatRule(series: ThermalSeries, clock: readonly LocalTime[]): HeatRule | null {
  if (series.heatInput === 'none') return null
  const smoothed = smoothedOutdoor(series)
  const usesSetpoint = series.setpoint.some((value) => !Number.isNaN(value))
  const rows: Float64Array[] = []
  const targets: number[] = []
  const indices: number[] = []
  for (let k = 0; k < series.length; k += 1) {
    const room = roomSignal(usesSetpoint, at(series.indoor, k), at(series.setpoint, k))
    const row = Float64Array.of(1, at(series.outdoor, k), at(smoothed, k), at(series.irradiance, k), room)
    const target = at(series.heat, k)
    if (row.some((value) => Number.isNaN(value)) || Number.isNaN(target)) continue
    rows.push(row)
    targets.push(target)
    indices.push(k)
  }
  if (rows.length * series.stepHours < 24) return null
  const coefficients = regress(rows, targets)
  const residuals = rows.map((row, index) => (targets[index] as number) - inner(coefficients, row))
  const profile = profileOf(residuals, indices, clock, series.stepHours)
  const rest = residuals.map((value, index) => value - profileAt(profile, clock[indices[index] as number] as LocalTime))
  return {
    coefficients: [...coefficients],
    profile,
    persistenceHours: persistenceOf(rest, indices, series.stepHours),
    ...limitsOf(targets, series.heatInput === 'power'),
    usesSetpoint,
  }
}

/** Heat that was at its extreme for this share of the time was held there; otherwise colder or warmer days bring more. */
const HELD_SHARE = 0.05
/** As near to the extreme as this share of the range counts as at it. */
const AT_EXTREME = 0.005

/**
 * What the heat may come to: the lowest and highest seen, where it was held there, else as much farther as it has ranged.
 * The first warm days are warmer than any before, and their heat is what they are warm by.
 */
function limitsOf(targets: readonly number[], power: boolean): { low: number; high: number } {
  const [least, most] = [quantile(targets, 0), quantile(targets, 1)]
  const range = most - least
  const isHeld = (extreme: number) =>
    targets.filter((value) => Math.abs(value - extreme) <= AT_EXTREME * range).length >= HELD_SHARE * targets.length
  return {
    low: power ? 0 : isHeld(least) ? least : least - range,
    high: isHeld(most) ? most : most + range,
  }
}

export function ruleHeat(
  rule: HeatRule,
  regressors: { outdoor: number; smoothed: number; irradiance: number; room: number },
  time: LocalTime,
): number {
  const { outdoor, smoothed, irradiance, room } = regressors
  const [constant, byOutdoor, bySmoothed, byIrradiance, byRoom] = rule.coefficients as [
    number,
    number,
    number,
    number,
    number,
  ]
  return (
    constant +
    byOutdoor * outdoor +
    bySmoothed * smoothed +
    byIrradiance * irradiance +
    byRoom * room +
    profileAt(rule.profile, time)
  )
}

function regress(rows: readonly Float64Array[], targets: readonly number[]): Float64Array {
  const pull = Array.from({ length: REGRESSORS }, (_, index) => {
    if (index === 0) return 1e-6
    let power = 0
    for (const row of rows) power += at(row, index) ** 2
    return 1e-3 * power + 1e-6
  })
  const found = ridge(rows, targets, pull) ?? new Float64Array(REGRESSORS)
  if (at(found, INDOOR) <= 0) return found
  pull[INDOOR] = 1e12
  return ridge(rows, targets, pull) ?? new Float64Array(REGRESSORS)
}

/** Means by hour, pulled towards 0 as if five zeros had been seen; weekends towards the working days. */
function profileOf(
  residuals: readonly number[],
  indices: readonly number[],
  clock: readonly LocalTime[],
  stepHours: number,
): number[] {
  const sums = new Float64Array(48)
  const counts = new Float64Array(48)
  residuals.forEach((value, index) => {
    const slot = slotOf(clock[indices[index] as number] as LocalTime)
    sums[slot] = at(sums, slot) + value * stepHours
    counts[slot] = at(counts, slot) + stepHours
  })
  return Array.from({ length: 48 }, (_, slot) => {
    const hour = slot % 24
    const both = (at(sums, hour) + at(sums, hour + 24)) / (at(counts, hour) + at(counts, hour + 24) + 3)
    return (at(sums, slot) + 4 * both) / (at(counts, slot) + 4)
  })
}

function slotOf({ hour, weekend }: LocalTime): number {
  return hour + (weekend ? 24 : 0)
}

function profileAt(profile: readonly number[], time: LocalTime): number {
  return profile[slotOf(time)] as number
}

/** From the correlation over three hours; at most a day. */
function persistenceOf(rest: readonly number[], indices: readonly number[], stepHours: number): number {
  const lag = Math.max(1, Math.round(3 / stepHours))
  let product = 0
  let power = 1e-12
  for (let index = lag; index < rest.length; index += 1) {
    if ((indices[index] as number) - (indices[index - lag] as number) !== lag) continue
    product += (rest[index] as number) * (rest[index - lag] as number)
    power += (rest[index] as number) ** 2
  }
  const correlation = Math.min(0.88, Math.max(0.01, product / power))
  return (-lag * stepHours) / Math.log(correlation)
}

function inner(one: Float64Array, other: Float64Array): number {
  let total = 0
  for (let index = 0; index < one.length; index += 1) total += at(one, index) * at(other, index)
  return total
}
