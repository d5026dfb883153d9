import { describe, expect, test } from 'vitest'
import {
  type ControllerTraits,
  type Registers,
  supplySetpoint,
  writeAdaptation,
  writeAdaptedPoint,
  writeBasePoint,
} from './controller.ts'
import { interpolate, OUTDOOR_AXIS } from './curve.ts'

const CURVE = [58, 55, 52, 49, 46, 43, 39, 34, 29, 24]

function registers(changes: Partial<Registers> = {}): Registers {
  return {
    axis: [...OUTDOOR_AXIS],
    baseCurve: [...CURVE],
    adaptedCurve: [...CURVE],
    adaptation: false,
    setpoint: 21,
    awaySetpoint: 16,
    awayMode: false,
    highLimit: 65,
    lowLimit: 20,
    maxNegativeDeviation: 4,
    maxPositiveDeviation: 4,
    adaptTime: 6,
    adaptDelay: 180,
    ...changes,
  }
}

const follows = (steering: ControllerTraits['steering']): ControllerTraits => ({
  steering,
  tunedFor: 21,
  setpointGain: 2,
})

describe('the heat curve', () => {
  test('is linear between points and flat outside', () => {
    expect(interpolate(OUTDOOR_AXIS, CURVE, -2.5)).toBe(41)
    expect(interpolate(OUTDOOR_AXIS, CURVE, -40)).toBe(58)
    expect(interpolate(OUTDOOR_AXIS, CURVE, 25)).toBe(24)
  })

  test('of the documented house gives 42.07 °C adapted and 41.72 °C base at −3.4 °C', () => {
    const adapted = [58, 55, 52, 49.3, 47.125, 43.75, 38.5, 33.25, 29, 24]
    expect(interpolate(OUTDOOR_AXIS, adapted, -3.4)).toBeCloseTo(42.07, 2)
    expect(interpolate(OUTDOOR_AXIS, CURVE, -3.4)).toBeCloseTo(41.72, 2)
  })

  test('goes wrong when a client overwrites an axis point, as the real one does', () => {
    const axis = [...OUTDOOR_AXIS]
    axis[3] = 31.5
    expect(interpolate(axis, CURVE, 25)).not.toBe(24)
  })
})

describe('which layer steers', () => {
  test('a house that follows Yref heats by Yref when adaptation is off', () => {
    const state = registers()
    writeBasePoint(state, 'yref', 6, 45)
    expect(supplySetpoint(state, follows('yref'), 0)).toBe(45)
    expect(state.adaptedCurve[6]).toBe(45)
  })

  test('and shows a written Y point without obeying it', () => {
    const state = registers()
    writeAdaptedPoint(state, 6, 45)
    expect(state.adaptedCurve[6]).toBe(45)
    expect(supplySetpoint(state, follows('yref'), 0)).toBe(39)
  })

  test('a house that follows Y without adaptation ignores Yref and obeys Y', () => {
    const state = registers()
    writeBasePoint(state, 'y-without-adaptation', 6, 45)
    expect(supplySetpoint(state, follows('y-without-adaptation'), 0)).toBe(39)
    writeAdaptedPoint(state, 6, 33)
    expect(supplySetpoint(state, follows('y-without-adaptation'), 0)).toBe(33)
  })

  test('with adaptation on, Y moves with Yref and keeps within the allowed deviation', () => {
    const state = registers({ adaptation: true })
    writeAdaptedPoint(state, 6, 60)
    expect(state.adaptedCurve[6]).toBe(43)
    writeBasePoint(state, 'yref', 6, 41)
    expect(state.adaptedCurve[6]).toBe(45)
  })

  test('switching adaptation on takes Y back into the allowed deviation', () => {
    const state = registers()
    writeAdaptedPoint(state, 6, 20)
    writeAdaptation(state, 'y-without-adaptation', true)
    expect(state.adaptedCurve[6]).toBe(35)
  })
})

describe('the supply setpoint', () => {
  test('rises with the room setpoint, falls in away mode', () => {
    expect(supplySetpoint(registers({ setpoint: 22 }), follows('yref'), 0)).toBe(41)
    expect(supplySetpoint(registers({ awayMode: true }), follows('yref'), 0)).toBe(29)
  })

  test('stays within the supply limits', () => {
    expect(supplySetpoint(registers({ highLimit: 45 }), follows('yref'), -25)).toBe(45)
    expect(supplySetpoint(registers({ lowLimit: 30 }), follows('yref'), 15)).toBe(30)
  })
})
