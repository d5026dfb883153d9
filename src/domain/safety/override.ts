/** Telling a person's hand from ours: what in the controller is neither baseline nor anything BVPro has written. */
import type { TenPoints } from '../control/decision.ts'
import { CURVE_POINTS, type CurvePoint } from '../heating/curve.ts'
import { type Baseline, type ControllerReading, type ControlRecord, startingCurve } from './house-control.ts'

/** The controller keeps fewer digits than we send, K. */
const SAME_K = 0.06

export interface HumanChange {
  /** Points of the base curve that somebody has set. */
  readonly yref: readonly CurvePoint[]
  /** Points of the curve in force that somebody, or the controller itself, has set. */
  readonly y: readonly CurvePoint[]
  /** Somebody has switched the controller's own adaptation on. */
  readonly adaption: boolean
}

/** What somebody else has changed since the take-over; values that were not delivered count as ours. */
export function humanChange(
  record: Pick<ControlRecord, 'phase' | 'intended' | 'applied'> & { readonly baseline: Baseline },
  reading: Pick<ControllerReading, 'yref' | 'y' | 'adaption'>,
): HumanChange {
  const { baseline, intended, applied, phase } = record
  const ours = [baseline.yref, baseline.y, startingCurve(baseline), intended, applied].filter((curve) => curve !== null)
  const foreign = (series: ControllerReading['y']) =>
    CURVE_POINTS.filter((point, index) => {
      const value = series[point]
      return value !== undefined && !ours.some((curve: TenPoints) => isNear(curve[index], value))
    })
  return {
    yref: foreign(reading.yref),
    y: foreign(reading.y),
    // While taking, and where it was never switched off, it may still be on from before.
    adaption: reading.adaption === true && phase === 'held' && intended === null && applied !== null,
  }
}

/** Whether a person has taken the curve over. The curve in force alone says nothing: the controller moves it, too. */
export function isOverridden({ yref, adaption }: HumanChange): boolean {
  return yref.length > 0 || adaption
}

export function describeChange({ yref, adaption }: HumanChange): string {
  const points = yref.length === 0 ? [] : [`point ${yref.join(', ')} of the heat curve`]
  return [...points, ...(adaption ? ["the controller's own adaptation"] : [])].join(' and ')
}

/** What a restore writes; a point that somebody has set stays as it is. */
export interface Restoration {
  readonly yref: readonly { readonly point: CurvePoint; readonly value: number }[]
  readonly y: readonly { readonly point: CurvePoint; readonly value: number }[]
  /** Adaptation has to be off while the curve in force is written, or the controller bends it. */
  readonly adaptionOffFirst: boolean
  readonly adaptionOn: boolean
}

/**
 * @param change null when nothing is known of the controller: then everything is written
 * @param record what an attempt before this one has seen
 */
export function restorationOf(
  record: Pick<ControlRecord, 'adaptionSwitchedOn'> & { readonly baseline: Baseline },
  change: HumanChange | null,
  reading: Pick<ControllerReading, 'adaption'> | null,
): Restoration {
  const { baseline, adaptionSwitchedOn } = record
  const left = new Set(change?.yref ?? [])
  const values = (curve: TenPoints) =>
    CURVE_POINTS.flatMap((point, index) => (left.has(point) ? [] : [{ point, value: curve[index] as number }]))
  const isOn = reading?.adaption === true
  return {
    yref: values(baseline.yref),
    y: values(baseline.y),
    adaptionOffFirst: isOn,
    // BVPro switches it on nowhere else, so where it is on and was not before, a person did that.
    adaptionOn: baseline.adaption || isOn || adaptionSwitchedOn,
  }
}

function isNear(known: number | undefined, value: number): boolean {
  return known !== undefined && Math.abs(known - value) <= SAME_K
}
