import { beforeAll, describe, expect, test } from 'vitest'
import { rootMeanSquare } from '../numeric/statistics.ts'
import { measuredWeather } from '../thermal/house-path.ts'
import { between, type ThermalSample, type ThermalSeries, thermalSeries } from '../thermal/series.ts'
import { seededRandom } from '../thermal/testing/random.ts'
import { drawHouse, simulateHouse } from '../thermal/testing/simulated-house.ts'
import { forecastHouse } from './house-forecast.ts'
import { type Training, type TrainingTask, trainHouse } from './train.ts'
import type { TrainedModel } from './trained-model.ts'

const DAYS = 21
const { samples, indoor } = simulateHouse(drawHouse(seededRandom(101)), {
  seed: 2,
  days: 28,
  stepMinutes: 60,
  season: 0,
})
const all = samples('supply')
const learned = all.slice(0, DAYS * 24)

function task(given: readonly ThermalSample[], change: Partial<TrainingTask> = {}): TrainingTask {
  return {
    samples: given,
    heatInput: 'supply',
    heatIncludesHotWater: false,
    zone: 'Europe/Stockholm',
    issued: [],
    rules: { response: 'medium', setpoint: 21, tolerance: 1 },
    ...change,
  }
}

let training: Training
let whole: ThermalSeries
beforeAll(() => {
  training = trainHouse(task(learned)).training as Training
  whole = thermalSeries(all, 'supply').series
}, 120_000)

/** What is said at a step of the days it has not seen. */
function said(trained: TrainedModel, k: number) {
  return forecastHouse(trained, between(whole, 0, k + 1), measuredWeather(whole, k, 49))
}

describe('a house that is learned', () => {
  test('survives being stored as JSON', () => {
    const stored = JSON.parse(JSON.stringify(training)) as Training
    const k = DAYS * 24 + 10
    expect(said(stored.trained, k)).toEqual(said(training.trained, k))
  })

  test('is forecast better than "it stays as it is" a day ahead, on days it has not shown', () => {
    const errors: number[] = []
    const changes: number[] = []
    let inside = 0
    for (let k = DAYS * 24; k + 24 < whole.length; k += 1) {
      const point = said(training.trained, k)?.points.find(({ leadHours }) => leadHours === 24)
      if (point === undefined) throw new Error(`nothing is said at step ${k}`)
      const actual = indoor[k + 24] as number
      errors.push(actual - point.mean)
      changes.push(actual - (indoor[k] as number))
      if (actual >= point.q10 && actual <= point.q90) inside += 1
    }
    expect(rootMeanSquare(errors)).toBeLessThan(0.8 * rootMeanSquare(changes))
    expect(inside / errors.length).toBeGreaterThan(0.6)
  })

  test('has scores over its past: of the forecasts, the model alone and the rules of thumb', () => {
    const [score] = training.pastScores.filter(({ leadHours }) => leadHours === 24)
    expect(score?.n).toBeGreaterThan(200)
    expect(score?.rmse).toBeLessThan(score?.persistenceRmse ?? 0)
    expect(score?.referenceRmse).toBeGreaterThan(score?.rmse ?? Number.POSITIVE_INFINITY)
    expect(score?.modelRmse).toBeGreaterThan(0)
  })

  test('gets wider bands when forecasts that were issued missed by more than those over the past', () => {
    const issued = Array.from({ length: 300 }, (_, index) => ({
      leadHours: 24,
      error: Math.sin(index),
    }))
    const missed = trainHouse(task(learned.slice(-5 * 24), { issued })).training as Training
    const plain = trainHouse(task(learned.slice(-5 * 24))).training as Training
    const width = ({ trained }: Training, lead: number) => {
      const band = trained.calibrations.find(({ leadHours }) => leadHours === lead)
      return (band?.high ?? 0) - (band?.low ?? 0)
    }
    expect(width(missed, 24)).toBeGreaterThan(1.5 * width(plain, 24))
  }, 120_000)
})

describe('what is said of a house', () => {
  test('ends where the weather forecast ends', () => {
    const k = DAYS * 24
    const forecast = forecastHouse(training.trained, between(whole, 0, k + 1), measuredWeather(whole, k, 13))
    expect(forecast?.points.at(-1)?.leadHours).toBe(12)
  })

  test('begins with the outdoor temperature it measures itself, whatever its place is said to have', () => {
    const k = DAYS * 24
    const weather = measuredWeather(whole, k, 49)
    const warmer = { ...weather, outdoor: weather.outdoor.map((value) => value + 5) }
    const [first] = forecastHouse(training.trained, between(whole, 0, k + 1), warmer)?.points ?? []
    const truth = weather.outdoor[1] as number
    expect(first?.outdoor).toBeGreaterThan(truth)
    expect(first?.outdoor).toBeLessThan(truth + 1.5)
  })

  test('is nothing while the room is not known', () => {
    const part = between(whole, 0, 300)
    const indoorGone = { ...part, indoor: part.indoor.map((value, k) => (k > 290 ? Number.NaN : value)) }
    expect(forecastHouse(training.trained, indoorGone, measuredWeather(whole, 299, 49))).toBeNull()
  })
})

describe('too little', () => {
  test('is told in a sentence', () => {
    expect(trainHouse(task([]))).toEqual({ training: null, reason: 'There are no readings yet.' })
    expect(trainHouse(task(all.slice(0, 5))).reason).toContain('a model needs 24')
  })

  test('a first coarse model comes from 24 readings over six hours', () => {
    const { samples: quarters } = simulateHouse(drawHouse(seededRandom(5)), {
      seed: 3,
      days: 1,
      stepMinutes: 15,
      season: 0,
    })
    const { training: first } = trainHouse(task(quarters('supply').slice(0, 25)))
    expect(first?.identification).toMatchObject({ coarse: true, accepted: false, readings: 25 })
  })
})
