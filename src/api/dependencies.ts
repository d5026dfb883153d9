/** What the API needs from the rest; the launcher and tests hand it in. */
import type { ConfigStore } from '../config/catalogue.ts'
import type { EntityKind, EntityRef } from '../domain/entity.ts'
import type { WeatherForecast, WeatherObservation } from '../domain/weather/record.ts'
import type { Logger } from '../runtime/log.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'

/** Acts on running workflows. Each resolves when Temporal has accepted the message. */
export interface Operations {
  pollNow(entity: EntityRef): Promise<void>
  pause(entity: EntityRef): Promise<void>
  resume(entity: EntityRef): Promise<void>
  /** Compares folders with workflows now instead of within 60 s. */
  reconcileNow(): Promise<void>
  /** Rejects with a sentence when Temporal cannot be reached. */
  check(): Promise<void>
}

export interface SharedWeather {
  /** The newest run known for a place, with its age visible in `issuedAt`; undefined when none was fetched yet. */
  forecast(place: string): Promise<WeatherForecast | undefined>
  observation(place: string): Promise<WeatherObservation | undefined>
  /** Fetches when the known run is old; for places no entity has asked for yet. */
  refresh(place: string): Promise<unknown>
}

export interface ApiDependencies {
  readonly timeSeries: TimeSeriesStore
  readonly application: ApplicationStore
  readonly config: ConfigStore
  readonly operations: Operations
  readonly weather: SharedWeather
  readonly log: Logger
  /** Administrator token accepted as `Authorization: Bearer`. */
  readonly apiToken: string
  readonly version: string
  /** Temporal Web UI, for links from the page; null when it is not known. */
  readonly temporalUiUrl: string | null
  readonly temporalNamespace: string
  readonly now: () => number
}

export type { EntityKind, EntityRef }
