import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketStamp, bucketsInRange } from './buckets.ts'
import { dayLabel, dayStart, labelToTime } from './day.ts'
import { EVERY_UNITS, formatEvery, parseEvery } from './every.ts'
import { offsetSpans } from './offsets.ts'

const HOUR = 3_600_000
const utc = (text: string) => Date.parse(text)
const stampOf = (instant: string, every: string) =>
  new Date(bucketStamp(utc(instant), parseEvery(every))).toISOString().replace(':00.000Z', 'Z')

describe('bucket widths', () => {
  test('are a number and a unit', () => {
    expect(parseEvery('5m')).toEqual({ count: 5, unit: 'm' })
    expect(parseEvery('3mo')).toEqual({ count: 3, unit: 'mo' })
  })

  test('come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 }), fc.constantFrom(...EVERY_UNITS), (count, unit) => {
        expect(formatEvery(parseEvery(`${count}${unit}`))).toBe(`${count}${unit}`)
      }),
    )
  })

  test.each(['', 'd', '0d', '01d', '-1h', '1.5h', '1 d', '1y', '1D', '1dd', '999999s', '1h|>drop()'])(
    '"%s" is none',
    (text) => {
      expect(() => parseEvery(text)).toThrow(RangeError)
    },
  )
})

describe('buckets', () => {
  test.each([
    ['2026-01-10T12:07:30Z', '5m', '2026-01-10T12:05Z'],
    ['2026-01-10T12:07:30Z', '6h', '2026-01-10T12:00Z'],
    ['2026-01-10T22:59:59Z', '1d', '2026-01-10T00:00Z'],
    ['2026-01-10T23:00:00Z', '1d', '2026-01-11T00:00Z'],
    ['2026-07-10T22:00:00Z', '1d', '2026-07-11T00:00Z'],
    ['2026-01-11T12:00:00Z', '1w', '2026-01-05T00:00Z'],
    ['2026-01-11T23:00:00Z', '1w', '2026-01-12T00:00Z'],
    ['2026-01-31T23:00:00Z', '1mo', '2026-02-01T00:00Z'],
    ['2026-05-31T12:00:00Z', '3mo', '2026-04-01T00:00Z'],
    ['2026-05-31T12:00:00Z', '12mo', '2026-01-01T00:00Z'],
  ])('%s lies in the %s bucket stamped %s', (instant, every, stamp) => {
    expect(stampOf(instant, every)).toBe(stamp)
  })

  test('a range of days around the changes of the clock has 23 and 25 hours in them', () => {
    const lengths = (from: string, to: string) =>
      bucketsInRange(parseEvery('1d'), dayStart(from), dayStart(to)).map(({ start, end }) => (end - start) / HOUR)
    expect(lengths('2026-03-28', '2026-03-31')).toEqual([24, 23, 24])
    expect(lengths('2026-10-24', '2026-10-27')).toEqual([24, 25, 24])
  })

  test('cover a range without gaps, each named as its instants are', () => {
    const every = fc.constantFrom('47m', '1h', '5h', '1d', '3d', '1w', '2w', '1mo', '5mo')
    const zone = fc.constantFrom('Europe/Stockholm', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe')
    const start = fc.integer({ min: utc('2020-01-01'), max: utc('2030-01-01') })
    fc.assert(
      fc.property(every, zone, start, fc.integer({ min: 1, max: 1000 * HOUR }), (width, where, from, length) => {
        const buckets = bucketsInRange(parseEvery(width), from, from + length, where)
        expect(buckets[0]?.start).toBeLessThanOrEqual(from)
        expect(buckets.at(-1)?.end).toBeGreaterThanOrEqual(from + length)
        for (const [index, bucket] of buckets.entries()) {
          expect(bucket.end).toBeGreaterThan(bucket.start)
          if (index > 0) expect(bucket.start).toBe(buckets[index - 1]?.end)
          expect(bucketStamp(bucket.start, parseEvery(width), where)).toBe(bucket.stamp)
          expect(bucketStamp(bucket.end - 1, parseEvery(width), where)).toBe(bucket.stamp)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('an empty range has none, an endless one is refused', () => {
    expect(bucketsInRange(parseEvery('1d'), 10, 10)).toEqual([])
    expect(() => bucketsInRange(parseEvery('1s'), 0, utc('2026-01-01'))).toThrow(/wider/)
  })
})

describe('UTC offsets as spans', () => {
  test('a Swedish year has three, changing at 01:00Z', () => {
    const spans = offsetSpans(utc('2026-01-01') / 1000, utc('2027-01-01') / 1000, 'Europe/Stockholm')
    expect(spans).toEqual([
      { from: utc('2026-01-01') / 1000, to: utc('2026-03-29T01:00:00Z') / 1000, offsetSeconds: 3600 },
      { from: utc('2026-03-29T01:00:00Z') / 1000, to: utc('2026-10-25T01:00:00Z') / 1000, offsetSeconds: 7200 },
      { from: utc('2026-10-25T01:00:00Z') / 1000, to: utc('2027-01-01') / 1000, offsetSeconds: 3600 },
    ])
  })

  test('give the local date of any instant', () => {
    const second = fc.integer({ min: utc('1990-01-01') / 1000, max: utc('2040-01-01') / 1000 })
    const zone = fc.constantFrom(
      'Europe/Stockholm',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'UTC',
    )
    fc.assert(
      fc.property(second, fc.integer({ min: 1, max: 400 * 86_400 }), zone, fc.nat(), (from, length, where, pick) => {
        const spans = offsetSpans(from, from + length, where)
        const time = from + (pick % length)
        const [span, ...others] = spans.filter((candidate) => time >= candidate.from && time < candidate.to)
        expect(others).toEqual([])
        const date = Math.floor((time + (span?.offsetSeconds ?? Number.NaN)) / 86_400) * 86_400_000
        expect(date).toBe(labelToTime(dayLabel(time * 1000, where)))
      }),
    )
  })

  test('an empty range has none, an unknown zone is refused', () => {
    expect(offsetSpans(5, 5, 'Europe/Stockholm')).toEqual([])
    expect(() => offsetSpans(0, 1, 'Mars/Olympus')).toThrow(RangeError)
  })
})
