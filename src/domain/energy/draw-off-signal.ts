/** Whether hot water shows in the hours at all: draw-offs are spikes upwards, noise and counting steps go both ways. */

import { mean, median } from '../numeric/statistics.ts'
import type { HourGrid } from './hours.ts'

/**
 * Typical size of the spikes, kWh: the cube root of the third moment of each hour's energy above the mean of its
 * neighbours. 0 or below for a meter without hot water. Counting steps are symmetric and cancel.
 * @param byClock whether what is usual at a clock hour is taken off first: a set-back's morning peak is no hot water; but
 * nor are showers that come every day at seven seen then
 */
export function spikeSize(grid: HourGrid, byClock: boolean): number {
  const groups = Array.from({ length: byClock ? 24 : 1 }, (): number[] => [])
  for (let index = 1; index < grid.count - 1; index++) {
    const above =
      (grid.energy[index] as number) - ((grid.energy[index - 1] as number) + (grid.energy[index + 1] as number)) / 2
    if (!Number.isNaN(above)) groups[byClock ? (grid.clockHour[index] as number) : 0]?.push(above)
  }
  const cubes: number[] = []
  for (const values of groups) {
    if (values.length === 0) continue
    const usual = median(values)
    for (const value of values) cubes.push((value - usual) ** 3)
  }
  return cubes.length === 0 ? 0 : Math.cbrt(mean(cubes))
}
