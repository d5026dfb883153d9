import { describe, expect, test } from 'vitest'
import { forecastEnergy, learnEnergyForecast } from './energy-forecast.ts'
import { type IssuedEnergyForecast, scoreEnergyForecasts } from './energy-forecast-score.ts'
import { estimateHeatLoss } from './heat-loss.ts'
import { separateEnergy } from './separation.ts'
import { plainHome } from './testing/plain-home.ts'

const HOUR = 3_600_000
const all = plainHome({ days: 75 }).hours
const known = all.slice(0, 60 * 24)
const separation = separateEnergy(known)
const model = learnEnergyForecast(known, separation, estimateHeatLoss(known, { separation }))
const issuedAt = (known.at(-1)?.time ?? 0) + HOUR

/** The weather that came, as the forecast of it. */
function weather(from: number, hours: number) {
  return all
    .filter(({ time }) => time >= from && time < from + hours * HOUR)
    .map(({ time, outdoorTemperature }) => ({ time, outdoorTemperature: outdoorTemperature ?? null }))
}

describe('the energy forecast', () => {
  test('covers the 48 hours after its issue with an interval around each', () => {
    if (model === null) throw new Error('the house has a model')
    const points = forecastEnergy(model, issuedAt, weather(issuedAt - 24 * HOUR, 96))
    expect(points).toHaveLength(49)
    expect(points[0]).toMatchObject({ time: issuedAt, leadHours: 1 })
    for (const { meanKwh, lowKwh, highKwh, heatingKwh, dhwKwh } of points) {
      expect(lowKwh).toBeGreaterThanOrEqual(0)
      expect(lowKwh).toBeLessThanOrEqual(meanKwh)
      expect(highKwh).toBeGreaterThanOrEqual(meanKwh)
      expect(heatingKwh + dhwKwh).toBeCloseTo(meanKwh, 9)
    }
  })

  test('beats "as yesterday" against the meter, without a bias', () => {
    if (model === null) throw new Error('the house has a model')
    const issued: IssuedEnergyForecast[] = []
    for (let hour = 0; hour < 12 * 24; hour += 3) {
      const now = issuedAt + hour * HOUR
      issued.push(...forecastEnergy(model, now, weather(now - 24 * HOUR, 72)))
    }
    const scores = scoreEnergyForecasts(issued, new Map(all.map(({ time, energyKwh }) => [time, energyKwh ?? 0])))
    expect(scores.map(({ leadHours }) => leadHours)).toEqual([1, 6, 12, 24, 48])
    for (const { skill, bias, rmse, persistenceRmse } of scores) {
      expect(skill).toBeGreaterThan(0.1)
      expect(skill).toBeCloseTo(1 - rmse / persistenceRmse, 9)
      expect(Math.abs(bias)).toBeLessThan(0.3)
    }
  })

  test('gives hot water alone when it is warm', () => {
    if (model === null) throw new Error('the house has a model')
    const july = Array.from({ length: 48 }, (_, hour) => ({ time: issuedAt + hour * HOUR, outdoorTemperature: 24 }))
    const points = forecastEnergy(model, issuedAt, july)
    for (const point of points) expect(point.heatingKwh).toBe(0)
    expect(points.reduce((sum, point) => sum + point.dhwKwh, 0)).toBeGreaterThan(1)
  })

  test('leaves out hours whose weather is not known, and needs a heat loss', () => {
    if (model === null) throw new Error('the house has a model')
    expect(forecastEnergy(model, issuedAt, [{ time: issuedAt, outdoorTemperature: null }])).toEqual([])
    expect(forecastEnergy(model, issuedAt, [])).toEqual([])
    const short = known.slice(0, 100)
    expect(learnEnergyForecast(short, separateEnergy(short), estimateHeatLoss(short))).toBeNull()
  })
})

test('scores are taken at fixed lead times against the meter only', () => {
  const point = (time: number, leadHours: number, meanKwh: number) => ({
    time,
    leadHours,
    meanKwh,
    lowKwh: meanKwh - 0.6,
    highKwh: meanKwh + 0.6,
  })
  const day = 24 * HOUR
  const metered = new Map([
    [0, 1],
    [HOUR, 3],
    [day, 2],
    [day + HOUR, 2],
  ])
  const forecasts = [point(day, 24, 2.5), point(day + HOUR, 24, 1), point(day, 5, 9), point(9 * day, 24, 9)]
  expect(scoreEnergyForecasts(forecasts, metered)).toEqual([
    {
      leadHours: 24,
      n: 2,
      rmse: Math.sqrt((0.25 + 1) / 2),
      mae: 0.75,
      bias: -0.25,
      coverage: 0.5,
      persistenceRmse: 1,
      skill: 1 - Math.sqrt((0.25 + 1) / 2),
    },
  ])
})
