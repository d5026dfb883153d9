/** Makes parts add up: the nearest split of metered hours whose heating sums to what is wanted. */
import { sum } from '../numeric/statistics.ts'

/**
 * The heating of each hour nearest (in squares) to `expected` that lies between 0 and the hour's energy and sums to
 * `target`: clip(expected + shift, 0, energy) with one shift for all, found by bisection.
 * @param energy of each hour, kWh, not negative
 * @param target kWh; taken into what is possible
 */
export function balancedHeating(energy: readonly number[], expected: readonly number[], target: number): number[] {
  const wanted = Math.min(Math.max(target, 0), sum(energy))
  const shifted = (shift: number) =>
    energy.map((value, index) => Math.min(value, Math.max(0, (expected[index] as number) + shift)))
  let low = Math.min(0, ...expected.map((value) => -value))
  let high = Math.max(0, ...energy.map((value, index) => value - (expected[index] as number)))
  for (let round = 0; round < 40; round++) {
    const middle = (low + high) / 2
    if (sum(shifted(middle)) < wanted) low = middle
    else high = middle
  }
  return shifted(high)
}
