/** The forecast of a house's indoor temperature that is issued now, from its trained model and the weather to come. */
import { at } from '../numeric/matrix.ts'
import { blended } from '../thermal/calibration.ts'
import { habitForecast } from '../thermal/habit.ts'
import { believable, type ComingWeather, filterSeries, modelPath, readingAt, stepsOf } from '../thermal/house-path.ts'
import { localClock } from '../thermal/local-time.ts'
import { type ThermalSeries, timeAt } from '../thermal/series.ts'
import { foreseeingModel, type TrainedModel } from './trained-model.ts'

const HOUR_MS = 3_600_000
/** A house's own sensor departs from the forecast of its place; how long such a departure lasts, h. */
const DEPARTURE_HOURS = 6
/** A weather forecast that begins later than this after the issue says nothing about its first hours, h. */
const LATE_RUN_HOURS = 3

export interface HouseForecastPoint {
  /** Epoch milliseconds. */
  readonly time: number
  readonly leadHours: number
  /** °C. */
  readonly mean: number
  readonly q10: number
  readonly q90: number
  readonly outdoor: number
}

export interface HouseForecast {
  readonly issuedAt: number
  /** Indoor temperature at the issue, °C. */
  readonly persistence: number
  readonly points: readonly HouseForecastPoint[]
}

/**
 * @param series readings up to the step of issue, which is its last one; a week of them or more
 * @param forecast weather from the step of issue on, by step, index 0 is that step
 * @returns null when the room, the weather or the state is not known
 */
export function forecastHouse(
  trained: TrainedModel,
  series: ThermalSeries,
  forecast: ComingWeather,
): HouseForecast | null {
  const k = series.length - 1
  const persistence = k < 0 ? null : readingAt(series, k)
  if (persistence === null) return null
  const foreseeing = foreseeingModel(trained)
  const filtered = filterSeries(foreseeing, series)
  const weather = { ...forecast, outdoor: joined(series, k, forecast.outdoor) }
  const path = modelPath(foreseeing, filtered, k, weather)
  if (path === null) return null
  const issuedAt = timeAt(series, k)
  const clock = localClock(trained.zone)
  const habit = { course: Float64Array.from(trained.habit, (value) => value ?? Number.NaN) }
  const points = trained.calibrations.flatMap(({ leadHours, ...calibration }) => {
    const step = stepsOf(series, leadHours)
    const outdoor = weather.outdoor[step]
    if (outdoor === undefined || Number.isNaN(outdoor) || step >= path.length) return []
    const time = issuedAt + leadHours * HOUR_MS
    const usual = habitForecast(habit, persistence, clock(issuedAt), clock(time), leadHours)
    const said = { persistence, model: believable(path[step], persistence), habit: usual }
    const mean = blended(said, calibration)
    // A model that has leaned to one side can have a band beside its mean, which nobody would understand.
    const [low, high] = [Math.min(0, calibration.low), Math.max(0, calibration.high)]
    return [{ time, leadHours, mean, q10: mean + low, q90: mean + high, outdoor }]
  })
  return points.length === 0 ? null : { issuedAt, persistence, points }
}

/**
 * The forecast outdoor temperature, beginning at what the house itself measures. A run that begins some hours after the
 * issue stands for these hours too.
 */
function joined(series: ThermalSeries, k: number, forecast: Float64Array): Float64Array {
  const measured = at(series.outdoor, k)
  const first = forecast.findIndex((value) => !Number.isNaN(value))
  if (Number.isNaN(measured) || first < 0 || first > stepsOf(series, LATE_RUN_HOURS)) return forecast
  const departure = measured - at(forecast, first)
  return forecast.map(
    (_, step) =>
      at(forecast, Math.max(first, step)) + departure * Math.exp((-step * series.stepHours) / DEPARTURE_HOURS),
  )
}
