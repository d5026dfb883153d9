/** Reading a forecast: the weather at an instant between its unequal steps, and how old its run is. */
import { irradianceFromClouds } from './irradiance.ts'
import type { Coordinates } from './place.ts'
import type { WeatherForecast, WeatherRecord } from './record.ts'

const HOUR_MS = 3_600_000

/** Beyond this age of its model run a forecast must not steer anything. */
export const STALE_FORECAST_HOURS = 3

/** No source's own steps are longer; a wider gap between known values is a hole, not a step, and is not bridged. */
const LONGEST_STEP_HOURS = 12

/** Hours since the model run's reference time. */
export function forecastAgeHours(forecast: Pick<WeatherForecast, 'issuedAt'>, now: number): number {
  return (now - forecast.issuedAt) / HOUR_MS
}

/** Whether the model run is too old to steer by. @param now epoch milliseconds */
export function isForecastStale(forecast: Pick<WeatherForecast, 'issuedAt'>, now: number): boolean {
  return forecastAgeHours(forecast, now) > STALE_FORECAST_HOURS
}

/**
 * The forecast weather at an instant, or undefined outside the span of its steps.
 *
 * Momentary quantities are linear in time between the nearest steps that know them (wind direction along the shorter
 * arc); null when those lie more than `longestStepHours` apart. Precipitation (a sum) and irradiance (a mean) belong to a whole step,
 * so they are those of the step that contains the instant, and `stepHours` is that step's length.
 * @param forecast or anything else in steps, such as the observations of a station
 * @param time epoch milliseconds
 * @param longestStepHours beyond this, nothing is known between two steps
 */
export function weatherAt(
  { steps }: Pick<WeatherForecast, 'steps'>,
  time: number,
  longestStepHours: number = LONGEST_STEP_HOURS,
): WeatherRecord | undefined {
  const index = steps.findIndex((step) => step.validAt >= time)
  const containing = steps[index]
  if (containing === undefined) return undefined
  if (index === 0 && containing.validAt !== time) return undefined
  const momentary = (read: (step: WeatherRecord) => number | null, mix: Mix = linear) =>
    interpolate(steps, index, time, read, mix, longestStepHours)
  return {
    validAt: time,
    stepHours: containing.stepHours,
    temperature: momentary((step) => step.temperature),
    windSpeed: momentary((step) => step.windSpeed),
    windGust: momentary((step) => step.windGust),
    windDirection: momentary((step) => step.windDirection, alongShorterArc),
    relativeHumidity: momentary((step) => step.relativeHumidity),
    cloudOctas: momentary((step) => step.cloudOctas),
    globalIrradiance: containing.globalIrradiance,
    precipitationMm: containing.precipitationMm,
  }
}

/**
 * Forecast global irradiance at an instant, W/m²: the source's own mean of the step, else estimated from the clouds and
 * the sun of that instant. Null when neither is known, undefined outside the span of the forecast.
 */
export function irradianceAt(forecast: WeatherForecast, place: Coordinates, time: number): number | null | undefined {
  const weather = weatherAt(forecast, time)
  if (weather === undefined) return undefined
  return weather.globalIrradiance ?? irradianceFromClouds(time, place, weather.cloudOctas)
}

type Mix = (before: number, after: number, share: number) => number

function linear(before: number, after: number, share: number): number {
  return before + (after - before) * share
}

function alongShorterArc(before: number, after: number, share: number): number {
  const turn = ((((after - before) % 360) + 540) % 360) - 180
  return (before + turn * share + 360) % 360
}

/** @param index of the first step at or after `time` */
function interpolate(
  steps: readonly WeatherRecord[],
  index: number,
  time: number,
  read: (step: WeatherRecord) => number | null,
  mix: Mix,
  longestStepHours: number,
): number | null {
  const after = nearestKnown(steps, index, 1, read)
  if (after === undefined) return null
  if (after.time === time) return after.value
  const before = nearestKnown(steps, index - 1, -1, read)
  if (before === undefined || after.time - before.time > longestStepHours * HOUR_MS) return null
  return mix(before.value, after.value, (time - before.time) / (after.time - before.time))
}

function nearestKnown(
  steps: readonly WeatherRecord[],
  from: number,
  direction: 1 | -1,
  read: (step: WeatherRecord) => number | null,
): { time: number; value: number } | undefined {
  for (let i = from; ; i += direction) {
    const step = steps[i]
    if (step === undefined) return undefined
    const value = read(step)
    if (value !== null) return { time: step.validAt, value }
  }
}
