/** What an inertia test would do to a house, for the person who approves it. */
import { largestFall, suppliesOf, survivesAbandonment } from '../control/abandonment.ts'
import { hourlyBuilding, pathOf } from '../control/building-path.ts'
import { comingHours } from '../control/conditions.ts'
import { mayPlan } from '../control/decide.ts'
import type { DecisionInputs, TenPoints } from '../control/decision.ts'
import { supplyOn } from '../control/ten-points.ts'
import { loweredCurve } from './lowered-curve.ts'
import { lowestIndoor } from './preconditions.ts'
import type { TestWindow } from './window.ts'
import type { InertiaOptions } from './wish.ts'

/** Kept from the limit of the twelve hours, so that it need not be raised again at once, K. */
const RESERVE_K = 0.1

export interface InertiaPlan extends TestWindow {
  /** The curve the points are moved to, °C; the safety layer looks at every step towards it again. */
  readonly curve: TenPoints
  /** Outdoor temperatures of the points that are lowered, °C. */
  readonly lowered: readonly number[]
  /** How far the supply is lowered in the weather of the test, K. */
  readonly cutK: number
  readonly indoor: number
  /** The test ends when the room is as cold as this, °C. */
  readonly lowestIndoor: number
  /** Fall of the room temperature until the end, K: foreseen by the model of the house, or no more than this. */
  readonly expectedDropK: number
  readonly expectedBy: 'model' | 'bound'
}

/**
 * The deepest curve within the wish that the house could be left alone on for twelve hours.
 * @param inputs as of now, with the curve before control as baseline
 */
export function planOf(
  inputs: DecisionInputs & { readonly indoor: number },
  window: TestWindow,
  { cutK, dropK, hours }: Pick<InertiaOptions, 'cutK' | 'dropK' | 'hours'>,
): InertiaPlan {
  const { baselineCurve, limits, model, indoor } = inputs
  const building = model === null || !mayPlan(model) ? null : hourlyBuilding(model)
  const coming = comingHours(inputs)
  // A room that is warmer than its target falls to it first: what counts is what may be left standing then.
  const atTarget = { ...inputs, indoor: Math.min(indoor, inputs.setpoint) }
  const loweredBy = (cut: number) => loweredCurve(baselineCurve, window, cut, limits.minSupply)
  const deepest = deepestOf(cutK, (cut) =>
    survivesAbandonment(loweredBy(cut).curve, atTarget, building, coming, RESERVE_K),
  )
  const { curve, lowered } = loweredBy(deepest)
  const outdoor = (window.coldest + window.mildest) / 2
  const allowedCutK = Math.round((supplyOn(baselineCurve, outdoor) - supplyOn(curve, outdoor)) * 10) / 10
  const foreseen =
    building === null || coming === null
      ? null
      : dropIn(
          pathOf(building, coming, suppliesOf(baselineCurve, coming)).indoor,
          pathOf(building, coming, suppliesOf(curve, coming)).indoor,
          hours,
        )
  return {
    ...window,
    curve,
    lowered,
    cutK: allowedCutK,
    indoor,
    lowestIndoor: Math.round(lowestIndoor({ ...inputs, floor: limits.floor, indoor }, dropK) * 100) / 100,
    expectedDropK: Math.round((foreseen ?? largestFall(allowedCutK, hours)) * 100) / 100,
    expectedBy: foreseen === null ? 'bound' : 'model',
  }
}

const HALVINGS = 8

/** The largest number of tenths up to `most` that is allowed, where everything below an allowed one is allowed. */
function deepestOf(most: number, allowed: (cut: number) => boolean): number {
  if (allowed(most)) return most
  let low = 0
  let high = most
  for (let round = 0; round < HALVINGS; round += 1) {
    const middle = (low + high) / 2
    if (allowed(middle)) low = middle
    else high = middle
  }
  return Math.floor(low * 10) / 10
}

/** How much colder it becomes on one path than on the other, K. */
function dropIn(usual: readonly number[], lowered: readonly number[], hours: number): number {
  const last = Math.min(usual.length, Math.max(1, Math.round(hours))) - 1
  return (usual[last] ?? 0) - (lowered[last] ?? 0)
}
