/** Linear regression with a pull towards zero. */
import { at, setElement, solve, zeros } from './matrix.ts'

/**
 * Ridge regression: minimises Σ (y − x·β)² + Σ pull_j β_j². Null when the normal equations are singular.
 * @param rows the regressors, one array per observation
 * @param pull strength of the pull per coefficient; 0 leaves it free
 */
export function ridge(
  rows: readonly Float64Array[],
  targets: readonly number[],
  pull: readonly number[],
): Float64Array | null {
  const size = pull.length
  const normal = zeros(size, size)
  const right = new Float64Array(size)
  rows.forEach((row, index) => {
    const target = targets[index] as number
    for (let i = 0; i < size; i += 1) {
      const factor = at(row, i)
      if (factor === 0) continue
      right[i] = at(right, i) + factor * target
      for (let j = i; j < size; j += 1) {
        normal.values[i * size + j] = at(normal.values, i * size + j) + factor * at(row, j)
      }
    }
  })
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < i; j += 1) setElement(normal, i, j, at(normal.values, j * size + i))
    setElement(normal, i, i, at(normal.values, i * size + i) + (pull[i] as number))
  }
  return solve(normal, right)
}
