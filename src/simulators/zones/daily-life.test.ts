import { describe, expect, test } from 'vitest'
import { type Habit, isOccupied } from './daily-life.ts'
import { ZONE_SPECS } from './specs.ts'

const HOUR = 3_600_000
/** A Monday, midnight in Sweden. */
const MONDAY = Date.UTC(2026, 0, 11, 23)

const share = (habits: readonly Habit[], from: number, hours: number, seed = 1) => {
  const steps = hours * 12
  const occupied = Array.from({ length: steps }, (_, index) => isOccupied(seed, habits, from + (index * HOUR) / 12))
  return occupied.filter(Boolean).length / steps
}

describe('daily life', () => {
  test('is the same for the same seed, and another for another', () => {
    const habits = ZONE_SPECS[0]?.habits ?? []
    const week = (seed: number) =>
      Array.from({ length: 7 * 144 }, (_, index) => isOccupied(seed, habits, MONDAY + (index * HOUR) / 6))
    expect(week(1)).toEqual(week(1))
    expect(week(2)).not.toEqual(week(1))
  })

  test('comes and goes at about the usual hours, not at the same minute every day', () => {
    const habits: Habit[] = [{ days: 'all', from: 8, to: 16, chance: 1 }]
    const starts = Array.from({ length: 60 }, (_, day) => {
      const minutes = Array.from({ length: 24 * 60 }, (_, minute) => minute)
      return minutes.find((minute) => isOccupied(5, habits, MONDAY + day * 24 * HOUR + minute * 60_000)) ?? -1
    })
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(7.6 * 60)
    expect(Math.max(...starts)).toBeLessThanOrEqual(8.4 * 60 + 1)
    expect(new Set(starts).size).toBeGreaterThan(20)
  })

  test('knows weekends', () => {
    const weekend: Habit[] = [{ days: 'weekend', from: 10, to: 20, chance: 1 }]
    expect(share(weekend, MONDAY, 5 * 24)).toBe(0)
    expect(share(weekend, MONDAY + 5 * 24 * HOUR, 2 * 24)).toBeCloseTo(10 / 24, 1)
    const workdays: Habit[] = [{ days: 'workdays', from: 10, to: 20, chance: 1 }]
    expect(share(workdays, MONDAY + 5 * 24 * HOUR, 2 * 24)).toBe(0)
  })

  test('stays over midnight', () => {
    const night: Habit[] = [{ days: 'all', from: 22, to: 31, chance: 1 }]
    expect(share(night, MONDAY + 25 * HOUR, 5)).toBe(1)
    expect(share(night, MONDAY + 32 * HOUR, 13)).toBe(0)
  })

  test('a chance is how often it happens', () => {
    const rarely: Habit[] = [{ days: 'all', from: 0, to: 24, chance: 0.3 }]
    const days = Array.from({ length: 400 }, (_, day) => isOccupied(3, rarely, MONDAY + day * 24 * HOUR + 12 * HOUR))
    expect(days.filter(Boolean).length / 400).toBeCloseTo(0.3, 1)
  })

  test.each(ZONE_SPECS.map(({ name, habits }) => [name, habits] as const))(
    'the %s is neither always nor never used',
    (_, habits) => {
      const used = share(habits, MONDAY, 28 * 24)
      expect(used).toBeGreaterThan(0.01)
      expect(used).toBeLessThan(0.6)
    },
  )
})
