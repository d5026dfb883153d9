/**
 * Weather as rows for the time-series store: every issue of a forecast is kept, observations at the hour they were
 * made.
 */
import { stepIrradiance } from './irradiance.ts'
import { type Coordinates, placeKey } from './place.ts'
import type { WeatherForecast, WeatherObservation } from './record.ts'

/** Structurally a point of the time-series store, which this layer does not know. */
export interface WeatherPoint {
  readonly measurement: 'weather_forecast' | 'weather_observation'
  readonly tags: Readonly<Record<string, string>>
  /** Epoch milliseconds. */
  readonly time: number
  readonly fields: Readonly<Record<string, number | string | null>>
}

const HOUR_MS = 3_600_000

/**
 * One point per step, at the moment it is valid for. The lead is a tag in whole hours, so a later run never overwrites
 * what an earlier one said. `precipitation` is the amount in mm over the step; `global_irradiance` is the source's, or
 * estimated from its clouds where it has none (SMHI): `source` tells which.
 */
export function forecastPoints(place: Coordinates, forecast: WeatherForecast): WeatherPoint[] {
  return forecast.steps.map((step) => ({
    measurement: 'weather_forecast',
    tags: {
      place: placeKey(place),
      lead_time_hours: String(Math.floor((step.validAt - forecast.issuedAt) / HOUR_MS)),
    },
    time: step.validAt,
    fields: {
      temperature: step.temperature,
      wind_speed: step.windSpeed,
      wind_gust: step.windGust,
      wind_direction: step.windDirection,
      humidity: step.relativeHumidity,
      cloud_cover: step.cloudOctas,
      precipitation: step.precipitationMm,
      global_irradiance: stepIrradiance(step, place),
      issued_at: Math.floor(forecast.issuedAt / 1000),
      source: forecast.source,
    },
  }))
}

/**
 * The point at the observed hour. Irradiance is stored only when measured; station fields are those of the temperature.
 */
export function observationPoint(place: Coordinates, observation: WeatherObservation): WeatherPoint {
  const { record } = observation
  return {
    measurement: 'weather_observation',
    tags: { place: placeKey(place) },
    time: record.validAt,
    fields: {
      temperature: record.temperature,
      wind_speed: record.windSpeed,
      humidity: record.relativeHumidity,
      cloud_cover: record.cloudOctas,
      global_irradiance: record.globalIrradiance,
      distance_km: observation.distanceKm,
      station_name: observation.stationName,
      station_id: observation.stationId,
      source: observation.source,
      quality: observation.quality,
    },
  }
}
