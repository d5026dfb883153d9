import { describe, expect, test } from 'vitest'
import { seededRandom } from '../thermal/testing/random.ts'
import { addDays } from '../time/day.ts'
import type { SavingsDay } from './savings-day.ts'
import { type SavingsTrial, trialDay } from './trial.ts'
import { trialResult } from './trial-result.ts'

const TRIAL: SavingsTrial = {
  seed: 7,
  start: '2026-01-12',
  blockDays: 2,
  washOutDays: 1,
  pairs: 8,
  begunBy: 'test',
  begunAt: '2026-01-11T10:00:00Z',
  stoppedOn: null,
  stopReason: null,
}

/** Days of a house that answers at once: 5 kWh a day and K below 17 °C, and what control saves. */
function daysOf(trial: SavingsTrial, saved: number, { noise = 0, seed = 1 } = {}): SavingsDay[] {
  const random = seededRandom(seed)
  return Array.from({ length: 2 * trial.pairs * trial.blockDays }, (_, index): SavingsDay => {
    const date = addDays(trial.start, index)
    const controlled = trialDay(trial, date)?.arm === 'control'
    const effectiveTemperature = 3 * random.normal()
    const own = 5 * (17 - effectiveTemperature)
    const usedKwh = own - (controlled ? saved : 0) + noise * random.normal()
    return {
      date,
      controlledHours: 24,
      meanShiftK: controlled ? -3 : 0,
      usedKh: 24 * (17 - effectiveTemperature) - (controlled ? 5 * saved : 0),
      baselineKh: 24 * (17 - effectiveTemperature),
      commonErrorKh: 0,
      dailyErrorKh: 0,
      usedKwh,
      source: 'meter',
      scaleError: 0,
      indoor: controlled ? 20.4 : 21,
      baselineIndoor: 21,
      coldKh: controlled ? 1 : 0,
      baselineColdKh: 0,
      warmKh: 0,
      baselineWarmKh: 0,
      effectiveTemperature,
      modelVersion: 'rc2',
    }
  })
}

describe('the result of a trial', () => {
  test('is the saving, whatever the weather of the days was', () => {
    const result = trialResult(TRIAL, daysOf(TRIAL, 8))
    expect(result).toMatchObject({ pairs: 8, enough: true, unit: 'kWh', pValue: 2 / 256 })
    expect(result.savedPerDay?.value).toBeCloseTo(8, 6)
    expect(result.savedShare?.value).toBeCloseTo(8 / 85, 1)
    expect([result.indoorDifference, result.coldDifferenceKh]).toEqual([expect.closeTo(-0.6), 1])
  })

  test('its interval holds the saving in about nine of ten trials, and none is found by chance in about nine of ten', () => {
    let held = 0
    let found = 0
    for (let seed = 1; seed <= 200; seed += 1) {
      const { savedPerDay } = trialResult(TRIAL, daysOf(TRIAL, 6, { noise: 4, seed }))
      held += savedPerDay !== null && savedPerDay.low <= 6 && savedPerDay.high >= 6 ? 1 : 0
      found += (trialResult(TRIAL, daysOf(TRIAL, 0, { noise: 4, seed })).pValue ?? 1) <= 0.1 ? 1 : 0
    }
    expect(held).toBeGreaterThan(168)
    expect(held).toBeLessThan(196)
    expect(found).toBeGreaterThan(6)
    expect(found).toBeLessThan(36)
  })

  test('many pairs are judged by drawn orders, the same at every look', () => {
    const long = { ...TRIAL, pairs: 20 }
    const days = daysOf(long, 1, { noise: 4 })
    const { pValue } = trialResult(long, days)
    expect(pValue).toBeGreaterThan(0)
    expect(pValue).toBe(trialResult(long, [...days].reverse()).pValue)
  })

  test('leaves out the wash-out, and days on which the house was not held', () => {
    const spoilt = daysOf(TRIAL, 8).map((day) => {
      const washOut = trialDay(TRIAL, day.date)?.counts === false
      return washOut ? { ...day, usedKwh: 500 } : day
    })
    expect(trialResult(TRIAL, spoilt).savedPerDay?.value).toBeCloseTo(8, 6)
    const away = daysOf(TRIAL, 8).map((day, index) => (index < 8 ? { ...day, controlledHours: 12 } : day))
    expect(trialResult(TRIAL, away).pairs).toBe(6)
  })

  test('corrects what short blocks show of a house that lives on its store', () => {
    // By the model each counted day shows half as much again as lasting control saves, and the house takes it back.
    const days = daysOf(TRIAL, 8).map((day) => {
      const controlled = trialDay(TRIAL, day.date)?.arm === 'control'
      return {
        ...day,
        usedKh: day.baselineKh - (controlled ? 60 : -20),
        usedKwh: (day.usedKwh ?? 0) + (controlled ? 0 : 4),
      }
    })
    // Shown: 12 kWh; lasting over shown: (60 − 20) / (60 + 20).
    expect(trialResult(TRIAL, days).savedPerDay?.value).toBeCloseTo(6, 6)
  })

  test('says nothing with too few pairs, and falls back on the model without a meter', () => {
    const few = trialResult(TRIAL, daysOf(TRIAL, 8).slice(0, 12))
    expect(few).toMatchObject({ pairs: 3, enough: false, savedPerDay: null, savedShare: null, pValue: null })
    expect(trialResult(TRIAL, [])).toMatchObject({ pairs: 0, enough: false, indoorDifference: null })
    const unmetered = daysOf(TRIAL, 8).map((day) => ({ ...day, usedKwh: null, source: 'none' as const }))
    const byModel = trialResult(TRIAL, unmetered)
    expect(byModel.unit).toBe('K·h')
    expect(byModel.savedPerDay?.value).toBeCloseTo(40, 6)
  })
})
