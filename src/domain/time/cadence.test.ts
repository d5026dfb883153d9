import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextDue, phaseSeconds, refusedCredentialsDelay } from './cadence.ts'

describe('due times', () => {
  test('are aligned to the interval and the phase', () => {
    expect(nextDue(Date.UTC(2026, 0, 10, 7, 1, 0), 300, 0)).toBe(Date.UTC(2026, 0, 10, 7, 5, 0))
    expect(nextDue(Date.UTC(2026, 0, 10, 7, 1, 0), 300, 30)).toBe(Date.UTC(2026, 0, 10, 7, 5, 30))
  })

  test('are strictly later than now, by at most one interval', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.integer({ min: 1, max: 86_400 }),
        fc.string(),
        (now, interval, id) => {
          const phase = phaseSeconds(id, interval)
          const due = nextDue(now, interval, phase)
          expect(due).toBeGreaterThan(now)
          expect(due - now).toBeLessThanOrEqual(interval * 1000)
          expect((due / 1000 - phase) % interval).toBe(0)
        },
      ),
    )
  })

  test('spread a fleet of houses over the interval', () => {
    const buckets = new Array<number>(10).fill(0)
    for (let number = 0; number < 2000; number++) {
      const bucket = Math.floor(phaseSeconds(`HEM_FJV_Villa_${number}`, 300) / 30)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    for (const count of buckets) expect(count).toBeGreaterThan(140)
    for (const count of buckets) expect(count).toBeLessThan(260)
  })
})

test('refused credentials are retried ever more rarely, down to once an hour', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((refusals) => refusedCredentialsDelay(refusals, 300) / 60_000)).toEqual([
    5, 10, 20, 40, 60, 60, 60,
  ])
})
