import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advanceRoom, CATCH_UP_LIMIT_MS, HYSTERESIS_K, type RoomInTime, type RoomState } from './room.ts'
import { ZONE_SPECS } from './specs.ts'

const START = Date.UTC(2026, 0, 15, 6, 10)
const HOUR = 3_600_000
const spec = ZONE_SPECS[0]
if (spec === undefined) throw new Error('no zone')
const physics = spec.physics

const room = (changes: Partial<RoomInTime> = {}): RoomInTime => ({
  physics,
  surroundings: () => ({ outdoorTemperature: -5, irradiance: 0 }),
  isOccupied: () => false,
  ...changes,
})
const state = (changes: Partial<RoomState> = {}): RoomState => ({
  time: START,
  temperature: 19,
  setpoint: 22,
  heaterOn: false,
  occupied: false,
  ...changes,
})

describe('a room', () => {
  test('cools as C dT/dt = −k·(T − Tout) + gains says, in closed form', () => {
    const cooling = state({ setpoint: -50 })
    advanceRoom(room(), cooling, START + 6 * HOUR)
    const limit = -5 + physics.baseGainKw / physics.lossKwPerK
    const expected = limit + (19 - limit) * Math.exp((-physics.lossKwPerK * 6) / physics.capacityKwhPerK)
    expect(cooling.temperature).toBeCloseTo(expected, 9)
  })

  test('uses the energy its balance says while the heater is on', () => {
    const heating = state({ setpoint: 50 })
    advanceRoom(room(), heating, START + 60_000)
    const net = physics.heaterKw + physics.baseGainKw - physics.lossKwPerK * (19 + 5)
    expect((heating.temperature - 19) / (1 / 60)).toBeCloseTo(net / physics.capacityKwhPerK, 1)
  })

  test('warms to the setpoint and is held there by the thermostat, switching now and then', () => {
    const held = state()
    advanceRoom(room(), held, START + 4 * HOUR)
    let switched = 0
    for (let second = 1; second <= 6 * 3_600; second += 1) {
      const before = held.heaterOn
      advanceRoom(room(), held, START + 4 * HOUR + second * 1_000)
      if (held.heaterOn !== before) switched += 1
      expect(Math.abs(held.temperature - 22)).toBeLessThan(HYSTERESIS_K + 0.01)
    }
    expect(switched).toBeGreaterThan(8)
    expect(switched).toBeLessThan(120)
  })

  test('every room can be held at its setpoint at −15 °C', () => {
    for (const zone of ZONE_SPECS) {
      const cold = room({ physics: zone.physics, surroundings: () => ({ outdoorTemperature: -15, irradiance: 0 }) })
      const living = state({ temperature: zone.startTemperature, setpoint: zone.startSetpoint })
      advanceRoom(cold, living, START + 24 * HOUR)
      expect(living.temperature, zone.name).toBeGreaterThan(zone.startSetpoint - 2 * HYSTERESIS_K)
    }
  })

  test('is warmed by the sun and by people', () => {
    const at = (changes: Partial<RoomInTime>, occupied: boolean) => {
      const warmed = state({ setpoint: -50, occupied })
      advanceRoom(room({ ...changes, isOccupied: () => occupied }), warmed, START + HOUR)
      return warmed.temperature
    }
    const sunny = { surroundings: () => ({ outdoorTemperature: -5, irradiance: 500 }) }
    expect(at(sunny, false)).toBeGreaterThan(at({}, false) + 0.5)
    expect(at({}, true)).toBeGreaterThan(at({}, false) + 0.1)
  })

  test('depends on time alone, never on how often it is looked at', () => {
    const surroundings = (time: number) => ({ outdoorTemperature: Math.sin(time / HOUR) * 5, irradiance: 100 })
    const isOccupied = (time: number) => Math.floor(time / HOUR) % 2 === 0
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 * HOUR }), { maxLength: 30 }), (looks) => {
        const watched = state()
        const living = room({ surroundings, isOccupied })
        for (const look of [...looks].sort((a, b) => a - b)) advanceRoom(living, watched, START + look)
        advanceRoom(living, watched, START + 4 * HOUR)
        const alone = state()
        advanceRoom(living, alone, START + 4 * HOUR)
        expect(watched).toEqual(alone)
      }),
      { numRuns: 30 },
    )
  })

  test('does not run backwards', () => {
    const living = state()
    advanceRoom(room(), living, START + HOUR)
    const before = { ...living }
    advanceRoom(room(), living, START)
    expect(living).toEqual(before)
  })

  test('after a year switched off goes on at its setpoint, without simulating the year', () => {
    const living = state({ setpoint: 18 })
    const startedAt = performance.now()
    advanceRoom(room(), living, START + 365 * 24 * HOUR)
    expect(performance.now() - startedAt).toBeLessThan(500)
    expect(living.time).toBe(START + 365 * 24 * HOUR)
    expect(living.temperature).toBeCloseTo(18, 0)
    expect(living.setpoint).toBe(18)
    expect(CATCH_UP_LIMIT_MS).toBeLessThan(365 * 24 * HOUR)
  })

  test('keeps who is there at the start until somebody comes or goes', () => {
    const isOccupied = (time: number) => time >= START + 2 * HOUR && time < START + 3 * HOUR
    const living = state({ occupied: true })
    const seen = [1, 2.5, 3.5].map((hours) => {
      advanceRoom(room({ isOccupied }), living, START + hours * HOUR)
      return living.occupied
    })
    expect(seen).toEqual([true, true, false])
  })
})
