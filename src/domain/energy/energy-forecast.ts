/**
 * The energy a house or building will take in the next hours: heating from the weather forecast and its heat loss, hot
 * water from its habits, with an interval from how far both were off in the past.
 */

import { mean, median, quantile } from '../numeric/statistics.ts'
import { SWEDISH_ZONE } from '../time/day.ts'
import type { Coordinates } from '../weather/place.ts'
import type { HeatLoss } from './heat-loss.ts'
import { ASSUMED_INDOOR } from './heat-loss-days.ts'
import { smoothed } from './heating-features.ts'
import { bridged, type EnergyHour, HOUR_MS, type HourGrid, hourGrid, knownShare } from './hours.ts'
import type { Separation } from './separation.ts'

export const ENERGY_FORECAST_VERSION = 'energy-forecast-1'

export interface EnergyForecastModel {
  readonly kwPerK: number
  readonly solarApertureM2: number
  readonly windSensitivity: number
  readonly meanWind: number
  /** °C; kept by its controller. */
  readonly indoorTemperature: number
  readonly balanceTemperature: number
  /** What the balance of heat leaves, kW, by clock hour on working days (0 to 23) and week-ends (24 to 47). */
  readonly clockKw: readonly number[]
  /** Hot water of an hour, kWh, by the same classes. */
  readonly dhwKwh: readonly number[]
  /** 10 % and 90 % of the metered energy less the model, kWh, at the same hours with the weather that came. */
  readonly residualLow: number
  readonly residualHigh: number
  /** How far the last two days lie above the model, kW; fades with lead time. */
  readonly levelKw: number
  /** Last hour known, epoch milliseconds. */
  readonly knownUntil: number
  readonly zone: string
  readonly modelVersion: string
}

export interface ForecastWeatherHour {
  /** Start, epoch milliseconds, on the full hour. */
  readonly time: number
  /** °C. */
  readonly outdoorTemperature: number | null
  /** W/m². */
  readonly globalIrradiance?: number | null
  /** m/s. */
  readonly windSpeed?: number | null
}

export interface EnergyForecastPoint {
  readonly time: number
  /** Whole hours from the issue to the end of the hour forecast. */
  readonly leadHours: number
  readonly meanKwh: number
  /** 80 % interval. */
  readonly lowKwh: number
  readonly highKwh: number
  readonly heatingKwh: number
  readonly dhwKwh: number
}

const HORIZON_HOURS = 48
/** Hours of the near past that say what is usual by the clock, and what the level is. */
const CLOCK_HOURS = 42 * 24
const LEVEL_HOURS = 48
const LEVEL_FADE_HOURS = 36
/** A building feels the weather of the last hours. */
const OUTDOOR_HOURS = 8
const SUN_HOURS = 5
/** Error of a temperature forecast, K: at once, and growing with lead time. */
const TEMPERATURE_ERROR = { start: 0.6, perHour: 0.02 }

/**
 * Learns the model from the past; null when there is no heat loss to build on or no split.
 * @param input the same hours the separation and the heat loss come from
 */
export function learnEnergyForecast(
  input: readonly EnergyHour[],
  separation: Separation,
  heatLoss: HeatLoss,
  { place = null, zone = SWEDISH_ZONE }: { place?: Coordinates | null; zone?: string } = {},
): EnergyForecastModel | null {
  if (heatLoss.kwPerK === null) return null
  const grid = hourGrid(input, place, zone)
  const indoor = Array.from(grid.indoor).filter((value) => !Number.isNaN(value))
  const winds = Array.from(grid.wind).filter((value) => !Number.isNaN(value))
  const bare: EnergyForecastModel = {
    kwPerK: heatLoss.kwPerK,
    solarApertureM2: heatLoss.solarApertureM2 ?? 0,
    windSensitivity: heatLoss.windSensitivity ?? 0,
    meanWind: winds.length === 0 ? 0 : mean(winds),
    indoorTemperature: knownShare(grid.indoor) < 0.5 ? ASSUMED_INDOOR : median(indoor.slice(-CLOCK_HOURS)),
    balanceTemperature: separation.quality.balanceTemperature,
    clockKw: new Array<number>(48).fill(0),
    dhwKwh: new Array<number>(48).fill(0),
    residualLow: 0,
    residualHigh: 0,
    levelKw: 0,
    knownUntil: grid.start + (grid.count - 1) * HOUR_MS,
    zone,
    modelVersion: ENERGY_FORECAST_VERSION,
  }
  const weather = weatherOf(grid)
  const balance = weather.outdoor.map((_, index) => balanceKw(bare, weather, index))
  const byClock = Array.from({ length: 48 }, (): number[] => [])
  const dhwByClock = Array.from({ length: 48 }, (): number[] => [])
  for (const hour of separation.hours) {
    const index = (hour.time - grid.start) / HOUR_MS
    if (index < grid.count - CLOCK_HOURS) continue
    const kind = clockClass(grid, index)
    dhwByClock[kind]?.push(hour.dhwKwh ?? 0)
    const power = balance[index] as number
    if (power > 0) byClock[kind]?.push((hour.heatingKwh ?? hour.energyKwh) - power)
  }
  const usual = (values: readonly number[], all: readonly (readonly number[])[]) =>
    values.length >= 3 ? mean(values) : mean(all.flat().length === 0 ? [0] : all.flat())
  const clockKw = byClock.map((values) => usual(values, byClock))
  const dhwKwh = dhwByClock.map((values) => usual(values, dhwByClock))
  const habitual = { ...bare, clockKw, dhwKwh }
  const residuals: number[] = []
  for (let index = Math.max(0, grid.count - CLOCK_HOURS); index < grid.count; index++) {
    const kind = clockClass(grid, index)
    const energy = grid.energy[index] as number
    const residual = energy - (dhwKwh[kind] as number) - heatingKw(habitual, balance[index] as number, kind)
    if (!Number.isNaN(residual)) residuals.push(residual)
  }
  if (residuals.length === 0) return null
  return {
    ...habitual,
    residualLow: quantile(residuals, 0.1),
    residualHigh: quantile(residuals, 0.9),
    levelKw: mean(residuals.slice(-LEVEL_HOURS)),
  }
}

