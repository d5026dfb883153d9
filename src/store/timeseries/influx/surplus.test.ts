import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MEASUREMENTS } from '../../../domain/measurements.ts'
import { type CheckedPoint, checkPoints } from '../point.ts'
import { findSurplus, type StoredTime } from './surplus.ts'

const tags = { house_id: 'A', meter_id: '001' }

function wanted(...seconds: number[]): CheckedPoint[] {
  return checkPoints(
    MEASUREMENTS,
    seconds.map((second) => ({ measurement: 'energy_meter', tags, time: second * 1000, fields: { consumption: 1 } })),
  )
}

function stored(seconds: readonly number[], field = 'consumption', series = tags): StoredTime[] {
  return seconds.map((second) => ({ tags: series, time: second * 1000, field }))
}

test('neighbours that go are one range, broken where something stays', () => {
  const { ranges, rewrite } = findSurplus(stored([1, 2, 3, 4, 5, 6]), wanted(3, 6))
  expect(ranges).toEqual([
    { tags, first: 1000, last: 2000 },
    { tags, first: 4000, last: 5000 },
  ])
  expect(rewrite).toEqual([])
})

test('a point with a field too many goes and is written again', () => {
  const points = wanted(1, 2)
  const { ranges, rewrite } = findSurplus([...stored([1, 2]), ...stored([2], 'volume')], points)
  expect(ranges).toEqual([{ tags, first: 2000, last: 2000 }])
  expect(rewrite).toEqual([points[1]])
})

test('series are told apart', () => {
  const other = { house_id: 'A', meter_id: '002' }
  const { ranges } = findSurplus([...stored([1]), ...stored([1], 'consumption', other)], wanted(1))
  expect(ranges).toEqual([{ tags: other, first: 1000, last: 1000 }])
})

test('ranges cover all that is not wanted and nothing that is', () => {
  const seconds = fc.uniqueArray(fc.nat(40))
  fc.assert(
    fc.property(seconds, seconds, (before, after) => {
      const { ranges } = findSurplus(stored([...before, ...after]), wanted(...after))
      const goes = (second: number) => ranges.some(({ first, last }) => second * 1000 >= first && second * 1000 <= last)
      expect(after.filter(goes)).toEqual([])
      expect(before.filter((second) => !after.includes(second) && !goes(second))).toEqual([])
    }),
  )
})
