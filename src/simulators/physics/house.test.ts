import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HouseSpec, inventHouse, inventHouses } from '../houses.ts'
import { emitterHeat, envelopeConductance, steadyAir } from './building.ts'
import { type Weather, weatherAt } from './climate.ts'
import { supplySetpoint } from './controller.ts'
import { hotWaterDraws } from './hot-water.ts'
import { advanceHouse, CATCH_UP_LIMIT_MS, type HouseState, internalGain, newHouse, outdoorSensor } from './house.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WINTER = Date.UTC(2026, 0, 10)

const sourceOf = (spec: HouseSpec) => (time: number) => weatherAt(1, spec, time)

const still = (temperature: number): Weather => ({
  temperature,
  windSpeed: 3.5,
  windGust: 6,
  windDirection: 225,
  relativeHumidity: 85,
  pressure: 1013,
  cloudFraction: 1,
  cloudOctas: 8,
  globalIrradiance: 0,
  precipitationRate: 0,
})

function fresh(spec: HouseSpec, weather: (time: number) => Weather, time = WINTER): HouseState {
  return newHouse(spec.physics, structuredClone(spec.registers), weather, time)
}

const radiators = inventHouse(0, 1, { distribution: 'radiator', adaptation: false, awayMode: false, steering: 'yref' })
const floor = inventHouse(1, 1, { distribution: 'floor', adaptation: false, awayMode: false, steering: 'yref' })

describe.each([
  ['radiators', radiators],
  ['floor heating', floor],
])('a house with %s', (_kind, spec) => {
  const { physics } = spec
  const { building } = physics

  test('keeps its energy balance within 2 %: heating and gains = losses + what it stores', () => {
    const weather = sourceOf(spec)
    const state = fresh(spec, weather)
    const before = { ...state }
    let losses = 0
    let gains = 0
    // Sampled from outside every five minutes, independently of the integration inside.
    const every = 300_000
    const hours = every / HOUR
    while (state.time < WINTER + 30 * DAY) {
      const middle = state.time + every / 2
      const now = weather(middle)
      const envelopeAtStart = state.envelope
      advanceHouse(physics, state, weather, state.time + every)
      const envelope = (envelopeAtStart + state.envelope) / 2
      losses += (envelope - now.temperature) * envelopeConductance(building, now.windSpeed) * hours
      gains += ((building.solarAperture * now.globalIrradiance) / 1000 + internalGain(physics, middle)) * hours
    }
    const stored =
      (state.air - before.air) * building.airCapacity +
      (state.envelope - before.envelope) * building.envelopeCapacity +
      (state.emitter - before.emitter) * building.emitterCapacity
    const heating = state.spaceHeatingKwh - before.spaceHeatingKwh
    expect(heating).toBeGreaterThan(500)
    expect(Math.abs(heating + gains - losses - stored) / heating).toBeLessThan(0.02)
  })

  test('ends in the steady state of its model when nothing changes', () => {
    const weather = () => still(-5)
    const state = fresh(spec, weather)
    for (let day = 0; day < 40; day += 1) advanceHouse(physics, state, weather, state.time + DAY)
    const setpoint = supplySetpoint(state.registers, physics.controller, outdoorSensor(physics, still(-5)))
    const expected = steadyAir(building, setpoint, {
      outdoor: -5,
      windSpeed: 3.5,
      globalIrradiance: 0,
      internalGain: building.internalGain,
    })
    let sum = 0
    for (let hour = 0; hour < 240; hour += 1) {
      advanceHouse(physics, state, weather, state.time + HOUR)
      sum += state.air
    }
    expect(Math.abs(sum / 240 - expected)).toBeLessThan(0.15)
  })

  test('needs more power when it is colder', () => {
    const power = (outdoor: number) => {
      const state = fresh(spec, () => still(outdoor))
      for (let day = 0; day < 5; day += 1) advanceHouse(physics, state, () => still(outdoor), state.time + DAY)
      return state.spaceHeating
    }
    expect(power(-15)).toBeGreaterThan(power(-5) * 1.15)
    expect(power(-5)).toBeGreaterThan(power(5) * 1.3)
  })

  test('gets warmer when the curve is raised by 3 K and colder when it is lowered', () => {
    const weather = sourceOf(spec)
    const roomWith = (shift: number) => {
      const state = fresh(spec, weather)
      state.registers.baseCurve = state.registers.baseCurve.map((point) => point + shift)
      for (let day = 0; day < 3; day += 1) advanceHouse(physics, state, weather, state.time + DAY)
      return state.air
    }
    expect(roomWith(3)).toBeGreaterThan(roomWith(0) + 0.3)
    expect(roomWith(-3)).toBeLessThan(roomWith(0) - 0.3)
  })

  test('does not depend on how often it is read', () => {
    const weather = sourceOf(spec)
    const often = fresh(spec, weather)
    const seldom = fresh(spec, weather)
    for (let minute = 1; minute <= 1440; minute += 1) advanceHouse(physics, often, weather, WINTER + minute * 61_000)
    advanceHouse(physics, seldom, weather, WINTER + 1440 * 61_000)
    expect(often).toEqual(seldom)
  })

  test('a gap longer than three days is bridged, counters included', () => {
    const weather = sourceOf(spec)
    const simulated = fresh(spec, weather)
    const bridged = structuredClone(simulated)
    const end = WINTER + 20 * DAY
    while (simulated.time < end) advanceHouse(physics, simulated, weather, simulated.time + CATCH_UP_LIMIT_MS)
    advanceHouse(physics, bridged, weather, simulated.time)
    expect(Math.abs(bridged.air - simulated.air)).toBeLessThan(1)
    expect(bridged.spaceHeatingKwh / simulated.spaceHeatingKwh).toBeGreaterThan(0.6)
    expect(bridged.spaceHeatingKwh / simulated.spaceHeatingKwh).toBeLessThan(1.6)
    expect(bridged.registers).toEqual(simulated.registers)
  })
})

