import { describe, expect, test } from 'vitest'
import { rootMeanSquare } from '../numeric/statistics.ts'
import { inputTable, runFilter } from './filter.ts'
import { localTimes } from './local-time.ts'
import { discreteModel, INPUTS } from './network.ts'
import { simulateModel } from './testing/models.ts'
import { learnUsualGains, usualCourse, usualGainsAt } from './usual-gains.ts'

const { series: still, model } = simulateModel({ order: 1, heat: 'power', days: 28, seed: 7 })
const clock = localTimes(still, 'Europe/Stockholm')
const discrete = discreteModel(model.structure, model.values, still.stepHours)

/** People who lift the room by so many K in the end, each evening from 17 to 22. */
function withEvenings(kelvin: number) {
  const usual = Float64Array.from(clock, ({ hour }) => (hour >= 17 && hour < 22 ? kelvin : 0))
  const values = new Float64Array(still.length * INPUTS)
  const usable = new Uint8Array(still.length).fill(1)
  const unmoved = {
    length: still.length,
    indoor: new Float64Array(still.length),
    outdoor: new Float64Array(still.length),
  }
  // Without any reading the filter only predicts: what it foresees is the effect of the evenings.
  unmoved.indoor.fill(Number.NaN, 1)
  const states = runFilter(discrete, { values, usable, usual }, unmoved, { states: true }).states as Float64Array
  return { ...still, indoor: still.indoor.map((value, k) => value + (states[k * discrete.states] as number)) }
}

const series = withEvenings(4)
const usual = learnUsualGains(model, series, clock)

describe('usual gains', () => {
  test('of evenings are found: more in the evening than at night, by about what they are', () => {
    const at = (hour: number) => usualGainsAt(usual, { hour, weekend: false }, 0)
    expect(at(19) - at(3)).toBeGreaterThan(2.5)
    expect(at(19) - at(3)).toBeLessThan(5.5)
  })

  test('where there are none are hardly any', () => {
    const none = learnUsualGains(model, still, clock)
    const course = usualCourse(none, still, clock)
    expect(rootMeanSquare([...course])).toBeLessThan(0.5)
  })

  test('leave innovations smaller than without them', () => {
    const table = inputTable(model.structure, series, model.reference)
    const likelihood = (inputs: typeof table) => runFilter(discrete, inputs, series).logLikelihood
    expect(likelihood({ ...table, usual: usualCourse(usual, series, clock) })).toBeGreaterThan(likelihood(table) + 20)
  })

  test('of sun differ before and after noon only while it shines', () => {
    const towardsMorning = {
      coefficients: usual.coefficients.map((_, index, all) => (index === all.length - 2 ? -5 : 0)),
    }
    const at = (hour: number, irradiance: number) => usualGainsAt(towardsMorning, { hour, weekend: false }, irradiance)
    expect(at(9, 0.3)).toBeGreaterThan(at(15, 0.3) + 1)
    expect(at(9, 0)).toBeCloseTo(at(15, 0), 12)
  })
})
