/**
 * SMHI's station observations (metobs) for a place: each quantity from the nearest suitable station that measures it.
 */
import type { WeatherObservation } from '../../domain/weather/record.ts'
import type { Logger } from '../../runtime/log.ts'
import { BvproError } from '../errors.ts'
import { within } from '../weather-http.ts'
import { createStationReadings, type NearbyReading, type ObservedParameter } from './station-readings.ts'
import type { ObservedPlace } from './stations.ts'

const HOUR_MS = 3_600_000

export const TEMPERATURE: ObservedParameter = { key: 1, limitKm: 50 }
/** Wind direction (3) and gusts (21) exist too, but nothing that heats a house asks for them. */
export const OTHERS = {
  wind: { key: 4, limitKm: 100 },
  humidity: { key: 6, limitKm: 100 },
  cloud: { key: 16, limitKm: 100 },
  irradiance: { key: 11, limitKm: 100 },
} as const satisfies Record<string, ObservedParameter>

export type OtherQuantity = keyof typeof OTHERS

/** Cloud cover code for "sky obscured", as by fog: nothing of the sky is seen. */
const SKY_OBSCURED = 113

export interface SmhiObservationsOptions {
  /** Part before `/api/version/...`. */
  readonly baseUrl: string
  readonly log: Logger
  readonly now?: () => number
}

export interface SmhiObservationsClient {
  /**
   * The newest observation near a place, stamped with the observed hour; undefined when no suitable station reports.
   * Station, distance and quality are those of the temperature. A quantity without a station, or from another hour than
   * the temperature by more than one, is null; one whose fetching failed is null and logged when that begins.
   * @throws Unavailable, RateLimited or BadData when the temperature cannot be fetched.
   */
  observation(place: ObservedPlace): Promise<WeatherObservation | undefined>
}

export function createSmhiObservationsClient({
  baseUrl,
  log,
  now = Date.now,
}: SmhiObservationsOptions): SmhiObservationsClient {
  const readings = createStationReadings(baseUrl, now)
  const failing = new Set<OtherQuantity>()

  async function nearestOther(quantity: OtherQuantity, place: ObservedPlace): Promise<NearbyReading | undefined> {
    try {
      const found = await readings.nearest(OTHERS[quantity], place)
      failing.delete(quantity)
      return found
    } catch (error) {
      if (!(error instanceof BvproError)) throw error
      // Every place asks every few minutes: an outage of one parameter is worth one line.
      if (!failing.has(quantity)) {
        log.warn('weather.observation_incomplete', { quantity, reasonCode: error.type, reason: error.message })
      }
      failing.add(quantity)
      return undefined
    }
  }

  return {
    async observation(place) {
      const [temperature, wind, humidity, cloud, irradiance] = await Promise.all([
        readings.nearest(TEMPERATURE, place),
        nearestOther('wind', place),
        nearestOther('humidity', place),
        nearestOther('cloud', place),
        nearestOther('irradiance', place),
      ])
      const times = [temperature, wind, humidity, cloud, irradiance].flatMap((found) => found?.reading.time ?? [])
      if (times.length === 0) return undefined
      const observedAt = temperature?.reading.time ?? Math.max(...times)
      // Parameters of one hour appear minutes apart, so a neighbouring hour is let through: the next poll of the same
      // observed hour writes the same point again, then with all of that hour.
      const value = (found: NearbyReading | undefined): number | null =>
        found !== undefined && Math.abs(found.reading.time - observedAt) <= HOUR_MS ? found.reading.value : null
      return {
        source: 'metobs',
        fetchedAt: now(),
        record: {
          validAt: observedAt,
          stepHours: 0,
          temperature: value(temperature),
          windSpeed: within(value(wind), 0, 150),
          windGust: null,
          windDirection: null,
          relativeHumidity: within(value(humidity), 0, 105),
          cloudOctas: octasOf(value(cloud)),
          globalIrradiance: value(irradiance),
          precipitationMm: null,
        },
        stationId: temperature?.station.id ?? null,
        stationName: temperature?.station.name ?? null,
        distanceKm: temperature === undefined ? null : Math.round(temperature.distanceKm * 10) / 10,
        quality: temperature?.reading.quality ?? null,
      }
    },
  }
}

/** Stations report octas as whole percents (13, 25, 38 ...), hence the rounding. */
export function octasOf(percent: number | null): number | null {
  if (percent === SKY_OBSCURED) return 8
  const valid = within(percent, 0, 100)
  return valid === null ? null : Math.round((valid * 8) / 100)
}
