import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inverseMills, quantile, standardNormal } from '../numeric/statistics.ts'
import { balancedHeating } from './balance.ts'
import { dayPatternDepth } from './day-pattern.ts'
import { spikeSize } from './draw-off-signal.ts'
import { bridged, hourGrid } from './hours.ts'
import { factor, inverse, solve } from './least-squares.ts'
import { spikeShares } from './live-power.ts'
import { meterStep, stepDeviation } from './resolution.ts'
import { energySignature } from './signature.ts'
import { plainHome } from './testing/plain-home.ts'

const HOUR = 3_600_000

describe('the step of a meter', () => {
  test.each([
    [[0, 1, 2, 3], 1],
    [[0, 10, 20], 10],
    [[0.1, 2.3, 0.4], 0.1],
    [[0.013, 1.204], 0.001],
    [[Math.PI, Math.E], 0],
    [[0, 0], 0],
  ])('of %j is %d', (values, step) => {
    expect(meterStep(values)).toBe(step)
  })

  test('gives register differences an error of variance step²/6', () => {
    const flow = 1.7
    const errors = Array.from({ length: 10_000 }, (_, hour) => {
      const at = (time: number) => Math.floor(flow * time + 0.3 * Math.sin(time))
      return at(hour + 1) - at(hour) - (flow + 0.3 * (Math.sin(hour + 1) - Math.sin(hour)))
    })
    const variance = errors.reduce((sum, error) => sum + error * error, 0) / errors.length
    expect(variance / stepDeviation(1) ** 2).toBeCloseTo(1, 0)
  })
})

describe('the balance of a day', () => {
  test('keeps each hour within its energy and the sum as wanted', () => {
    const hours = fc.array(
      fc.tuple(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0, max: 20, noNaN: true })),
      { minLength: 1, maxLength: 25 },
    )
    fc.assert(
      fc.property(hours, fc.double({ min: 0, max: 1, noNaN: true }), (pairs, part) => {
        const energy = pairs.map(([value]) => value)
        const total = energy.reduce((sum, value) => sum + value, 0)
        const heating = balancedHeating(
          energy,
          pairs.map(([, value]) => value),
          part * total,
        )
        heating.forEach((value, index) => {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(energy[index] as number)
        })
        expect(heating.reduce((sum, value) => sum + value, 0)).toBeCloseTo(part * total, 6)
      }),
    )
  })

  test('changes nothing that already fits', () => {
    const [one, other] = balancedHeating([3, 2], [1, 2], 3)
    expect(one).toBeCloseTo(1, 9)
    expect(other).toBeCloseTo(2, 9)
  })
})

describe('the signature', () => {
  test('finds where heating ends and what circulates', () => {
    const grid = hourGrid(plainHome({ days: 365, circulationKw: 0.1 }).hours)
    const { balanceTemperature, baseKw, warmDays } = energySignature(grid, grid.outdoor, 0)
    expect(Math.abs(balanceTemperature - 17)).toBeLessThan(3)
    expect(baseKw).toBeCloseTo(0.1, 2)
    expect(warmDays).toBeGreaterThan(7)
  })

  test('knows nothing of circulation from a winter', () => {
    const grid = hourGrid(plainHome().hours)
    expect(energySignature(grid, grid.outdoor, 0)).toMatchObject({ baseKw: null, warmDays: 0 })
  })
})

