/** The weather and the prices of the coming hours, hour by hour from the moment of a decision. */
import type { DecisionInputs, ForecastPoint, HeatPrice, WeatherForecast } from './decision.ts'

const HOUR_MS = 3_600_000
export const PLANNED_HOURS = 48
/** A forecast that reaches less far plans nothing, h. */
export const LEAST_FORECAST_HOURS = 6
/** How long a forecast that is wrong now is thought to stay wrong, h. */
const ERROR_MEMORY_HOURS = 6
/** A sensor farther than this from the forecast is not believed against it, K. */
const FARTHEST_ERROR = 8

export interface ComingHours {
  readonly time: number
  /** °C at each full hour from now; `PLANNED_HOURS + 1` numbers. */
  readonly outdoor: readonly number[]
  /** kW/m², the same hours. */
  readonly irradiance: readonly number[]
  /** m/s; null where the forecast has none. */
  readonly wind: readonly (number | null)[]
  /** Per kWh in each of the coming hours over their mean; all 1 where the price does not vary. */
  readonly price: readonly number[]
  /** The mean itself, per kWh. */
  readonly meanPrice: number
}

/** A price varies that is this much dearer at one hour than at another. */
const VARYING = 1.05

export function varies({ price }: Pick<ComingHours, 'price'>): boolean {
  return Math.max(...price) > VARYING * Math.min(...price)
}

/** Null without a forecast that covers the next {@link LEAST_FORECAST_HOURS}. */
export function comingHours(
  inputs: Pick<DecisionInputs, 'time' | 'outdoor' | 'forecast' | 'price'>,
): ComingHours | null {
  const { time, forecast, price } = inputs
  const points = usable(forecast, time)
  const last = points.at(-1)
  if (last === undefined || last.time - time < LEAST_FORECAST_HOURS * HOUR_MS) return null
  const at = (read: (point: ForecastPoint) => number) =>
    Array.from({ length: PLANNED_HOURS + 1 }, (_, hour) => interpolated(points, time + hour * HOUR_MS, read))
  const foreseen = at((point) => point.outdoor)
  const error = inputs.outdoor === null ? 0 : inputs.outdoor - (foreseen[0] as number)
  const believed = Math.abs(error) > FARTHEST_ERROR ? 0 : error
  const hasWind = points.every((point) => point.wind !== null)
  const wind = hasWind ? at((point) => point.wind ?? 0) : null
  const prices = hourlyPrices(price, time)
  const mean = prices.reduce((total, value) => total + value, 0) / prices.length
  return {
    time,
    outdoor: foreseen.map((value, hour) => value + believed * Math.exp(-hour / ERROR_MEMORY_HOURS)),
    irradiance: at((point) => Math.max(0, point.irradiance ?? 0) / 1000),
    wind: foreseen.map((_, hour) => wind?.[hour] ?? null),
    price: prices.map((value) => (mean > 0 ? Math.max(0.05, value / mean) : 1)),
    meanPrice: mean,
  }
}

/** Ascending, and only what can be a weather. */
function usable(forecast: WeatherForecast | null, time: number): ForecastPoint[] {
  return (forecast?.points ?? [])
    .filter((point) => point.outdoor > -60 && point.outdoor < 55 && point.time > time - 6 * HOUR_MS)
    .sort((one, other) => one.time - other.time)
}

/**
 * Linear between points. Beyond the last one the weather of the same hour a day before goes on: it has a day's course
 * where a constant would have none.
 */
function interpolated(points: readonly ForecastPoint[], time: number, read: (point: ForecastPoint) => number): number {
  const first = points[0] as ForecastPoint
  const last = points.at(-1) as ForecastPoint
  let wanted = time
  while (wanted > last.time && wanted - 24 * HOUR_MS >= first.time) wanted -= 24 * HOUR_MS
  if (wanted <= first.time) return read(first)
  if (wanted >= last.time) return read(last)
  const right = points.findIndex((point) => point.time >= wanted)
  const after = points[right] as ForecastPoint
  const before = points[right - 1] as ForecastPoint
  const share = (wanted - before.time) / Math.max(1, after.time - before.time)
  return read(before) + share * (read(after) - read(before))
}

function hourlyPrices(price: HeatPrice | null, time: number): number[] {
  const points = price?.points ?? []
  return Array.from({ length: PLANNED_HOURS }, (_, hour) => {
    if (points.length === 0) return 1
    // The price of the middle of the hour: a tariff changes at full hours, decisions are made between them.
    const middle = time + (hour + 0.5) * HOUR_MS
    let held = (points[0] as { perKwh: number }).perKwh
    for (const point of points) if (point.time <= middle) held = point.perKwh
    return held
  })
}
