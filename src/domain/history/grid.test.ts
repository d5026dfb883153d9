import { describe, expect, test } from 'vitest'
import { addCounts, HistoryGrid } from './grid.ts'
import type { HistoryRow } from './row.ts'
import type { HistoryField } from './signals.ts'

const HOUR = 3_600_000
const FROM = Date.UTC(2026, 0, 14)
const at = (hour: number, minute = 0) => FROM + hour * HOUR + minute * 60_000

const field = (name: string, change: Partial<HistoryField> = {}): HistoryField => ({
  signalId: name,
  field: name,
  factor: 1,
  plausible: [-40, 45],
  decimals: 2,
  nature: 'sensor',
  fillable: true,
  ...change,
})
const row = (signalId: string, time: number, value: number): HistoryRow => ({ signalId, time, value })

function gridded(fields: readonly HistoryField[], rows: readonly HistoryRow[], hours = 4) {
  const grid = new HistoryGrid(fields, { from: FROM, to: FROM + hours * HOUR }, 3600)
  grid.add(rows)
  return grid.result()
}

describe('points on the grid', () => {
  test('signals of one step make one point, in any order and over any number of pages', () => {
    const grid = new HistoryGrid([field('a'), field('b')], { from: FROM, to: at(3) }, 3600)
    grid.add([row('b', at(1), 2), row('a', at(0), 1)])
    grid.add([row('a', at(1), 3)])
    expect(grid.result().points).toEqual([
      { time: at(0), fields: { a: 1 } },
      { time: at(1), fields: { a: 3, b: 2 } },
    ])
  })

  test('finer rows become their mean, those of a counter the last value', () => {
    const rows = [row('a', at(0, 5), 2), row('a', at(0, 55), 3), row('e', at(0, 55), 110), row('e', at(0, 5), 100)]
    const counter = field('e', { nature: 'counter', plausible: [0, 1e9] })
    expect(gridded([field('a'), counter], rows).points).toEqual([{ time: at(0), fields: { a: 2.5, e: 110 } }])
  })

  test('units are converted before the range is judged, values are rounded, and −0 is 0', () => {
    const energy = field('e', { factor: 1000, plausible: [0, 1e9], nature: 'counter' })
    const rows = [row('e', at(0), 18.2347), row('a', at(0), -0.001)]
    const [point] = gridded([energy, field('a')], rows).points
    expect(point?.fields).toEqual({ e: 18_234.7, a: 0 })
    expect(Object.is(point?.fields.a, 0)).toBe(true)
  })

  test('rows of unknown signals and outside the range are ignored', () => {
    expect(gridded([field('a')], [row('x', at(0), 1), row('a', at(4), 1), row('a', FROM - 1, 1)]).points).toEqual([])
  })
})

describe('what cannot be true', () => {
  test('values out of range are left out and counted', () => {
    const result = gridded([field('a')], [row('a', at(0), 6553.5), row('a', at(1), 1), row('a', at(2), Number.NaN)])
    expect(result).toEqual({ points: [{ time: at(1), fields: { a: 1 } }], counts: { a: { values: 1, outOfRange: 2 } } })
  })

  const days = (value: (hour: number) => number, hours = 72) =>
    Array.from({ length: hours }, (_, hour) => row('a', at(hour), value(hour)))

  test('a sensor that does not move for a day is left out for that day, and counted', () => {
    const rows = days((hour) => (hour >= 20 && hour < 50 ? 4.2 : hour / 10))
    const { points, counts } = gridded([field('a')], rows, 72)
    expect(counts).toEqual({ a: { values: 42, stuck: 30 } })
    expect(points.map(({ time }) => time)).not.toContain(at(30))
  })

  test('23 hours of one value are a calm day', () => {
    const rows = days((hour) => (hour >= 20 && hour < 43 ? 4.2 : hour / 10))
    expect(gridded([field('a')], rows, 72).counts).toEqual({ a: { values: 72 } })
  })

  test('two values a day apart are no proof of a stuck sensor', () => {
    expect(gridded([field('a')], [row('a', at(0), 4), row('a', at(30), 4)], 72).counts).toEqual({ a: { values: 2 } })
  })

  test('a setpoint stands still by nature', () => {
    const setpoint = field('a', { nature: 'setpoint' })
    expect(
      gridded(
        [setpoint],
        days(() => 21),
        72,
      ).counts,
    ).toEqual({ a: { values: 72 } })
  })
})

test('silent signals are those without any row', () => {
  const grid = new HistoryGrid([field('a'), field('b'), field('c')], { from: FROM, to: at(4) }, 3600)
  grid.add([row('a', at(0), 1), row('b', at(0), 9999)])
  expect(grid.silentSignals()).toEqual(['c'])
})

test('counts of two stretches add up', () => {
  expect(addCounts({ a: { values: 1, stuck: 2 } }, { a: { values: 3, outOfRange: 1 }, b: { values: 1 } })).toEqual({
    a: { values: 4, stuck: 2, outOfRange: 1 },
    b: { values: 1 },
  })
})
