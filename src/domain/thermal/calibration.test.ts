import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blended, calibrateLead, type ForecastOutcome, uncalibrated } from './calibration.ts'
import { seededRandom } from './testing/random.ts'

/** Outcomes where the truth is the model's forecast and noise of a tenth. */
function goodModel(count: number): ForecastOutcome[] {
  const random = seededRandom(4)
  return Array.from({ length: count }, () => {
    const persistence = 20 + random.normal()
    const model = 21 + random.normal()
    return { persistence, model, habit: 20 + random.normal(), actual: model + 0.1 * random.normal(), unseen: true }
  })
}

describe('trust in a forecast', () => {
  test('is none before there are outcomes: it stays as it is, within a band that widens with the lead', () => {
    const short = calibrateLead([], [], 1, 1)
    const long = calibrateLead([], [], 24, 1)
    expect(short).toEqual(uncalibrated(1))
    expect(blended({ persistence: 21, model: 25, habit: 19 }, short)).toBe(21)
    expect(long.high - long.low).toBeGreaterThan(short.high - short.low)
  })

  test('goes to a model that is right', () => {
    const { model, habit } = calibrateLead(goodModel(500), [], 1, 1)
    expect(model).toBeGreaterThan(0.95)
    expect(habit).toBeLessThan(0.05)
  })

  test('comes slower for a day ahead than for an hour: outcomes an hour apart say nearly the same', () => {
    const outcomes = goodModel(60)
    expect(calibrateLead(outcomes, [], 24, 1).model).toBeLessThan(calibrateLead(outcomes, [], 1, 1).model)
  })

  test('comes slower from a past the model was fitted to', () => {
    const seen = goodModel(30).map((outcome) => ({ ...outcome, unseen: false }))
    expect(calibrateLead(seen, [], 1, 1).model).toBeLessThan(calibrateLead(goodModel(30), [], 1, 1).model)
  })

  test('stays with persistence when the model says the opposite of what happens', () => {
    const outcomes = goodModel(300).map((outcome) => ({
      ...outcome,
      actual: outcome.persistence - 0.5 * (outcome.model - outcome.persistence),
      habit: outcome.persistence,
    }))
    const { model, habit } = calibrateLead(outcomes, [], 1, 1)
    expect(model).toBe(0)
    expect(habit).toBe(0)
  })

  test('is taken back when the forecasts issued lately were a quarter worse than persistence', () => {
    const issued = Array.from({ length: 100 }, () => ({ error: 0.5, persistenceError: 0.4, present: true }))
    expect(calibrateLead(goodModel(500), issued, 1, 1)).toMatchObject({ model: 0, habit: 0 })
    const slightly = issued.map(({ error }) => ({ error, persistenceError: error / 1.1, present: true }))
    expect(calibrateLead(goodModel(500), slightly, 1, 1).model).toBeCloseTo(0.5, 1)
  })

  test('the band holds 80 % of the errors that were made', () => {
    const random = seededRandom(9)
    const errors = Array.from({ length: 500 }, () => random.normal())
    const issued = errors.map((error) => ({ error, persistenceError: 2 * error, present: true }))
    const { low, high } = calibrateLead(goodModel(500), issued, 1, 1)
    expect(errors.filter((error) => error >= low && error <= high).length / 500).toBeCloseTo(0.8, 1)
    expect(low).toBeCloseTo(-1.28, 0)
  })

  test('shares are never negative and never more than one together', () => {
    const temperature = fc.double({ min: 15, max: 25, noNaN: true })
    const outcome = fc.record({
      persistence: temperature,
      model: temperature,
      habit: temperature,
      actual: temperature,
      unseen: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 12, maxLength: 60 }), (outcomes) => {
        const { model, habit, low, high } = calibrateLead(outcomes, [], 1, 1)
        expect(model).toBeGreaterThanOrEqual(0)
        expect(habit).toBeGreaterThanOrEqual(0)
        expect(model + habit).toBeLessThanOrEqual(1 + 1e-9)
        expect(low).toBeLessThanOrEqual(high)
      }),
    )
  })
})
