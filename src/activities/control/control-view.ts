/** Control of a house as the API and the status row tell of it. */
import type { ControlMode } from '../../domain/entity.ts'
import type { ControlRecord } from '../../domain/safety/house-control.ts'
import type { Concern } from '../contract.ts'
import type { ControlView } from '../control-contract.ts'
import { steers } from './house-turn.ts'

export function controlView({ phase, leaseUntil, baseline, steerable }: ControlRecord): ControlView {
  return {
    state: phase === 'free' ? 'released' : phase,
    leaseUntil: iso(leaseUntil),
    baselineAt: iso(baseline?.capturedAt ?? null),
    steerable,
  }
}

/** What somebody has to know of a house that can be read; null when control is as it should be. */
export function controlConcern(record: ControlRecord, mode: ControlMode): Concern | null {
  const { phase, trouble, endReason, endDetail, resume } = record
  if (phase === 'restoring' && trouble !== null) {
    return { reason: `the heat curve could not be given back yet: ${trouble}`, reasonCode: 'ControlNotRestored' }
  }
  // Given back on purpose is as it should be.
  if (phase !== 'free' || !steers(mode) || resume || endReason === 'released') return null
  if (endReason === 'not-steerable') {
    return { reason: `this house is not steerable: ${endDetail ?? 'it did not follow'}`, reasonCode: 'NotSteerable' }
  }
  const why = endReason === 'overridden' && endDetail !== null ? `: ${endDetail}` : ''
  return { reason: `mode ${mode}, but BVPro does not hold the heat curve${why}`, reasonCode: 'ControlNotHeld' }
}

function iso(time: number | null): string | null {
  return time === null ? null : `${new Date(time).toISOString().slice(0, 19)}Z`
}
