/**
 * The port of all weather sources; `createWeatherSource` (weather-source.ts) combines them in their order of
 * preference.
 */
import type { TimeRange } from '../domain/history/row.ts'
import type { Coordinates } from '../domain/weather/place.ts'
import type { WeatherForecast, WeatherObservation } from '../domain/weather/record.ts'

export interface WeatherProvider {
  /**
   * The newest model run for a place. `known` is the run the caller already has: when the source has nothing newer,
   * the answer is `'unchanged'` and the forecast itself is not fetched again.
   * @throws EntityNotFound when the place is outside the source's area, Unavailable / RateLimited when it is down.
   */
  forecast(
    place: Coordinates,
    known?: { readonly source: string; readonly issuedAt: number },
  ): Promise<WeatherForecast | 'unchanged'>
  /** The newest observation near a place, or undefined when no suitable station reports. */
  observation(place: Coordinates): Promise<WeatherObservation | undefined>
}

/** What weather services remember of the last months. */
export interface PastObservations {
  /**
   * What stations near a place measured at the full hours of a range, ascending; hours without a temperature are left
   * out. Empty when no suitable station has any.
   * @throws Unavailable, RateLimited, BadData
   */
  hours(
    place: Coordinates,
    range: TimeRange,
    call?: { readonly heartbeat?: (() => void) | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<WeatherObservation[]>
}
