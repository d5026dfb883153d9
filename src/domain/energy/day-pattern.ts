/** How strongly heating follows the clock: set-back at night, pauses, ventilation in working hours. */

import { median, quantile } from '../numeric/statistics.ts'
import type { HourGrid } from './hours.ts'

/** From this depth on heating follows the clock. */
export const PATTERNED = 0.25

/**
 * Depth of the day's pattern, 0 (flat) to 1 (off at some hours): how far the lowest clock hour lies under the usual one,
 * by the lower quartile of each clock hour on the days of more than median energy. The lower quartile hardly contains hot
 * water, and those days hardly sun. The afternoon is left out for what sun there is.
 */
export function dayPatternDepth(grid: HourGrid): number {
  const days = new Map<number, number[]>()
  for (let index = 0; index < grid.count; index++) {
    const energy = grid.energy[index] as number
    if (Number.isNaN(energy)) continue
    const day = grid.day[index] as number
    const known = days.get(day)
    if (known === undefined) days.set(day, [energy])
    else known.push(energy)
  }
  const means = new Map(
    [...days].map(([day, energies]) => [day, energies.reduce((sum, energy) => sum + energy, 0) / energies.length]),
  )
  const usual = median([...means.values()])
  const byClock = Array.from({ length: 24 }, (): number[] => [])
  for (let index = 0; index < grid.count; index++) {
    const energy = grid.energy[index] as number
    const day = means.get(grid.day[index] as number)
    if (Number.isNaN(energy) || day === undefined || day < usual || day === 0) continue
    byClock[grid.clockHour[index] as number]?.push(energy / day)
  }
  const levels = byClock.map(lowerLevel)
  const outsideAfternoon = levels.filter((level, hour) => (hour < 10 || hour > 17) && !Number.isNaN(level))
  const middle = median(outsideAfternoon)
  if (outsideAfternoon.length < 12 || !(middle > 0)) return 0
  // The mean of the three lowest hours: one alone may be chance.
  const lowest = [...outsideAfternoon].sort((one, other) => one - other).slice(0, 3)
  const bottom = lowest.reduce((sum, level) => sum + level, 0) / lowest.length
  return Math.min(1, Math.max(0, 1 - bottom / middle))
}

/** Mean of the lower half up to the median: a quartile that a coarse meter does not turn into whole steps. */
function lowerLevel(values: readonly number[]): number {
  if (values.length < 5) return Number.NaN
  const limit = quantile(values, 0.5)
  const lower = values.filter((value) => value <= limit)
  return lower.reduce((sum, value) => sum + value, 0) / lower.length
}
