/** How noisy heating itself is from hour to hour, seen at night when hardly anybody taps water. */

import { robustDeviation } from '../numeric/statistics.ts'
import type { HourGrid } from './hours.ts'

const FIRST_HOUR = 1
const LAST_HOUR = 4
const HOURS_NEEDED = 40

/**
 * Standard deviation of an hour's heating about its neighbours, kWh, without what the meter's counting adds. 0 with too
 * few hours. An hour less the mean of its neighbours has 1.5 times the variance of an hour.
 * @param season of each hour, 1 in the heating season
 */
export function nightNoise(grid: HourGrid, season: Float64Array, stepDeviation: number): number {
  const differences: number[] = []
  for (let index = 1; index < grid.count - 1; index++) {
    const hour = grid.clockHour[index] as number
    if (hour < FIRST_HOUR || hour > LAST_HOUR || (season[index] as number) < 0.9) continue
    const difference =
      (grid.energy[index] as number) - ((grid.energy[index - 1] as number) + (grid.energy[index + 1] as number)) / 2
    if (!Number.isNaN(difference)) differences.push(difference)
  }
  if (differences.length < HOURS_NEEDED) return 0
  const variance = robustDeviation(differences) ** 2 / 1.5
  // Differences of a register err against each other, so that their steps show half as large again here.
  return Math.sqrt(Math.max(0, variance - 2 * stepDeviation ** 2))
}