test('every occupied house is between 18.5 and 23.5 °C all winter', () => {
  for (const spec of inventHouses(12).filter(({ registers }) => !registers.awayMode)) {
    const weather = (time: number) => weatherAt(20_260_115, spec, time)
    const state = fresh(spec, weather, Date.UTC(2025, 10, 15))
    while (state.time < Date.UTC(2026, 2, 1)) {
      advanceHouse(spec.physics, state, weather, state.time + 6 * HOUR)
      expect(state.air).toBeGreaterThan(18.5)
      expect(state.air).toBeLessThan(23.5)
    }
  }
})

test('a house with adaptation finds its way back after a wrong base curve, within the allowed deviation', () => {
  const spec = inventHouse(0, 1, { distribution: 'radiator', adaptation: true, awayMode: false })
  const weather = () => still(-2)
  const state = fresh(spec, weather)
  state.registers.baseCurve = state.registers.baseCurve.map((point) => point - 3)
  state.registers.adaptedCurve = [...state.registers.baseCurve]
  for (let day = 0; day < 4; day += 1) advanceHouse(spec.physics, state, weather, state.time + DAY)
  const cold = state.air
  for (let day = 0; day < 30; day += 1) advanceHouse(spec.physics, state, weather, state.time + DAY)
  expect(state.air).toBeGreaterThan(cold + 0.3)
  state.registers.adaptedCurve.forEach((point, index) => {
    expect(Math.abs(point - (state.registers.baseCurve[index] ?? 0))).toBeLessThanOrEqual(4)
  })
})

test('the heat an emitter gives satisfies its own equation', () => {
  fc.assert(
    fc.property(fc.double({ min: -10, max: 60, noNaN: true }), (drop) => {
      const heat = emitterHeat(radiators.physics.building, 25 + drop, 25)
      const { emitterCoefficient, emitterExponent, circuitFlow } = radiators.physics.building
      const mean = Math.max(0, drop - heat / (2 * circuitFlow))
      expect(heat).toBeCloseTo(emitterCoefficient * mean ** emitterExponent, 4)
      expect(heat).toBeGreaterThanOrEqual(0)
    }),
  )
})

describe('hot water', () => {
  test('is drawn the same way each time the same day is asked, another way the next day', () => {
    const { household } = radiators.physics
    expect(hotWaterDraws(household, 20_500)).toEqual(hotWaterDraws(household, 20_500))
    expect(hotWaterDraws(household, 20_501)).not.toEqual(hotWaterDraws(household, 20_500))
  })

  test('is mostly a matter of mornings and evenings: 3 to 14 kWh a day, little of it at night', () => {
    let day = 0
    let night = 0
    for (let index = 0; index < 60; index += 1) {
      hotWaterDraws(radiators.physics.household, 20_000 + index).forEach((power, minute) => {
        day += power / 60
        if (minute < 4 * 60) night += power / 60
      })
    }
    expect(day / 60).toBeGreaterThan(3)
    expect(day / 60).toBeLessThan(14)
    expect(night / day).toBeLessThan(0.05)
  })

  test('warms the tap sensor above 45 °C during a shower and lets it fall to room level afterwards', () => {
    const weather = () => still(0)
    const state = fresh(radiators, weather)
    let highest = 0
    let lowest = 100
    for (let minute = 0; minute < 2880; minute += 1) {
      advanceHouse(radiators.physics, state, weather, state.time + 60_000)
      highest = Math.max(highest, state.hotWaterTemperature)
      lowest = Math.min(lowest, state.hotWaterTemperature)
    }
    expect(highest).toBeGreaterThan(45)
    expect(lowest).toBeLessThan(28)
  })
})
