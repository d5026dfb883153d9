/** The heat curve of an inertia test: lowered at the points around the weather of the test, and nowhere else if it can. */
import type { TenPoints } from '../control/decision.ts'
import { AXIS } from '../control/ten-points.ts'

/** Supplies far below the room temperature trigger the protection mode of some controllers, °C. */
const LOWEST_TEST_SUPPLY = 22

export interface LoweredCurve {
  readonly curve: TenPoints
  /** Outdoor temperatures of the points that differ from the baseline, °C. */
  readonly lowered: readonly number[]
}

/**
 * Lowers the points on either side of the outdoor temperatures between `coldest` and `mildest`. A curve may not rise with
 * the outdoor temperature, so milder points follow where they would stand out; colder ones stay, and with them the heat
 * of a night that becomes colder than foreseen.
 */
export function loweredCurve(
  baseline: TenPoints,
  { coldest, mildest }: { readonly coldest: number; readonly mildest: number },
  cutK: number,
  minSupply: number,
): LoweredCurve {
  const first = AXIS.findLastIndex((outdoor) => outdoor <= coldest)
  const after = AXIS.findIndex((outdoor) => outdoor >= mildest)
  const last = after === -1 ? AXIS.length - 1 : after
  const floor = Math.max(minSupply, LOWEST_TEST_SUPPLY)
  const curve: number[] = []
  for (const [index, own] of baseline.entries()) {
    const wished = index >= first && index <= last ? Math.max(own - cutK, Math.min(own, floor)) : own
    const colder = curve[index - 1]
    const ownColder = baseline[index - 1]
    // Where the customer's own curve rises, it goes on rising.
    const rises = ownColder !== undefined && own > ownColder
    curve.push(Math.round((colder === undefined || rises ? wished : Math.min(wished, colder)) * 10) / 10)
  }
  const lowered = AXIS.filter((_, index) => (curve[index] as number) < (baseline[index] as number) - 0.05)
  return { curve, lowered }
}
