/** What the instruments of a house show: the state seen through resolution, offsets and the heat meter. */
import type { Weather } from './climate.ts'
import { supplySetpoint } from './controller.ts'
import { type HousePhysics, type HouseState, outdoorSensor, type WeatherSource } from './house.ts'
import { between, smoothNoise } from './noise.ts'

export interface Readings {
  /** Zone sensors with a resolution of 0.1 °C, as many as the house has. */
  readonly zones: readonly number[]
  /** Mean of the zone sensors, °C. */
  readonly room: number
  readonly zoneHumidity: readonly number[]
  readonly outdoor: number
  readonly supply: number
  readonly supplySetpoint: number
  readonly return: number
  readonly hotWater: number
  /** bar. */
  readonly pressure: number
  readonly primarySupply: number
  readonly primaryReturn: number
  /** kW, space heating and hot water. */
  readonly power: number
  /** l/h. */
  readonly flow: number
  /** kWh. */
  readonly energy: number
}

/** kWh per litre and kelvin of water. */
const WATER_HEAT = 1.163e-3

/** @param zoneCount room sensors in use; @param weather the weather at `state.time`. */
export function readSensors(physics: HousePhysics, state: HouseState, weather: Weather, zoneCount: number): Readings {
  const { seed } = physics
  const hours = state.time / 3_600_000
  const jitter = (channel: number, correlationHours: number) => smoothNoise(seed, channel, hours / correlationHours)
  const zones = Array.from({ length: zoneCount }, (_, zone) => {
    const offset = zoneCount === 1 ? 0 : between(-0.3, 0.3, seed, 401, zone)
    return round(state.air + offset + 0.04 * jitter(410 + zone, 0.4), 1)
  })
  const outdoor = outdoorSensor(physics, weather)
  const power = state.spaceHeating + state.hotWaterPower
  const primarySupply = 66 + Math.min(26, Math.max(0, (6 - weather.temperature) * 1.1)) + jitter(420, 2)
  const primaryReturn = primaryReturnOf(state, power)
  return {
    zones,
    room: round(zones.reduce((sum, zone) => sum + zone, 0) / zones.length, 2),
    zoneHumidity: zones.map((_, zone) => Math.round(34 + 5 * jitter(430 + zone, 20))),
    outdoor: round(outdoor, 2),
    supply: round(state.supply + 0.08 * jitter(421, 0.1), 7),
    supplySetpoint: round(supplySetpoint(state.registers, physics.controller, outdoor), 7),
    return: round(state.return + 0.05 * jitter(422, 0.1), 7),
    hotWater: round(state.hotWaterTemperature, 7),
    pressure: round(1.15 + 0.006 * (state.supply - 35) + 0.04 * jitter(423, 90), 8),
    primarySupply: round(primarySupply, 1),
    primaryReturn: round(primaryReturn, 1),
    power: round(power, 2),
    flow: Math.round(power / (WATER_HEAT * (primarySupply - primaryReturn))),
    energy: round(state.spaceHeatingKwh + state.hotWaterKwh, 1),
  }
}

/** Mean of the outdoor sensor over the last 24 hours, °C. */
export function outdoorDayMean(physics: HousePhysics, weather: WeatherSource, time: number): number {
  let sum = 0
  for (let hour = 0; hour < 24; hour += 1) sum += outdoorSensor(physics, weather(time - hour * 3_600_000))
  return sum / 24
}

/** The two heat exchangers mix: heating returns a little above its own circuit, fresh tap water cools far down. */
function primaryReturnOf(state: HouseState, power: number): number {
  if (power < 0.05) return Math.max(state.return, state.air + 4)
  const heating = state.return + 2
  const hotWater = 24
  return (heating * state.spaceHeating + hotWater * state.hotWaterPower) / power
}

function round(value: number, decimals: number): number {
  const factor = 10 ** decimals
  return Math.round(value * factor) / factor
}
