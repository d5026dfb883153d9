/** Unconstrained minimisation of smooth functions of a few variables, and the curvature at the minimum. */
import { at, type Matrix, setElement, zeros } from './matrix.ts'

export type Objective = (point: Float64Array) => number

export interface Minimum {
  readonly point: Float64Array
  readonly value: number
  /** Evaluations of the function. */
  readonly evaluations: number
  readonly converged: boolean
}

export interface MinimiseOptions {
  readonly maxIterations: number
  /** Ends when an iteration gains less than this. */
  readonly tolerance: number
  /** Step of the finite differences; variables are meant to be of the order of 1. */
  readonly difference: number
}

const DEFAULTS: MinimiseOptions = { maxIterations: 80, tolerance: 4e-3, difference: 1e-4 }
/** No step moves a variable farther, so that a first, steep step does not leave the region that makes sense. */
const LONGEST_STEP = 1.5

/**
 * BFGS with finite-difference gradients and a backtracking line search (Nocedal & Wright, *Numerical Optimization*,
 * 2nd ed., algorithm 6.1). The function may return Infinity where it is not defined.
 */
export function minimise(objective: Objective, start: Float64Array, options: Partial<MinimiseOptions> = {}): Minimum {
  const { maxIterations, tolerance, difference } = { ...DEFAULTS, ...options }
  const size = start.length
  let evaluations = 0
  const evaluate = (point: Float64Array): number => {
    evaluations += 1
    const value = objective(point)
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
  }
  let point: Float64Array = Float64Array.from(start)
  let value = evaluate(point)
  let slope = gradient(evaluate, point, value, difference)
  let inverseCurvature = unit(size)
  let idle = 0
  for (let iteration = 0; iteration < maxIterations; iteration += 1) {
    let direction = descent(inverseCurvature, slope)
    let decline = inner(direction, slope)
    if (!(decline < 0)) {
      inverseCurvature = unit(size)
      direction = slope.map((component) => -component)
      decline = -inner(slope, slope)
    }
    const longest = direction.reduce((most, component) => Math.max(most, Math.abs(component)), 0)
    if (longest === 0) return { point, value, evaluations, converged: true }
    const found = backtrack(evaluate, point, value, direction, decline, Math.min(1, LONGEST_STEP / longest))
    if (found === null) return { point, value, evaluations, converged: true }
    const nextSlope = gradient(evaluate, found.point, found.value, difference)
    update(inverseCurvature, point, found.point, slope, nextSlope)
    const gain = value - found.value
    point = found.point
    value = found.value
    slope = nextSlope
    idle = gain < tolerance ? idle + 1 : 0
    if (idle >= 2) return { point, value, evaluations, converged: true }
  }
  return { point, value, evaluations, converged: false }
}

/** Matrix of second derivatives, by central differences. */
export function hessian(objective: Objective, point: Float64Array, difference = 1e-2): Matrix {
  const size = point.length
  const result = zeros(size, size)
  const shifted = (i: number, di: number, j: number, dj: number) => {
    const moved = Float64Array.from(point)
    moved[i] = at(moved, i) + di * difference
    moved[j] = at(moved, j) + dj * difference
    return objective(moved)
  }
  const centre = objective(point)
  for (let i = 0; i < size; i += 1) {
    for (let j = i; j < size; j += 1) {
      const value =
        i === j
          ? (shifted(i, 1, i, 0) - 2 * centre + shifted(i, -1, i, 0)) / difference ** 2
          : (shifted(i, 1, j, 1) - shifted(i, 1, j, -1) - shifted(i, -1, j, 1) + shifted(i, -1, j, -1)) /
            (4 * difference ** 2)
      setElement(result, i, j, value)
      setElement(result, j, i, value)
    }
  }
  return result
}

function gradient(evaluate: Objective, point: Float64Array, value: number, difference: number): Float64Array {
  const result = new Float64Array(point.length)
  for (let i = 0; i < point.length; i += 1) {
    const moved = Float64Array.from(point)
    moved[i] = at(moved, i) + difference
    const ahead = evaluate(moved)
    if (Number.isFinite(ahead)) {
      result[i] = (ahead - value) / difference
    } else {
      moved[i] = at(point, i) - difference
      result[i] = (value - evaluate(moved)) / difference
    }
  }
  return result
}

function backtrack(
  evaluate: Objective,
  point: Float64Array,
  value: number,
  direction: Float64Array,
  decline: number,
  longest: number,
): { point: Float64Array; value: number } | null {
  let length = longest
  for (let attempt = 0; attempt < 25; attempt += 1) {
    const next = point.map((component, index) => component + length * at(direction, index))
    const nextValue = evaluate(next)
    if (nextValue <= value + 1e-4 * length * decline) return { point: next, value: nextValue }
    length *= 0.4
  }
  return null
}

/** The BFGS update of the inverse Hessian in place; skipped where the curvature is not positive. */
function update(
  inverse: Float64Array[],
  from: Float64Array,
  to: Float64Array,
  before: Float64Array,
  after: Float64Array,
): void {
  const size = from.length
  const s = to.map((component, index) => component - at(from, index))
  const y = after.map((component, index) => component - at(before, index))
  const curvature = inner(s, y)
  if (!(curvature > 1e-12)) return
  const hy = inverse.map((line) => inner(line, y))
  const scale = (1 + inner(y, Float64Array.from(hy)) / curvature) / curvature
  inverse.forEach((line, i) => {
    for (let j = 0; j < size; j += 1) {
      const mixed = (hy[i] as number) * at(s, j) + at(s, i) * (hy[j] as number)
      line[j] = at(line, j) + scale * at(s, i) * at(s, j) - mixed / curvature
    }
  })
}

function unit(size: number): Float64Array[] {
  return Array.from({ length: size }, (_, i) => {
    const line = new Float64Array(size)
    line[i] = 1
    return line
  })
}

function descent(inverse: Float64Array[], slope: Float64Array): Float64Array {
  return Float64Array.from(inverse, (line) => -inner(line, slope))
}

function inner(one: Float64Array, other: Float64Array): number {
  let total = 0
  for (let i = 0; i < one.length; i += 1) total += at(one, i) * at(other, i)
  return total
}
