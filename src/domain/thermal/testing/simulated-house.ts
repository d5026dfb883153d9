/**
 * Simulated houses with known parameters, for tests and benchmarks. Richer than any model that is fitted to them: inner
 * walls beside air, envelope and emitter, heat through windows and leaks that follow the wind, sun through windows that
 * face south, people who come and go, radiators that are not linear, a heat curve that is a little wrong, thermostats.
 */
import { sunPosition } from '../../weather/sun.ts'
import type { ThermalSample } from '../series.ts'
import { type Random, seededRandom } from './random.ts'
import { drift, HOUR_MS, type SimulatedWeather, simulateWeather } from './weather.ts'

export interface SimulatedHouse {
  /** kW/K, all ways together, at mean wind. */
  readonly ua: number
  /** Share of it that leaves through windows and leaks at once. */
  readonly direct: number
  /** Heat capacities, kWh/K; a capacity of 0 leaves the node out. */
  readonly air: number
  readonly inner: number
  readonly envelope: number
  readonly emitter: number
  /** Share of the envelope's resistance between air and its mass. */
  readonly position: number
  /** Coupling of inner walls and emitter with the air, kW/K. */
  readonly innerCoupling: number
  readonly emitterCoupling: number
  /** Exponent of the heat from water to emitter, and its size at 20 K, kW. */
  readonly exponent: number
  readonly emitterPower: number
  /** Effective window area on a horizontal surface's irradiance, m², and how much it depends on the sun's direction. */
  readonly aperture: number
  readonly facing: number
  readonly solarToAir: number
  /** Mean gains of people and appliances, kW. */
  readonly gains: number
  /** How much they come and go, share. */
  readonly occupancy: number
  /** Extra loss per m/s above 3.2 m/s, share of the direct one. */
  readonly leaks: number
  readonly setpoint: number
  /** Error of the heat curve's slope, and its answer to the room's temperature, K supply per K. */
  readonly curveSlopeError: number
  readonly roomFeedback: number
  /** Supply lowered at night by this much, K. */
  readonly setback: number
}

/** A house drawn from what is common in Sweden. */
export function drawHouse(random: Random): SimulatedHouse {
  const ua = random.uniform(0.09, 0.3)
  const floor = random.uniform() < 0.5
  const total = ua * random.uniform(40, 110)
  return {
    ua,
    direct: random.uniform(0.2, 0.5),
    air: total * random.uniform(0.05, 0.12),
    inner: total * random.uniform(0.2, 0.35),
    envelope: total * random.uniform(0.45, 0.6),
    emitter: total * (floor ? random.uniform(0.08, 0.15) : random.uniform(0.008, 0.02)),
    position: random.uniform(0.15, 0.5),
    innerCoupling: ua * random.uniform(4, 10),
    emitterCoupling: ua * (floor ? random.uniform(5, 9) : random.uniform(2, 4)),
    exponent: floor ? 1.05 : 1.3,
    emitterPower: ua * 20 * random.uniform(0.9, 1.6),
    aperture: ua * random.uniform(8, 30),
    facing: random.uniform(0.2, 0.6),
    solarToAir: random.uniform(0.2, 0.6),
    gains: random.uniform(0.2, 0.7),
    occupancy: random.uniform(0.3, 0.9),
    leaks: random.uniform(0, 0.15),
    setpoint: random.uniform(20, 22),
    curveSlopeError: random.uniform(-0.12, 0.12),
    roomFeedback: random.uniform() < 0.4 ? random.uniform(0.5, 3) : 0,
    setback: random.uniform() < 0.3 ? random.uniform(2, 6) : 0,
  }
}

export interface SimulationOptions {
  readonly seed: number
  readonly days: number
  readonly stepMinutes: number
  readonly season: number
  readonly start?: number
  /** Standard deviation of the indoor sensor, K, and its resolution (0 none). */
  readonly sensorNoise?: number
  readonly resolution?: number
  /** K added to the supply temperature at a time, epoch milliseconds: another heat curve. */
  readonly supplyShift?: (time: number) => number
}