describe('evidence in the shape of the hours', () => {
  test('draw-offs are spikes upwards, whole kWh are not', () => {
    expect(spikeSize(hourGrid(plainHome().hours), false)).toBeGreaterThan(0.6)
    expect(spikeSize(hourGrid(plainHome({ showerKwh: 0, stepKwh: 1 }).hours), false)).toBeLessThan(0.3)
  })

  test('a night without heating is a deep pattern, an ordinary day a flat one', () => {
    const { hours } = plainHome()
    const lowered = hours.map((hour, index) => (index % 24 < 5 ? { ...hour, energyKwh: 0 } : hour))
    expect(dayPatternDepth(hourGrid(hours))).toBeLessThan(0.15)
    expect(dayPatternDepth(hourGrid(lowered))).toBeGreaterThan(0.9)
  })

  test('a valve that hunts by a tenth of its power is no draw-off, ten minutes at 15 kW are', () => {
    const steady = Array.from({ length: 12 }, (_, part) => 3 + 0.15 * Math.sin(part * 2))
    const drawn = steady.map((power, part) => (part === 4 || part === 5 ? 15 : power))
    const shares = spikeShares(
      new Map([
        [0, steady],
        [1, drawn],
        [2, steady],
        [3, [3, 20]],
      ]),
    )
    expect(shares.get(0)).toBe(0)
    expect(shares.get(1)).toBeCloseTo(24 / 60, 1)
    expect(shares.has(3)).toBe(false)
  })
})

describe('the hourly grid', () => {
  test('has the local clock and date of each hour, also when 02:00 comes twice or not at all', () => {
    const clocks = (from: string) =>
      Array.from(
        hourGrid(Array.from({ length: 5 }, (_, hour) => ({ time: Date.parse(from) + hour * HOUR, energyKwh: 1 })))
          .clockHour,
      )
    expect(clocks('2026-03-28T23:00Z')).toEqual([0, 1, 3, 4, 5])
    expect(clocks('2026-10-24T22:00Z')).toEqual([0, 1, 2, 2, 3])
    const grid = hourGrid([{ time: Date.parse('2026-01-09T23:00Z'), energyKwh: 1 }])
    expect(grid.dayTimes).toEqual([Date.parse('2026-01-10T00:00Z')])
    expect(grid.weekend[0]).toBe(1)
  })

  test('takes the sun of a clear sky where none was measured and the place is known', () => {
    const hours = [{ time: Date.parse('2026-06-21T11:00Z'), energyKwh: 1 }]
    expect(hourGrid(hours).irradianceSource).toBe('none')
    const grid = hourGrid(hours, { latitude: 58.4, longitude: 15.6 })
    expect(grid.irradianceSource).toBe('clear_sky')
    expect(grid.irradiance[0]).toBeGreaterThan(700)
  })

  test('bridges short holes by a line and leaves long ones', () => {
    const values = Float64Array.from([Number.NaN, 1, Number.NaN, 3, Number.NaN, Number.NaN, Number.NaN, 7])
    expect(Array.from(bridged(values, 2))).toEqual([1, 1, 2, 3, Number.NaN, Number.NaN, Number.NaN, 7])
  })

  test('refuses a series of more than twenty years', () => {
    const far = [0, 30 * 366 * 24 * HOUR].map((time) => ({ time, energyKwh: 1 }))
    expect(() => hourGrid(far)).toThrow(/twenty years/)
  })
})

describe('the numbers under it', () => {
  test('Φ and the inverse Mills ratio have their tabulated values', () => {
    expect(standardNormal(1.96)).toBeCloseTo(0.975, 4)
    expect(inverseMills(0)).toBeCloseTo(Math.sqrt(2 / Math.PI), 6)
    expect(inverseMills(-4.999)).toBeCloseTo(inverseMills(-5.001), 1)
    expect(inverseMills(-30)).toBeCloseTo(30.0332, 3)
  })

  test('Cholesky solves what it factors, and refuses what is not positive definite', () => {
    const factored = factor(Float64Array.from([4, 2, 2, 3]), 2)
    if (factored === undefined) throw new Error('it is positive definite')
    expect(Array.from(solve(factored, Float64Array.from([8, 7])))).toEqual([expect.closeTo(1.25), expect.closeTo(1.5)])
    const [a, b, , d] = inverse(factored)
    expect([a, b, d]).toEqual([expect.closeTo(0.375), expect.closeTo(-0.25), expect.closeTo(0.5)])
    expect(factor(Float64Array.from([1, 2, 2, 1]), 2)).toBeUndefined()
  })

  test('quantiles lie between order statistics', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2)
    expect(quantile([1, 2], 0.25)).toBe(1.25)
    expect(quantile([], 0.5)).toBeNaN()
  })
})
