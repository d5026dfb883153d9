import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DiscreteModel, discreteModel, INPUTS, timeConstants } from './network.ts'
import { type ModelOrder, type ModelStructure, parameterSpecs, valuesOf } from './structure.ts'

const guesses = { uaKwPerK: 0.15, emitter: 0.8, resolution: 0.1, gain: 3, gainSpread: 2 }
const orders: readonly ModelOrder[] = [1, 2, 3]
const structure = (order: ModelOrder, heat: 'power' | 'supply' = 'power'): ModelStructure => ({
  order,
  heat,
  solar: true,
  wind: true,
})
const anyZ = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 20, maxLength: 20 })

/** Indoor temperature after years of the same inputs. */
function steady(model: DiscreteModel, inputs: readonly number[]): number {
  let mean = new Array<number>(model.states).fill(20)
  mean[model.states - 1] = 0
  for (let k = 0; k < 40_000; k += 1) {
    mean = mean.map((_, i) => {
      let next = 0
      mean.forEach((value, j) => {
        next += (model.transition[i * model.states + j] as number) * value
      })
      inputs.forEach((value, j) => {
        next += (model.input[i * INPUTS + j] as number) * value
      })
      return next
    })
  }
  return mean[0] as number
}

describe('the networks', () => {
  test.each(orders)(
    'with %d temperatures: 3 kW into 0.15 kW/K lift the room 20 K over the outdoors, and gains on top',
    (order) => {
      const specs = parameterSpecs(structure(order), guesses)
      const model = discreteModel(structure(order), valuesOf(specs, new Float64Array(20)), 3)
      expect(steady(model, [-2, 3, 0, 1, 0])).toBeCloseTo(-2 + 20 + 3, 6)
    },
  )

  test.each(orders)('with %d temperatures: water of 45 °C stands in the ratio of emitter to losses', (order) => {
    const specs = parameterSpecs(structure(order, 'supply'), guesses)
    const model = discreteModel(structure(order, 'supply'), valuesOf(specs, new Float64Array(20)), 3)
    // κ (45 − Ti) = Ti − Ta − gains, κ 0.8
    expect(steady(model, [-2, 45, 0, 1, 0])).toBeCloseTo((0.8 * 45 - 2 + 3) / 1.8, 6)
  })

  test('time constants are positive, ascending, and as many as temperatures', () => {
    fc.assert(
      fc.property(
        anyZ,
        fc.constantFrom(...orders),
        fc.constantFrom('power' as const, 'supply' as const),
        (z, order, heat) => {
          const specs = parameterSpecs(structure(order, heat), guesses)
          const found = timeConstants(structure(order, heat), valuesOf(specs, z))
          expect(found).toHaveLength(order)
          found.forEach((hours, index) => {
            expect(hours).toBeGreaterThan(0)
            expect(hours).toBeGreaterThanOrEqual(found[index - 1] ?? 0)
          })
        },
      ),
    )
  })

  test('one temperature has the time constant it was given', () => {
    const specs = parameterSpecs(structure(1), guesses)
    expect(timeConstants(structure(1), valuesOf(specs, new Float64Array(20)))).toEqual([expect.closeTo(50, 9)])
  })

  test('no temperature ever leaves the range of what surrounds it without heat', () => {
    fc.assert(
      fc.property(anyZ, fc.constantFrom(...orders), (z, order) => {
        const specs = parameterSpecs(structure(order), guesses)
        const model = discreteModel(structure(order), valuesOf(specs, z), 0.25)
        for (let i = 0; i < order; i += 1) {
          let share = model.input[i * INPUTS] as number
          for (let j = 0; j < order; j += 1) {
            const weight = model.transition[i * model.states + j] as number
            expect(weight).toBeGreaterThan(-1e-9)
            share += weight
          }
          expect(share).toBeCloseTo(1, 6)
        }
      }),
    )
  })
})
