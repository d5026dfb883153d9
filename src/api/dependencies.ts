/** What the API needs from the rest; the launcher and tests hand it in. */
import type { OnboardingVendors } from '../activities/onboarding/ports.ts'
import type { ConfigStore } from '../config/catalogue.ts'
import type { CredentialStore } from '../connectors/credentials/index.ts'
import type { EntityRef } from '../domain/entity.ts'
import type { WeatherForecast, WeatherObservation } from '../domain/weather/record.ts'
import type { Logger } from '../runtime/log.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import type { EnergyInbox, EnergyOperations } from './energy/ports.ts'
import type { ControlOperations } from './entities/control-port.ts'
import type { InertiaOperations } from './entities/inertia-port.ts'
import type { GapOperations } from './gap-routes.ts'
import type { ImportOperations } from './import-routes.ts'
import type { OnboardingOperations, ZoneProbe } from './onboarding/ports.ts'
import type { RemovalOperations } from './removals.ts'
import type { ScheduleOperations } from './schedule-routes.ts'

/**
 * Acts on running workflows. Each resolves when Temporal has accepted the message, and rejects with `EntityNotFound`
 * when no loop runs for the entity, with `Unavailable` when Temporal cannot be reached.
 */
export interface Operations {
  pollNow(entity: EntityRef): Promise<void>
  pause(entity: EntityRef): Promise<void>
  resume(entity: EntityRef): Promise<void>
  /** Has the loop of a zone hold another setpoint for a while; a later override replaces an earlier one. */
  overrideZone(entity: EntityRef, override: ZoneOverride): Promise<void>
  /** Ends an override before its time; when there is none, nothing changes. */
  clearOverride(entity: EntityRef): Promise<void>
  /** Compares folders with workflows now instead of within 60 s. */
  reconcileNow(): Promise<void>
  /** Whether Temporal answers. */
  check(): Promise<void>
}

export interface ZoneOverride {
  /** °C, within the limits of the zone's configuration when it was asked for. */
  readonly temperature: number
  /** End of the override, epoch milliseconds. */
  readonly until: number
  /** Who asked. */
  readonly by: string
  /** Finds the request again in logs and records. */
  readonly requestId: string
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
  readonly credentials: CredentialStore
  readonly operations: Operations
  readonly control: ControlOperations
  readonly inertia: InertiaOperations
  readonly imports: ImportOperations
  readonly removals: RemovalOperations
  readonly onboarding: OnboardingOperations
  readonly vendors: OnboardingVendors
  readonly probeZone: ZoneProbe
  readonly gaps: GapOperations
  readonly schedules: ScheduleOperations
  readonly energy: EnergyOperations
  readonly energyInbox: EnergyInbox
  readonly weather: SharedWeather
  readonly log: Logger
  /** Administrator token accepted as `Authorization: Bearer`. */
  readonly apiToken: string
  readonly version: string
  /** Temporal Web UI, for links from the page; null when it is not known. */
  readonly temporalUiUrl: string | null
  readonly temporalNamespace: string
  /** Hosts that zones made over the API may lead to, besides loopback and private addresses. */
  readonly modbusHosts: readonly string[]
  readonly now: () => number
}
