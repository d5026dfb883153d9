/** Hours of one meter with what was measured beside them, laid on a gapless hourly grid with local clock and calendar. */
import { SWEDISH_ZONE } from '../time/day.ts'
import { offsetSpans } from '../time/offsets.ts'
import { irradianceFromClouds } from '../weather/irradiance.ts'
import type { Coordinates } from '../weather/place.ts'

export const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** One hour of a house or building; what is not known is null or left out. */
export interface EnergyHour {
  /** Start of the hour, epoch milliseconds, on the full hour UTC. */
  readonly time: number
  /** District heating used in the hour, kWh. */
  readonly energyKwh: number | null
  /** °C. */
  readonly outdoorTemperature?: number | null
  /** °C. */
  readonly indoorTemperature?: number | null
  /** Global horizontal, W/m². */
  readonly globalIrradiance?: number | null
  /** m/s. */
  readonly windSpeed?: number | null
  /** °C, at the hot-water sensor. */
  readonly hotWaterTemperature?: number | null
  /** Domestic hot water by a meter of its own, kWh. */
  readonly dhwMeterKwh?: number | null
  /** Live readings of the heat power within the hour, kW, in time order and evenly spread; six or more are used. */
  readonly heatPowerKw?: readonly number[]
}

export interface HourGrid {
  /** First hour, epoch milliseconds. */
  readonly start: number
  readonly count: number
  /** NaN where nothing is known; so in all columns. Negative energy is not known either. */
  readonly energy: Float64Array
  readonly outdoor: Float64Array
  readonly indoor: Float64Array
  readonly irradiance: Float64Array
  readonly wind: Float64Array
  readonly hotWater: Float64Array
  readonly dhwMeter: Float64Array
  /** By index; absent where there are no live readings. */
  readonly heatPower: ReadonlyMap<number, readonly number[]>
  /** 0 to 23, local. */
  readonly clockHour: Int8Array
  /** 1 on Saturday and Sunday, local. */
  readonly weekend: Int8Array
  /** Number of the local day, counted from the first. */
  readonly day: Int32Array
  /** Local date of each day number, epoch milliseconds of 00:00Z of the label. */
  readonly dayTimes: readonly number[]
  /** Where the irradiance comes from. */
  readonly irradianceSource: 'measured' | 'clear_sky' | 'none'
}

/** No series is longer; a time far off is a fault of the input, not a hole of a million hours. */
const LONGEST_HOURS = 24 * 366 * 20

/**
 * Lays hours in any order on a grid from the first to the last.
 * Irradiance that was not measured is that of a clear sky where the place is known: a regressor of the right shape,
 * whose size the regression finds.
 * @throws RangeError for an hour off the full hour or given twice, an unknown zone, or more than twenty years
 */
export function hourGrid(
  hours: readonly EnergyHour[],
  place: Coordinates | null = null,
  zone: string = SWEDISH_ZONE,
): HourGrid {
  let start = Number.POSITIVE_INFINITY
  let end = Number.NEGATIVE_INFINITY
  for (const { time } of hours) {
    if (!Number.isInteger(time) || time % HOUR_MS !== 0) throw new RangeError(`${time} is not on a full hour`)
    start = Math.min(start, time)
    end = Math.max(end, time + HOUR_MS)
  }
  const count = hours.length === 0 ? 0 : (end - start) / HOUR_MS
  if (count > LONGEST_HOURS) throw new RangeError('the hours span more than twenty years')
  const unknown = () => new Float64Array(count).fill(Number.NaN)
  const columns = {
    energy: unknown(),
    outdoor: unknown(),
    indoor: unknown(),
    irradiance: unknown(),
    wind: unknown(),
    hotWater: unknown(),
    dhwMeter: unknown(),
  }
  const heatPower = new Map<number, readonly number[]>()
  const seen = new Uint8Array(count)
  for (const hour of hours) {
    const index = (hour.time - start) / HOUR_MS
    if (seen[index] === 1) throw new RangeError(`the hour ${new Date(hour.time).toISOString()} is there twice`)
    seen[index] = 1
    columns.energy[index] = notNegative(hour.energyKwh)
    columns.outdoor[index] = hour.outdoorTemperature ?? Number.NaN
    columns.indoor[index] = hour.indoorTemperature ?? Number.NaN
    columns.irradiance[index] = notNegative(hour.globalIrradiance)
    columns.wind[index] = notNegative(hour.windSpeed)
    columns.hotWater[index] = hour.hotWaterTemperature ?? Number.NaN
    columns.dhwMeter[index] = notNegative(hour.dhwMeterKwh)
    if (hour.heatPowerKw !== undefined && hour.heatPowerKw.length > 0) heatPower.set(index, hour.heatPowerKw)
  }
  const irradianceSource = fillIrradiance(columns.irradiance, start, place)
  return { start, count, ...columns, heatPower, ...calendar(start, count, zone), irradianceSource }
}

/** Share of hours of `values` that are known; 0 of nothing. */
export function knownShare(values: Float64Array): number {
  if (values.length === 0) return 0
  let known = 0
  for (const value of values) if (!Number.isNaN(value)) known += 1
  return known / values.length
}

/** Fills holes of up to `longest` hours by a straight line, and those at both ends by the nearest value. */
export function bridged(values: Float64Array, longest: number): Float64Array {
  const result = Float64Array.from(values)
  let last = -1
  for (let index = 0; index <= result.length; index++) {
    if (index < result.length && Number.isNaN(result[index])) continue
    const gap = index - last - 1
    if (gap > 0 && gap <= longest) {
      const before = result[last] ?? result[index] ?? Number.NaN
      const after = result[index] ?? before
      for (let step = 1; step <= gap; step++) result[last + step] = before + ((after - before) * step) / (gap + 1)
    }
    last = index
  }
  return result
}

function notNegative(value: number | null | undefined): number {
  return value !== null && value !== undefined && value >= 0 ? value : Number.NaN
}

function fillIrradiance(
  irradiance: Float64Array,
  start: number,
  place: Coordinates | null,
): HourGrid['irradianceSource'] {
  if (knownShare(irradiance) >= 0.5) return 'measured'
  if (place === null) return 'none'
  for (let index = 0; index < irradiance.length; index++) {
    irradiance[index] = irradianceFromClouds(start + (index + 0.5) * HOUR_MS, place, 0) ?? Number.NaN
  }
  return 'clear_sky'
}

function calendar(
  start: number,
  count: number,
  zone: string,
): Pick<HourGrid, 'clockHour' | 'weekend' | 'day' | 'dayTimes'> {
  const clockHour = new Int8Array(count)
  const weekend = new Int8Array(count)
  const day = new Int32Array(count)
  const dayTimes: number[] = []
  for (const { from, to, offsetSeconds } of offsetSpans(start / 1000, start / 1000 + count * 3600, zone)) {
    const last = Math.ceil((to * 1000 - start) / HOUR_MS)
    for (let index = Math.ceil((from * 1000 - start) / HOUR_MS); index < last; index++) {
      const local = start + index * HOUR_MS + offsetSeconds * 1000
      const date = Math.floor(local / DAY_MS) * DAY_MS
      if (dayTimes.at(-1) !== date) dayTimes.push(date)
      clockHour[index] = Math.floor((local - date) / HOUR_MS)
      // 1 January 1970 was a Thursday.
      weekend[index] = (date / DAY_MS + 4) % 7 === 0 || (date / DAY_MS + 4) % 7 === 6 ? 1 : 0
      day[index] = dayTimes.length - 1
    }
  }
  return { clockHour, weekend, day, dayTimes }
}
