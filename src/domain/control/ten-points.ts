/** Ten-point curves as plain arrays: reading, shifting, and fitting them to planned supply temperatures. */
import { CURVE_POINTS, type CurvePoints, OUTDOOR_AXIS, supplyTemperatureAt } from '../heating/curve.ts'
import type { TenPoints } from './decision.ts'

/** Outdoor temperatures of the ten points, °C. */
export const AXIS: readonly number[] = CURVE_POINTS.map((point) => OUTDOOR_AXIS[point])

/** °C; linear between the points, the end values outside. @throws RangeError unless there are ten finite points */
export function supplyOn(curve: TenPoints, outdoor: number): number {
  const supply = supplyTemperatureAt(asCurve(curve), outdoor)
  if (supply === null) throw new RangeError(`no supply temperature at ${outdoor} °C outdoors`)
  return supply
}

function asCurve(curve: TenPoints): CurvePoints {
  if (curve.length !== CURVE_POINTS.length || !curve.every(Number.isFinite)) {
    throw new RangeError(`a curve has ten finite points, this has ${JSON.stringify(curve)}`)
  }
  return Object.fromEntries(CURVE_POINTS.map((point, index) => [point, curve[index]])) as CurvePoints
}

/** Point by point; `offset` and K of supply per K the point's outdoor temperature is above `around`. */
export function shifted(curve: TenPoints, offset: number, slope = 0, around = 0): number[] {
  return curve.map((supply, index) => supply + offset + slope * ((AXIS[index] as number) - around))
}

export function warmerOf(one: TenPoints, other: TenPoints): number[] {
  return one.map((supply, index) => Math.max(supply, other[index] as number))
}

/** Largest distance between two curves at any point, K. */
export function distanceBetween(one: TenPoints, other: TenPoints): number {
  return one.reduce((most, supply, index) => Math.max(most, Math.abs(supply - (other[index] as number))), 0)
}

export interface PlannedSupply {
  /** °C. */
  readonly outdoor: number
  readonly supply: number
  readonly weight: number
}

/** What pulls the slope of a fitted shift to 0 where the outdoor temperature hardly varies, K² of variance. */
const SLOPE_PULL = 6
/** K of supply per K outdoors. */
const STEEPEST_CHANGE = 1

/**
 * The baseline moved in height and tilted so that it comes nearest to the plan (weighted least squares). It goes
 * exactly through the first planned point: that is the one that acts.
 */
export function fitToPlan(baseline: TenPoints, plan: readonly PlannedSupply[]): number[] {
  const [now] = plan
  if (now === undefined) return [...baseline]
  const departure = (point: PlannedSupply) => point.supply - supplyOn(baseline, point.outdoor)
  const atNow = departure(now)
  let product = 0
  let square = 0
  let weight = 0
  for (const point of plan) {
    const distance = point.outdoor - now.outdoor
    product += point.weight * distance * (departure(point) - atNow)
    square += point.weight * distance * distance
    weight += point.weight
  }
  const slope = product / (square + SLOPE_PULL * weight)
  return shifted(baseline, atNow, Math.max(-STEEPEST_CHANGE, Math.min(STEEPEST_CHANGE, slope)), now.outdoor)
}
