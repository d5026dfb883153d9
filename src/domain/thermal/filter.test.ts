import { describe, expect, test } from 'vitest'
import { inputTable, runFilter, type StateEstimate } from './filter.ts'
import { discreteModel, INPUTS } from './network.ts'
import { simulateModel, withHole } from './testing/models.ts'
import { correct, predict } from './testing/plain-filter.ts'

const { series, model } = simulateModel({ order: 3, heat: 'power', days: 20, seed: 3 })
const discrete = discreteModel(model.structure, model.values, series.stepHours)
const inputs = inputTable(model.structure, series, model.reference)

describe('the filter', () => {
  test('of the right model leaves innovations of mean 0 and deviation 1', () => {
    const { innovations } = runFilter(discrete, inputs, series, { innovations: true })
    const z = [...(innovations as Float64Array)].slice(24)
    const mean = z.reduce((total, value) => total + value, 0) / z.length
    const power = z.reduce((total, value) => total + value * value, 0) / z.length
    expect(Math.abs(mean)).toBeLessThan(0.2)
    expect(Math.sqrt(power)).toBeGreaterThan(0.8)
    expect(Math.sqrt(power)).toBeLessThan(1.2)
  })

  test('skipping the settled covariance gives what computing it at every step gives', () => {
    const run = runFilter(discrete, inputs, series, { states: true })
    const state: StateEstimate = {
      mean: (run.states as Float64Array).slice(0, discrete.states),
      covariance: new Float64Array(discrete.states ** 2),
    }
    // The first reading of a run only sets the state: the covariance after it is that of the start, corrected.
    for (let i = 0; i < discrete.states; i += 1) {
      state.covariance[i * discrete.states + i] = discrete.initialVariance[i] as number
    }
    const before = Float64Array.from(state.mean)
    correct(discrete, state, before[0] as number)
    state.mean.set(before)
    for (let k = 1; k < series.length; k += 1) {
      predict(discrete, state, inputs.values, (k - 1) * INPUTS)
      correct(discrete, state, series.indoor[k] as number)
    }
    state.mean.forEach((value, index) => {
      expect(value).toBeCloseTo((run.last as StateEstimate).mean[index] as number, 4)
    })
    state.covariance.forEach((value, index) => {
      expect(value).toBeCloseTo((run.last as StateEstimate).covariance[index] as number, 6)
    })
  })

  test('goes through a day without readings by prediction, growing unsure and then sure again', () => {
    const holed = withHole(series, 200, 224, 'indoor')
    const run = runFilter(discrete, inputs, holed, { innovations: true, states: true })
    expect((run.innovations as Float64Array).slice(200, 224).every((z) => Number.isNaN(z))).toBe(true)
    const states = run.states as Float64Array
    expect(Math.abs((states[223 * discrete.states] as number) - (series.indoor[223] as number))).toBeLessThan(1.5)
    expect(run.readings).toBe(runFilter(discrete, inputs, series).readings - 24)
  })

  test('a hole at the end leaves the estimate as unsure as the prediction is', () => {
    const end = series.length
    const open = runFilter(discrete, inputs, withHole(series, end - 24, end, 'indoor'))
    const closed = runFilter(discrete, inputs, series)
    const variance = (run: typeof open) => (run.last as StateEstimate).covariance[0] as number
    expect(variance(open)).toBeGreaterThan(5 * variance(closed))
  })

  test('starts anew after a hole in the weather', () => {
    const holed = withHole(series, 100, 110, 'outdoor')
    const run = runFilter(discrete, inputTable(model.structure, holed, model.reference), holed, { states: true })
    expect((run.states as Float64Array)[105 * discrete.states]).toBeNaN()
    expect((run.states as Float64Array)[200 * discrete.states]).not.toBeNaN()
    expect(Number.isFinite(run.logLikelihood)).toBe(true)
  })

  test('a window opened for an hour moves the estimate by three deviations at most', () => {
    const state = { ...(runFilter(discrete, inputs, series).last as StateEstimate) }
    const deviation = Math.sqrt((state.covariance[0] as number) + discrete.sensorVariance)
    const before = state.mean[0] as number
    const z = correct(discrete, state, before - 8)
    expect(z).toBeLessThan(-4)
    expect(before - (state.mean[0] as number)).toBeLessThanOrEqual(3 * deviation)
  })

  test('of nothing known is of no likelihood and no state', () => {
    const nothing = withHole(series, 0, series.length, 'indoor')
    expect(runFilter(discrete, inputs, nothing)).toMatchObject({ readings: 0, last: null })
  })
})
