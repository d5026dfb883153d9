import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LARGEST_TRIM, type PiState, piTrim } from './pi.ts'

const HOUR = 3_600_000
const wide = { lowest: -5, highest: 5 }

function trimAfter(hours: number, error: number, room = wide, start: PiState | null = null) {
  let state = start
  let trim = 0
  for (let minute = 0; minute <= hours * 60; minute += 5) {
    const result = piTrim(state, (start?.time ?? 0) + (minute / 60) * HOUR, error, room)
    state = result.state
    trim = result.trim
  }
  return { trim, state }
}

describe('the trim', () => {
  test('is in proportion at first, and grows as much again every hour', () => {
    expect(piTrim(null, 0, 0.5, wide).trim).toBeCloseTo(0.1)
    expect(trimAfter(1, 0.5).trim).toBeCloseTo(0.2, 2)
    expect(trimAfter(3, 0.5).trim).toBeCloseTo(0.4, 2)
  })

  test('keeps what it has learned when the error is gone', () => {
    const { state } = trimAfter(3, 0.5)
    expect(piTrim(state, 3 * HOUR, 0, wide).trim).toBeCloseTo(0.3, 2)
  })

  test('does not wind up: from its limit it comes back as soon as the error turns', () => {
    const { trim, state } = trimAfter(100, 0.9)
    expect(trim).toBe(LARGEST_TRIM)
    expect(piTrim(state, 100 * HOUR, -0.9, wide).trim).toBeLessThan(LARGEST_TRIM - 0.25)
    expect(Math.abs(state?.integral ?? 9)).toBeLessThanOrEqual(LARGEST_TRIM)
  })

  test('does not learn while the room is warming up', () => {
    expect(trimAfter(5, 4).state?.integral).toBe(0)
  })

  test('a long pause counts as half an hour', () => {
    const { state } = piTrim({ integral: 0, time: 0 }, 48 * HOUR, 0.6, wide)
    expect(state.integral).toBeCloseTo(0.06)
  })

  test('never leaves its limits, whatever comes', () => {
    const errors = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(
        errors,
        fc.double({ min: -3, max: 0, noNaN: true }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (course, lowest, highest) => {
          let state: PiState | null = null
          for (const [index, error] of course.entries()) {
            const result = piTrim(state, index * 600_000, error, { lowest, highest })
            expect(result.trim).toBeGreaterThanOrEqual(Math.max(-LARGEST_TRIM, lowest))
            expect(result.trim).toBeLessThanOrEqual(Math.min(LARGEST_TRIM, highest))
            state = result.state
          }
        },
      ),
    )
  })
})
