/** What keeps credentials that people give: those of entities, and those given before there is an entity. */
import type { EntityRef } from '../../domain/entity.ts'
import type { CredentialSource, Credentials } from './source.ts'

/** Whose home the credentials of an entity are kept in: BVPro's own or the simulated town's. */
export type CredentialOrigin = 'real' | 'demo'

export interface CredentialChange {
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Replaces the meter ids; an empty list takes them away, so that the configuration file counts. */
  readonly meterIds?: readonly string[] | undefined
}

export interface CredentialRemoval {
  /** Names of what was deleted. */
  readonly removed: readonly string[]
  /** Names of what still stands in the process environment, which BVPro cannot delete. */
  readonly leftInEnvironment: readonly string[]
}

/** User name and password may hold any character but line breaks and NUL; `BadConfig` tells where one is refused. */
export interface CredentialStore extends CredentialSource {
  /**
   * Keeps them under a new random reference, `c` and 16 hexadecimal digits, and tells it.
   * @throws BadConfig when user name or password cannot be kept
   */
  keep(credentials: Credentials): Promise<string>
  /** What is kept under a reference; undefined when nothing is. */
  kept(reference: string): Promise<Credentials | undefined>
  /**
   * Gives what is kept under a reference to an entity, which replaces what it had; repeating it changes nothing.
   * The reference stays until `discard`.
   * @throws CredentialsMissing when nothing is kept under the reference
   * @throws BadConfig when another entity's id leads to the same variable
   */
  bind(reference: string, entity: EntityRef, origin: CredentialOrigin): Promise<void>
  /** Forgets a reference; one that is not known is no fault. */
  discard(reference: string): Promise<void>
  /** Forgets references older than a day at `now` (epoch milliseconds) and tells how many. */
  discardStale(now: number): Promise<number>
  /**
   * Replaces user name, password or meter ids of an entity and leaves what is not given.
   * @throws BadConfig when a value cannot be kept, when another entity's id leads to the same variable, or when a user
   *   name or a password would stand alone
   */
  set(entity: EntityRef, change: CredentialChange, origin: CredentialOrigin): Promise<void>
  /** Names, never values, of what is kept for exactly this entity and `remove` would delete. */
  namesOf(entity: EntityRef, origin?: CredentialOrigin): Promise<readonly string[]>
  /**
   * Deletes exactly these.
   * @param origin when left out, that of the entity's configuration; once that has gone, they are deleted everywhere
   */
  remove(entity: EntityRef, origin?: CredentialOrigin): Promise<CredentialRemoval>
  /**
   * Seals everything in the table again with the present key; what the previous key sealed is opened with
   * `BVPRO_SECRETS_KEY_PREVIOUS`. All of it or, when one cannot be opened, none; in a dry run it only counts.
   * @throws BadConfig when there is no key, or when neither key opens what is sealed
   */
  reseal(options?: { readonly dryRun?: boolean | undefined }): Promise<{ readonly resealed: number }>
}
