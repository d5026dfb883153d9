/** How well a separation did where the truth is known: in simulations, and in houses with a hot-water meter of their own. */
import type { Separation } from './separation.ts'

export interface SeparationScores {
  /** Hours with a truth. */
  readonly hours?: number
  readonly trueDhwShare?: number
  /** Estimated less true share of hot water, percentage points. */
  readonly dhwShareErrorPp?: number
  /** Whether the interval of the share holds the true one. */
  readonly dhwShareCovered?: boolean
  /** Root mean square error of an hour's heating over mean true heating. */
  readonly heatingCvrmse?: number
  /** Estimated less true heating over true heating. */
  readonly heatingBias?: number
  /** Root mean square error of an hour's hot water, kWh. */
  readonly dhwRmseKwh?: number
}

/** Scores of the hours with a truth; empty without any or for a house that was not split. Times are epoch milliseconds. */
export function scoreSeparation(
  separation: Separation,
  trueHeatingKwh: ReadonlyMap<number, number>,
  trueDhwKwh: ReadonlyMap<number, number>,
): SeparationScores {
  if (!separation.separable) return {}
  const scored = separation.hours.flatMap(({ time, energyKwh, heatingKwh, dhwKwh }) => {
    const givenDhw = trueDhwKwh.get(time)
    const givenHeating = trueHeatingKwh.get(time)
    // One of the two tells the other; a meter's counting step is the heating's.
    const trueDhw = givenDhw ?? (givenHeating === undefined ? undefined : energyKwh - givenHeating)
    const trueHeating = givenHeating ?? (givenDhw === undefined ? undefined : energyKwh - givenDhw)
    if (trueDhw === undefined || trueHeating === undefined || heatingKwh === null || dhwKwh === null) return []
    return [{ trueDhw, trueHeating, heatingKwh, dhwKwh }]
  })
  if (scored.length === 0) return {}
  const sum = (read: (hour: (typeof scored)[number]) => number) => scored.reduce((total, hour) => total + read(hour), 0)
  const heating = sum((hour) => hour.trueHeating)
  const dhw = sum((hour) => hour.trueDhw)
  const trueShare = dhw / (heating + dhw)
  const estimated = sum((hour) => hour.dhwKwh)
  const share = estimated / (estimated + sum((hour) => hour.heatingKwh))
  const rmse = (square: number) => Math.sqrt(square / scored.length)
  return {
    hours: scored.length,
    trueDhwShare: trueShare,
    dhwShareErrorPp: (share - trueShare) * 100,
    dhwShareCovered: trueShare >= (separation.dhwShareLow ?? 0) && trueShare <= (separation.dhwShareHigh ?? 1),
    heatingCvrmse: rmse(sum((hour) => (hour.heatingKwh - hour.trueHeating) ** 2)) / (heating / scored.length),
    heatingBias: sum((hour) => hour.heatingKwh) / heating - 1,
    dhwRmseKwh: rmse(sum((hour) => (hour.dhwKwh - hour.trueDhw) ** 2)),
  }
}