export interface Simulation {
  readonly house: SimulatedHouse
  readonly weather: SimulatedWeather
  /** True indoor temperature at the steps, °C. */
  readonly indoor: Float64Array
  readonly supply: Float64Array
  /** Heat of the heating system, kW, mean of the step that begins. */
  readonly power: Float64Array
  /** Measured, with the heat as power or as supply temperature. */
  readonly samples: (heat: 'power' | 'supply') => ThermalSample[]
  /**
   * The best forecast there is, °C by step from the issue on: by somebody who knows house, heat curve and its state
   * exactly, but of the people only their habits, and of the weather only its forecast.
   */
  readonly ideal: (issue: number, forecast: Omit<SimulatedWeather, 'start' | 'stepHours'>) => Float64Array
}

/** Temperatures of a house's capacities, °C. */
interface Nodes {
  air: number
  inner: number
  envelope: number
  emitter: number
}

/** What acts on a house over a step: weather, water °C, and gains of people and appliances, kW. */
interface Acting {
  readonly outdoor: number
  /** W/m². */
  readonly irradiance: number
  readonly wind: number
  readonly water: number
  readonly gains: number
}

/** Moves the nodes on, in place, in steps of two minutes (explicit Euler). Returns the mean heat, kW. */
function advance(house: SimulatedHouse, nodes: Nodes, acting: Acting, time: number, stepHours: number): number {
  const directLoss = house.ua * house.direct
  const wall = house.ua - directLoss
  const loss = directLoss * (1 + house.leaks * (acting.wind - 3.2))
  const sun = (house.aperture * acting.irradiance * directionFactor(house, time)) / 1000
  const substeps = Math.ceil(stepHours * 30)
  const dt = stepHours / substeps
  let heat = 0
  for (let substep = 0; substep < substeps; substep += 1) {
    const emitted = house.emitterPower * (Math.max(0, acting.water - nodes.emitter) / 20) ** house.exponent
    heat += emitted * dt
    const fromEmitter = house.emitterCoupling * (nodes.emitter - nodes.air)
    const fromInner = house.innerCoupling * (nodes.inner - nodes.air)
    const fromWall = (wall / house.position) * (nodes.envelope - nodes.air)
    const toOutdoor = (wall / (1 - house.position)) * (acting.outdoor - nodes.envelope)
    const toAir = house.solarToAir * sun + acting.gains
    nodes.emitter += ((emitted - fromEmitter) / house.emitter) * dt
    nodes.inner += (((1 - house.solarToAir) * sun - fromInner) / house.inner) * dt
    nodes.envelope += ((toOutdoor - fromWall) / house.envelope) * dt
    nodes.air += ((loss * (acting.outdoor - nodes.air) + fromEmitter + fromInner + fromWall + toAir) / house.air) * dt
  }
  return heat / stepHours
}

