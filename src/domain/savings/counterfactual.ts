/**
 * What a house would have done on its own heat curve, beside what it did. The model is linear, so the difference of the
 * two obeys the model without weather, sun and people: these act on both alike, also those nobody has measured. It is
 * carried on over all steps: a house that was lowered yesterday is colder today than it would have been.
 *
 * Only the heat itself is not linear: an emitter gives off (Tm − T)ⁿ (EN 442), of which a linear model learns the slope at
 * the usual temperature difference. The power law through that slope tells the heat.
 */
import { inputTable, runFilter } from '../thermal/filter.ts'
import type { ModelInUse } from '../thermal/house-path.ts'
import { discreteModel, heatedState, heatPath, INPUTS } from '../thermal/network.ts'
import type { ThermalSeries } from '../thermal/series.ts'

/** Step by step; NaN where the readings do not tell. */
export interface HeatingPaths {
  /** Heat over UA, K: the temperature difference it would hold for ever. As it was, and on the house's own curve. */
  readonly heat: Float64Array
  readonly baselineHeat: Float64Array
  /** Room temperature on the house's own curve less the real one, K. Never NaN. */
  readonly warmer: Float64Array
}

/** How a supply temperature becomes heat. */
export interface Emission {
  /** K of what the model takes for the water per K of supply temperature. */
  readonly waterGain: number
  /** Exponent of the heat over the temperature difference from water to room. */
  readonly exponent: number
}

/**
 * @param series with the water temperature as heat
 * @param shift supply temperature of the curve in force less that of the house's own, K, at each step
 */
export function heatingPaths(
  { structure, values, reference }: ModelInUse,
  series: ThermalSeries,
  shift: Float64Array,
  { waterGain, exponent }: Emission,
): HeatingPaths {
  // Days without sun or wind read as a house without those sensors; the model decides what it uses.
  const readable = { ...series, hasIrradiance: structure.solar, hasWind: structure.wind }
  const discrete = discreteModel(structure, values, series.stepHours)
  const inputs = inputTable(structure, readable, reference)
  const { states } = runFilter(discrete, inputs, readable, { states: true })
  if (states === null) throw new Error('the filter was asked for states')
  const n = discrete.states
  const heated = heatedState(structure)
  const conductance = heatPath(structure, values).water
  const unknown = () => new Float64Array(series.length).fill(Number.NaN)
  const [lift, baselineLift] = [unknown(), unknown()]
  const warmer = new Float64Array(series.length)
  let difference: Float64Array = new Float64Array(n)
  for (let k = 0; k < series.length; k += 1) {
    warmer[k] = at(difference, 0)
    if (k + 1 === series.length) break
    const water = at(inputs.values, k * INPUTS + 1)
    const middle = (at(states, k * n + heated) + at(states, (k + 1) * n + heated)) / 2
    const known = inputs.usable[k] === 1 && !Number.isNaN(middle)
    const change = (-waterGain * (at(shift, k) + at(shift, k + 1))) / 2
    // Water colder than what it should heat stands still.
    const other = known ? Math.max(water + change, middle + at(difference, heated)) - water : change
    // No curve is no difference, also where the water stands still already.
    const added = known && change === 0 && isZero(difference) ? 0 : other
    const next = new Float64Array(n)
    for (let i = 0; i < n; i += 1) {
      let value = at(discrete.input, i * INPUTS + 1) * added
      for (let j = 0; j < n; j += 1) value += at(discrete.transition, i * n + j) * at(difference, j)
      next[i] = value
    }
    if (known) {
      const middleDifference = (at(difference, heated) + at(next, heated)) / 2
      lift[k] = Math.max(0, water - middle)
      baselineLift[k] = Math.max(0, water + added - middle - middleDifference)
    }
    difference = next
  }
  // From here on differences become heat.
  const usual = meanKnown(lift)
  const size = usual > 0 ? (conductance * usual ** (1 - exponent)) / exponent : 0
  const given = (lifts: Float64Array) => lifts.map((lift) => size * lift ** exponent)
  return { heat: given(lift), baselineHeat: given(baselineLift), warmer }
}

function meanKnown(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.length === 0 ? 0 : known.reduce((total, value) => total + value, 0) / known.length
}

function isZero(values: Float64Array): boolean {
  return values.every((value) => value === 0)
}

/** As in matrix.ts; here because test runners turn every use of an import into a property read, ten times slower. */
function at(values: Float64Array, index: number): number {
  return values[index] as number
}
