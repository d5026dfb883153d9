/** The one internal weather record every source is normalised to. */

export type WeatherSource = 'smhi' | 'metobs' | 'openmeteo' | 'weatherapi' | 'met-norway'

/**
 * Values at (or, for sums and means, ending at) `validAt`. Null means not known and is never replaced by a default
 * here.
 */
export interface WeatherRecord {
  /** Epoch milliseconds. */
  readonly validAt: number
  /** Length of the step that ends at `validAt`, in hours; 0 for an instantaneous observation. */
  readonly stepHours: number
  readonly temperature: number | null
  readonly windSpeed: number | null
  readonly windGust: number | null
  readonly windDirection: number | null
  readonly relativeHumidity: number | null
  readonly cloudOctas: number | null
  /** Global horizontal irradiance, W/m². */
  readonly globalIrradiance: number | null
  readonly precipitationMm: number | null
}

/** One model run for one place. */
export interface WeatherForecast {
  readonly source: WeatherSource
  /** Reference time of the model run, epoch milliseconds. */
  readonly issuedAt: number
  readonly fetchedAt: number
  /** The grid point the source answered for. */
  readonly gridPoint: { readonly latitude: number; readonly longitude: number } | null
  /** Ascending in `validAt`; steps differ in length, never index by position. */
  readonly steps: readonly WeatherRecord[]
}

/** What a station measured, each quantity from the nearest suitable station. */
export interface WeatherObservation {
  readonly source: WeatherSource
  readonly fetchedAt: number
  readonly record: WeatherRecord
  readonly stationId: string | null
  readonly stationName: string | null
  readonly distanceKm: number | null
  /** SMHI's mark for the temperature: `G` checked, `Y` suspect or not yet checked. */
  readonly quality: 'G' | 'Y' | null
}
