/**
 * Small quadratic programs with soft constraints: minimise ½ x'Px + q'x + Σ ½ wᵢ·dist(aᵢ'x + bᵢ, [lowᵢ, highᵢ])² with
 * every xⱼ between bounds. Comfort can be missed, water cannot boil: rows are soft, bounds are hard, so that there is
 * always an answer.
 */
import { solve } from '../numeric/matrix.ts'

export interface SoftRow {
  readonly coefficients: Float64Array
  readonly constant: number
  readonly low: number
  readonly high: number
  readonly weight: number
}

export interface SoftProgram {
  readonly size: number
  /** `size × size`, row by row, symmetric and positive definite. */
  readonly quadratic: Float64Array
  readonly linear: Float64Array
  readonly rows: readonly SoftRow[]
  readonly low: Float64Array
  readonly high: Float64Array
}

export interface SoftSolution {
  readonly x: Float64Array
  readonly value: number
  readonly iterations: number
}

const MOST_ITERATIONS = 60
const SUFFICIENT_DECREASE = 1e-4
const BOUND_TOLERANCE = 1e-9

/**
 * Projected Newton (Bertsekas 1982, "Projected Newton methods for optimization problems with simple constraints", SIAM
 * J. Control and Optimization 20(2)). The objective is convex and piecewise quadratic, so it ends after a few steps.
 * @param start where to begin; projected onto the bounds
 */
export function solveSoftProgram(program: SoftProgram, start: Float64Array): SoftSolution {
  const { size, low, high } = program
  let x: Float64Array = start.map((value, j) => project(value, at(low, j), at(high, j)))
  let value = objective(program, x)
  let iterations = 0
  for (; iterations < MOST_ITERATIONS; iterations += 1) {
    const { gradient, curvature } = derivatives(program, x)
    const free: number[] = []
    for (let j = 0; j < size; j += 1) {
      const slope = at(gradient, j)
      const held =
        (at(x, j) <= at(low, j) + BOUND_TOLERANCE && slope > 0) ||
        (at(x, j) >= at(high, j) - BOUND_TOLERANCE && slope < 0)
      if (!held) free.push(j)
    }
    if (free.every((j) => Math.abs(at(gradient, j)) < 1e-9 * (1 + Math.abs(value)))) break
    const step = newtonStep(free, gradient, curvature, size)
    const moved = searchAlong(program, x, value, gradient, free, step)
    if (moved === null) break
    const gain = value - moved.value
    x = moved.x
    value = moved.value
    if (gain < 1e-11 * (1 + Math.abs(value))) break
  }
  return { x, value, iterations }
}

export function objective({ size, quadratic, linear, rows }: SoftProgram, x: Float64Array): number {
  let total = 0
  for (let i = 0; i < size; i += 1) {
    let product = 0
    for (let j = 0; j < size; j += 1) product += at(quadratic, i * size + j) * at(x, j)
    total += at(x, i) * (0.5 * product + at(linear, i))
  }
  for (const row of rows) total += 0.5 * row.weight * outside(row, x) ** 2
  return total
}

/** How far a row is above its high (positive) or below its low (negative). */
function outside({ coefficients, constant, low, high }: SoftRow, x: Float64Array): number {
  let level = constant
  for (let j = 0; j < x.length; j += 1) level += at(coefficients, j) * at(x, j)
  return level > high ? level - high : level < low ? level - low : 0
}

function derivatives({ size, quadratic, linear, rows }: SoftProgram, x: Float64Array) {
  const gradient = Float64Array.from(linear)
  const curvature = Float64Array.from(quadratic)
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) gradient[i] = at(gradient, i) + at(quadratic, i * size + j) * at(x, j)
  }
  for (const row of rows) {
    const distance = outside(row, x)
    if (distance === 0) continue
    const { coefficients, weight } = row
    for (let i = 0; i < size; i += 1) {
      const scaled = weight * at(coefficients, i)
      if (scaled === 0) continue
      gradient[i] = at(gradient, i) + scaled * distance
      for (let j = 0; j < size; j += 1) {
        curvature[i * size + j] = at(curvature, i * size + j) + scaled * at(coefficients, j)
      }
    }
  }
  return { gradient, curvature }
}

/** The Newton step of the free variables; the others stay. Steepest descent where the curvature is singular. */
function newtonStep(
  free: readonly number[],
  gradient: Float64Array,
  curvature: Float64Array,
  size: number,
): Float64Array {
  const count = free.length
  const values = new Float64Array(count * count)
  const right = new Float64Array(count)
  free.forEach((j, row) => {
    right[row] = -at(gradient, j)
    free.forEach((k, column) => {
      values[row * count + column] = at(curvature, j * size + k)
    })
  })
  const found = solve({ rows: count, columns: count, values }, right) ?? right
  const step = new Float64Array(size)
  free.forEach((j, row) => {
    step[j] = at(found, row)
  })
  return step
}

function searchAlong(
  program: SoftProgram,
  x: Float64Array,
  value: number,
  gradient: Float64Array,
  free: readonly number[],
  step: Float64Array,
): { x: Float64Array; value: number } | null {
  for (let length = 1; length > 1e-14; length /= 2) {
    const tried = x.map((from, j) => project(from + length * at(step, j), at(program.low, j), at(program.high, j)))
    let promised = 0
    for (const j of free) promised += at(gradient, j) * (at(x, j) - at(tried, j))
    const reached = objective(program, tried)
    if (reached <= value - SUFFICIENT_DECREASE * Math.max(0, promised) && reached < value)
      return { x: tried, value: reached }
  }
  return null
}

function project(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

/** As in matrix.ts; here because test runners turn every use of an import into a property read, ten times slower. */
function at(values: Float64Array, index: number): number {
  return values[index] as number
}
