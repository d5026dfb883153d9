import { describe, expect, test } from 'vitest'
import { pinballLoss, scoreByLead } from './scores.ts'

const forecast = (leadHours: number, mean: number, actual: number, persistence = 20) => ({
  leadHours,
  mean,
  q10: mean - 0.5,
  q90: mean + 0.5,
  persistence,
  actual,
})

describe('scores', () => {
  test('of two forecasts 24 h ahead', () => {
    const [score] = scoreByLead([forecast(24, 21, 21.3), forecast(24, 21, 20.1)])
    expect(score?.leadHours).toBe(24)
    expect(score?.rmse).toBeCloseTo(Math.sqrt((0.09 + 0.81) / 2), 9)
    expect(score?.mae).toBeCloseTo(0.6, 9)
    expect(score?.bias).toBeCloseTo(-0.3, 9)
    expect(score?.persistenceRmse).toBeCloseTo(Math.sqrt((1.69 + 0.01) / 2), 9)
    expect(score?.coverage).toBe(0.5)
    expect(score?.n).toBe(2)
  })

  test('leave out what was not measured, and leads nobody forecast', () => {
    expect(scoreByLead([forecast(6, 21, Number.NaN), forecast(1, 21, 21)]).map(({ leadHours }) => leadHours)).toEqual([
      1,
    ])
  })

  test('have no skill to tell when persistence was perfect', () => {
    expect(scoreByLead([forecast(1, 21, 20, 20)])[0]?.skill).toBeNull()
  })

  test('the pinball loss of a 90 % quantile punishes what lies above it nine times as hard', () => {
    expect(pinballLoss(22, 21, 0.9)).toBeCloseTo(0.9, 12)
    expect(pinballLoss(20, 21, 0.9)).toBeCloseTo(0.1, 12)
  })
})
