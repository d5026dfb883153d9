/**
 * What space heating may depend on, as columns of a regression. Every column is 0 when it is too warm to heat, so that
 * what is left of the energy in summer is hot water.
 */
import { bridged, type HourGrid, knownShare } from './hours.ts'

export interface Features {
  /** Columns that depend on the weather. */
  readonly weatherSize: number
  /** count × weatherSize, row by row. */
  readonly weather: Float64Array
  /** Which of the {@link CLOCK_CLASSES} an hour belongs to: hour of the day, working days and week-ends apart. */
  readonly clock: Int16Array
  /** 0 when it is too warm to heat, 1 when it surely is heated: size of the clock's column that goes with heating. */
  readonly season: Float64Array
  /** Size of the clock's column that goes with the cold: a set-back's morning peak grows with it. */
  readonly cold: Float64Array
  /** Pull of each coefficient towards 0, in units of hours: weather, clock with season, clock with cold. */
  readonly ridge: Float64Array
}

export const CLOCK_CLASSES = 48
const WEATHER_RIDGE = 0.05
/** Holes in the outdoor temperature up to this length are bridged, hours. */
const LONGEST_BRIDGE = 12

/** One-sided exponential smoothing, as a wall or a controller does it. @param hours time constant */
export function smoothed(values: Float64Array, hours: number): Float64Array {
  const result = Float64Array.from(values)
  const keep = Math.exp(-1 / hours)
  let state = Number.NaN
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    if (Number.isNaN(value)) {
      result[index] = Number.NaN
      continue
    }
    state = Number.isNaN(state) ? value : keep * state + (1 - keep) * value
    result[index] = state
  }
  return result
}

/** Outdoor temperature with short holes bridged, °C; and it smoothed over about a day. */
export function outdoorOf(grid: HourGrid): { now: Float64Array; slow: Float64Array } {
  const now = bridged(grid.outdoor, LONGEST_BRIDGE)
  return { now, slow: smoothed(now, 24) }
}

/**
 * @param balance outdoor temperature above which the house is not heated, °C
 * @param clockRidge hours of a kind in which a pattern over the day has to show before it is believed by half
 */
export function heatingFeatures(grid: HourGrid, balance: number, clockRidge: number): Features {
  const { now, slow } = outdoorOf(grid)
  const known = knownShare(grid.outdoor) > 0.5
  const few = smoothed(now, 1.5)
  const some = smoothed(now, 6)
  const irradiance = withZeros(grid.irradiance)
  const sun = smoothed(irradiance, 2)
  const stored = smoothed(irradiance, 14)
  const wind = withMean(grid.wind)
  const size = known ? 11 : 2
  const quiet = known ? null : quietLevel(grid)
  const weather = new Float64Array(grid.count * size)
  const season = new Float64Array(grid.count)
  const cold = new Float64Array(grid.count)
  const clock = new Int16Array(grid.count)
  const ridge = new Float64Array(size + 2 * CLOCK_CLASSES).fill(clockRidge)
  ridge.fill(WEATHER_RIDGE, 0, size)
  for (let index = 0; index < grid.count; index++) {
    const offset = index * size
    let on = 1
    if (known) {
      const outdoor = slow[index] as number
      on = clamp01((balance + 1 - Math.min(outdoor, some[index] as number)) / 4)
      if (Number.isNaN(on)) on = 1
      const below = (kink: number) => (Number.isNaN(outdoor) ? 0 : Math.max(0, kink - outdoor) / 10)
      cold[index] = below(balance + 1)
      weather[offset + 1] = below(balance + 1)
      weather[offset + 2] = below(balance - 4)
      weather[offset + 3] = below(balance - 11)
      weather[offset + 4] = (on * orZero(outdoor - (few[index] as number))) / 10
      weather[offset + 5] = (on * orZero(outdoor - (some[index] as number))) / 10
      weather[offset + 6] = (on * (sun[index] as number)) / 300
      weather[offset + 7] = (on * (stored[index] as number)) / 100
      weather[offset + 8] = (below(balance + 1) * (wind[index] as number)) / 4
      weather[offset + 9] = (on * (1 - on) * (sun[index] as number)) / 75
      weather[offset + 10] = on * (1 - on) * 4
    }
    if (quiet !== null) weather[offset + 1] = quiet[index] as number
    weather[offset] = on
    season[index] = on
    clock[index] = (grid.clockHour[index] as number) + 24 * (grid.weekend[index] as number)
  }
  return { weatherSize: size, weather, clock, season, cold, ridge }
}

/**
 * Where the weather is not known, the quiet hours of the days around tell how cold it is: their lower quartile, by the
 * day, from noon to noon along straight lines.
 */
function quietLevel(grid: HourGrid): Float64Array {
  const levels = new Float64Array(grid.count).fill(Number.NaN)
  const byDay = new Map<number, number[]>()
  const noons = new Map<number, number>()
  for (let index = 0; index < grid.count; index++) {
    const energy = grid.energy[index] as number
    const day = grid.day[index] as number
    if (grid.clockHour[index] === 12) noons.set(day, index)
    if (Number.isNaN(energy)) continue
    const known = byDay.get(day)
    if (known === undefined) byDay.set(day, [energy])
    else known.push(energy)
  }
  for (const [day, noon] of noons) {
    const energies = [day - 1, day, day + 1].flatMap((near) => byDay.get(near) ?? [])
    const own = byDay.get(day) ?? []
    // A day of its own is a better thermometer than three, three hide a coarse meter's steps better.
    if (own.length >= 12) levels[noon] = (lowerMean(own) + lowerMean(energies)) / 2
  }
  return bridged(levels, 24 * 7).map(orZero)
}

/** Mean of the lower half, which a coarse meter does not turn into whole steps. */
function lowerMean(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other).slice(0, Math.ceil(values.length / 2))
  return sorted.reduce((sum, value) => sum + value, 0) / sorted.length
}

function withZeros(values: Float64Array): Float64Array {
  return values.map(orZero)
}

/** Wind less its mean, so that its coefficient does not take part in the level; 0 where it is unknown. */
function withMean(values: Float64Array): Float64Array {
  let sum = 0
  let count = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += value
    count += 1
  }
  const mean = count === 0 ? 0 : sum / count
  return values.map((value) => (Number.isNaN(value) ? 0 : value - mean))
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value))
}
