import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EnergyHour } from './hours.ts'
import { separateEnergy } from './separation.ts'
import { plainHome } from './testing/plain-home.ts'

const shareOf = ({ heatingKwh, dhwKwh }: { heatingKwh: number; dhwKwh: number }) => dhwKwh / (heatingKwh + dhwKwh)

/** Hours that need not look like a house. */
const anyHours = fc
  .array(
    fc.record({
      energyKwh: fc.option(fc.double({ min: -1, max: 30, noNaN: true }), { nil: null, freq: 12 }),
      outdoorTemperature: fc.option(fc.double({ min: -30, max: 30, noNaN: true }), { nil: null, freq: 12 }),
      hotWaterTemperature: fc.option(fc.double({ min: 5, max: 70, noNaN: true }), { nil: null, freq: 3 }),
    }),
    { minLength: 1, maxLength: 24 * 30 },
  )
  .map((hours) =>
    hours.map((hour, index): EnergyHour => ({ ...hour, time: Date.UTC(2026, 2, 20) + index * 3_600_000 })),
  )

/** Homes that can be split, of every kind of meter. */
const home = fc
  .record({
    days: fc.integer({ min: 15, max: 40 }),
    kwPerK: fc.double({ min: 0.08, max: 0.3, noNaN: true }),
    showerKwh: fc.double({ min: 1, max: 4, noNaN: true }),
    circulationKw: fc.constantFrom(0, 0.1),
    stepKwh: fc.constantFrom(0, 0.01, 0.1, 1),
    from: fc.constantFrom('2026-01-01T00:00:00Z', '2026-03-15T00:00:00Z', '2026-10-10T00:00:00Z'),
  })
  .map((options) => plainHome(options))

describe('the parts of an hour', () => {
  test('are not negative and add up to it, whatever the house', () => {
    const holds = (hours: readonly EnergyHour[]) => {
      for (const hour of separateEnergy(hours).hours) {
        if (hour.heatingKwh === null || hour.dhwKwh === null) continue
        expect(hour.heatingKwh).toBeGreaterThanOrEqual(0)
        expect(hour.dhwKwh).toBeGreaterThanOrEqual(0)
        expect(hour.heatingKwh + hour.dhwKwh).toBe(hour.energyKwh)
        expect(hour.dhwLowKwh).toBeLessThanOrEqual(hour.dhwKwh)
        expect(hour.dhwHighKwh).toBeGreaterThanOrEqual(hour.dhwKwh)
        expect(hour.dhwHighKwh).toBeLessThanOrEqual(hour.energyKwh)
      }
    }
    fc.assert(
      fc.property(home, ({ hours }) => holds(hours)),
      { numRuns: 25 },
    )
    fc.assert(fc.property(anyHours, holds), { numRuns: 40 })
  })

  test('a day is the sum of its hours', () => {
    const { hours, days } = separateEnergy(plainHome().hours)
    const summed = hours.reduce((sum, hour) => sum + (hour.dhwKwh ?? 0), 0)
    expect(days.reduce((sum, day) => sum + (day.dhwKwh ?? 0), 0)).toBeCloseTo(summed, 6)
    for (const day of days) expect((day.heatingKwh ?? 0) + (day.dhwKwh ?? 0)).toBeCloseTo(day.totalKwh, 9)
  })

  test('do not depend on the order of the rows', () => {
    const { hours } = plainHome({ days: 20 })
    const expected = separateEnergy(hours)
    fc.assert(
      fc.property(fc.shuffledSubarray(hours, { minLength: hours.length, maxLength: hours.length }), (shuffled) => {
        expect(separateEnergy(shuffled)).toEqual(expected)
      }),
      { numRuns: 5 },
    )
  })
})

describe('the share of hot water', () => {
  test.each([0, 0.01, 0.1, 1])('of a winter is found within 4 points by a meter that counts in %d kWh', (stepKwh) => {
    const truth = plainHome({ stepKwh })
    const found = separateEnergy(truth.hours)
    expect(found.separable).toBe(true)
    expect(Math.abs((found.dhwShare ?? 1) - shareOf(truth))).toBeLessThan(0.04)
  })

  test('of a year counts what circulates all the time', () => {
    const truth = plainHome({ days: 365, circulationKw: 0.12 })
    const found = separateEnergy(truth.hours)
    expect(found.quality.baseKw).toBeCloseTo(0.12, 2)
    expect(Math.abs((found.dhwShare ?? 1) - shareOf(truth))).toBeLessThan(0.025)
    expect(found.dhwShareLow).toBeLessThan(shareOf(truth))
    expect(found.dhwShareHigh).toBeGreaterThan(shareOf(truth))
  })

  test('is found without any weather', () => {
    const truth = plainHome()
    const bare = truth.hours.map(({ time, energyKwh }) => ({ time, energyKwh }))
    expect(Math.abs((separateEnergy(bare).dhwShare ?? 1) - shareOf(truth))).toBeLessThan(0.05)
  })

  test('is not lifted by a large building', () => {
    const one = plainHome()
    const large = one.hours.map((hour) => ({ ...hour, energyKwh: (hour.energyKwh ?? 0) * 200 }))
    expect(separateEnergy(large).dhwShare).toBeCloseTo(separateEnergy(one.hours).dhwShare ?? 1, 1)
  })
})

