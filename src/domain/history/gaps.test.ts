import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  findHoles,
  fitsInto,
  HOURLY,
  holesAfter,
  pollCadence,
  type Reading,
  rangesToAsk,
  summarise,
  suspiciousHours,
} from './gaps.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 14)
const at = (hour: number, minute = 0) => START + hour * HOUR + minute * MINUTE
const five = pollCadence(300)
const polled = (time: number): Reading => ({ time })
const every5 = (from: number, to: number) =>
  Array.from({ length: (to - from) / (5 * MINUTE) }, (_, index) => polled(from + index * 5 * MINUTE))

describe('holes', () => {
  test('one missed poll is none, two are one', () => {
    expect(findHoles([polled(at(0)), polled(at(0, 10))], undefined, five)).toEqual([])
    expect(findHoles([polled(at(0)), polled(at(0, 15))], undefined, five)).toEqual([{ from: at(0), to: at(0, 15) }])
  })

  test('nothing was expected before the first reading; the end of the range is', () => {
    expect(findHoles([polled(at(1))], at(2), five)).toEqual([{ from: at(1), to: at(2) }])
    expect(findHoles([], at(2), five)).toEqual([])
  })

  test('beside imported and filled readings an hour may be missing, and no more', () => {
    const imported = (hour: number): Reading => ({ time: at(hour), origin: 'import' })
    expect(findHoles([polled(at(0, 5)), imported(1), imported(2), polled(at(3))], undefined, five)).toEqual([])
    expect(findHoles([imported(0), imported(2)], undefined, five)).toEqual([{ from: at(0), to: at(2) }])
  })

  test('a house polled every 15 seconds has no hole that its vendor could not fill anyway', () => {
    expect(findHoles([polled(at(0)), polled(at(0, 9))], undefined, pollCadence(15))).toEqual([])
  })

  test('a station that misses one hour has one', () => {
    expect(findHoles([polled(at(0)), polled(at(1)), polled(at(3))], undefined, HOURLY)).toEqual([
      { from: at(1), to: at(3) },
    ])
  })
})

describe('hours worth a closer look', () => {
  const counts = (entries: Record<number, number>) =>
    new Map(Object.entries(entries).map(([hour, count]) => [at(Number(hour)), count]))

  test('those with too few readings, with an hour on either side', () => {
    const found = suspiciousHours(counts({ 0: 12, 1: 12, 2: 9, 3: 12, 4: 12 }), { from: at(0), to: at(5) }, 300_000)
    expect(found).toEqual([{ from: at(1), to: at(4) }])
  })

  test('neighbours become one stretch, and the range is not left', () => {
    expect(suspiciousHours(counts({ 2: 12 }), { from: at(0), to: at(5, 30) }, 300_000)).toEqual([
      { from: at(0), to: at(5, 30) },
    ])
  })

  test('hourly observations are looked at by presence', () => {
    expect(suspiciousHours(counts({ 0: 1, 1: 1, 2: 1 }), { from: at(0), to: at(3) }, HOUR)).toEqual([])
    expect(suspiciousHours(counts({ 0: 1, 2: 1 }), { from: at(0), to: at(3) }, HOUR)).toHaveLength(1)
  })

  test('whatever is missing, a hole found in all readings is found in the hours looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 287 }), { maxLength: 80 }), (missed) => {
        const readings = every5(at(0, 2), at(24, 2)).filter((_, index) => !missed.includes(index))
        const all = findHoles(readings, at(24, 2), five)
        const byHour = new Map<number, number>()
        for (const { time } of readings) {
          const hour = Math.floor(time / HOUR) * HOUR
          byHour.set(hour, (byHour.get(hour) ?? 0) + 1)
        }
        const range = { from: at(0), to: at(24, 2) }
        const found = suspiciousHours(byHour, range, 300_000).flatMap((stretch) =>
          findHoles(
            readings.filter(({ time }) => time >= stretch.from && time < stretch.to),
            stretch.to === range.to ? range.to : undefined,
            five,
          ),
        )
        expect(found).toEqual(all)
      }),
      // Two polls missed in a row, one on either side of the full hour.
      { examples: [[[11, 12]]] },
    )
  })
})

test('a filled value does not stand beside a reading', () => {
  const hole = { from: at(0, 3), to: at(0, 23) }
  const fitting = [5, 10, 15, 20, 25].filter((minute) => fitsInto(hole, at(0, minute), five))
  expect(fitting).toEqual([10, 15, 20])
})

describe('questions to the vendor', () => {
  test('whole hours; close holes in one, distant ones apart', () => {
    const holes = [
      { from: at(1, 10), to: at(1, 50) },
      { from: at(3, 10), to: at(4) },
      { from: at(20), to: at(21) },
    ]
    expect(rangesToAsk(holes)).toEqual([
      { from: at(1), to: at(4) },
      { from: at(20), to: at(21) },
    ])
  })

  test('a long hole is asked for week by week, without overlap', () => {
    const ranges = rangesToAsk([{ from: at(0), to: at(24 * 10) }])
    expect(ranges).toEqual([
      { from: at(0), to: at(24 * 7) },
      { from: at(24 * 7), to: at(24 * 10) },
    ])
  })

  test('whatever the holes, they are covered and no range overlaps another', () => {
    const gap = fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 20_000 }))
    fc.assert(
      fc.property(fc.array(gap, { maxLength: 12 }), (gaps) => {
        let time = START
        const holes = gaps.map(([before, length]) => {
          const from = time + before * MINUTE
          time = from + length * MINUTE
          return { from, to: time }
        })
        const ranges = rangesToAsk(holes)
        ranges.forEach(({ from, to }, index) => {
          expect(to - from).toBeLessThanOrEqual(7 * 24 * HOUR)
          if (index > 0) expect(from).toBeGreaterThanOrEqual(ranges[index - 1]?.to ?? 0)
        })
        for (const hole of holes) {
          const covered = ranges.reduce(
            (sum, { from, to }) => sum + Math.max(0, Math.min(to, hole.to) - Math.max(from, hole.from)),
            0,
          )
          expect(covered).toBe(hole.to - hole.from)
        }
      }),
    )
  })
})

test('before and after: what could not be filled stays a hole', () => {
  const holes = [{ from: at(0), to: at(10) }]
  const filled = [1, 2, 3, 4, 5].map((hour): Reading => ({ time: at(hour), origin: 'fill' }))
  const after = holesAfter(holes, filled, five)
  expect(summarise(holes)).toEqual({ holes: 1, minutes: 600 })
  expect(after).toEqual([{ from: at(5), to: at(10) }])
  expect(holesAfter(holes, [], five)).toEqual(holes)
})
