import { describe, expect, test } from 'vitest'
import { between, type ThermalSample, thermalSeries, timeAt } from './series.ts'

const start = Date.UTC(2026, 0, 5)
const MINUTE = 60_000

function samples(count: number, minutes: number, change: (index: number) => Partial<ThermalSample> = () => ({})) {
  return Array.from({ length: count }, (_, index) => ({
    time: start + index * minutes * MINUTE,
    indoor: 21 + 0.3 * Math.sin(index / 5) + 0.01 * (index % 3),
    outdoor: -2 + Math.sin(index / 30),
    irradiance: 100,
    wind: 3,
    heat: 4,
    ...change(index),
  }))
}

describe('a series for thermal models', () => {
  test('of five-minute readings has quarters of an hour, each the mean of three', () => {
    const { series } = thermalSeries(
      samples(6, 5, (index) => ({ outdoor: index })),
      'power',
    )
    expect(series.stepHours).toBe(0.25)
    expect([...series.outdoor]).toEqual([1, 4])
  })

  test('of hourly readings stays hourly, whatever a few minutes of delay', () => {
    const late = samples(48, 60).map((sample, index) => ({ ...sample, time: sample.time + (index % 3) * MINUTE }))
    expect(thermalSeries(late, 'power').series.stepHours).toBe(1)
    expect(thermalSeries(late, 'power').series.length).toBe(48)
  })

  test('of half a year is hourly, however fine the readings', () => {
    const long = samples(2, 60 * 24 * 200).flatMap((sample) => [sample, { ...sample, time: sample.time + 5 * MINUTE }])
    expect(thermalSeries(long, 'power').series.stepHours).toBe(1)
  })

  test('bridges three missing hours of weather, but not four, and never the indoor temperature', () => {
    const holed = samples(40, 60, (index) => ({
      outdoor: (index >= 5 && index < 8) || (index >= 20 && index < 24) ? null : index,
      indoor: index === 12 ? null : 21 + index / 100,
    }))
    const { series, cleaning } = thermalSeries(holed, 'power')
    expect([...series.outdoor.slice(4, 9)]).toEqual([4, 5, 6, 7, 8])
    expect(series.outdoor[21]).toBeNaN()
    expect(series.indoor[12]).toBeNaN()
    expect(cleaning.missingOutdoor).toBeCloseTo(7 / 40, 9)
  })

  test('leaves out what no house has: 85 °C indoors, -99 °C outdoors, negative power', () => {
    const broken = samples(40, 60, (index) => ({
      indoor: index === 3 ? 85 : 21,
      outdoor: index === 9 ? -99 : -2,
      heat: index === 30 ? -5 : 4,
    }))
    const { series, cleaning } = thermalSeries(broken, 'power')
    expect(cleaning.outOfRange).toBe(3)
    expect(series.indoor[3]).toBeNaN()
    expect(series.outdoor[9]).toBe(-2)
    expect(series.heat[30]).toBe(4)
  })

  test('leaves out a spike of a single reading', () => {
    const { series, cleaning } = thermalSeries(
      samples(40, 60, (index) => (index === 10 ? { indoor: 28 } : {})),
      'power',
    )
    expect(cleaning.spikes).toBe(1)
    expect(series.indoor[10]).toBeNaN()
  })

  test('leaves out a sensor that stopped for two days, not a coarse one in a quiet room', () => {
    const stopped = samples(400, 60, (index) => (index >= 100 && index < 150 ? { indoor: 21.07 } : {}))
    expect(thermalSeries(stopped, 'power').cleaning.stuck).toBe(49)
    const coarse = samples(400, 60, (index) => ({ indoor: 21 + 0.5 * Math.round(Math.sin(index / 40)) }))
    expect(thermalSeries(coarse, 'power').cleaning.stuck).toBe(0)
  })

  test('knows no sun where half of it is missing', () => {
    const { series } = thermalSeries(
      samples(40, 60, (index) => ({ irradiance: index % 3 === 0 ? 200 : null })),
      'power',
    )
    expect(series.hasIrradiance).toBe(false)
    expect(series.irradiance.every((value) => value === 0)).toBe(true)
  })

  test('heating water colder than the room counts as the room', () => {
    const { series } = thermalSeries(
      samples(40, 60, () => ({ indoor: 21, heat: 17 })),
      'supply',
    )
    expect(series.heat[7]).toBe(21)
  })

  test('a part of it starts at its own time', () => {
    const { series } = thermalSeries(samples(40, 60), 'power')
    const part = between(series, 10, 20)
    expect(part.length).toBe(10)
    expect(part.start).toBe(timeAt(series, 10))
    expect(part.indoor[0]).toBe(series.indoor[10])
  })

  test('of one sample there is none', () => {
    expect(() => thermalSeries(samples(1, 60), 'power')).toThrow(RangeError)
  })
})
