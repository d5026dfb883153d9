/**
 * The energy signature: where heating ends, and what flows all the time. Days against outdoor temperature are a line with
 * one kink; the nights above the kink, when hardly anybody taps water, show what circulates.
 */

import { mean, median, quantile, robustDeviation } from '../numeric/statistics.ts'
import type { HourGrid } from './hours.ts'

export interface Signature {
  /** Outdoor temperature above which the house is not heated, °C, as a mean of about a day. */
  readonly balanceTemperature: number
  /** Power that flows whatever the weather, kW: circulation of hot water. Null without days warm enough to see it. */
  readonly baseKw: number | null
  /** Days clearly above the balance temperature. */
  readonly warmDays: number
}

/** Where nothing warmer was seen, heating may go on up to here; common in Sweden. */
export const DEFAULT_BALANCE_TEMPERATURE = 17

const NIGHT = { from: 1, to: 4 }
const LOWEST_BALANCE = 8
const HIGHEST_BALANCE = 20
export const WARM_DAYS_NEEDED = 8
/** A day is warm when it lies this far above the balance temperature, K. */
const CLEARLY_WARM = 0.5
/** Of kinks that fit nearly as well the highest is taken: a warm day too few costs less than a heated one too many. */
const NEARLY_AS_WELL = 1.02
/** From this share of the mean hour on, a step hides small powers: hours are 0 with a 1 now and then. */
const COARSE_SHARE = 0.12

/**
 * @param slowOutdoor outdoor temperature smoothed over about a day, °C, NaN where unknown
 * @param step of the meter, kWh
 */
export function energySignature(grid: HourGrid, slowOutdoor: Float64Array, step: number): Signature {
  const days = meansOf(grid, slowOutdoor, 0, 23, 20)
  const none = { balanceTemperature: DEFAULT_BALANCE_TEMPERATURE, baseKw: null, warmDays: 0 }
  const fits: { loss: number; kink: number }[] = []
  for (let kink = LOWEST_BALANCE; kink <= HIGHEST_BALANCE; kink += 0.5) {
    if (warmOf(days, kink).length < WARM_DAYS_NEEDED) break
    fits.push({ loss: kinkedLoss(days, kink), kink })
  }
  const best = Math.min(...fits.map(({ loss }) => loss))
  const lowest = fits.filter(({ loss }) => loss <= best * NEARLY_AS_WELL).at(-1)?.kink ?? Number.POSITIVE_INFINITY
  // Where summers are cool the best kink may lie below days that are heated a little still: their energy falls with warmth.
  const kink = fits.find((fit) => fit.kink >= lowest && isFlat(warmOf(days, fit.kink)))?.kink
  if (kink === undefined) return none
  const nights = warmOf(meansOf(grid, slowOutdoor, NIGHT.from, NIGHT.to, 3), kink)
  return { balanceTemperature: kink, baseKw: basePower(grid, nights, step), warmDays: warmOf(days, kink).length }
}

/**
 * What flows in warm nights. Bounded by what was ever seen: with a fine meter by the emptiest hours, with a coarse one by
 * the longest time without a count, in which less than one step flowed.
 */
function basePower(grid: HourGrid, nights: readonly Night[], step: number): number | null {
  if (nights.length === 0) return null
  const warmest = [...nights].sort((one, other) => other.outdoor - one.outdoor)
  const chosen = warmest.slice(0, Math.max(WARM_DAYS_NEEDED, Math.ceil(warmest.length / 2)))
  const powers = chosen.map((night) => night.power)
  const energies = Array.from(grid.energy).filter((energy) => !Number.isNaN(energy))
  if (step < COARSE_SHARE * mean(energies)) return Math.min(quantile(energies, 0.005) + step, quantile(powers, 0.25))
  // Without the top tenth: the late baths.
  const limit = quantile(powers, 0.9)
  return Math.min(mean(powers.filter((power) => power <= limit)), step / (longestIdle(grid) + 1))
}

/** Hours of the longest time in which a meter counted nothing. */
function longestIdle(grid: HourGrid): number {
  let longest = 0
  let run = 0
  for (const energy of grid.energy) {
    run = energy === 0 ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest
}

/** Whether energy does not fall with warmth: less than a third from the cooler to the warmer half, or within chance. */
function isFlat(days: readonly Night[]): boolean {
  const sorted = [...days].sort((one, other) => one.outdoor - other.outdoor).map((day) => day.power)
  const half = Math.floor(sorted.length / 2)
  const [cooler, warmer] = [sorted.slice(0, half), sorted.slice(-half)]
  const fall = mean(cooler) - mean(warmer)
  const scatter = Math.hypot(robustDeviation(cooler), robustDeviation(warmer))
  return fall < 0.33 * mean(sorted) || fall < (1.3 * scatter) / Math.sqrt(half)
}

function warmOf(nights: readonly Night[], kink: number): Night[] {
  return nights.filter((night) => night.outdoor > kink + CLEARLY_WARM)
}

interface Night {
  readonly outdoor: number
  readonly power: number
}

/** Means of the clock hours `from` to `to` of each day that knows at least `needed` of them. */
function meansOf(grid: HourGrid, slowOutdoor: Float64Array, from: number, to: number, needed: number): Night[] {
  const sums = new Map<number, { outdoor: number[]; energy: number[] }>()
  for (let index = 0; index < grid.count; index++) {
    const hour = grid.clockHour[index] as number
    const energy = grid.energy[index] as number
    const outdoor = slowOutdoor[index] as number
    if (hour < from || hour > to || Number.isNaN(energy) || Number.isNaN(outdoor)) continue
    const day = grid.day[index] as number
    const night = sums.get(day) ?? { outdoor: [], energy: [] }
    night.outdoor.push(outdoor)
    night.energy.push(energy)
    sums.set(day, night)
  }
  return [...sums.values()]
    .filter(({ energy }) => energy.length >= needed)
    .map(({ outdoor, energy }) => ({ outdoor: mean(outdoor), power: mean(energy) }))
}

/** Sum of the residuals' sizes (not squares: fires and late baths are no noise) of the best line with this kink. */
function kinkedLoss(nights: readonly Night[], kink: number): number {
  const cold = nights.filter((night) => night.outdoor < kink)
  const base = median(nights.filter((night) => night.outdoor >= kink).map((night) => night.power))
  let product = 0
  let square = 0
  for (const { outdoor, power } of cold) {
    product += (kink - outdoor) * (power - base)
    square += (kink - outdoor) ** 2
  }
  const slope = square === 0 ? 0 : Math.max(0, product / square)
  return nights.reduce(
    (loss, { outdoor, power }) => loss + Math.abs(power - base - slope * Math.max(0, kink - outdoor)),
    0,
  )
}
