/** What on-boarding asks of the rest. */
import type { ConfigStore } from '../../config/catalogue.ts'
import type { ArrigoClient } from '../../connectors/arrigo/index.ts'
import type { CredentialStore, Credentials } from '../../connectors/credentials/index.ts'
import type { HomeSideClient } from '../../connectors/homeside/index.ts'
import type { EntityRef } from '../../domain/entity.ts'
import type { Logger } from '../../runtime/log.ts'
import type { ApplicationStore } from '../../store/application/port.ts'

export type Origin = 'real' | 'demo'

export type Account = Pick<HomeSideClient, 'listHouses'>
export type BuildingServer = Pick<ArrigoClient, 'rootFolder' | 'folders' | 'discover' | 'alarms'>

/**
 * Vendors for credentials that belong to no entity yet. What the simulated town knows belongs to it; everything else is
 * asked of the real vendor.
 */
export interface OnboardingVendors {
  account(credentials: Credentials): { readonly origin: Origin; readonly account: Account }
  /** @throws BadConfig when the host is none, or would get the password in clear text */
  building(
    connection: { readonly host: string; readonly account: string },
    credentials: Credentials,
  ): { readonly origin: Origin; readonly server: BuildingServer }
  zoneOrigin(host: string, port: number): Origin
}

/** What on-boarding asks of Temporal. All reject with `Unavailable` when the server cannot be reached. */
export interface OnboardingLoops {
  reconcileNow(): Promise<void>
  /** Asks the weather loop to look now at every place an entity stands at. */
  refreshWeather(): Promise<void>
  /** Whether the loop of an entity runs. */
  runs(entity: EntityRef): Promise<boolean>
  /** Cancels the loop; one that is gone already is fine. */
  stop(entity: EntityRef): Promise<void>
  isRunning(workflowId: string): Promise<boolean>
  /**
   * Calls a removal off, wherever it stands: afterwards the earlier configuration is in service.
   * @throws BadConfig when its data are being deleted already
   */
  restore(entity: EntityRef, by: string): Promise<void>
}

export interface OnboardingDependencies {
  readonly config: ConfigStore
  readonly application: ApplicationStore
  readonly credentials: CredentialStore
  readonly vendors: OnboardingVendors
  readonly loops: OnboardingLoops
  readonly log: Logger
  readonly now: () => number
}
