/** Whether a new heat loss coefficient is taken into use, and if not, why the old one stays. */
import type { HeatLoss } from './heat-loss.ts'

export interface HeatLossKnown {
  /** kW/K in force; null when there is none yet. */
  readonly inForceKwPerK: number | null
  /** What the run before found, taken into use or not, kW/K. */
  readonly lastFoundKwPerK?: number | null
  /** Heated floor area, m², where it is known. */
  readonly floorAreaM2?: number | null
}

export interface HeatLossDecision {
  readonly accepted: boolean
  /** One sentence when not accepted. */
  readonly reason: string | null
  /** kW/K to use from now on; null when there is none. */
  readonly kwPerK: number | null
}

const DAYS_NEEDED = 21
const SPREAD_NEEDED = 8
const WIDEST_HALF = 0.15
const LARGEST_STEP = 0.2
/** W/(m²·K), from a passive house to a shed. */
const PER_AREA = { low: 0.3, high: 3 }

/**
 * Accepts an estimate with at least 21 days, 8 K between its mildest and coldest day and an interval of at most ±15 %,
 * that lies within 20 % of the value in force (or was found twice running) and within what a floor area can lose. Without
 * a floor area there is no bound: buildings are as large as they are.
 */
export function decideHeatLoss(found: HeatLoss, known: HeatLossKnown): HeatLossDecision {
  const reason = objection(found, known)
  if (reason === null) return { accepted: true, reason: null, kwPerK: found.kwPerK }
  return { accepted: false, reason, kwPerK: known.inForceKwPerK }
}

function objection(found: HeatLoss, { inForceKwPerK, lastFoundKwPerK, floorAreaM2 }: HeatLossKnown): string | null {
  const { kwPerK, low, high } = found
  if (kwPerK === null || low === null || high === null) return found.problem ?? 'There is no estimate.'
  if (found.daysUsed < DAYS_NEEDED) return `Only ${found.daysUsed} days could be used; ${DAYS_NEEDED} are needed.`
  if (found.differenceSpread < SPREAD_NEEDED) {
    return `The days differ by ${found.differenceSpread.toFixed(1)} K only; ${SPREAD_NEEDED} K are needed.`
  }
  const half = (high - low) / 2 / kwPerK
  if (half > WIDEST_HALF) {
    return `The interval is ±${(half * 100).toFixed(0)} %; at most ±${WIDEST_HALF * 100} % is accepted.`
  }
  if (typeof floorAreaM2 === 'number' && floorAreaM2 > 0) {
    const perArea = (kwPerK * 1000) / floorAreaM2
    if (perArea < PER_AREA.low || perArea > PER_AREA.high) {
      return `${perArea.toFixed(2)} W/(m²·K) of floor is outside ${PER_AREA.low} to ${PER_AREA.high}.`
    }
  }
  if (inForceKwPerK !== null && far(kwPerK, inForceKwPerK)) {
    const confirmed =
      typeof lastFoundKwPerK === 'number' && !far(kwPerK, lastFoundKwPerK) && far(lastFoundKwPerK, inForceKwPerK)
    if (!confirmed) {
      const step = ((kwPerK / inForceKwPerK - 1) * 100).toFixed(0)
      return `It differs by ${step} % from the value in force; the next run has to confirm it.`
    }
  }
  return null
}

function far(one: number, other: number): boolean {
  return Math.abs(one / other - 1) > LARGEST_STEP
}
