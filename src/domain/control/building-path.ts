/** What a steering model foresees for supply temperatures hour by hour, and how the indoor temperature answers to each. */
import { type DiscreteModel, heatedState, heatPath, INPUTS } from '../thermal/network.ts'
import type { ComingHours } from './conditions.ts'
import type { SteeringModel } from './decision.ts'
import { discreteOnce } from './discrete-once.ts'
import { disturbanceAhead, usualAt } from './estimate.ts'

const HOUR_MS = 3_600_000
const STEP_HOURS = 1

/** Everything about a model that does not change from hour to hour. */
export interface HourlyBuilding {
  readonly model: SteeringModel
  readonly discrete: DiscreteModel
  /** Index of the temperature the water heats. */
  readonly heated: number
  /** Conductance from the water to it, over UA: heat in K is this times the temperature difference. */
  readonly conductance: number
}

/** Null for a model whose heat is not the temperature of the water: it cannot say what a supply temperature does. */
export function hourlyBuilding(model: SteeringModel): HourlyBuilding | null {
  if (model.structure.heat !== 'supply') return null
  return {
    model,
    discrete: discreteOnce(model, STEP_HOURS),
    heated: heatedState(model.structure),
    conductance: heatPath(model.structure, model.values).water,
  }
}

export interface BuildingPath {
  /** °C after each hour. */
  readonly indoor: readonly number[]
  /** Mean temperature of what the water heats during each hour, °C. */
  readonly heated: readonly number[]
  /** Heat of each hour over UA, K: the difference it would hold for ever. */
  readonly heat: readonly number[]
}

/**
 * The hours to come with the given supply temperatures. Water colder than what it should heat stands still.
 * @param supply °C in each hour
 */
export function pathOf(building: HourlyBuilding, hours: ComingHours, supply: readonly number[]): BuildingPath {
  const { model, heated, conductance } = building
  const { gain, offset } = model.water
  let state: Float64Array = Float64Array.from(model.state)
  const indoor: number[] = []
  const heatedPath: number[] = []
  const heat: number[] = []
  supply.forEach((temperature, hour) => {
    const water = Math.max(gain * temperature + offset, at(state, heated))
    const next = nextState(building, hours, state, hour, water)
    const middle = (at(state, heated) + at(next, heated)) / 2
    indoor.push(at(next, 0))
    heatedPath.push(middle)
    heat.push(Math.max(0, conductance * (water - middle)))
    state = next
  })
  return { indoor, heated: heatedPath, heat }
}

/** Indoor and heated temperatures as affine functions of the supply temperatures of blocks of hours. */
export interface AffineAnswer {
  /** With water of 0 °C all the time: far from any truth, but the point the effects are counted from. */
  readonly indoor: Float64Array
  readonly heated: Float64Array
  /** K per K of each block's supply temperature, `blocks × hours`. */
  readonly indoorEffect: readonly Float64Array[]
  readonly heatedEffect: readonly Float64Array[]
}

/** @param blocks first hour of each block, ascending from 0; the last block ends with `length` */
export function affineAnswer(
  building: HourlyBuilding,
  hours: ComingHours,
  blocks: readonly number[],
  length: number,
): AffineAnswer {
  const { model, discrete, heated } = building
  const n = discrete.states
  const { gain, offset } = model.water
  const indoor = new Float64Array(length)
  const heatedPath = new Float64Array(length)
  let state: Float64Array = Float64Array.from(model.state)
  for (let hour = 0; hour < length; hour += 1) {
    const next = nextState(building, hours, state, hour, offset)
    indoor[hour] = at(next, 0)
    heatedPath[hour] = (at(state, heated) + at(next, heated)) / 2
    state = next
  }
  const effects = blocks.map((from, block) => {
    const to = blocks[block + 1] ?? length
    const indoorEffect = new Float64Array(length)
    const heatedEffect = new Float64Array(length)
    let answer: Float64Array = new Float64Array(n)
    for (let hour = from; hour < length; hour += 1) {
      const next = new Float64Array(n)
      for (let i = 0; i < n; i += 1) {
        let value = hour < to ? at(discrete.input, i * INPUTS + 1) * gain : 0
        for (let j = 0; j < n; j += 1) value += at(discrete.transition, i * n + j) * at(answer, j)
        next[i] = value
      }
      indoorEffect[hour] = at(next, 0)
      heatedEffect[hour] = (at(answer, heated) + at(next, heated)) / 2
      answer = next
    }
    return { indoorEffect, heatedEffect }
  })
  return {
    indoor,
    heated: heatedPath,
    indoorEffect: effects.map((effect) => effect.indoorEffect),
    heatedEffect: effects.map((effect) => effect.heatedEffect),
  }
}

function nextState(
  { model, discrete }: HourlyBuilding,
  hours: ComingHours,
  state: Float64Array,
  hour: number,
  water: number,
): Float64Array {
  const n = discrete.states
  const outdoor = ((hours.outdoor[hour] as number) + (hours.outdoor[hour + 1] as number)) / 2
  const irradiance = ((hours.irradiance[hour] as number) + (hours.irradiance[hour + 1] as number)) / 2
  const wind = hours.wind[hour] ?? null
  const windLoss = wind === null ? 0 : (wind - model.reference.wind) * (model.reference.indoor - outdoor)
  const inputs = [outdoor, water, model.structure.solar ? irradiance : 0, 1, model.structure.wind ? windLoss : 0]
  const now = Float64Array.from(state)
  now[n - 1] = disturbanceIn(model, hours.time, hour)
  return now.map((_, i) => {
    let value = 0
    for (let j = 0; j < n; j += 1) value += at(discrete.transition, i * n + j) * at(now, j)
    for (let j = 0; j < INPUTS; j += 1) value += at(discrete.input, i * INPUTS + j) * (inputs[j] as number)
    return value
  })
}

/** The disturbance foreseen for the hour, K. */
function disturbanceIn(model: SteeringModel, time: number, hour: number): number {
  const { state, disturbanceByHour, values, lastingDeparture = 0 } = model
  const departure = (state.at(-1) ?? 0) - usualAt(disturbanceByHour, time)
  const foreseen = { usual: disturbanceByHour, departure, lasting: lastingDeparture }
  const disturbanceHours = Math.max(0.5, values.disturbanceHours)
  const decay = STEP_HOURS / disturbanceHours
  // The model lets a disturbance fade within the hour; what is given here is its mean over the hour.
  const meanOverStart = decay / (1 - Math.exp(-decay))
  const middle = hour + 0.5
  return disturbanceAhead(foreseen, time + middle * HOUR_MS, middle, disturbanceHours) * meanOverStart
}

/** As in matrix.ts; here because test runners turn every use of an import into a property read, ten times slower. */
function at(values: Float64Array, index: number): number {
  return values[index] as number
}
