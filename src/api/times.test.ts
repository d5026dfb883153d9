/** Times inwards and outwards. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isoSeconds, parseTime } from './times.ts'

const seven = Date.parse('2026-01-10T07:00:00Z')

describe('times given by a caller', () => {
  test.each([
    '2026-01-10T07:00:00Z',
    '2026-01-10T07:00Z',
    '2026-01-10t07:00:00.000z',
    '2026-01-10T08:00:00+01:00',
    '2026-01-10T08:00+0100',
    '2026-01-10T04:30:00-02:30',
    String(seven / 1000),
  ])('%s is seven o’clock UTC', (text) => {
    expect(parseTime(text)).toBe(seven)
  })

  test('a plus that a query turned into a blank still is an offset', () => {
    expect(parseTime('2026-01-10T08:00:00 01:00')).toBe(seven)
  })

  test.each([
    '',
    'yesterday',
    '2026-01-10',
    '2026-01-10T07:00:00',
    '2026-13-10T07:00:00Z',
    '2026-02-30T07:00:00Z',
    '2026-01-10T25:00:00Z',
    '2026-01-10T07:00:00+99:00',
  ])('%j is not a time', (text) => {
    expect(parseTime(text)).toBeUndefined()
  })
})

test('a time given out can be read back, to the second', () => {
  const years2000To2100 = fc.integer({ min: 946_684_800_000, max: 4_102_444_800_000 })
  fc.assert(
    fc.property(years2000To2100, (epochMs) => {
      expect(parseTime(isoSeconds(epochMs))).toBe(Math.floor(epochMs / 1000) * 1000)
    }),
  )
})

test('unknown is null', () => {
  expect(isoSeconds(null)).toBeNull()
})
