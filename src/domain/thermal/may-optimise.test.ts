import { describe, expect, test } from 'vitest'
import { LEAST_OUTCOMES, mayOptimise, type ReadinessFacts } from './may-optimise.ts'

const score = (rmse: number, persistenceRmse: number, n = 200, leadHours = 24, modelRmse = 0.6) => ({
  leadHours,
  rmse,
  persistenceRmse,
  n,
  modelRmse,
})
/** A room that hardly moves: forecasts stay with persistence. */
const steady = (modelRmse: number) => score(0.17, 0.17, 200, 24, modelRmse)
const SURE = { accepted: true, reasons: [] }

function judged(change: Partial<ReadinessFacts>) {
  return mayOptimise({ issued: [], past: [score(0.3, 0.5)], model: SURE, ...change })
}

describe('a house may be optimised', () => {
  test('when forecasts over its past would have been below half a kelvin and better than persistence', () => {
    expect(judged({})).toEqual({
      allowed: true,
      reason:
        'forecasts a day ahead would have been wrong by 0.30 K over 200 hours, better than 0.50 K without a model',
    })
  })

  test('when the forecasts it has had were, whatever those over the past would have been', () => {
    expect(judged({ issued: [score(0.2, 0.4)], past: [score(0.9, 0.5)] })).toMatchObject({
      allowed: true,
      reason: expect.stringContaining('were wrong by 0.20 K'),
    })
  })

  test('when its room is held so steady that persistence cannot be beaten, and its model alone foresees it too', () => {
    expect(judged({ past: [steady(0.08)] })).toEqual({
      allowed: true,
      reason:
        'forecasts a day ahead would have been wrong by 0.17 K over 200 hours, as little as without a model; ' +
        'by its model alone they would have been wrong by 0.08 K',
    })
    expect(judged({ issued: [score(0.2, 0.2)], past: [steady(0.3)] }).allowed).toBe(true)
  })
})

describe('a house may not be optimised', () => {
  test.each<[string, Partial<ReadinessFacts>, RegExp]>([
    ['without a model', { model: null }, /^it has no model yet$/],
    [
      'by a model that is not sure',
      { model: { accepted: false, reasons: ['The heat never changed.'] } },
      /^its model is not sure enough: the heat never changed$/,
    ],
    ['without scores', { past: [] }, /^fewer than 72 forecasts a day ahead/],
    ['by scores of other leads', { past: [score(0.1, 0.5, 500, 6)] }, /^fewer than 72/],
    ['by few outcomes', { past: [score(0.1, 0.5, LEAST_OUTCOMES - 1)] }, /^fewer than 72/],
    [
      'by an error of half a kelvin',
      { past: [score(0.5, 0.9)] },
      /0\.50 K over 200 hours, and have to be below 0\.50 K$/,
    ],
    ['by forecasts no better than persistence', { past: [score(0.3, 0.3)] }, /no better than "it stays as it is"/],
    ['by forecasts worse than persistence', { past: [score(0.3, 0.29, 200, 24, 0.1)] }, /no better than/],
    [
      'by a model that alone errs by half a kelvin',
      { past: [steady(0.5)] },
      /no better than "it stays as it is" with 0\.17 K, and by its model alone they would have been wrong by 0\.50 K$/,
    ],
    ['by steady forecasts of a model without a past', { issued: [score(0.2, 0.2)], past: [] }, /no better than/],
    [
      'by a good past when the forecasts it has had were bad',
      { issued: [score(0.8, 0.5)], past: [score(0.2, 0.5)] },
      /were wrong by 0\.80 K/,
    ],
  ])('%s', (_, change, reason) => {
    expect(judged(change)).toEqual({ allowed: false, reason: expect.stringMatching(reason) })
  })

  test('but few live outcomes do not overrule a good past', () => {
    expect(judged({ issued: [score(0.8, 0.5, 10)] }).allowed).toBe(true)
  })
})
