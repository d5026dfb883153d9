/** The weather outside a zone at one of its cycles: what stations near its place measure, and the forecast. */
import { freshTemperature } from '../domain/weather/observation.ts'
import { type OutdoorOutlook, outdoorOutlook, UNKNOWN_OUTDOOR } from '../domain/zones/outdoor.ts'
import type { Logger } from '../runtime/log.ts'
import { forecastForPoll, observationForPoll, type SharedWeather } from './shared-weather.ts'

/**
 * @param place key of the place, null when nobody knows where the zone is
 * @param time epoch milliseconds
 */
export async function outlookAt(
  weather: Pick<SharedWeather, 'forecast' | 'observation'>,
  place: string | null,
  time: number,
  log: Logger,
): Promise<OutdoorOutlook> {
  if (place === null) return UNKNOWN_OUTDOOR
  const forecast = await forecastForPoll(weather, place, log)
  const observation = await observationForPoll(weather, place, log)
  return outdoorOutlook(forecast, time, freshTemperature(observation, time))
}
