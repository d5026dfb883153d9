/** Series made by a model itself, so that what is estimated from them has a known answer. */
import { inputTable, type StateEstimate } from '../filter.ts'
import type { FittedModel } from '../fit.ts'
import { guessesOf } from '../fit.ts'
import { discreteModel, INPUTS } from '../network.ts'
import { type HeatInput, type ThermalSeries, thermalSeries } from '../series.ts'
import {
  type ModelOrder,
  type ModelStructure,
  type ParameterValues,
  parameterSpecs,
  standardised,
} from '../structure.ts'
import { predict } from './plain-filter.ts'
import { seededRandom } from './random.ts'
import { drift, HOUR_MS, simulateWeather } from './weather.ts'

/** A villa of 0.15 kW/K in each order; the heat is a random programme, as in an experiment. */
const VILLA: ParameterValues = {
  ua: 0.15,
  emitter: 0.8,
  airHours: 8,
  gain: 3,
  aperture: 20,
  wind: 0,
  wallHours: 50,
  wallPosition: 0.2,
  direct: 0.35,
  solarToAir: 0.5,
  heaterCoupling: 4,
  heaterHours: 3,
  disturbance: 0.8,
  disturbanceHours: 6,
  process: 0.02,
  sensor: 0.05,
}

export interface ModelRun {
  readonly series: ThermalSeries
  readonly model: FittedModel
}

/** @param change values other than the villa's */
export function simulateModel(options: {
  order: ModelOrder
  heat: HeatInput
  days: number
  seed: number
  stepHours?: number
  change?: Partial<ParameterValues>
}): ModelRun {
  const { order, heat, days, seed } = options
  const stepHours = options.stepHours ?? 1
  const steps = Math.round((days * 24) / stepHours)
  const random = seededRandom(seed)
  const start = Date.UTC(2026, 0, 5)
  const weather = simulateWeather(random, { start, steps, stepHours, season: 0 })
  const structure: ModelStructure = { order, heat, solar: true, wind: false }
  const single = order === 1 ? { airHours: 40, direct: 1, solarToAir: 1 } : {}
  const values: ParameterValues = { ...VILLA, ...single, ...options.change }
  const programme = drift(random, stepHours, 5, heat === 'power' ? 0.9 : 5)
  const given = Float64Array.from({ length: steps }, (_, k) => {
    const need = 18 - (weather.outdoor[k] as number)
    if (heat === 'none') return 0
    return heat === 'power' ? Math.max(0, values.ua * need + programme()) : 24 + 1.1 * need + programme()
  })
  const samples = Array.from(given, (value, k) => ({
    time: start + k * stepHours * HOUR_MS,
    indoor: 21,
    outdoor: weather.outdoor[k] as number,
    irradiance: weather.irradiance[k] as number,
    wind: null,
    heat: value,
  }))
  const { series } = thermalSeries(samples, heat)
  const reference = { indoor: 21, wind: 0 }
  const discrete = discreteModel(structure, values, stepHours)
  const inputs = inputTable(structure, series, reference)
  const state: StateEstimate = {
    mean: new Float64Array(discrete.states).fill(21),
    covariance: new Float64Array(discrete.states ** 2),
  }
  state.mean[discrete.states - 1] = 0
  if (order >= 2) state.mean[1] = 17
  const disturb = drift(random, stepHours, values.disturbanceHours, values.disturbance)
  const indoor = new Float64Array(steps)
  for (let k = 0; k < steps; k += 1) {
    indoor[k] = (state.mean[0] as number) + values.sensor * random.normal()
    predict(discrete, state, inputs.values, k * INPUTS)
    state.mean[0] = (state.mean[0] as number) + values.process * Math.sqrt(stepHours) * random.normal()
    state.mean[discrete.states - 1] = disturb()
  }
  const specs = parameterSpecs(structure, guessesOf(series))
  return {
    series: { ...series, indoor },
    model: {
      structure,
      specs,
      z: [...standardised(specs, values)],
      values,
      covariance: null,
      logLikelihood: 0,
      readings: steps,
      reference,
      converged: true,
    },
  }
}

/** A copy with readings taken out. */
export function withHole(
  series: ThermalSeries,
  from: number,
  to: number,
  column: 'indoor' | 'outdoor' | 'heat',
): ThermalSeries {
  const holed = Float64Array.from(series[column])
  holed.fill(Number.NaN, from, to)
  return { ...series, [column]: holed }
}
