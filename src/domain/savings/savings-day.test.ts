import { describe, expect, test } from 'vitest'
import { type SavingsDay, totalOf } from './savings-day.ts'

const DAY: SavingsDay = {
  date: '2026-01-10',
  controlledHours: 24,
  meanShiftK: -3,
  usedKh: 450,
  baselineKh: 500,
  commonErrorKh: 5,
  dailyErrorKh: 10,
  usedKwh: 45,
  source: 'meter',
  scaleError: 0,
  indoor: 20.5,
  baselineIndoor: 21.3,
  coldKh: 0,
  baselineColdKh: 0,
  warmKh: 0,
  baselineWarmKh: 0,
  effectiveTemperature: -2,
  modelVersion: 'rc2',
}

describe('the total of days', () => {
  test('sums heat, and what is alike on all days grows with them while the rest evens out', () => {
    const one = totalOf([DAY])
    const hundred = totalOf(Array.from({ length: 100 }, () => DAY))
    expect(one.saved?.value).toBeCloseTo(0.1)
    expect(one.savedKwh?.value).toBeCloseTo(5)
    expect(hundred.savedKwh?.value).toBeCloseTo(500)
    const half = (total: typeof one) => ((total.saved?.high ?? 0) - (total.saved?.low ?? 0)) / 2
    expect(half(one)).toBeCloseTo((1.645 * Math.hypot(5, 10)) / 500)
    expect(half(hundred)).toBeCloseTo((1.645 * Math.hypot(5, 1)) / 500)
  })

  test('has no kWh when one day has none', () => {
    const total = totalOf([DAY, { ...DAY, usedKwh: null, source: 'none' }])
    expect([total.savedKwh, total.usedKwh]).toEqual([null, null])
    expect(total.saved?.value).toBeCloseTo(0.1)
  })

  test('a heat loss coefficient is wrong by the same on all days, the split of a meter is not', () => {
    const width = (source: 'meter' | 'heat-loss') => {
      const days = Array.from({ length: 25 }, () => ({
        ...DAY,
        source,
        scaleError: 0.2,
        dailyErrorKh: 0,
        commonErrorKh: 0,
      }))
      const { savedKwh } = totalOf(days)
      return (savedKwh?.high ?? 0) - (savedKwh?.low ?? 0)
    }
    expect(width('heat-loss') / width('meter')).toBeCloseTo(5)
  })

  test('says nothing of days that took no heat', () => {
    const summer = { ...DAY, usedKh: 0, baselineKh: 0, commonErrorKh: 0, dailyErrorKh: 0, usedKwh: 0 }
    expect(totalOf([summer]).saved).toBeNull()
    expect(totalOf([summer]).savedKwh?.value).toBe(0)
    expect(totalOf([])).toMatchObject({ days: 0, saved: null, savedKwh: null })
  })
})
