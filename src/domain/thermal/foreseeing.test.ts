import { describe, expect, test } from 'vitest'
import { fitForeseeing } from './foreseeing.ts'
import { localTimes } from './local-time.ts'
import { between } from './series.ts'
import { simulateModel } from './testing/models.ts'

const ZONE = 'Europe/Stockholm'
const { series, model } = simulateModel({ order: 2, heat: 'power', days: 14, seed: 5 })

describe('the model forecasts are made with', () => {
  test('is the identified one until a day has come back often enough to be usual', () => {
    const short = between(series, 0, 4 * 24)
    expect(fitForeseeing(short, model, localTimes(short, ZONE))).toEqual({ model, usual: null })
  })

  test('has walls even where the identified one has none', () => {
    const single = simulateModel({ order: 1, heat: 'power', days: 2, seed: 5 }).model
    const { model: found, usual } = fitForeseeing(series, single, localTimes(series, ZONE))
    expect(found.structure.order).toBe(2)
    expect(usual?.coefficients.every(Number.isFinite)).toBe(true)
  })

  test('takes inputs as held where the readings say so', () => {
    // The weather and the heat of an hour written beside the indoor temperature at its beginning.
    const middle = (values: Float64Array) =>
      values.map((value, k) => (value + (values[Math.min(k + 1, values.length - 1)] as number)) / 2)
    const held = {
      ...series,
      outdoor: middle(series.outdoor),
      heat: middle(series.heat),
      irradiance: middle(series.irradiance),
    }
    expect(fitForeseeing(held, model, localTimes(held, ZONE)).model.structure.held).toBe(true)
    expect(fitForeseeing(series, model, localTimes(series, ZONE)).model.structure.held ?? false).toBe(false)
  })
})
