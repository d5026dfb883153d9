/** Which curve stood in a house when, told from the decisions about it: the shift against its own curve over time. */
import { LEASE_MS } from '../safety/house-control.ts'
import type { ThermalSeries } from '../thermal/series.ts'
import { timeAt } from '../thermal/series.ts'

/** A decision in a mode that writes, as `heating_control` keeps it. Such a decision is only made about a house that is held. */
export interface ControlStep {
  /** Epoch milliseconds. */
  readonly time: number
  readonly action: 'write' | 'keep' | 'restore'
  /** Supply temperature of the curve that was decided on less that of the house's own, K. */
  readonly shiftK: number
  /** Whether it was read back. */
  readonly verified: boolean
}

export interface AppliedShift {
  /** K of supply temperature at each step; 0 while the house is not held. */
  readonly shift: Float64Array
  /** 1 at the steps at which the house is held. */
  readonly held: Uint8Array
}

/** @param steps ascending in time */
export function appliedShift(steps: readonly ControlStep[], series: ThermalSeries): AppliedShift {
  const shift = new Float64Array(series.length)
  const held = new Uint8Array(series.length)
  let next = 0
  let inForce = 0
  let since = Number.NEGATIVE_INFINITY
  for (let k = 0; k < series.length; k += 1) {
    const time = timeAt(series, k)
    for (let step = steps[next]; step !== undefined && step.time <= time; step = steps[next]) {
      // After a pause the house begins anew with its own curve.
      if (step.time - since > LEASE_MS) inForce = 0
      // What was not read back does not stand there: the curve before does.
      if (step.action === 'keep' || step.verified) inForce = step.shiftK
      since = step.time
      next += 1
    }
    if (time - since > LEASE_MS) continue
    shift[k] = inForce
    held[k] = 1
  }
  return { shift, held }
}
