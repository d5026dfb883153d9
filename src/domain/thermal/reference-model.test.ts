import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ReferenceRules, referenceForecast, referenceStep } from './reference-model.ts'

const villa: ReferenceRules = { response: 'medium', setpoint: 22, tolerance: 1 }

describe('the reference model', () => {
  test.each([
    [19, 19.12],
    [20.5, 20.6],
    [21.4, 21.65],
    [22.5, 22.4],
    [23.5, 23.065],
  ])('at 0 °C outdoors %d °C becomes %d °C after an hour', (indoor, expected) => {
    expect(referenceStep(villa, indoor, 0)).toBeCloseTo(expected, 9)
  })

  test('in mild weather a room at its setpoint stays as it is', () => {
    expect(referenceStep(villa, 22.5, 15)).toBe(22.5)
  })

  test('a forecast adds the learned correction and goes on from the corrected value', () => {
    const [first, second] = referenceForecast(villa, 22.5, [0, 0], () => 0.05)
    expect(first).toBeCloseTo(22.45, 9)
    expect(second).toBeCloseTo(22.4, 9)
  })

  test('a forecast never leaves the band around the setpoint', () => {
    const temperature = fc.double({ min: -30, max: 40, noNaN: true })
    fc.assert(
      fc.property(temperature, fc.array(temperature, { minLength: 1, maxLength: 72 }), (indoor, outdoor) => {
        for (const value of referenceForecast(villa, indoor, outdoor)) {
          expect(value).toBeGreaterThanOrEqual(20)
          expect(value).toBeLessThanOrEqual(23.5)
        }
      }),
    )
  })
})