describe('the best evidence there is', () => {
  test('is a meter for hot water: its value is taken, and the day is graded A', () => {
    const hours = plainHome({ days: 15 }).hours.map((hour) => ({ ...hour, dhwMeterKwh: 0.4 }))
    const found = separateEnergy(hours)
    expect(found.method).toBe('sub_meter')
    for (const day of found.days) expect(day.grade).toBe('A')
    for (const hour of found.hours) expect(hour.dhwKwh).toBeCloseTo(Math.min(0.4, hour.energyKwh), 9)
  })

  test('is live power next: an hour holds what stands out for minutes', () => {
    const hours = plainHome({ days: 20 }).hours.map((hour, index) => {
      const drawn = index % 24 === 6
      const heating = 3.21
      // Ten of sixty minutes at 12 kW above heating are 2 kWh.
      const heatPowerKw = Array.from({ length: 12 }, (_, part) => heating + (drawn && part < 2 ? 12 : 0))
      return { ...hour, energyKwh: heating + (drawn ? 2 : 0), heatPowerKw }
    })
    const found = separateEnergy(hours)
    expect(found.method).toBe('live_power')
    const drawn = found.hours.filter((_, index) => index % 24 === 6)
    for (const hour of drawn) expect(hour.dhwKwh).toBeCloseTo(2, 1)
    expect(found.dhwKwh).toBeCloseTo(2 * 20, 0)
  })
})

describe('days', () => {
  test.each([
    ['2026-03-29', 23],
    ['2026-10-25', 25],
    ['2026-03-28', 24],
  ])('%s has %d hours', (date, hours) => {
    const start = Date.parse(`${date}T00:00:00Z`) - 10 * 86_400_000
    const { days } = separateEnergy(plainHome({ from: new Date(start).toISOString(), days: 20 }).hours)
    const day = days.find((candidate) => candidate.date === date)
    expect(day).toMatchObject({ meterHours: hours, hoursInDay: hours, complete: true, method: 'smoother', grade: 'B' })
  })

  test('that lack meter hours say so, and keep the sum of the others', () => {
    const hours = plainHome({ days: 20 }).hours.map((hour, index) =>
      index >= 100 && index < 105 ? { ...hour, energyKwh: null } : hour,
    )
    const { days } = separateEnergy(hours)
    expect(days.filter((day) => !day.complete && day.hoursInDay === 24)).toMatchObject([{ meterHours: 19 }])
  })
})

describe('a house that cannot be split is refused with its reason', () => {
  test('when there are too few days', () => {
    const found = separateEnergy(plainHome({ days: 9 }).hours)
    expect(found).toMatchObject({ separable: false, reasonCode: 'too_few_data', dhwShare: null, method: 'total_only' })
    expect(found.reason).toMatch(/9 days/)
    expect(found.days[2]).toMatchObject({ grade: 'C', heatingKwh: null, dhwKwh: null })
  })

  test('when hot water is electric', () => {
    expect(separateEnergy(plainHome({ showerKwh: 0 }).hours).reasonCode).toBe('no_hot_water')
    expect(separateEnergy(plainHome({ showerKwh: 0, stepKwh: 1 }).hours).reasonCode).toBe('no_hot_water')
  })

  test('when a stove heats most of it', () => {
    const hours = plainHome().hours.map((hour, index) => {
      const burning = Math.sin(index * 0.37) + Math.sin(index * 0.061) > 0.3
      return burning ? { ...hour, energyKwh: 0.2 * (hour.energyKwh ?? 0) } : hour
    })
    expect(separateEnergy(hours).reasonCode).toBe('other_heat_source')
  })

  test('when the meter is too coarse', () => {
    expect(separateEnergy(plainHome({ stepKwh: 10 }).hours).reasonCode).toBe('coarse_meter')
  })

  test('when half of the hours are missing', () => {
    const hours = plainHome().hours.map((hour, index) => (index % 240 < 130 ? { ...hour, energyKwh: null } : hour))
    expect(separateEnergy(hours).reasonCode).toBe('too_many_holes')
  })

  test('when nothing was counted, or nothing is there', () => {
    expect(separateEnergy(plainHome().hours.map((hour) => ({ ...hour, energyKwh: 0 }))).reasonCode).toBe('no_heat')
    expect(separateEnergy([])).toMatchObject({ separable: false, reasonCode: 'too_few_data', hours: [], days: [] })
  })
})

test('negative energy is not known; an hour given twice or off the full hour is a fault of the caller', () => {
  const { hours } = plainHome({ days: 15 })
  const spoilt = hours.map((hour, index) => (index === 7 ? { ...hour, energyKwh: -3 } : hour))
  expect(separateEnergy(spoilt).hours).toHaveLength(hours.length - 1)
  expect(() => separateEnergy([...hours, ...hours.slice(0, 1)])).toThrow(/twice/)
  expect(() => separateEnergy([{ time: 1, energyKwh: 1 }])).toThrow(/full hour/)
})
