/** The little linear algebra of a four-state filter. A covariance is kept as its upper triangle, because it is stored. */

export type Vector4 = readonly [number, number, number, number]
/** Rows of the upper triangle: 00 01 02 03, 11 12 13, 22 23, 33. */
export type Triangle = readonly number[]

export function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN
}

export function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * at(other, index), 0)
}

export function clamp(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value))
}

export function squareOf(triangle: Triangle): number[][] {
  const index = (row: number, column: number) => row * 4 - (row * (row - 1)) / 2 + (column - row)
  return [0, 1, 2, 3].map((row) =>
    [0, 1, 2, 3].map((column) => at(triangle, index(Math.min(row, column), Math.max(row, column)))),
  )
}

export function triangleOf(square: readonly (readonly number[])[]): Triangle {
  return square.flatMap((line, row) => line.slice(row))
}

/** Six significant digits: what is stored stays small, and no estimate is better than that. */
export function brief(value: number): number {
  return Number(value.toPrecision(6))
}
