import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blended, calibrateLeads, type ForecastOutcome, type LeadCalibration, uncalibrated } from './calibration.ts'
import { seededRandom } from './testing/random.ts'
import type { IssuedError } from './trust.ts'

/** Outcomes where the truth is the model's forecast and noise of a tenth. */
function goodModel(count: number): ForecastOutcome[] {
  const random = seededRandom(4)
  return Array.from({ length: count }, () => {
    const persistence = 20 + random.normal()
    const model = 21 + random.normal()
    return { persistence, model, habit: 20 + random.normal(), actual: model + 0.1 * random.normal(), unseen: true }
  })
}

function calibrated(outcomes: readonly ForecastOutcome[], issued: readonly IssuedError[], leadHours: number) {
  return calibrateLeads([{ leadHours, outcomes, issued }], 1)[0] as LeadCalibration
}

/** Forecasts an hour apart, their errors a share of those of persistence. */
function issuedWith(share: number, count = 500): IssuedError[] {
  const random = seededRandom(9)
  return Array.from({ length: count }, (_, hour) => {
    const persistenceError = random.normal()
    return { hour, persistenceError, candidateError: share * persistenceError }
  })
}

describe('the calibration of a lead', () => {
  test('is none before there are outcomes: it stays as it is, within a band that widens with the lead', () => {
    const short = calibrated([], [], 1)
    const long = calibrated([], [], 24)
    expect(short).toEqual(uncalibrated(1))
    expect(blended({ persistence: 21, model: 25, habit: 19 }, short)).toBe(21)
    expect(long.high - long.low).toBeGreaterThan(short.high - short.low)
  })

  test('has the shares of a model that is right', () => {
    const { model, habit } = calibrated(goodModel(500), [], 1).candidate
    expect(model).toBeGreaterThan(0.95)
    expect(habit).toBeLessThan(0.05)
  })

  test('gains them slower for a day ahead than for an hour: outcomes an hour apart say nearly the same', () => {
    const outcomes = goodModel(60)
    expect(calibrated(outcomes, [], 24).candidate.model).toBeLessThan(calibrated(outcomes, [], 1).candidate.model)
  })

  test('gains them slower from a past the model was fitted to', () => {
    const seen = goodModel(30).map((outcome) => ({ ...outcome, unseen: false }))
    const unseen = goodModel(30)
    expect(calibrated(seen, [], 1).candidate.model).toBeLessThan(calibrated(unseen, [], 1).candidate.model)
  })

  test('stays with persistence when the model says the opposite of what happens', () => {
    const outcomes = goodModel(300).map((outcome) => ({
      ...outcome,
      actual: outcome.persistence - 0.5 * (outcome.model - outcome.persistence),
      habit: outcome.persistence,
    }))
    expect(calibrated(outcomes, [], 1).candidate).toEqual({ model: 0, habit: 0 })
  })

  test('is persistence, exactly, until forecasts have been better than it', () => {
    expect(calibrated(goodModel(500), issuedWith(1.1), 1)).toMatchObject({ model: 0, habit: 0 })
    const { model, candidate } = calibrated(goodModel(500), issuedWith(0.5), 1)
    expect(model).toBe(candidate.model)
    expect(model).toBeGreaterThan(0.9)
  })

  test.each([0.5, 2])('the band holds 80 %% of the errors of what is said, these being %d of persistence', (share) => {
    const issued = issuedWith(share)
    const { low, high } = calibrated(goodModel(500), issued, 1)
    const errors = issued.map(({ candidateError, persistenceError }) => (share < 1 ? candidateError : persistenceError))
    expect(errors.filter((error) => error >= low && error <= high).length / 500).toBeCloseTo(0.8, 1)
    expect(low).toBeCloseTo(-1.28 * Math.min(1, share), 0)
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
        const { candidate, low, high } = calibrated(outcomes, [], 1)
        const { model, habit } = candidate
        expect(model).toBeGreaterThanOrEqual(0)
        expect(habit).toBeGreaterThanOrEqual(0)
        expect(model + habit).toBeLessThanOrEqual(1 + 1e-9)
        expect(low).toBeLessThanOrEqual(high)
      }),
    )
  })
})
