/** How BVPro asks for user names, passwords and meter ids of houses and buildings. */
import type { EntityRef } from '../../domain/entity.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface CredentialOptions {
  /** A building's `connection.credential_ref`: use `<ref>_USERNAME` and `<ref>_PASSWORD` instead of its own. */
  readonly credentialRef?: string | undefined
}

export interface CredentialSource {
  /**
   * User name and password as they are written: a building's user name may begin or end with a blank, and a house's
   * loses its blanks where it signs in. Undefined when either is not known. Zones have none.
   * @throws BadConfig when another entity's id leads to the same variable
   */
  lookUp(entity: EntityRef, options?: CredentialOptions): Promise<Credentials | undefined>
  /**
   * Hash that changes exactly when the credentials, or what keeps them from being used, change; safe to store and to
   * compare between processes. Two entities on one variable are no fault here: their polls say so.
   */
  fingerprint(entity: EntityRef, options?: CredentialOptions): Promise<string>
  /** `…_METER_IDS`; undefined when the variable is not set, in which case the configuration file counts. */
  meterIds(entity: EntityRef): Promise<readonly string[] | undefined>
}
