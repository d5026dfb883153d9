/** Weather, fetched once per place and shared by all entities there; `place` is a rounded `latitude,longitude`. */
import type { MeasurementSpec } from '../measurements.ts'
import { float, ISSUED_AT, integer, text } from './field.ts'

const CONDITIONS = {
  temperature: float('°C', 'Air temperature at 2 m'),
  wind_speed: float('m/s', 'Wind speed at 10 m'),
  wind_gust: float('m/s', 'Gusts'),
  wind_direction: float('°', 'Where the wind comes from'),
  humidity: float('%', 'Relative humidity'),
  cloud_cover: float('octas', 'Cloud cover, 0 clear to 8 overcast'),
  precipitation: float('mm', 'Amount over the step that ends at this time'),
  visibility: float('km', 'Visibility'),
  global_irradiance: float('W/m²', 'Global horizontal irradiance'),
}

export const WEATHER_MEASUREMENTS = {
  weather_observation: {
    description: 'What stations near a place measured, at the hour they measured it.',
    owner: ['place'],
    extraTags: [],
    time: 'observed',
    fields: {
      ...CONDITIONS,
      distance_km: float('km', 'Distance of the station of the temperature'),
      station_name: text('Its name'),
      station_id: text('Its id'),
      source: text('Service the values came from'),
      quality: text('Mark of the temperature: `G` checked, `Y` suspect or not yet checked'),
      origin: text('Absent when fetched in its hour; `fill` when fetched later, into a hole or for an import'),
    },
  },
  weather_forecast: {
    description: 'A forecast step at the time it is valid for; every issue is kept, by lead time.',
    owner: ['place'],
    extraTags: ['lead_time_hours'],
    time: 'valid',
    fields: {
      ...CONDITIONS,
      issued_at: ISSUED_AT,
      source: text('Service the forecast came from'),
    },
  },
  weather_outlook: {
    description: 'A forecast in a few figures, at its time of issue.',
    owner: ['place'],
    extraTags: [],
    time: 'event',
    fields: {
      current_temp: float('°C', 'First step'),
      avg_temp: float('°C', 'Mean over the hours looked at'),
      max_temp: float('°C', 'Highest'),
      min_temp: float('°C', 'Lowest'),
      temp_change: float('K', 'Last less first'),
      avg_cloud_cover: float('octas', 'Mean cloud cover'),
      forecast_hours: integer('h', 'Hours looked at'),
      trend: text('`rising`, `falling`, `stable` or `unknown`'),
      cloud_condition: text('`clear`, `partly cloudy`, `cloudy`, `overcast` or `unknown`'),
    },
  },
} satisfies Record<string, MeasurementSpec>
