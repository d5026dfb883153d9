import { describe, expect, test, vi } from 'vitest'
import { DEFAULT_COEFFICIENTS } from '../weather/effective-temperature.ts'
import { identify, tooLittle } from './identify.ts'
import { between, type ThermalSeries, thermalSeries } from './series.ts'
import { simulateModel, withHole } from './testing/models.ts'
import { seededRandom } from './testing/random.ts'
import { drawHouse, simulateHouse } from './testing/simulated-house.ts'
import { learnedCoefficients } from './weather-coefficients.ts'

// A fit takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const month = (order: 1 | 2 | 3, heat: 'power' | 'supply', seed: number) =>
  simulateModel({ order, heat, days: 28, seed }).series

describe('identifying a house', () => {
  test('a house of one temperature is found to be one, within its interval', () => {
    const found = identify(month(1, 'power', 5))
    expect(found.model.structure.order).toBe(1)
    expect(found.parameters.uaKwPerK?.value).toBeCloseTo(0.15, 1)
    expect(found.parameters.uaKwPerK?.low).toBeLessThan(0.15)
    expect(found.parameters.uaKwPerK?.high).toBeGreaterThan(0.15)
    expect(found.accepted).toBe(true)
  })

  test('a house with heavy walls needs two temperatures at least', () => {
    const found = identify(month(2, 'power', 6))
    expect(found.model.structure.order).toBeGreaterThanOrEqual(2)
    expect(found.trials[1]?.likelihoodRatioP).toBeLessThan(0.001)
    expect(Math.abs((found.parameters.uaKwPerK?.value ?? 0) / 0.15 - 1)).toBeLessThan(0.1)
    expect(found.whiteness).toBeGreaterThan(0.001)
  })

  test('a house with a slow floor gives its losses within 15 %, and its sun within half', () => {
    const found = identify(month(3, 'power', 7))
    expect(Math.abs((found.parameters.uaKwPerK?.value ?? 0) / 0.15 - 1)).toBeLessThan(0.15)
    expect(Math.abs((found.parameters.solarApertureM2?.value ?? 0) / 3 - 1)).toBeLessThan(0.5)
  })

  test('water temperatures alone give ratios and time constants, but no losses in kW/K', () => {
    const { parameters, accepted } = identify(month(2, 'supply', 8))
    expect(parameters.uaKwPerK).toBeNull()
    expect(parameters.capacityKwhPerK).toBeNull()
    expect(parameters.solarApertureM2).toBeNull()
    expect(Math.abs((parameters.emitterRatio?.value ?? 0) / 0.8 - 1)).toBeLessThan(0.3)
    expect(accepted).toBe(true)
  })

  test('a simulated house that is richer than any model gives its losses within its interval', () => {
    const house = drawHouse(seededRandom(104))
    const simulation = simulateHouse(house, { seed: 5, days: 28, stepMinutes: 60, season: 0 })
    const { parameters } = identify(thermalSeries(simulation.samples('power'), 'power').series)
    expect(parameters.uaKwPerK?.low).toBeLessThan(house.ua)
    expect(parameters.uaKwPerK?.high).toBeGreaterThan(house.ua)
  })

  test('readings that begin an hour later give the same building: three temperatures where two alone say little', () => {
    const random = seededRandom(405)
    const simulation = simulateHouse(drawHouse(random), {
      start: Date.UTC(2026, 0, 5),
      seed: 306,
      days: 18,
      stepMinutes: 15,
      season: random.uniform(-4, 4),
      sensorNoise: 0.05,
    })
    const { series } = thermalSeries(simulation.samples('power'), 'power')
    const [one, later] = [0, 4].map((from) => identify(between(series, from, from + 14 * 96)))
    expect(one?.model.structure.order).toBe(later?.model.structure.order)
    const ua = one?.parameters.uaKwPerK
    expect(ua?.low).toBeLessThan(simulation.house.ua)
    expect(ua?.high).toBeGreaterThan(simulation.house.ua)
  })

  test('holes in readings, weather and heat do not lead astray', () => {
    let series: ThermalSeries = month(2, 'power', 6)
    series = withHole(series, 60, 84, 'indoor')
    series = withHole(series, 200, 212, 'outdoor')
    series = withHole(series, 400, 430, 'heat')
    expect(Math.abs((identify(series).parameters.uaKwPerK?.value ?? 0) / 0.15 - 1)).toBeLessThan(0.15)
  })

  test('24 readings over six hours give a first, coarse model that says how little it knows', () => {
    const quarters = simulateModel({ order: 1, heat: 'power', days: 1, seed: 9, stepHours: 0.25 }).series
    const found = identify(between(quarters, 0, 26))
    expect(found.coarse).toBe(true)
    expect(found.model.structure.order).toBe(1)
    const { value = 0, low, high } = found.parameters.slowestHours
    expect(value).toBeGreaterThan(15)
    expect((high ?? 0) / (low ?? 1)).toBeGreaterThan(1.5)
    expect(found.accepted).toBe(false)
    expect(found.excitation.reasons).toEqual(['The readings span 6 h only.'])
  })

  test('more days make the interval narrower', () => {
    const series = month(1, 'power', 5)
    const width = ({ parameters }: ReturnType<typeof identify>) =>
      (parameters.slowestHours.high ?? 0) / (parameters.slowestHours.low ?? 1)
    expect(width(identify(series))).toBeLessThan(width(identify(between(series, 0, 72))))
  })

  test('constant weather and heat are no excitation', () => {
    const random = seededRandom(1)
    const samples = Array.from({ length: 500 }, (_, k) => ({
      time: Date.UTC(2026, 0, 5) + k * 3_600_000,
      indoor: 21 + 0.05 * random.normal(),
      outdoor: -2,
      irradiance: null,
      wind: null,
      heat: 3,
    }))
    const found = identify(thermalSeries(samples, 'power').series)
    expect(found.excitation.enough).toBe(false)
    expect(found.accepted).toBe(false)
    expect(found.excitation.reasons).toContain('The heat never changed.')
  })

  test('without any heat known nothing is accepted', () => {
    const found = identify(simulateModel({ order: 1, heat: 'none', days: 8, seed: 2 }).series)
    expect(found.accepted).toBe(false)
    expect(found.excitation.reasons.join(' ')).toContain('Neither heating power nor supply temperature')
  })

  test('too few, too short or unmoving readings are refused with the reason', () => {
    const series = month(1, 'power', 5)
    expect(tooLittle(between(series, 0, 20))).toContain('20 indoor temperatures')
    const quick = simulateModel({ order: 1, heat: 'power', days: 1, seed: 9, stepHours: 0.2 }).series
    expect(tooLittle({ ...between(quick, 0, 24), stepHours: 0.2 })).toContain('span')
    expect(tooLittle({ ...series, indoor: series.indoor.map(() => 21) })).toBe('The indoor temperature never moved.')
    expect(() => identify(between(series, 0, 20))).toThrow(RangeError)
    expect(tooLittle(series)).toBeNull()
  })
})

describe('coefficients of the effective temperature', () => {
  test('come from an accepted model: a lift of 20 K per kW/m² is 20.7 K under a sun in the zenith', () => {
    const found = identify(month(1, 'power', 5))
    const learned = learnedCoefficients(found, DEFAULT_COEFFICIENTS)
    expect(learned.solar).toBeCloseTo((found.parameters.solarLift?.value ?? 0) * 1035.09, 0)
    expect(learned.wind).toBe(DEFAULT_COEFFICIENTS.wind)
  })

  test('stay as they were while the model is not accepted', () => {
    const found = identify(simulateModel({ order: 1, heat: 'none', days: 8, seed: 2 }).series)
    expect(learnedCoefficients(found, DEFAULT_COEFFICIENTS)).toBe(DEFAULT_COEFFICIENTS)
  })
})
