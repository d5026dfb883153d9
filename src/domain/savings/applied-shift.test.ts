import { expect, test } from 'vitest'
import { thermalSeries } from '../thermal/series.ts'
import { appliedShift, type ControlStep } from './applied-shift.ts'

const QUARTER_MS = 900_000
const START = Date.UTC(2026, 0, 10)

const { series } = thermalSeries(
  Array.from({ length: 16 }, (_, quarter) => ({
    time: START + quarter * QUARTER_MS,
    indoor: 21,
    outdoor: 0,
    irradiance: null,
    wind: null,
    heat: 40,
  })),
  'supply',
)

const step = (quarter: number, change: Partial<ControlStep> = {}): ControlStep => ({
  time: START + quarter * QUARTER_MS,
  action: 'write',
  shiftK: -2,
  verified: true,
  ...change,
})
const shiftOf = (...steps: ControlStep[]) => [...appliedShift(steps, series).shift.slice(0, 10)]

test('a curve stands until the next decision, and half an hour without any the house is given back', () => {
  expect(shiftOf(step(2), step(3), step(4, { shiftK: -3 }))).toEqual([0, 0, -2, -2, -3, -3, -3, 0, 0, 0])
})

test('a curve that was not read back does not stand: the one before does', () => {
  expect(shiftOf(step(0), step(1, { shiftK: -4, verified: false }), step(2, { action: 'keep' }))).toEqual([
    -2, -2, -2, -2, -2, 0, 0, 0, 0, 0,
  ])
  expect(shiftOf(step(0, { verified: false }))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
})

test('after a pause control begins with the curve of the house', () => {
  const again = step(6, { shiftK: -4, verified: false })
  expect(shiftOf(step(0), again)).toEqual([-2, -2, -2, 0, 0, 0, 0, 0, 0, 0])
})

test('a house that is held on its own curve is held', () => {
  const { shift, held } = appliedShift([step(0, { shiftK: 0, action: 'keep' })], series)
  expect([...held.slice(0, 4)]).toEqual([1, 1, 1, 0])
  expect([...shift.slice(0, 4)]).toEqual([0, 0, 0, 0])
})
