/** The fee for power: the period it is billed for, what of it is settled already, and what one more kW would cost. */
import { dayLabel, dayStart, hoursInDay } from '../time/day.ts'
import { type CapacityFee, type Tariff, tariffHour } from './tariff.ts'

export interface BillingPeriod {
  /** Epoch milliseconds, the end exclusive. */
  readonly from: number
  readonly to: number
}

export interface MeteredHour {
  /** Start, epoch milliseconds. */
  readonly time: number
  readonly kwh: number
}

/**
 * The billing period an instant lies in; null where power is not billed then. A season is the run of billed months
 * around it, over New Year if need be; where all months are billed, the calendar year.
 */
export function billingPeriod(tariff: Tariff, time: number): BillingPeriod | null {
  const { capacity, zone } = tariff
  if (capacity === null) return null
  const { month } = tariffHour(tariff, time)
  if (!capacity.months.includes(month)) return null
  const year = Number(dayLabel(time, zone).slice(0, 4))
  const now = year * 12 + month - 1
  let first = now
  let last = now
  if (capacity.period === 'season') {
    const billed = (index: number) => capacity.months.includes((((index % 12) + 12) % 12) + 1)
    const whole = new Set(capacity.months).size === 12
    if (whole) [first, last] = [year * 12, year * 12 + 11]
    else {
      while (billed(first - 1)) first -= 1
      while (billed(last + 1)) last += 1
    }
  }
  return { from: monthStart(first, zone), to: monthStart(last + 1, zone) }
}

/** @param index year · 12 + month, counted from 0 */
function monthStart(index: number, zone: string): number {
  const year = String(Math.floor(index / 12)).padStart(4, '0')
  return dayStart(`${year}-${String((index % 12) + 1).padStart(2, '0')}-01`, zone)
}

/**
 * Power in kW above which an hour (or day) raises the fee: the lowest of the highest ones that are averaged. Null as long
 * as there are fewer of them, when every one counts. Days count that were metered in all their hours.
 */
export function paidPeakKw({ of, highest }: CapacityFee, hours: readonly MeteredHour[], zone: string): number | null {
  const values = of === 'hours' ? hours.map(({ kwh }) => kwh) : dailyMeans(hours, zone)
  return values.sort((one, other) => other - one)[highest - 1] ?? null
}

function dailyMeans(hours: readonly MeteredHour[], zone: string): number[] {
  const days = new Map<string, { kwh: number; hours: number }>()
  for (const { time, kwh } of hours) {
    const label = dayLabel(time, zone)
    const day = days.get(label) ?? { kwh: 0, hours: 0 }
    days.set(label, { kwh: day.kwh + kwh, hours: day.hours + 1 })
  }
  return [...days].filter(([label, day]) => day.hours === hoursInDay(label, zone)).map(([, day]) => day.kwh / day.hours)
}

/**
 * What a kW above the peak that is paid for costs in one hour, in expectation. It raises the mean of the highest by its
 * share, and of a day's mean by a 24th of that; and it costs something only if no later hour of the period is higher
 * anyway. Were all hours alike, the chance of that is the share of the period that is over by then.
 */
export function feePerPeakKw(capacity: CapacityFee, period: BillingPeriod, time: number): number {
  const over = (Math.min(period.to, time + DECIDED_MS) - period.from) / (period.to - period.from)
  const share = Math.min(1, Math.max(0, over)) / capacity.highest
  return (capacity.perKw * share) / (capacity.of === 'days' ? 24 : 1)
}

/** How far ahead a decision reaches, ms. */
const DECIDED_MS = 24 * 3_600_000
