import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunkAt, chunkCount, IMPORT_RESOLUTIONS, importRange, slicesOf } from './plan.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 0, 15, 6, 10)

describe('the range of an import', () => {
  test('ends at the last whole step that is a quarter of an hour old', () => {
    expect(importRange(NOW, 90, 60)).toEqual({ from: Date.UTC(2025, 9, 17, 5), to: Date.UTC(2026, 0, 15, 5) })
    expect(importRange(Date.UTC(2026, 0, 15, 6, 20), 1, 60).to).toBe(Date.UTC(2026, 0, 15, 6))
  })
})

describe('chunks and slices', () => {
  test('90 days are 13 chunks of a week, the newest first, the oldest is what remains', () => {
    const range = importRange(NOW, 90, 60)
    expect(chunkCount(range)).toBe(13)
    expect(chunkAt(range, 0)).toEqual({ from: range.to - 7 * DAY, to: range.to })
    expect(chunkAt(range, 12)).toEqual({ from: range.from, to: range.from + 6 * DAY })
  })

  test('hourly values of a whole building for a week are one slice, five-minute values are cut', () => {
    const week = { from: 0, to: 7 * DAY }
    expect(slicesOf(week, 90, 3600)).toEqual([week])
    expect(slicesOf(week, 90, 300).map(({ from, to }) => (to - from) / DAY)).toEqual([2, 2, 2, 1])
  })

  test('cover the range without gap or overlap, on the grid', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(...IMPORT_RESOLUTIONS),
        fc.integer({ min: 0, max: 500 }),
        (days, minutes, signals) => {
          const range = importRange(NOW, days, minutes)
          const chunks = Array.from({ length: chunkCount(range) }, (_, index) => chunkAt(range, index)).reverse()
          const slices = chunks.flatMap((chunk) => slicesOf(chunk, signals, minutes * 60))
          expect(slices[0]?.from).toBe(range.from)
          expect(slices.at(-1)?.to).toBe(range.to)
          slices.forEach(({ from, to }, index) => {
            expect(to).toBeGreaterThan(from)
            expect(from % (minutes * 60_000)).toBe(0)
            if (index > 0) expect(from).toBe(slices[index - 1]?.to)
          })
        },
      ),
    )
  })
})
