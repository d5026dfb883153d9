import { describe, expect, test } from 'vitest'
import { discreteModel, INPUTS } from '../thermal/network.ts'
import type { ModelOrder } from '../thermal/structure.ts'
import { hourlyBuilding } from './building-path.ts'
import { supplyRelation, withSupplyInput } from './power-model.ts'
import { modelOf } from './testing/inputs.ts'

const UA = 0.16

function powerModel(order: ModelOrder) {
  const known = modelOf(21)
  const heater = order === 3 ? { heaterCoupling: 4, heaterHours: 0.5 } : {}
  return modelOf(21, {
    structure: { order, heat: 'power', solar: true, wind: false },
    values: { ...known.values, ua: UA, emitter: 0, ...heater },
  })
}

/** Power over UA is 1.2 · (supply − indoor) − 3. */
const MOMENTS = Array.from({ length: 200 }, (_, k) => {
  const supply = 28 + (k % 13)
  const indoor = 20.5 + (k % 5) / 5
  return { supply, indoor, powerKw: UA * (1.2 * (supply - indoor) - 3) }
})

test('the relation is found again from what was measured', () => {
  const relation = supplyRelation(MOMENTS, UA)
  expect(relation?.slope).toBeCloseTo(1.2)
  expect(relation?.offset).toBeCloseTo(-3)
})

test.each([
  ['too little is known', MOMENTS.slice(0, 50)],
  ['the power has nothing to do with the supply', MOMENTS.map((moment, k) => ({ ...moment, powerKw: 1 + (k % 2) }))],
  ['the power never changes', MOMENTS.map((moment) => ({ ...moment, powerKw: 2 }))],
  ['there is no heat', MOMENTS.map((moment) => ({ ...moment, powerKw: 0 }))],
])('there is none where %s', (_, moments) => {
  expect(supplyRelation(moments, UA)).toBeNull()
})

describe.each([1, 2, 3] as const)('a model of %i temperatures', (order) => {
  const model = powerModel(order)
  const relation = { slope: 1.2, offset: -3 }

  test('cannot be planned by as it is, and can be with the relation', () => {
    expect(hourlyBuilding(model)).toBeNull()
    const changed = withSupplyInput(model, relation)
    expect(changed === null ? null : hourlyBuilding(changed)).not.toBeNull()
  })

  test('comes to rest where the heat of the relation holds the room', () => {
    const changed = withSupplyInput(model, relation)
    if (changed === null) throw new Error('the model has an emitter that passes enough')
    const discrete = discreteModel(changed.structure, changed.values, 1)
    const n = discrete.states
    let state = new Array<number>(n).fill(15)
    const given = [0, 35, 0, 1, 0]
    for (let hour = 0; hour < 2000; hour += 1) {
      state[n - 1] = 0
      state = state.map((_, i) => {
        const own = state.reduce((sum, value, j) => sum + (discrete.transition[i * n + j] as number) * value, 0)
        return given.reduce((sum, value, j) => sum + (discrete.input[i * INPUTS + j] as number) * value, own)
      })
    }
    // Losses are the difference to outdoors (0 °C): Ti = 1.2 (35 − Ti) − 3 + gains.
    expect(state[0]).toBeCloseTo((1.2 * 35 - 3 + model.values.gain) / 2.2, 2)
  })
})

test('an emitter that passes less than the relation says makes no model', () => {
  expect(withSupplyInput(powerModel(3), { slope: 5, offset: 0 })).toBeNull()
})
