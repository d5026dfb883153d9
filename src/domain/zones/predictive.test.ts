import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ZoneModel } from './model.ts'
import { type PredictiveQuestion, predictiveSetpoint } from './predictive.ts'

const HOUR = 3_600_000
const model: ZoneModel = {
  heatRate: 2.4,
  lossRate: 1 / 30,
  gains: 0.1,
  lagHours: 0,
  emission: 0,
  covariance: [],
  maturity: 'learned',
}
const always = () => ({ temperature: 21, occupied: true })
const question: PredictiveQuestion = {
  model,
  temperature: 21,
  heating: false,
  now: 0,
  wish: always,
  outdoor: () => -5,
  thermostat: { onBelow: 0.5, offAbove: 0 },
  setpointStep: 0.1,
  minTemperature: 15,
  maxTemperature: 25,
  commanded: null,
}
const setpoint = (change: Partial<PredictiveQuestion>) => predictiveSetpoint({ ...question, ...change })

describe('looking ahead', () => {
  test('puts the setpoint above the wish, because the thermostat lets the room fall before it heats', () => {
    const held = setpoint({ temperature: 20.9 })
    expect(held).toBeGreaterThan(21)
    expect(held).toBeLessThanOrEqual(21.5)
  })

  test('heats a room that is too cold and lets one fall that is too warm', () => {
    expect(setpoint({ temperature: 19.5 })).toBeGreaterThanOrEqual(20.5)
    const { onBelow } = question.thermostat
    expect(setpoint({ temperature: 22, heating: true })).toBeLessThan(22)
    expect(setpoint({ temperature: 22 }) - onBelow).toBeLessThan(22)
  })

  test('stops in time when the floor still holds heat', () => {
    const floor = { ...model, lagHours: 0.5, emission: 1 }
    expect(setpoint({ model: floor, temperature: 20.8, heating: true })).toBeLessThan(20.8)
    expect(setpoint({ temperature: 20.8, heating: true })).toBeGreaterThan(20.8)
  })

  test('does not heat for people who are about to leave', () => {
    const leaving = (time: number) => ({ temperature: time < 0.4 * HOUR ? 21 : 17, occupied: time < 0.4 * HOUR })
    const heavy = { ...model, lossRate: 1 / 80, heatRate: 1 }
    const staying = setpoint({ model: heavy, temperature: 20.9, heating: true })
    expect(staying).toBeGreaterThan(20.9)
    expect(setpoint({ model: heavy, temperature: 20.9, heating: true, wish: leaving })).toBeLessThanOrEqual(20.9)
  })

  test('leaves a setpoint alone that serves well enough', () => {
    for (const commanded of [21.2, 21.3]) expect(setpoint({ commanded })).toBe(commanded)
  })

  test('is always on the raster of the device and within the limits', () => {
    const temperature = fc.double({ min: 5, max: 35, noNaN: true })
    const limit = fc.integer({ min: 30, max: 50 }).map((halves) => halves / 2)
    fc.assert(
      fc.property(temperature, fc.boolean(), limit, limit, (room, heating, a, b) => {
        const limits = { minTemperature: Math.min(a, b), maxTemperature: Math.max(a, b) }
        const held = setpoint({ temperature: room, heating, setpointStep: 0.5, ...limits })
        expect(held).toBeGreaterThanOrEqual(limits.minTemperature)
        expect(held).toBeLessThanOrEqual(limits.maxTemperature)
        expect(held * 2).toBeCloseTo(Math.round(held * 2), 9)
      }),
      { numRuns: 60 },
    )
  })
})
