/** The ten-point heat curve as the controller evaluates it. */

/** Outdoor temperatures of points 1…10, °C; the same in every installation. */
export const OUTDOOR_AXIS: readonly number[] = [-30, -25, -20, -15, -10, -5, 0, 5, 10, 15]

/**
 * Linear between neighbouring points, the end value outside. The axis is taken as it stands in the registers,
 * because a client that writes to the wrong register moves an axis point of the real controller too.
 */
export function interpolate(axis: readonly number[], values: readonly number[], outdoor: number): number {
  if (!isAscending(axis)) {
    const order = axis.map((_, index) => index).sort((a, b) => at(axis, a) - at(axis, b))
    return interpolate(
      order.map((index) => at(axis, index)),
      order.map((index) => at(values, index)),
      outdoor,
    )
  }
  const last = axis.length - 1
  if (outdoor <= at(axis, 0)) return at(values, 0)
  if (outdoor >= at(axis, last)) return at(values, last)
  let right = 1
  while (at(axis, right) < outdoor) right += 1
  const x = at(axis, right - 1)
  const width = at(axis, right) - x
  const y = at(values, right - 1)
  return width === 0 ? at(values, right) : y + ((outdoor - x) / width) * (at(values, right) - y)
}

function isAscending(axis: readonly number[]): boolean {
  for (let index = 1; index < axis.length; index += 1) if (at(axis, index) < at(axis, index - 1)) return false
  return true
}

function at(points: readonly number[], index: number): number {
  const value = points[index]
  if (value === undefined) throw new RangeError(`the heat curve has no point ${index + 1}`)
  return value
}
