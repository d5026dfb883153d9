/** The houses of the simulated town as plants: their supply temperature can be held, which no curve register can do. */
import { inventHouse } from '../../simulators/houses.ts'
import { forecastAt, weatherAt } from '../../simulators/physics/climate.ts'
import {
  advanceHouse,
  type HousePhysics,
  type HouseState,
  newHouse,
  outdoorSensor,
  type WeatherSource,
} from '../../simulators/physics/house.ts'
import { smoothNoise } from '../../simulators/physics/noise.ts'
import type { Plant, PlantState } from './plant.ts'

const HOUR_MS = 3_600_000
/** Noise of the room sensor, K. */
const ROOM_NOISE = 0.04

export interface BuiltInPlantOptions {
  readonly seed: number
  readonly distribution: 'radiator' | 'floor'
  /** Which house of the seed's town. */
  readonly index?: number
  /** Errors of the weather forecast over those of real ones; 0 is perfect. Default 1. */
  readonly forecastError?: number
  /** Per kWh; none by default. */
  readonly price?: (time: number) => number
}

/** A plant in this process. @throws RangeError for a start that is no time */
export function builtInPlant(options: BuiltInPlantOptions): Plant {
  const { seed, distribution, index = 0, forecastError = 1, price } = options
  const spec = inventHouse(index, seed, { distribution, adaptation: false, awayMode: false, steering: 'yref' })
  const weather: WeatherSource = (time) => weatherAt(seed, spec, time)
  let state: HouseState | null = null
  let countedKwh = 0

  function show(current: HouseState, powerKw: number): PlantState {
    const { physics } = spec
    const now = weather(current.time)
    return {
      time: current.time,
      outputs: {
        indoorTemperature: current.air + ROOM_NOISE * smoothNoise(physics.seed, 410, current.time / (0.2 * HOUR_MS)),
        outdoorTemperature: outdoorSensor(physics, now),
        supplyTemperature: current.supply,
        returnTemperature: current.return,
        heatPowerKw: powerKw,
        globalIrradiance: now.globalIrradiance,
      },
    }
  }

  return {
    init: async (start, warmupSeconds) => {
      const time = Date.parse(start)
      if (!Number.isFinite(time)) throw new RangeError(`"${start}" is not a time`)
      state = newHouse(spec.physics, structuredClone(spec.registers), weather, time - warmupSeconds * 1000)
      advanceHouse(spec.physics, state, weather, time)
      countedKwh = state.spaceHeatingKwh
      return show(state, state.spaceHeating)
    },
    forecast: async (horizonSeconds, intervalSeconds) => {
      const { time } = begun(state)
      const times = Array.from(
        { length: Math.floor(horizonSeconds / intervalSeconds) + 1 },
        (_, step) => time + step * intervalSeconds * 1000,
      )
      const foreseen = times.map((at) => ({ truth: weather(at), said: forecastAt(seed, spec, time, at) }))
      return {
        time: times,
        outdoorTemperature: foreseen.map(
          ({ truth, said }) => truth.temperature + forecastError * (said.temperature - truth.temperature),
        ),
        globalIrradiance: foreseen.map(({ truth, said }) =>
          Math.max(0, truth.globalIrradiance + forecastError * (said.globalIrradiance - truth.globalIrradiance)),
        ),
        price: times.map((at) => price?.(at) ?? null),
      }
    },
    advance: async (seconds, supplyTemperature) => {
      const house = begun(state)
      const before = house.spaceHeatingKwh
      hold(house, spec.physics, supplyTemperature, spec.registers.baseCurve)
      advanceHouse(spec.physics, house, weather, house.time + seconds * 1000)
      return show(house, (house.spaceHeatingKwh - before) / (seconds / 3600))
    },
    kpis: async () => ({ spaceHeatingKwh: begun(state).spaceHeatingKwh - countedKwh }),
    close: async () => undefined,
  }
}

function begun(state: HouseState | null): HouseState {
  if (state === null) throw new RangeError('the plant has not begun')
  return state
}

/** A flat curve holds the supply whatever the weather; the room dial is taken out of it. */
function hold(house: HouseState, physics: HousePhysics, supply: number | undefined, ownCurve: readonly number[]): void {
  const curve = supply === undefined ? [...ownCurve] : ownCurve.map(() => supply)
  const { registers } = house
  registers.setpoint = physics.controller.tunedFor
  registers.lowLimit = 0
  registers.highLimit = 90
  registers.baseCurve = curve
  registers.adaptedCurve = [...curve]
}
