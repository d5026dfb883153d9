import { describe, expect, test } from 'vitest'
import { foreseeIndoor } from './forecast.ts'
import type { HeatRule } from './heat-rule.ts'
import { discreteModel } from './network.ts'
import { simulateModel } from './testing/models.ts'

const { model } = simulateModel({ order: 1, heat: 'power', days: 2, seed: 1 })
const discrete = discreteModel(model.structure, model.values, 1)
const core = { structure: model.structure, discrete, reference: model.reference, usual: null }
const steps = 49
const constant = (value: number) => new Float64Array(steps).fill(value)
const coming = (outdoor: number) => ({
  outdoor: constant(outdoor),
  irradiance: constant(0),
  wind: constant(0),
  setpoint: constant(Number.NaN),
  clock: Array.from({ length: steps }, () => ({ hour: 12, weekend: false })),
})

/** Two thermostats' worth of heat: 3 kW at 21 °C, 1 kW less per K above. */
const thermostat: HeatRule = {
  coefficients: [3, 0, 0, 0, -1],
  profile: new Array<number>(48).fill(0),
  persistenceHours: 3,
  low: 0,
  high: 8,
  usesSetpoint: false,
}

describe('foreseeing the indoor temperature', () => {
  test('without heat a house cools towards the outdoors and its gains with its time constant', () => {
    const path = foreseeIndoor(core, Float64Array.of(21, 0), coming(0), { planned: constant(0) }, 1)
    // τ 40 h, gains 3 K
    expect(path[24]).toBeCloseTo(3 + 18 * Math.exp(-24 / 40), 9)
    expect(path).toHaveLength(steps)
  })

  test('planned heat lifts it: 1 kW over 0.15 kW/K is 6.7 K in the end', () => {
    const cold = foreseeIndoor(core, Float64Array.of(21, 0), coming(0), { planned: constant(0) }, 1)
    const heated = foreseeIndoor(core, Float64Array.of(21, 0), coming(0), { planned: constant(1) }, 1)
    expect((heated[48] as number) - (cold[48] as number)).toBeCloseTo((1 / 0.15) * (1 - Math.exp(-48 / 40)), 9)
  })

  test('a thermostat holds the room where an open loop would let it cool', () => {
    const now = { heat: 3, departure: 0, smoothed: 0 }
    const held = foreseeIndoor(core, Float64Array.of(21, 0), coming(-10), { rule: thermostat, now }, 1)
    const open = foreseeIndoor(core, Float64Array.of(21, 0), coming(-10), { planned: constant(3) }, 1)
    expect(held[48]).toBeGreaterThan((open[48] as number) + 2)
  })

  test('the heat foreseen stays between none and the most ever given', () => {
    const now = { heat: 0, departure: 100, smoothed: 0 }
    const most = foreseeIndoor(core, Float64Array.of(21, 0), coming(0), { rule: { ...thermostat, high: 2 }, now }, 1)
    const two = foreseeIndoor(core, Float64Array.of(21, 0), coming(0), { planned: constant(2) }, 1)
    expect(most[24]).toBeLessThanOrEqual((two[24] as number) + 1e-9)
  })

  test('ends where the weather is no longer known', () => {
    const short = coming(0)
    short.outdoor.fill(Number.NaN, 30)
    expect(foreseeIndoor(core, Float64Array.of(21, 0), short, { planned: constant(2) }, 1)).toHaveLength(30)
  })
})