/**
 * Energy of the hours after the issue, up to 48 h ahead; hours whose outdoor temperature is unknown are left out.
 * @param issuedAt epoch milliseconds
 * @param weather forecast by the hour; hours before the issue help to know what the walls have felt
 */
export function forecastEnergy(
  model: EnergyForecastModel,
  issuedAt: number,
  weather: readonly ForecastWeatherHour[],
): EnergyForecastPoint[] {
  if (weather.length === 0) return []
  const grid = hourGrid(
    weather.map((hour) => ({ ...hour, energyKwh: null })),
    null,
    model.zone,
  )
  const felt = weatherOf(grid)
  const points: EnergyForecastPoint[] = []
  for (let index = 0; index < grid.count; index++) {
    const time = grid.start + index * HOUR_MS
    const leadHours = Math.ceil((time + HOUR_MS - issuedAt) / HOUR_MS)
    const power = balanceKw(model, felt, index)
    if (time < issuedAt || leadHours > HORIZON_HOURS + 1 || Number.isNaN(power)) continue
    const kind = clockClass(grid, index)
    const level = model.levelKw * Math.exp(-leadHours / LEVEL_FADE_HOURS)
    const heatingKwh = Math.max(0, heatingKw(model, power, kind) + (power > 0 ? level : 0))
    const dhwKwh = model.dhwKwh[kind] as number
    const meanKwh = heatingKwh + dhwKwh
    const warming = TEMPERATURE_ERROR.start + TEMPERATURE_ERROR.perHour * leadHours
    const weatherError = heatingKwh > 0 ? 1.28 * model.kwPerK * warming : 0
    points.push({
      time,
      leadHours,
      meanKwh,
      lowKwh: Math.max(0, meanKwh - Math.hypot(Math.min(0, model.residualLow), weatherError)),
      highKwh: meanKwh + Math.hypot(Math.max(0, model.residualHigh), weatherError),
      heatingKwh,
      dhwKwh,
    })
  }
  return points
}

interface FeltWeather {
  readonly outdoor: Float64Array
  readonly sun: Float64Array
  readonly wind: Float64Array
}

function weatherOf(grid: HourGrid): FeltWeather {
  return {
    outdoor: smoothed(bridged(grid.outdoor, 3), OUTDOOR_HOURS),
    sun: smoothed(
      grid.irradiance.map((value) => (Number.isNaN(value) ? 0 : value)),
      SUN_HOURS,
    ),
    wind: grid.wind,
  }
}

/** Loss less sun, kW; what people give is in the clock's part. Nothing above the balance temperature. */
function balanceKw(model: EnergyForecastModel, weather: FeltWeather, index: number): number {
  const outdoor = weather.outdoor[index] as number
  if (outdoor > model.balanceTemperature) return 0
  const wind = weather.wind[index] as number
  const blowing = Number.isNaN(wind) ? 0 : model.windSensitivity * (wind - model.meanWind)
  const loss = (model.kwPerK + blowing) * (model.indoorTemperature - outdoor)
  return loss - (model.solarApertureM2 * (weather.sun[index] as number)) / 1000
}

function heatingKw(model: EnergyForecastModel, power: number, kind: number): number {
  return power > 0 ? Math.max(0, power + (model.clockKw[kind] as number)) : 0
}

function clockClass(grid: HourGrid, index: number): number {
  return (grid.clockHour[index] as number) + 24 * (grid.weekend[index] as number)
}
