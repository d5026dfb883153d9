/**
 * Whether a house follows what is written to it. Which of its curves a controller obeys with its adaptation off is not
 * established, so after a write the supply temperature it aims at is watched.
 */
import type { TenPoints } from '../control/decision.ts'
import { supplyOn } from '../control/ten-points.ts'
import type { SteeringWatch } from './house-control.ts'

/** A house that has not moved for this long after a write does not follow, ms. */
const LONGEST_PATIENCE_MS = 10 * 60_000
/** The same in cycles, for houses that are read more often: so many readings cannot all have come too early. */
const PATIENT_CYCLES = 10
/** Changes smaller than this cannot be told from the weather, K. */
const TELLING_K = 0.8

export interface AimNow {
  readonly pollSeconds: number
  readonly time: number
  /** Supply temperature the controller aims at, °C. */
  readonly supplySetpoint: number
  readonly outdoor: number
  /** The curve that stands now. */
  readonly curve: TenPoints
  /** Limits of the controller, °C; null when not delivered. */
  readonly lowest: number | null
  readonly highest: number | null
}

/**
 * True when the aim has gone where the written curve leads, false when it has stayed where the old curve leads although
 * it had its time, null while the two cannot be told apart.
 */
export function judgeSteering(watch: SteeringWatch, now: AimNow): boolean | null {
  const within = (supply: number) =>
    Math.min(now.highest ?? Number.POSITIVE_INFINITY, Math.max(now.lowest ?? Number.NEGATIVE_INFINITY, supply))
  // What the aim had beyond the curve then, such as the shift for the room target, it is thought to have still.
  const beyond = watch.supplySetpoint - supplyOn(watch.curve, watch.outdoor)
  const ifDeaf = within(supplyOn(watch.curve, now.outdoor) + beyond)
  const ifFollowing = within(supplyOn(now.curve, now.outdoor) + beyond)
  if (Math.abs(ifFollowing - ifDeaf) < TELLING_K) return null
  const follows = Math.abs(now.supplySetpoint - ifFollowing) < Math.abs(now.supplySetpoint - ifDeaf)
  if (follows) return true
  const patience = Math.min(LONGEST_PATIENCE_MS, PATIENT_CYCLES * now.pollSeconds * 1000)
  return now.time - watch.since >= patience ? false : null
}
