/** What days without heating tell of hot water: all their energy is. */

import { mean } from '../numeric/statistics.ts'
import type { DailyLimits } from './draw-off-mixture.ts'
import type { HourGrid } from './hours.ts'

export interface WarmHotWater {
  /** Days looked at. */
  readonly days: number
  /** Mean draw-offs of a day, kWh, without circulation. */
  readonly dailyKwh: number
  /** What they allow for the days of the heating season. */
  readonly limits: DailyLimits
}

const DAYS_NEEDED = 5
/** A day counts with half of its hours. */
const HOURS_NEEDED = 12
/** Hot water of winter days against summer days: colder mains water and more people at home. */
const WINTER_AT_LEAST = 0.85
const WINTER_AT_MOST = 1.3
/** Days of a household scatter at least so much, and holidays bunch them. */
const LEAST_SCATTER = 0.4
const BUNCHING = 1.5

/** @param season of each hour, 0 without heating */
export function warmHotWater(grid: HourGrid, season: Float64Array, base: number): WarmHotWater | null {
  const days = new Map<number, { energy: number; hours: number }>()
  for (let index = 0; index < grid.count; index++) {
    const energy = grid.energy[index] as number
    if (season[index] !== 0 || Number.isNaN(energy)) continue
    const day = days.get(grid.day[index] as number) ?? { energy: 0, hours: 0 }
    day.energy += energy - base
    day.hours += 1
    days.set(grid.day[index] as number, day)
  }
  const daily = [...days.values()]
    .filter(({ hours }) => hours >= HOURS_NEEDED)
    .map(({ energy, hours }) => (24 * energy) / hours)
  if (daily.length < DAYS_NEEDED) return null
  const dailyKwh = Math.max(0, mean(daily))
  const scatter = Math.sqrt(mean(daily.map((value) => (value - dailyKwh) ** 2)))
  const error = (BUNCHING * Math.max(scatter, LEAST_SCATTER * dailyKwh)) / Math.sqrt(daily.length)
  return {
    days: daily.length,
    dailyKwh,
    limits: {
      low: Math.max(0, WINTER_AT_LEAST * (dailyKwh - 2 * error)),
      high: WINTER_AT_MOST * (dailyKwh + 2 * error) + 0.3,
    },
  }
}

/**
 * Mean energy of the warm hours of each clock class, kWh, and of all of them where a class has too few; NaN without any.
 * @param clock class of each hour, 0 to `classes` − 1
 */
export function warmProfile(grid: HourGrid, season: Float64Array, clock: Int16Array, classes: number): Float64Array {
  const byClass = Array.from({ length: classes }, (): number[] => [])
  for (let index = 0; index < grid.count; index++) {
    const energy = grid.energy[index] as number
    if (season[index] === 0 && !Number.isNaN(energy)) byClass[clock[index] as number]?.push(energy)
  }
  const all = byClass.flat()
  return Float64Array.from(byClass, (energies) => mean(energies.length >= HOURS_OF_A_CLASS ? energies : all))
}

const HOURS_OF_A_CLASS = 3
