import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayLabel, dayStart, hourStarts } from '../time/day.ts'
import { billingPeriod, feePerPeakKw, paidPeakKw } from './capacity.ts'
import { heatPrice } from './heat-price.ts'
import { ALL_MONTHS, type CapacityFee, flatTariff, type Tariff } from './tariff.ts'

const HOUR = 3_600_000
const MONTHLY: CapacityFee = { perKw: 60, period: 'month', months: ALL_MONTHS, of: 'hours', highest: 3 }
const WINTER = [11, 12, 1, 2, 3]
const ZONE = 'Europe/Stockholm'

const tariff = (capacity: Partial<CapacityFee>): Tariff => ({
  ...flatTariff(1),
  capacity: { ...MONTHLY, ...capacity },
})

describe('the billing period', () => {
  const period = (capacity: Partial<CapacityFee>, day: string) =>
    billingPeriod(tariff(capacity), dayStart(day) + 12 * HOUR)

  test('is a month of the tariff’s clocks, whether the clock changes in it or not', () => {
    expect(period({}, '2026-03-29')).toEqual({ from: dayStart('2026-03-01'), to: dayStart('2026-04-01') })
    expect(period({}, '2026-12-31')).toEqual({ from: dayStart('2026-12-01'), to: dayStart('2027-01-01') })
  })

  test('is the run of billed months, over New Year', () => {
    const season = { period: 'season', months: WINTER } as const
    const winter = { from: dayStart('2025-11-01'), to: dayStart('2026-04-01') }
    expect(period(season, '2025-11-01')).toEqual(winter)
    expect(period(season, '2026-03-31')).toEqual(winter)
    expect(period(season, '2026-04-01')).toBeNull()
    expect(period({ period: 'season' }, '2026-07-01')).toEqual({
      from: dayStart('2026-01-01'),
      to: dayStart('2027-01-01'),
    })
  })

  test('contains its instant and begins and ends at midnights, whichever months are billed', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
        fc.constantFrom('month' as const, 'season' as const),
        fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) }),
        (months, kind, time) => {
          const found = billingPeriod(tariff({ months, period: kind }), time)
          expect(found !== null).toBe(months.includes(Number(dayLabel(time).slice(5, 7))))
          if (found === null) return
          expect(found.from).toBeLessThanOrEqual(time)
          expect(found.to).toBeGreaterThan(time)
          expect(found.to - found.from).toBeLessThanOrEqual((366 * 24 + 1) * HOUR)
        },
      ),
    )
  })
})

describe('the peak that is paid for', () => {
  const hours = (values: readonly number[]) => values.map((kwh, index) => ({ time: index * HOUR, kwh }))

  test('is the lowest of the hours that are averaged: only more than that raises the mean', () => {
    expect(paidPeakKw(MONTHLY, hours([3, 9, 5, 7, 1]), ZONE)).toBe(5)
    expect(paidPeakKw({ ...MONTHLY, highest: 1 }, hours([3, 9, 5]), ZONE)).toBe(9)
    expect(paidPeakKw(MONTHLY, hours([3, 9]), ZONE)).toBeNull()
  })

  test('of days is that of whole days, 23 and 25 hours long', () => {
    const day = (label: string, kwh: number) => hourStarts(label).map((time) => ({ time, kwh }))
    const metered = [...day('2026-03-28', 2), ...day('2026-03-29', 4), ...day('2026-03-30', 6).slice(1)]
    expect(paidPeakKw({ ...MONTHLY, of: 'days', highest: 1 }, metered, ZONE)).toBe(4)
    expect(paidPeakKw({ ...MONTHLY, of: 'days', highest: 1 }, day('2026-10-25', 3), ZONE)).toBe(3)
  })

  test('one hour more raises the mean of the highest by its share of what it is above that, and by nothing below', () => {
    const kw = fc.integer({ min: 0, max: 200 }).map((value) => value / 10)
    const mean = (values: readonly number[], highest: number) =>
      [...values]
        .sort((one, other) => other - one)
        .slice(0, highest)
        .reduce((sum, value) => sum + value, 0) / highest
    fc.assert(
      fc.property(
        fc.array(kw, { minLength: 5, maxLength: 50 }),
        kw,
        fc.integer({ min: 1, max: 5 }),
        (values, one, highest) => {
          const paid = paidPeakKw({ ...MONTHLY, highest }, hours(values), ZONE) ?? 0
          const raised = mean([...values, one], highest) - mean(values, highest)
          expect(raised).toBeCloseTo(Math.max(0, one - paid) / highest, 9)
        },
      ),
    )
  })
})

describe('the fee of a kW above it', () => {
  const january = { from: dayStart('2026-01-01'), to: dayStart('2026-02-01') }

  test('grows to the whole share of one hour at the end of the period', () => {
    expect(feePerPeakKw(MONTHLY, january, dayStart('2026-01-31'))).toBeCloseTo(20, 9)
    expect(feePerPeakKw(MONTHLY, january, dayStart('2026-01-15'))).toBeCloseTo((20 * 15) / 31, 9)
    expect(feePerPeakKw({ ...MONTHLY, of: 'days' }, january, dayStart('2026-01-31'))).toBeCloseTo(20 / 24, 9)
  })
})

describe('the price of heat a decision takes', () => {
  test('holds the changes of the next two days from the present hour on', () => {
    const time = Date.UTC(2026, 0, 14, 12, 20)
    expect(heatPrice(flatTariff(1.2), time, null)).toEqual({
      points: [{ time: Date.UTC(2026, 0, 14, 12), perKwh: 1.2 }],
      perPeakKw: 0,
      peakKw: null,
      perReturnK: 0,
    })
  })

  test('has fees in the months they are billed in', () => {
    const full = {
      ...tariff({ months: WINTER }),
      returnTemperature: { perKwhAndK: 0.01, months: [1] },
    }
    const january = heatPrice(full, Date.UTC(2026, 0, 31), 7)
    expect(january).toMatchObject({ peakKw: 7, perReturnK: 0.01 })
    expect(january.perPeakKw).toBeGreaterThan(15)
    expect(heatPrice(full, Date.UTC(2026, 5, 10), null)).toMatchObject({ perPeakKw: 0, perReturnK: 0 })
  })
})