/** Runs a house on its heat curve. */
export function simulateHouse(house: SimulatedHouse, options: SimulationOptions): Simulation {
  const { days, stepMinutes, seed, season } = options
  const random = seededRandom(seed)
  const stepHours = stepMinutes / 60
  const steps = Math.round((days * 24) / stepHours)
  const start = options.start ?? Date.UTC(2026, 0, 5)
  const weather = simulateWeather(random, { start, steps, stepHours, season })
  const occupancy = drift(random, stepHours, 2, OCCUPANCY_DEVIATION)
  const indoor = new Float64Array(steps)
  const supply = new Float64Array(steps)
  const power = new Float64Array(steps)
  const states: Readonly<Nodes>[] = []
  const nodes: Nodes = {
    air: house.setpoint,
    inner: house.setpoint,
    envelope: house.setpoint + (season - house.setpoint) * house.position,
    emitter: house.setpoint + (house.ua * (house.setpoint - season)) / house.emitterCoupling,
  }
  for (let k = 0; k < steps; k += 1) {
    const time = start + k * stepHours * HOUR_MS
    const outdoor = weather.outdoor[k] as number
    const water = supplyTemperature(house, time, outdoor, nodes.air) + (options.supplyShift?.(time) ?? 0)
    indoor[k] = nodes.air
    supply[k] = water
    states.push({ ...nodes })
    const acting = {
      outdoor,
      irradiance: weather.irradiance[k] as number,
      wind: weather.wind[k] as number,
      water,
      gains: house.gains * Math.max(0, 1 + house.occupancy * (dailyPresence(time) + occupancy())),
    }
    power[k] = advance(house, nodes, acting, time, stepHours)
  }
  const noise = seededRandom(seed + 1)
  const measured = indoor.map((value) => {
    const read = value + (options.sensorNoise ?? 0.05) * noise.normal()
    return options.resolution ? Math.round(read / options.resolution) * options.resolution : read
  })
  return {
    house,
    weather,
    indoor,
    supply,
    power,
    samples: (heat) =>
      Array.from(indoor, (_, k) => ({
        time: start + k * stepHours * HOUR_MS,
        indoor: measured[k] as number,
        outdoor: weather.outdoor[k] as number,
        irradiance: weather.irradiance[k] as number,
        wind: weather.wind[k] as number,
        heat: (heat === 'power' ? power[k] : supply[k]) as number,
      })),
    ideal: (issue, { outdoor, irradiance, wind }) => {
      const nodesThen: Nodes = { ...(states[issue] as Nodes) }
      return outdoor.map((temperature, step) => {
        const time = start + (issue + step) * stepHours * HOUR_MS
        const before = nodesThen.air
        const acting = {
          outdoor: temperature,
          irradiance: irradiance[step] as number,
          wind: wind[step] as number,
          water: supplyTemperature(house, time, temperature, nodesThen.air),
          gains: house.gains * expectedPresence(house, time),
        }
        advance(house, nodesThen, acting, time, stepHours)
        return before
      })
    },
  }
}

/** How much people come and go beside their habits (standard deviation, share of the occupancy). */
const OCCUPANCY_DEVIATION = 0.5

/** The mean over what people may do of `max(0, 1 + …)`, by five equally likely departures from their habits. */
function expectedPresence(house: SimulatedHouse, time: number): number {
  const quintiles = [-1.4, -0.532, 0, 0.532, 1.4]
  const presences = quintiles.map((z) =>
    Math.max(0, 1 + house.occupancy * (dailyPresence(time) + z * OCCUPANCY_DEVIATION)),
  )
  return presences.reduce((sum, presence) => sum + presence, 0) / quintiles.length
}

/** Windows to the south see more of a low sun, those to east and west less around noon. */
function directionFactor(house: SimulatedHouse, time: number): number {
  const azimuth = sunPosition(time, { latitude: 57.7, longitude: 13 }).azimuth
  return 1 + house.facing * Math.cos(((azimuth - 190) * Math.PI) / 180)
}

/** Fewer at home on working days, more in the evening; mean about 0. */
function dailyPresence(time: number): number {
  const hour = (time / HOUR_MS) % 24
  const weekday = Math.floor(time / (24 * HOUR_MS) + 4) % 7
  const evening = hour >= 16 && hour < 22 ? 0.9 : 0
  const away = weekday >= 1 && weekday <= 5 && hour >= 7 && hour < 15 ? -0.7 : 0
  return evening + away
}

function supplyTemperature(house: SimulatedHouse, time: number, outdoor: number, air: number): number {
  const need = Math.max(0, house.ua * (house.setpoint - outdoor) * (1 + house.curveSlopeError) - house.gains)
  const lift = 20 * (need / house.emitterPower) ** (1 / house.exponent)
  const hour = (time / HOUR_MS) % 24
  const night = hour >= 21 || hour < 4 ? house.setback : 0
  const wanted =
    house.setpoint + need / house.emitterCoupling + lift - night - house.roomFeedback * (air - house.setpoint)
  return Math.min(60, Math.max(18, wanted))
}
