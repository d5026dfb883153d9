/** One Swedish day of a house under control: the heat it took, what its own curve would have taken, and how sure that is. */

/** Heat over UA is in K·h; kWh where power is known. Comfort is in K·h outside the band. */
export interface SavingsDay {
  /** `YYYY-MM-DD`. */
  readonly date: string
  /** Hours of the day the house was held. */
  readonly controlledHours: number
  /** Mean over those hours of the supply temperature less that of the house's own curve, K. */
  readonly meanShiftK: number
  /** Heat by the model, over UA, K·h: as it was, and on the house's own curve. */
  readonly usedKh: number
  readonly baselineKh: number
  /** Standard errors of the difference, K·h: what is alike on all days (parameters), and what each day has of its own. */
  readonly commonErrorKh: number
  readonly dailyErrorKh: number
  /** Space heating, kWh: metered, else by the heat loss coefficient; null where neither is known. */
  readonly usedKwh: number | null
  readonly source: 'meter' | 'heat-loss' | 'none'
  /** Standard error of the step from K·h to kWh, share; 0 where there is none. */
  readonly scaleError: number
  /** Mean indoor temperature, °C: as it was, and on the house's own curve. */
  readonly indoor: number
  readonly baselineIndoor: number
  readonly coldKh: number
  readonly baselineColdKh: number
  readonly warmKh: number
  readonly baselineWarmKh: number
  /** Mean effective outdoor temperature, °C; the outdoor temperature where that is not known. */
  readonly effectiveTemperature: number
  readonly modelVersion: string
}

/** A number with its 90 % interval. */
export interface Interval {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** Two-sided 90 % of the standard normal distribution. */
const NINETY = 1.645

export function interval(value: number, standardError: number): Interval {
  return { value, low: value - NINETY * standardError, high: value + NINETY * standardError }
}

export interface SavingsTotal {
  readonly days: number
  /** Heat saved, share of what the house's own curve would have taken; null where that is next to nothing. */
  readonly saved: Interval | null
  /** kWh; null unless it is known of every day. */
  readonly savedKwh: Interval | null
  readonly usedKwh: number | null
}

/** K·h of a day below which a share of it says nothing. */
const LEAST_HEAT_KH = 1

/** Sums days. What is alike on all days adds up as it is, what each day has of its own in squares. */
export function totalOf(days: readonly SavingsDay[]): SavingsTotal {
  const baseline = days.reduce((sum, { baselineKh }) => sum + baselineKh, 0)
  const share = weighted(days, () => 1)
  const inKwh = days.every(({ usedKwh }) => usedKwh !== null) && days.length > 0
  const kwh = inKwh ? weighted(days, kwhPerKh) : null
  return {
    days: days.length,
    saved: baseline < LEAST_HEAT_KH ? null : interval(share.value / baseline, share.error / baseline),
    savedKwh: kwh === null ? null : interval(kwh.value, kwh.error),
    usedKwh: inKwh ? days.reduce((sum, { usedKwh }) => sum + (usedKwh ?? 0), 0) : null,
  }
}

/** kWh of a K·h of that day; 0 on a day that took no heat. */
function kwhPerKh({ usedKwh, usedKh }: SavingsDay): number {
  return usedKwh === null || usedKh < LEAST_HEAT_KH ? 0 : usedKwh / usedKh
}

function weighted(days: readonly SavingsDay[], weightOf: (day: SavingsDay) => number) {
  let value = 0
  let common = 0
  let commonScale = 0
  let own = 0
  for (const day of days) {
    const weight = weightOf(day)
    const saved = weight * (day.baselineKh - day.usedKh)
    const scale = weightOf === kwhPerKh ? day.scaleError * saved : 0
    value += saved
    common += weight * day.commonErrorKh
    own += (weight * day.dailyErrorKh) ** 2
    // A heat loss coefficient is wrong by the same on all days, a meter's split on each by itself.
    if (day.source === 'meter') own += scale ** 2
    else commonScale += scale
  }
  return { value, error: Math.sqrt(common ** 2 + commonScale ** 2 + own) }
}
