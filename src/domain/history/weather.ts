/** The effective temperature of points that were not polled, from what stations observed at their time. */
import { effectiveTemperatureFields } from '../heating/house-point.ts'
import { effectiveTemperatureOf } from '../weather/effective-temperature.ts'
import { weatherAt } from '../weather/forecast.ts'
import type { Coordinates } from '../weather/place.ts'
import type { WeatherRecord } from '../weather/record.ts'
import type { HistoryPoint } from './row.ts'

/** Stations report every hour: over a longer silence nothing is known of wind and clouds. */
const LONGEST_SILENCE_HOURS = 3

/**
 * A house's point with its effective temperature: its own outdoor temperature, wind, humidity and clouds of the
 * observations. A point is the mean of the step it begins, so the weather is that of the middle of the step. Without an
 * outdoor temperature, or observations around it, the point stays as it is.
 * @param observed ascending in `validAt`
 * @param stepMs length of the point's step
 */
export function withEffectiveTemperature(
  point: HistoryPoint,
  place: Coordinates,
  observed: readonly WeatherRecord[],
  stepMs: number,
): HistoryPoint {
  const outdoor = point.fields.outdoor_temperature
  if (outdoor === undefined) return point
  const weather = weatherAt({ steps: observed }, point.time + stepMs / 2, LONGEST_SILENCE_HOURS)
  // Without a temperature there was no observation near: the rest would be a guess.
  if (weather === undefined || weather.temperature === null) return point
  const effective = effectiveTemperatureOf({ ...weather, temperature: outdoor }, place)
  return effective === undefined
    ? point
    : { time: point.time, fields: { ...point.fields, ...effectiveTemperatureFields(effective) } }
}
