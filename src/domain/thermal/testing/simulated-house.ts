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
}

/** Runs a house on its heat curve, in steps of two minutes (explicit Euler). */
export function simulateHouse(house: SimulatedHouse, options: SimulationOptions): Simulation {
  const { days, stepMinutes, seed, season } = options
  const random = seededRandom(seed)
  const stepHours = stepMinutes / 60
  const steps = Math.round((days * 24) / stepHours)
  const start = options.start ?? Date.UTC(2026, 0, 5)
  const weather = simulateWeather(random, { start, steps, stepHours, season })
  const occupancy = drift(random, stepHours, 2, 0.5)
  const indoor = new Float64Array(steps)
  const supply = new Float64Array(steps)
  const power = new Float64Array(steps)
  const directLoss = house.ua * house.direct
  const wall = house.ua - directLoss
  const toWall = wall / house.position
  const toOutdoor = wall / (1 - house.position)
  let air = house.setpoint
  let inner = air
  let envelope = air + (season - air) * house.position
  let emitter = air + (house.ua * (air - season)) / house.emitterCoupling
  const substeps = Math.ceil(stepMinutes / 2)
  const dt = stepHours / substeps
  for (let k = 0; k < steps; k += 1) {
    const time = start + k * stepHours * HOUR_MS
    const outdoor = weather.outdoor[k] as number
    const loss = directLoss * (1 + house.leaks * ((weather.wind[k] as number) - 3.2))
    const sun = (house.aperture * (weather.irradiance[k] as number) * directionFactor(house, time)) / 1000
    const gains = house.gains * Math.max(0, 1 + house.occupancy * (dailyPresence(time) + occupancy()))
    const water = supplyTemperature(house, time, outdoor, air)
    indoor[k] = air
    supply[k] = water
    let heat = 0
    for (let substep = 0; substep < substeps; substep += 1) {
      const emitted = house.emitterPower * (Math.max(0, water - emitter) / 20) ** house.exponent
      heat += emitted * dt
      const fromEmitter = house.emitterCoupling * (emitter - air)
      const fromInner = house.innerCoupling * (inner - air)
      const fromWall = toWall * (envelope - air)
      const toAir = house.solarToAir * sun + gains
      emitter += ((emitted - fromEmitter) / house.emitter) * dt
      inner += (((1 - house.solarToAir) * sun - fromInner) / house.inner) * dt
      envelope += ((toOutdoor * (outdoor - envelope) - fromWall) / house.envelope) * dt
      air += ((loss * (outdoor - air) + fromEmitter + fromInner + fromWall + toAir) / house.air) * dt
    }
    power[k] = heat / stepHours
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
  }
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
