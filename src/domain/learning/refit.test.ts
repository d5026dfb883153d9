import { expect, test } from 'vitest'
import { isFitDue, isNew } from './refit.ts'

const HOUR_MS = 3_600_000
const FULL = 28 * 24
const after = (hours: number, spanHours: number, coarse = false) =>
  isFitDue({ fittedAt: 0, spanHours, coarse }, hours * HOUR_MS, FULL)

test('a house without a model is fitted at every look', () => {
  expect(isFitDue(null, 0, FULL)).toBe(true)
})

test('a coarse model is fitted again after six hours', () => {
  expect([after(5, 12, true), after(6, 12, true)]).toEqual([false, true])
})

test('while its readings grow, a model is fitted every night', () => {
  expect([after(12, 14 * 24), after(24, 14 * 24)]).toEqual([false, true])
})

test('from four weeks on a version stands for a week, so that its forecasts can be judged', () => {
  expect([after(6 * 24, FULL), after(7 * 24, FULL)]).toEqual([false, true])
})

test('houses without a model, or with a coarse one, are new', () => {
  expect([isNew(null), isNew({ fittedAt: 0, spanHours: 12, coarse: true })]).toEqual([true, true])
  expect(isNew({ fittedAt: 0, spanHours: 200, coarse: false })).toBe(false)
})
