/**
 * What the hot-water sensor says about an hour: warmer than the hours around it, colder, or neither. Which of these goes
 * with draw-offs (a pipe warms when tapped, a tank cools) is left to the mixture to find out.
 */

import { quantile } from '../numeric/statistics.ts'
import type { HourGrid } from './hours.ts'

const NEIGHBOUR_HOURS = 3
/** K; a sensor that moves less shows nothing. */
const LEAST_MOVEMENT = 2

export interface SensorClasses {
  readonly classes: 1 | 4
  /** 0 unknown or one class; 1 colder than around, 2 alike, 3 warmer. */
  readonly classOf: Int8Array
}

export function sensorClasses(grid: HourGrid): SensorClasses {
  const classOf = new Int8Array(grid.count)
  const differences = new Float64Array(grid.count).fill(Number.NaN)
  const known: number[] = []
  for (let index = 0; index < grid.count; index++) {
    const own = grid.hotWater[index] as number
    if (Number.isNaN(own)) continue
    let sum = 0
    let count = 0
    for (let other = index - NEIGHBOUR_HOURS; other <= index + NEIGHBOUR_HOURS; other++) {
      const value = grid.hotWater[other]
      if (other === index || value === undefined || Number.isNaN(value)) continue
      sum += value
      count += 1
    }
    if (count === 0) continue
    differences[index] = own - sum / count
    known.push(own - sum / count)
  }
  const low = quantile(known, 0.2)
  const high = quantile(known, 0.8)
  if (known.length < 0.5 * grid.count || high - low < LEAST_MOVEMENT) return { classes: 1, classOf }
  for (let index = 0; index < grid.count; index++) {
    const difference = differences[index] as number
    if (!Number.isNaN(difference)) classOf[index] = difference < low ? 1 : difference > high ? 3 : 2
  }
  return { classes: 4, classOf }
}
