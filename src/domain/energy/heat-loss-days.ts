/**
 * Days for the regression of the heat loss: from six in the morning to six in the morning, so that sun stored in the
 * walls is given back within its day (the convention of co-heating tests).
 */
import { SWEDISH_ZONE } from '../time/day.ts'
import type { Coordinates } from '../weather/place.ts'
import { type EnergyHour, HOUR_MS, hourGrid, knownShare } from './hours.ts'
import type { Separation } from './separation.ts'

export interface HeatLossDay {
  /** Start, epoch milliseconds. */
  readonly time: number
  /** Mean heating power, kW. */
  readonly powerKw: number
  /** Mean indoor less outdoor temperature, K. */
  readonly difference: number
  /** °C. */
  readonly outdoor: number
  /** Mean global irradiance, kW/m². */
  readonly irradiance: number
  /** Mean wind, m/s; NaN where unknown. */
  readonly wind: number
  /** Indoor temperature gained over the day, K per hour. */
  readonly warming: number
}

export interface HeatLossDays {
  readonly days: readonly HeatLossDay[]
  readonly indoorSource: 'measured' | 'assumed'
  readonly irradianceSource: 'measured' | 'clear_sky' | 'none'
}

/** Where no indoor temperature is measured: a constant shifts nothing but the intercept. */
export const ASSUMED_INDOOR = 21
const FIRST_HOUR = 6
/** Below this number of days none is given away to begin at six: they begin when the series does. */
const FEW_DAYS = 40
/** Of 24; a day with two or more missing meter hours is left out. */
const METER_HOURS_MISSING = 1
const TEMPERATURES_NEEDED = 0.9
/** Hours on each side of a day's ends whose mean is the indoor temperature there. */
const END_HOURS = 2

/** @param separation of the same hours; the energy itself where the house has no hot water on this meter */
export function heatLossDays(
  input: readonly EnergyHour[],
  separation: Separation,
  place: Coordinates | null = null,
  zone: string = SWEDISH_ZONE,
): HeatLossDays {
  const grid = hourGrid(input, place, zone)
  const heating = new Float64Array(grid.count).fill(Number.NaN)
  for (const hour of separation.hours) heating[(hour.time - grid.start) / HOUR_MS] = hour.heatingKwh ?? hour.energyKwh
  const measured = knownShare(grid.indoor) >= 0.5
  const indoor = measured ? grid.indoor : new Float64Array(grid.count).fill(ASSUMED_INDOOR)
  const firstHour = grid.count < FEW_DAYS * 24 ? (grid.clockHour[0] ?? FIRST_HOUR) : FIRST_HOUR
  const starts: number[] = []
  for (let index = 0; index <= grid.count; index++) {
    const clock = index < grid.count ? grid.clockHour[index] : ((grid.clockHour[index - 1] ?? 0) + 1) % 24
    if (clock === firstHour) starts.push(index)
  }
  const days: HeatLossDay[] = []
  for (let position = 0; position + 1 < starts.length; position++) {
    const from = starts[position] as number
    const to = starts[position + 1] as number
    const hours = to - from
    if (hours < 23 || hours > 25) continue
    const energy = known(heating, from, to)
    const inside = known(indoor, from, to)
    const outside = known(grid.outdoor, from, to)
    if (energy.length < hours - METER_HOURS_MISSING) continue
    if (Math.min(inside.length, outside.length) < TEMPERATURES_NEEDED * hours) continue
    const startTemperature = average(known(indoor, from - END_HOURS, from + END_HOURS))
    const endTemperature = average(known(indoor, to - END_HOURS, to + END_HOURS))
    const warming = (endTemperature - startTemperature) / hours
    days.push({
      time: grid.start + from * HOUR_MS,
      powerKw: average(energy),
      difference: average(inside) - average(outside),
      outdoor: average(outside),
      irradiance: (average(known(grid.irradiance, from, to)) || 0) / 1000,
      wind: average(known(grid.wind, from, to)),
      warming: Number.isNaN(warming) ? 0 : warming,
    })
  }
  return { days, indoorSource: measured ? 'measured' : 'assumed', irradianceSource: grid.irradianceSource }
}

function known(values: Float64Array, from: number, to: number): number[] {
  return Array.from(values.subarray(Math.max(0, from), Math.max(0, to))).filter((value) => !Number.isNaN(value))
}

/** NaN of nothing. */
function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
