/**
 * Nothing can restore a curve while nothing runs. So a curve may be written only if a house left alone on it for twelve
 * hours stays comfortable enough.
 */
import { type HourlyBuilding, pathOf } from './building-path.ts'
import type { ComingHours } from './conditions.ts'
import type { DecisionInputs, TenPoints } from './decision.ts'
import { supplyOn } from './ten-points.ts'

export const ABANDONED_HOURS = 12
/** Of a house that cools fast, for bounds where no model is: time constant and K indoors per K of supply in the end. */
const FAST_HOURS = 20
const LARGEST_GAIN = 0.7

export function suppliesOf(curve: TenPoints, hours: ComingHours): number[] {
  return hours.price.map((_, hour) => {
    const from = hours.outdoor[hour] as number
    const to = hours.outdoor[hour + 1] as number
    return supplyOn(curve, (from + to) / 2)
  })
}

/** How far a fast and light house falls indoors when its supply is lowered, K: no house that is known falls further. */
export function largestFall(cutK: number, hours: number): number {
  return LARGEST_GAIN * cutK * (1 - Math.exp(-hours / FAST_HOURS))
}

/**
 * Whether the indoor temperature falls no further than the tolerance within {@link ABANDONED_HOURS} on this curve: not
 * more than that below the setpoint or the present temperature, whichever is lower, and never below the floor. Where the
 * baseline itself would fall further, a curve that is no worse is allowed.
 * @param building null without a usable model; then a bound that holds for fast and light houses decides
 * @param spare K the indoor temperature shall stay away from that limit
 */
export function survivesAbandonment(
  curve: TenPoints,
  inputs: Pick<DecisionInputs, 'setpoint' | 'tolerance' | 'indoor' | 'limits' | 'baselineCurve' | 'outdoor'>,
  building: HourlyBuilding | null,
  hours: ComingHours | null,
  spare = 0,
): boolean {
  const { setpoint, tolerance, indoor, limits, baselineCurve } = inputs
  const lowest = Math.max(limits.floor, Math.min(setpoint, indoor ?? setpoint) - tolerance)
  if (building === null || hours === null) {
    const outdoors = hours === null ? [inputs.outdoor ?? 0] : hours.outdoor.slice(0, ABANDONED_HOURS + 1)
    const cut = Math.max(...outdoors.map((outdoor) => supplyOn(baselineCurve, outdoor) - supplyOn(curve, outdoor)))
    return largestFall(cut, ABANDONED_HOURS) <= Math.max(0, (indoor ?? setpoint) - lowest - spare)
  }
  const lowestOn = (candidate: TenPoints) =>
    Math.min(...pathOf(building, hours, suppliesOf(candidate, hours).slice(0, ABANDONED_HOURS)).indoor)
  const foreseen = lowestOn(curve)
  return foreseen >= lowest + spare || foreseen >= lowestOn(baselineCurve) - 0.05
}

/** No house is planned farther below its baseline than this, K of supply. */
const DEEPEST_CUT = 25

/** K the whole baseline may be lowered by now so that the house survives being left alone on it. */
export function survivableCut(
  inputs: Parameters<typeof survivesAbandonment>[1],
  building: HourlyBuilding | null,
  hours: ComingHours,
): number {
  const survives = (cut: number) =>
    survivesAbandonment(
      inputs.baselineCurve.map((supply) => supply - cut),
      inputs,
      building,
      hours,
      SPARE,
    )
  if (survives(DEEPEST_CUT)) return DEEPEST_CUT
  let low = 0
  let high = DEEPEST_CUT
  for (let round = 0; round < HALVINGS; round += 1) {
    const middle = (low + high) / 2
    if (survives(middle)) low = middle
    else high = middle
  }
  return low
}

const HALVINGS = 7
/** For what the rounding of registers takes away, K. */
const SPARE = 0.1

/** The curve between the wished one and the baseline that is nearest to the wish and survives being left alone. */
export function survivingCurve(
  wished: TenPoints,
  inputs: Parameters<typeof survivesAbandonment>[1],
  building: HourlyBuilding | null,
  hours: ComingHours | null,
): number[] {
  if (survivesAbandonment(wished, inputs, building, hours, SPARE)) return [...wished]
  const { baselineCurve } = inputs
  const warmer = (share: number) =>
    wished.map((supply, index) => supply + share * Math.max(0, (baselineCurve[index] as number) - supply))
  let low = 0
  let high = 1
  for (let round = 0; round < HALVINGS; round += 1) {
    const middle = (low + high) / 2
    if (survivesAbandonment(warmer(middle), inputs, building, hours, SPARE)) high = middle
    else low = middle
  }
  return warmer(high)
}
