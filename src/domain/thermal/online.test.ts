import { describe, expect, test } from 'vitest'
import { inputTable, runFilter } from './filter.ts'
import { discreteModel } from './network.ts'
import { beginOnline, type OnlineReading, type OnlineState, observe } from './online.ts'
import { timeAt } from './series.ts'
import { simulateModel } from './testing/models.ts'

const { series, model } = simulateModel({ order: 2, heat: 'power', days: 10, seed: 4 })

const reading = (k: number, change: Partial<OnlineReading> = {}): OnlineReading => ({
  time: timeAt(series, k),
  indoor: series.indoor[k] as number,
  outdoor: series.outdoor[k] as number,
  irradiance: series.irradiance[k] as number,
  wind: null,
  heat: series.heat[k] as number,
  ...change,
})

function follow(count: number, change: (k: number) => Partial<OnlineReading> = () => ({})): OnlineState {
  let state = beginOnline(model, reading(0)) as OnlineState
  for (let k = 1; k < count; k += 1) state = observe(model, state, reading(k, change(k)))
  return state
}

describe('following a house', () => {
  test('reading by reading comes to what the filter over all of them says', () => {
    const discrete = discreteModel(model.structure, model.values, series.stepHours)
    const { states } = runFilter(discrete, inputTable(model.structure, series, model.reference), series, {
      states: true,
    })
    const whole = (states as Float64Array).slice(-discrete.states)
    follow(series.length).mean.forEach((value, index) => {
      expect(value).toBeCloseTo(whole[index] as number, 2)
    })
  })

  test('a state survives being stored as JSON', () => {
    const state = follow(50)
    const stored = JSON.parse(JSON.stringify(state)) as OnlineState
    expect(observe(model, stored, reading(50))).toEqual(observe(model, state, reading(50)))
  })

  test('a reading twice, or an older one, changes nothing', () => {
    const state = follow(50)
    expect(observe(model, state, reading(49))).toBe(state)
    expect(observe(model, state, reading(20))).toBe(state)
  })

  test('gains nobody measures end up in the disturbance', () => {
    const warm = follow(240, (k) =>
      k > 120 ? { indoor: (series.indoor[k] as number) + Math.min(2, (k - 120) / 20) } : {},
    )
    expect(warm.mean.at(-1)).toBeGreaterThan((follow(240).mean.at(-1) as number) + 0.3)
  })

  test('an open window is counted as surprise after surprise, and forgotten when it is closed', () => {
    const open = follow(203, (k) => (k >= 200 ? { indoor: (series.indoor[k] as number) - 3 * (k - 198) } : {}))
    expect(open.surprises).toBe(-3)
    expect(follow(220).surprises).toBe(0)
  })

  test('a missing reading is predicted through', () => {
    const state = follow(100)
    const blind = observe(model, state, reading(100, { indoor: null, outdoor: null, heat: null }))
    expect(blind.surprise).toBeNull()
    expect(blind.inputs).toEqual({ ...state.inputs, irradiance: series.irradiance[100] })
    expect(blind.covariance[0]).toBeGreaterThan(state.covariance[0] as number)
  })

  test('after more than a day of silence it begins anew', () => {
    const state = observe(model, follow(100), reading(130))
    expect(state.mean[0]).toBe(series.indoor[130])
    expect(state.surprise).toBeNull()
  })

  test('does not begin without an indoor, outdoor and heat reading', () => {
    expect(beginOnline(model, reading(0, { indoor: null }))).toBeNull()
    expect(beginOnline(model, reading(0, { outdoor: null }))).toBeNull()
    expect(beginOnline(model, reading(0, { heat: null }))).toBeNull()
  })
})
