import { describe, expect, test } from 'vitest'
import { estimateHeatLoss, type HeatLoss } from './heat-loss.ts'
import { decideHeatLoss } from './heat-loss-acceptance.ts'
import { plainHome } from './testing/plain-home.ts'

describe('the heat loss coefficient', () => {
  test.each([21, 60, 365])('is found within 6 %% from %d days, with an interval that holds it', (days) => {
    const found = estimateHeatLoss(plainHome({ days, kwPerK: 0.15 }).hours)
    expect(Math.abs((found.kwPerK ?? 0) / 0.15 - 1)).toBeLessThan(0.06)
    expect(found.low).toBeLessThan(0.15)
    expect(found.high).toBeGreaterThan(0.15)
    expect(decideHeatLoss(found, { inForceKwPerK: null }).accepted).toBe(true)
  })

  test('scales with the building, however large', () => {
    const one = plainHome()
    const large = one.hours.map((hour) => ({ ...hour, energyKwh: (hour.energyKwh ?? 0) * 130 }))
    const found = estimateHeatLoss(large)
    expect(Math.abs((found.kwPerK ?? 0) / (130 * 0.15) - 1)).toBeLessThan(0.08)
    expect(decideHeatLoss(found, { inForceKwPerK: null }).accepted).toBe(true)
  })

  test('is found where hot water is electric, since all energy heats', () => {
    const found = estimateHeatLoss(plainHome({ showerKwh: 0 }).hours)
    expect(Math.abs((found.kwPerK ?? 0) / 0.15 - 1)).toBeLessThan(0.06)
  })

  test('does not need an indoor temperature, and says that it assumed one', () => {
    const hours = plainHome().hours.map((hour) => ({ ...hour, indoorTemperature: null }))
    const found = estimateHeatLoss(hours)
    expect(found.method).toContain('assumed')
    expect(found.internalGainsKw).toBeNull()
    expect(Math.abs((found.kwPerK ?? 0) / 0.15 - 1)).toBeLessThan(0.06)
  })

  test('is the same when estimated again: nothing of an earlier result goes in', () => {
    const { hours } = plainHome()
    expect(estimateHeatLoss(hours)).toEqual(estimateHeatLoss(hours))
  })

  test('is not given, with the reason, for a house that cannot be split or has no temperatures', () => {
    expect(estimateHeatLoss(plainHome({ days: 5 }).hours)).toMatchObject({ kwPerK: null, problem: expect.any(String) })
    const bare = plainHome().hours.map(({ time, energyKwh }) => ({ time, energyKwh }))
    expect(estimateHeatLoss(bare).problem).toMatch(/temperatures/)
  })
})

describe('a new heat loss coefficient', () => {
  const good: HeatLoss = {
    kwPerK: 0.15,
    low: 0.14,
    high: 0.16,
    solarApertureM2: 3,
    windSensitivity: 0,
    internalGainsKw: 0.4,
    heatCapacityKwhPerK: 5,
    daysUsed: 30,
    daysSeen: 30,
    differenceSpread: 14,
    meanOutdoor: 0,
    problem: null,
    method: 'm',
    modelVersion: 'v',
  }

  test('is accepted when it is well known and near the old one', () => {
    expect(decideHeatLoss(good, { inForceKwPerK: 0.14 })).toEqual({ accepted: true, reason: null, kwPerK: 0.15 })
    expect(decideHeatLoss(good, { inForceKwPerK: null }).accepted).toBe(true)
  })

  test.each([
    [{ daysUsed: 20 }, /20 days/],
    [{ differenceSpread: 7.9 }, /7.9 K/],
    [{ low: 0.12, high: 0.18 }, /±20 %/],
    [{ kwPerK: null, low: null, high: null, problem: 'Nothing fits.' }, /Nothing fits/],
  ])('with %o is not, and the old one stays', (change, reason) => {
    const decision = decideHeatLoss({ ...good, ...change }, { inForceKwPerK: 0.14 })
    expect(decision).toMatchObject({ accepted: false, kwPerK: 0.14 })
    expect(decision.reason).toMatch(reason)
  })

  test('that steps more than 20 % waits for the next run to find it again', () => {
    expect(decideHeatLoss(good, { inForceKwPerK: 0.12 })).toMatchObject({ accepted: false, kwPerK: 0.12 })
    expect(decideHeatLoss(good, { inForceKwPerK: 0.12, lastFoundKwPerK: 0.148 }).accepted).toBe(true)
    expect(decideHeatLoss(good, { inForceKwPerK: 0.12, lastFoundKwPerK: 0.121 }).accepted).toBe(false)
  })

  test('is bounded by the floor area alone, never by size', () => {
    expect(decideHeatLoss(good, { inForceKwPerK: null, floorAreaM2: 140 }).accepted).toBe(true)
    expect(decideHeatLoss(good, { inForceKwPerK: null, floorAreaM2: 20 }).reason).toMatch(/W\/\(m²·K\)/)
    const large = { ...good, kwPerK: 60, low: 57, high: 63 }
    expect(decideHeatLoss(large, { inForceKwPerK: null }).accepted).toBe(true)
  })
})
