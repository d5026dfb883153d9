/**
 * The last look at a curve before it is written. It computes nothing: whatever decided the curve, one that breaks a rule
 * is not written.
 */
import type { TenPoints } from '../control/decision.ts'
import { AXIS } from '../control/ten-points.ts'

/** Largest step of a point away from the baseline in one write, K. */
const LARGEST_STEP = 2
/** Ends of floating point arithmetic and of values that were rounded to tenths, K. */
const ROUNDING = 0.06

export interface CurveRules {
  /** The curve in force before control. It is the customer's own: all of it is always allowed. */
  readonly baseline: TenPoints
  readonly present: TenPoints
  /** °C. */
  readonly minSupply: number
  readonly maxSupply: number
  /** Why nothing colder than the baseline is allowed now; null when it is. */
  readonly warmOnly: string | null
  /** Whether the house can be left alone on a curve for twelve hours. */
  readonly survives: (curve: TenPoints) => boolean
}

/** A sentence that says which rule the curve breaks; null when it may be written. */
export function whyNotWritable(curve: TenPoints, rules: CurveRules): string | null {
  const { baseline, present, minSupply, maxSupply, warmOnly, survives } = rules
  if (curve.length !== 10 || !curve.every(Number.isFinite)) return 'a curve has ten numbers'
  for (const [index, supply] of curve.entries()) {
    const [own, standing] = [baseline[index] as number, present[index] as number]
    const at = `at ${AXIS[index]} °C outdoors`
    if (supply < Math.min(minSupply, own) - ROUNDING) return `${supply} °C ${at} is below the lowest supply temperature`
    if (supply > Math.max(maxSupply, own) + ROUNDING)
      return `${supply} °C ${at} is above the highest supply temperature`
    if (warmOnly !== null && supply < own - ROUNDING) return `colder than the baseline ${at} although ${warmOnly}`
    if (Math.abs(supply - standing) > LARGEST_STEP + ROUNDING && !isTowards(own, standing, supply)) {
      return `a step of ${Math.abs(supply - standing).toFixed(1)} K ${at} is too large for one write`
    }
    const colder = curve[index - 1]
    const ownRises = index > 0 && own > (baseline[index - 1] as number)
    if (colder !== undefined && supply > colder + ROUNDING && !ownRises) {
      return `the supply temperature would rise with the outdoor temperature ${at}`
    }
  }
  const lowers = curve.some((supply, index) => supply < Math.min(present[index] as number, baseline[index] as number))
  if (lowers && !survives(curve)) return 'left alone on it for twelve hours, the house would become too cold'
  return null
}

/** A step back towards the baseline may be as large as it likes. */
function isTowards(own: number, standing: number, supply: number): boolean {
  return supply >= Math.min(own, standing) - ROUNDING && supply <= Math.max(own, standing) + ROUNDING
}
