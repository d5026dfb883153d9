/** Weather for tests: an hour of which nothing is known but what the test says. */
import type { WeatherRecord } from '../record.ts'

export function weatherRecord(fields: Pick<WeatherRecord, 'validAt'> & Partial<WeatherRecord>): WeatherRecord {
  return {
    stepHours: 1,
    temperature: null,
    windSpeed: null,
    windGust: null,
    windDirection: null,
    relativeHumidity: null,
    cloudOctas: null,
    globalIrradiance: null,
    precipitationMm: null,
    ...fields,
  }
}
