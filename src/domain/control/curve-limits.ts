/** The hard limits of every curve that may be written, whatever decided it. */
import type { ControlLimits, DecisionInputs, TenPoints } from './decision.ts'
import { AXIS, supplyOn, warmerOf } from './ten-points.ts'

/** Largest change of a point at once, K. */
export const LARGEST_CHANGE = 2
/** A curve nearer than this to the present one is not worth a write, K. */
export const LEAST_CHANGE = 0.3
/** A reading older than this says nothing about now, min. */
export const STALE_INDOOR_MINUTES = 15
export const STALE_FORECAST_HOURS = 3
/** No house is steered below this, °C. */
const LOWEST_FLOOR = 17

/** Indoor temperature below which a house gets its baseline or more, °C. */
export function indoorFloor(setpoint: number, tolerance: number): number {
  return Math.max(setpoint - 2 * tolerance, LOWEST_FLOOR)
}

/** Within the supply limits and never rising with the outdoor temperature; a point that is out of order follows its colder neighbour. */
export function wellFormed(curve: TenPoints, { minSupply, maxSupply }: ControlLimits): number[] {
  let colder = Number.POSITIVE_INFINITY
  return curve.map((supply) => {
    const clamped = Math.min(colder, maxSupply, Math.max(minSupply, supply))
    colder = clamped
    return clamped
  })
}

export type MustBeWarm = 'no-indoor' | 'no-forecast' | 'below-floor'

/** Why only the baseline or a warmer curve is allowed now; null when lower ones are. */
export function mustBeWarm(
  inputs: Pick<DecisionInputs, 'time' | 'indoor' | 'indoorAgeMinutes' | 'forecast' | 'limits'>,
): MustBeWarm | null {
  const { time, indoor, indoorAgeMinutes, forecast, limits } = inputs
  if (indoor === null || !Number.isFinite(indoor)) return 'no-indoor'
  if (indoorAgeMinutes !== null && indoorAgeMinutes > STALE_INDOOR_MINUTES) return 'no-indoor'
  if (indoor < limits.floor) return 'below-floor'
  if (forecast === null || forecast.points.length === 0) return 'no-forecast'
  if (time - forecast.issuedAt > STALE_FORECAST_HOURS * 3_600_000) return 'no-forecast'
  return null
}

/**
 * The curve that may be written in place of the one wished for: within the supply limits, falling, at most
 * {@link LARGEST_CHANGE} from the present one at each point (the way back up to the baseline is not slowed down), and
 * not below the baseline where {@link mustBeWarm} says so.
 *
 * A baseline outside the supply limits is the customer's own and stays allowed: limits are widened to it.
 */
export function limitCurve(
  wished: TenPoints,
  inputs: Pick<
    DecisionInputs,
    'time' | 'baselineCurve' | 'presentCurve' | 'indoor' | 'indoorAgeMinutes' | 'forecast' | 'limits'
  >,
): number[] {
  const { baselineCurve, presentCurve } = inputs
  const limits = {
    ...inputs.limits,
    minSupply: Math.min(inputs.limits.minSupply, ...baselineCurve),
    maxSupply: Math.max(inputs.limits.maxSupply, ...baselineCurve),
  }
  const warm = mustBeWarm(inputs) !== null
  const aim = wellFormed(warm ? warmerOf(wished, baselineCurve) : wished, limits)
  const slowed = aim.map((supply, index) => {
    const present = presentCurve[index] as number
    const baseline = baselineCurve[index] as number
    const highest = Math.max(present + LARGEST_CHANGE, warm ? baseline : Math.min(baseline, supply))
    return Math.min(highest, Math.max(present - LARGEST_CHANGE, supply))
  })
  const rounded = wellFormed(slowed, limits).map((supply) => Math.round(supply * 10) / 10)
  return warm ? warmerOf(rounded, baselineCurve) : rounded
}

/**
 * Whether a curve differs enough from the present one to be written: at the points that act in the coming hours.
 * @param coldest lowest and @param mildest highest outdoor temperature of them, °C
 * @param least K from which a difference is worth it
 */
export function isWorthWriting(
  curve: TenPoints,
  present: TenPoints,
  coldest: number,
  mildest: number,
  least = LEAST_CHANGE,
): boolean {
  const acting = [coldest, mildest, ...AXIS.filter((outdoor) => outdoor > coldest && outdoor < mildest)]
  return acting.some((outdoor) => Math.abs(supplyOn(curve, outdoor) - supplyOn(present, outdoor)) >= least)
}
