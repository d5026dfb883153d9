/** Small dense matrices, row by row in one array: the linear algebra of filters, fits and regressions. */

export interface Matrix {
  readonly rows: number
  readonly columns: number
  /** `rows × columns` numbers, row by row. */
  readonly values: Float64Array
}

/** An element known to be there; indices come from the dimensions, never from outside. */
export function at(values: Float64Array, index: number): number {
  return values[index] as number
}

export function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, values: new Float64Array(rows * columns) }
}

export function identity(size: number): Matrix {
  const result = zeros(size, size)
  for (let i = 0; i < size; i += 1) result.values[i * size + i] = 1
  return result
}

/** @param lines rows of equal length */
export function matrixOf(lines: readonly (readonly number[])[]): Matrix {
  return { rows: lines.length, columns: lines[0]?.length ?? 0, values: Float64Array.from(lines.flat()) }
}

export function element(matrix: Matrix, row: number, column: number): number {
  return at(matrix.values, row * matrix.columns + column)
}

export function setElement(matrix: Matrix, row: number, column: number, value: number): void {
  matrix.values[row * matrix.columns + column] = value
}

export function transpose(matrix: Matrix): Matrix {
  const result = zeros(matrix.columns, matrix.rows)
  for (let i = 0; i < matrix.rows; i += 1) {
    for (let j = 0; j < matrix.columns; j += 1) setElement(result, j, i, element(matrix, i, j))
  }
  return result
}

export function scaled(matrix: Matrix, factor: number): Matrix {
  return { ...matrix, values: matrix.values.map((value) => value * factor) }
}

export function sum(one: Matrix, other: Matrix): Matrix {
  return { ...one, values: one.values.map((value, index) => value + at(other.values, index)) }
}

export function product(one: Matrix, other: Matrix): Matrix {
  const result = zeros(one.rows, other.columns)
  for (let i = 0; i < one.rows; i += 1) {
    for (let k = 0; k < one.columns; k += 1) {
      const factor = at(one.values, i * one.columns + k)
      if (factor === 0) continue
      for (let j = 0; j < other.columns; j += 1) {
        const target = i * other.columns + j
        result.values[target] = at(result.values, target) + factor * at(other.values, k * other.columns + j)
      }
    }
  }
  return result
}

/** The block of `rows × columns` that starts at a row and a column. */
export function block(matrix: Matrix, row: number, column: number, rows: number, columns: number): Matrix {
  const result = zeros(rows, columns)
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) setElement(result, i, j, element(matrix, row + i, column + j))
  }
  return result
}

/**
 * The solution of `A x = b` by Gaussian elimination with partial pivoting, or null when A is singular to working
 * precision.
 */
export function solve(matrix: Matrix, right: Float64Array): Float64Array | null {
  const size = matrix.rows
  const a = Float64Array.from(matrix.values)
  const x = Float64Array.from(right)
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  for (let column = 0; column < size; column += 1) {
    let pivot = column
    for (let row = column + 1; row < size; row += 1) {
      if (Math.abs(at(a, row * size + column)) > Math.abs(at(a, pivot * size + column))) pivot = row
    }
    if (!(Math.abs(at(a, pivot * size + column)) > 1e-14 * largest)) return null
    if (pivot !== column) swapRows(a, x, size, pivot, column)
    for (let row = column + 1; row < size; row += 1) {
      const factor = at(a, row * size + column) / at(a, column * size + column)
      if (factor === 0) continue
      for (let j = column; j < size; j += 1) {
        a[row * size + j] = at(a, row * size + j) - factor * at(a, column * size + j)
      }
      x[row] = at(x, row) - factor * at(x, column)
    }
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let rest = at(x, row)
    for (let j = row + 1; j < size; j += 1) rest -= at(a, row * size + j) * at(x, j)
    x[row] = rest / at(a, row * size + row)
  }
  return x
}

function swapRows(a: Float64Array, x: Float64Array, size: number, one: number, other: number): void {
  for (let j = 0; j < size; j += 1) {
    const kept = at(a, one * size + j)
    a[one * size + j] = at(a, other * size + j)
    a[other * size + j] = kept
  }
  const kept = at(x, one)
  x[one] = at(x, other)
  x[other] = kept
}
