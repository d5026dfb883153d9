/** A house held for an inertia test, as it stands in its control record, and when such a hold is over. */

import type { MustBeWarm } from '../control/curve-limits.ts'
import type { TenPoints } from '../control/decision.ts'

export type TestEndReason =
  /** The room has fallen as far as was wanted. */
  | 'drop-reached'
  | 'time-is-up'
  | 'too-cold'
  | 'indoor-unknown'
  | 'no-forecast'
  | 'room-target-changed'
  /** Nobody has looked at the test for too long: its workflow was ended. */
  | 'not-watched'
  | 'aborted'
  | 'cancelled'

export interface TestHold {
  readonly testId: string
  /** The curve the points are moved to, step by step. */
  readonly curve: TenPoints
  /** Epoch milliseconds. */
  readonly begunAt: number
  readonly until: number
  /** Room target when the test began, °C; null when the controller did not say. */
  readonly setpoint: number | null
  readonly startIndoor: number
  /** The test ends when the room is as cold as this, °C. */
  readonly lowestIndoor: number
  /** How long the test may go without anybody looking at it, ms. */
  readonly silenceMs: number
  /** Why it is being ended; null while it goes on. */
  readonly ending: TestEndReason | null
}

/** How the last test of a house has ended, for whoever has asked for it. */
export interface TestEnd<Reason extends string = string> {
  readonly testId: string
  readonly reason: Reason
  /** A sentence for people; null when there is none. */
  readonly detail: string | null
}

export interface HoldObservation {
  /** Epoch milliseconds. */
  readonly now: number
  /** °C; null when it is not known. */
  readonly indoor: number | null
  readonly setpoint: number | null
  /** What forbids anything colder than the baseline now. */
  readonly warm: MustBeWarm | null
  /** When somebody last looked at the test, epoch milliseconds; null when nobody has. */
  readonly watchedAt: number | null
}

export interface WhyEnd {
  readonly reason: TestEndReason
  readonly said: string
}

const WARM: Record<MustBeWarm, WhyEnd> = {
  'no-indoor': { reason: 'indoor-unknown', said: 'the room temperature is not known any more' },
  'no-forecast': { reason: 'no-forecast', said: 'there is no fresh weather forecast any more' },
  'below-floor': { reason: 'too-cold', said: 'it became too cold indoors' },
}
/** The resident's own step is half a kelvin. */
const SAME_TARGET_K = 0.05

/** Why the baseline has to be written back now; null while the test may go on. What protects the house comes first. */
export function whyEnd(hold: TestHold, seen: HoldObservation): WhyEnd | null {
  const { indoor, now } = seen
  if (seen.warm !== null) return WARM[seen.warm]
  if (indoor === null) return WARM['no-indoor']
  if (indoor <= hold.lowestIndoor) {
    const fallen = (hold.startIndoor - indoor).toFixed(2)
    return { reason: 'drop-reached', said: `the room has fallen by ${fallen} K to ${indoor.toFixed(1)} °C` }
  }
  if (hold.setpoint !== null && seen.setpoint !== null && Math.abs(seen.setpoint - hold.setpoint) > SAME_TARGET_K) {
    return { reason: 'room-target-changed', said: `somebody has set the room target to ${seen.setpoint} °C` }
  }
  if (now >= hold.until) return { reason: 'time-is-up', said: 'its time was up' }
  if (now - Math.max(seen.watchedAt ?? 0, hold.begunAt) > hold.silenceMs) {
    return { reason: 'not-watched', said: 'the workflow of the test has not looked at it for too long' }
  }
  return null
}
