/** The heat curve of a house: ten supply temperatures over a fixed outdoor axis, and how to read between them. */

export const CURVE_POINTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const
export type CurvePoint = (typeof CURVE_POINTS)[number]

/** Outdoor temperature (°C) of each point; the same in every installation, and never written. */
export const OUTDOOR_AXIS: Readonly<Record<CurvePoint, number>> = {
  1: -30,
  2: -25,
  3: -20,
  4: -15,
  5: -10,
  6: -5,
  7: 0,
  8: 5,
  9: 10,
  10: 15,
}

/** One number per point, keyed 1 … 10 as in a stored baseline; a point that was not delivered is absent, never 0. */
export type CurvePoints = Readonly<Partial<Record<CurvePoint, number>>>

/** True when all ten points are there: the condition for using a curve as a baseline. */
export function isCompleteCurve(curve: CurvePoints): curve is Readonly<Record<CurvePoint, number>> {
  return CURVE_POINTS.every((point) => curve[point] !== undefined)
}

/**
 * Supply temperature (°C) the curve asks for at an outdoor temperature (°C): linear between neighbouring points,
 * the end value held outside them, missing points bridged by their neighbours. Null when the curve has no point or the
 * outdoor temperature is not a number.
 */
export function supplyTemperatureAt(curve: CurvePoints, outdoorTemperature: number): number | null {
  if (Number.isNaN(outdoorTemperature)) return null
  let colder: Knot | null = null
  for (const point of CURVE_POINTS) {
    const y = curve[point]
    if (y === undefined) continue
    const x = OUTDOOR_AXIS[point]
    if (outdoorTemperature === x) return y
    if (outdoorTemperature < x) return colder === null ? y : between(colder, { x, y }, outdoorTemperature)
    colder = { x, y }
  }
  return colder?.y ?? null
}

type Knot = { readonly x: number; readonly y: number }

/** The clamp keeps rounding from leaving the segment, so that a monotone curve stays monotone to the last bit. */
function between(left: Knot, right: Knot, x: number): number {
  const y = left.y + ((x - left.x) / (right.x - left.x)) * (right.y - left.y)
  return Math.min(Math.max(y, Math.min(left.y, right.y)), Math.max(left.y, right.y))
}
