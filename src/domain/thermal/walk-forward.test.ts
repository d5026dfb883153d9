import { describe, expect, test, vi } from 'vitest'
import { analyseThermal, mostTellingStretch } from './analyse.ts'
import { scoreByLead } from './scores.ts'
import { between, thermalSeries } from './series.ts'
import { withHole } from './testing/models.ts'
import { seededRandom } from './testing/random.ts'
import { drawHouse, simulateHouse } from './testing/simulated-house.ts'
import { walkForward } from './walk-forward.ts'

// A walk fits several models.
vi.setConfig({ testTimeout: 180_000 })

/** Trust is a test with chances of error, and a lead that earned it may lose a little before it is taken back. */
const MOST_EXCESS = 1.02

const house = drawHouse(seededRandom(103))
const simulation = simulateHouse(house, { seed: 4, days: 20, stepMinutes: 60, season: 0 })
const { series } = thermalSeries(simulation.samples('power'), 'power')
const forecasts = walkForward(series)

describe('walking forward through a simulated house', () => {
  test('forecasts are issued each hour from the eighth day on, for leads up to two days', () => {
    expect(forecasts[0]?.issued).toBe(series.start + 7 * 86_400_000)
    expect(new Set(forecasts.map(({ leadHours }) => leadHours))).toContain(48)
    expect(forecasts).toHaveLength(13 * 24 * 28)
  })

  test('a day ahead they beat persistence clearly, and no scored lead loses to it', () => {
    const scores = scoreByLead(forecasts)
    for (const { rmse, persistenceRmse } of scores) expect(rmse).toBeLessThanOrEqual(persistenceRmse)
    expect(scores.at(-1)?.skill).toBeGreaterThan(0.3)
  })

  test('about eight of ten outcomes lie in the band', () => {
    for (const { coverage } of scoreByLead(forecasts)) {
      expect(coverage).toBeGreaterThan(0.68)
      expect(coverage).toBeLessThan(0.97)
    }
  })

  test('no forecast knows what was measured later', () => {
    const known = 12 * 24
    const issuedBefore = (all: typeof forecasts) =>
      all
        .filter(({ issued, leadHours }) => leadHours <= 24 && issued <= series.start + (known - 25) * 3_600_000)
        .map(({ mean, q10, q90 }) => [mean, q10, q90])
    expect(issuedBefore(walkForward(between(series, 0, known)))).toEqual(issuedBefore(forecasts))
  })

  test('readings missing for a day: no forecast is issued from them, and those after are as good', () => {
    const issued = walkForward(withHole(between(series, 0, 13 * 24), 250, 274, 'indoor'))
    const blind = issued.filter(({ issued: time }) => time === series.start + 260 * 3_600_000)
    expect(blind).toEqual([])
    const day = scoreByLead(issued, [24])[0]
    expect(day?.rmse).toBeLessThan(day?.persistenceRmse ?? 0)
  })

  test('a forecast of the weather replaces the measured one', () => {
    const wrong = walkForward(between(series, 0, 9 * 24), {
      weather: (_, steps) => ({ outdoor: new Float64Array(steps).fill(-30), irradiance: new Float64Array(steps) }),
    })
    const right = walkForward(between(series, 0, 9 * 24))
    const last = (all: typeof wrong) => all.filter(({ leadHours }) => leadHours === 24).at(-1)?.model ?? Number.NaN
    expect(last(wrong)).toBeLessThan(last(right) - 1)
  })
})

/** Rooms nobody can foretell better than by their present temperature, or hardly. */
describe('in a room without a course of its own no lead is worse than persistence by more than chance', () => {
  const room = (seed: number, next: (indoor: number, noise: number, outdoor: number) => number) => {
    const random = seededRandom(seed)
    let indoor = 21
    const samples = Array.from({ length: 21 * 24 }, (_, k) => {
      const outdoor = 3 * Math.sin(k / 30) + random.normal()
      indoor = next(indoor, random.normal(), outdoor)
      const time = Date.UTC(2026, 0, 5) + k * 3_600_000
      return { time, indoor, outdoor, irradiance: null, wind: null, heat: 3 + random.normal() }
    })
    return scoreByLead(walkForward(thermalSeries(samples, 'power').series))
  }

  test.each([77, 78, 79])('a random walk (%d)', (seed) => {
    for (const { rmse, persistenceRmse } of room(seed, (indoor, noise) => indoor + 0.1 * noise)) {
      expect(rmse).toBeLessThanOrEqual(MOST_EXCESS * persistenceRmse)
    }
  })

  test.each([77, 78])('one that is drawn back slowly (%d)', (seed) => {
    const scores = room(seed, (indoor, noise) => indoor + 0.1 * noise - 0.01 * (indoor - 21))
    for (const { rmse, persistenceRmse } of scores) expect(rmse).toBeLessThanOrEqual(MOST_EXCESS * persistenceRmse)
  })

  test('one that thermostats hold within a tenth of a kelvin', () => {
    const scores = room(80, (_, noise) => 21 + 0.05 * noise)
    for (const { rmse, persistenceRmse } of scores) expect(rmse).toBeLessThanOrEqual(MOST_EXCESS * persistenceRmse)
  })

  test('one that never moves is foretold exactly', () => {
    for (const { rmse } of room(81, () => 21)) expect(rmse).toBe(0)
  })
})

describe('the whole analysis', () => {
  test('of too little says why and forecasts nothing', () => {
    const analysis = analyseThermal(between(series, 0, 10), 'Europe/Stockholm')
    expect(analysis.identification).toBeNull()
    expect(analysis.reason).toContain('10 indoor temperatures')
    expect(analysis.forecasts).toEqual([])
  })

  test('of more than six weeks takes the coldest ones', () => {
    const long = simulateHouse(house, { seed: 4, days: 70, stepMinutes: 180, season: 0 })
    const samples = long.samples('power').map((sample, k) => ({ ...sample, outdoor: (sample.outdoor ?? 0) - k / 40 }))
    const { series: months } = thermalSeries(samples, 'power')
    expect(mostTellingStretch(months)).toEqual({ from: 28 * 8, to: 70 * 8 })
  })
})
