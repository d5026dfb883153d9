/** Least squares with a ridge, by Cholesky: the little linear algebra of the energy estimates. */

/** Symmetric positive definite system; factored once, solved for many right-hand sides. */
export interface Factored {
  readonly size: number
  /** Lower triangle, row by row in a square array. */
  readonly lower: Float64Array
}

/** Cholesky factor of `matrix` (size × size, row by row). Undefined when the matrix is not positive definite. */
export function factor(matrix: Float64Array, size: number): Factored | undefined {
  const lower = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column] as number
      for (let k = 0; k < column; k++) sum -= (lower[row * size + k] as number) * (lower[column * size + k] as number)
      if (row === column) {
        if (!(sum > 0)) return undefined
        lower[row * size + row] = Math.sqrt(sum)
      } else {
        lower[row * size + column] = sum / (lower[column * size + column] as number)
      }
    }
  }
  return { size, lower }
}

/** Solution of the factored system for one right-hand side. */
export function solve({ size, lower }: Factored, right: Float64Array): Float64Array {
  const result = Float64Array.from(right)
  for (let row = 0; row < size; row++) {
    let sum = result[row] as number
    for (let k = 0; k < row; k++) sum -= (lower[row * size + k] as number) * (result[k] as number)
    result[row] = sum / (lower[row * size + row] as number)
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = result[row] as number
    for (let k = row + 1; k < size; k++) sum -= (lower[k * size + row] as number) * (result[k] as number)
    result[row] = sum / (lower[row * size + row] as number)
  }
  return result
}

/** Inverse of the factored matrix, row by row. */
export function inverse(factored: Factored): Float64Array {
  const { size } = factored
  const result = new Float64Array(size * size)
  for (let column = 0; column < size; column++) {
    const unit = new Float64Array(size)
    unit[column] = 1
    const solved = solve(factored, unit)
    for (let row = 0; row < size; row++) result[row * size + column] = solved[row] as number
  }
  return result
}

/**
 * Xᵀ·W·X of rows stored one after the other, plus the ridge on its diagonal.
 * @param rows count × size values
 * @param weights one per row; 0 leaves a row out
 */
export function normalMatrix(
  rows: Float64Array,
  weights: Float64Array,
  size: number,
  ridge: Float64Array,
): Float64Array {
  const matrix = new Float64Array(size * size)
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] as number
    if (weight === 0) continue
    const offset = index * size
    for (let row = 0; row < size; row++) {
      const value = weight * (rows[offset + row] as number)
      if (value === 0) continue
      for (let column = 0; column <= row; column++) {
        matrix[row * size + column] =
          (matrix[row * size + column] as number) + value * (rows[offset + column] as number)
      }
    }
  }
  for (let row = 0; row < size; row++) {
    for (let column = row + 1; column < size; column++)
      matrix[row * size + column] = matrix[column * size + row] as number
    matrix[row * size + row] = (matrix[row * size + row] as number) + (ridge[row] as number)
  }
  return matrix
}
