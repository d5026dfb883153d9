/**
 * Credentials in the application store, sealed: what one row holds, opened with the present key or, during an exchange
 * of keys, with the one before.
 */
import type {
  SealedCredential,
  SealedCredentialKey,
  SealedCredentialTable,
} from '../../store/application/credential-table.ts'
import {
  isSealedWith,
  openValue,
  type SealingKey,
  sealingKeyOf,
  sealValue,
} from '../../store/application/sealed-value.ts'
import { BadConfig, StoreUnavailable, Unavailable } from '../errors.ts'

/** What is kept of an entity; a part that is missing is looked for where credentials were kept before. */
export interface KeptCredentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly meterIds?: readonly string[] | undefined
}

export interface SealedCredentialsOptions {
  readonly table: SealedCredentialTable
  /** `BVPRO_SECRETS_KEY` */
  readonly key: string
  /** `BVPRO_SECRETS_KEY_PREVIOUS` */
  readonly previousKey?: string | undefined
}

/** Another process writes the same row; each time it is read anew. */
const ATTEMPTS = 20

export class SealedCredentials {
  readonly #table: SealedCredentialTable
  readonly #key: SealingKey
  readonly #keys: readonly SealingKey[]
  /** Sealed as they came: while the store is away, what was last read stays in force. */
  readonly #lastRead = new Map<string, SealedCredential>()

  constructor({ table, key, previousKey }: SealedCredentialsOptions) {
    this.#table = table
    this.#key = sealingKeyOf(key)
    this.#keys = previousKey === undefined ? [this.#key] : [this.#key, sealingKeyOf(previousKey)]
  }

  /** @throws BadConfig when they were sealed with a key this process has not got */
  async get(key: SealedCredentialKey): Promise<KeptCredentials | undefined> {
    const row = await this.#read(key)
    return row === undefined ? undefined : this.#open(row)
  }

  list(): Promise<readonly SealedCredential[]> {
    return this.#table.list()
  }

  /**
   * Replaces a row by what `change` makes of it; a row with nothing in it goes. `change` may be called several times.
   * @throws what `change` throws, and BadConfig when the present row cannot be opened; then it stays as it is
   */
  async update(
    key: SealedCredentialKey,
    change: (present: KeptCredentials) => KeptCredentials | Promise<KeptCredentials>,
  ): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const row = await this.#table.get(key)
      const present = row === undefined ? {} : this.#open(row)
      const wanted = await change(present)
      if (row !== undefined && JSON.stringify(wanted) === JSON.stringify(present)) return
      const sealed = isEmpty(wanted) ? undefined : sealValue(this.#key, JSON.stringify(wanted), contextOf(key))
      if (await this.#table.change([{ key, seen: row?.sealed, sealed }])) return
    }
    throw busy()
  }

  delete(key: SealedCredentialKey): Promise<void> {
    return this.#table.delete(key)
  }

  /**
   * Seals every row with the present key, all of them or none.
   * @returns how many had another seal
   * @param dryRun opens them all and changes none
   * @throws BadConfig when one can be opened with neither key
   */
  async reseal({ dryRun = false } = {}): Promise<number> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const rows = (await this.#table.list()).filter(({ sealed }) => !isSealedWith(this.#key, sealed))
      const changes = rows.map((row) => ({
        key: row,
        seen: row.sealed,
        sealed: sealValue(this.#key, JSON.stringify(this.#open(row)), contextOf(row)),
      }))
      if (dryRun || (await this.#table.change(changes))) return changes.length
    }
    throw busy()
  }

  async #read(key: SealedCredentialKey): Promise<SealedCredential | undefined> {
    const name = contextOf(key)
    try {
      const row = await this.#table.get(key)
      if (row === undefined) this.#lastRead.delete(name)
      else this.#lastRead.set(name, row)
      return row
    } catch (error) {
      const lastRead = this.#lastRead.get(name)
      if (lastRead !== undefined && error instanceof StoreUnavailable) return lastRead
      throw error
    }
  }

  #open(row: SealedCredential): KeptCredentials {
    let text: string
    try {
      text = openValue(this.#keys, row.sealed, contextOf(row))
    } catch (error) {
      if (!(error instanceof BadConfig)) throw error
      throw new BadConfig(
        `the credentials of ${row.kind} ${row.id} were sealed with another key; set BVPRO_SECRETS_KEY as it was when ` +
          'they were given, or BVPRO_SECRETS_KEY_PREVIOUS to that key. Nothing is lost',
        { cause: error },
      )
    }
    // Written by this file alone, and authenticated by the seal.
    return JSON.parse(text) as KeptCredentials
  }
}

/** Only opens in the row it was sealed for: rows cannot be exchanged by somebody who can write the table. */
function contextOf({ origin, kind, id }: SealedCredentialKey): string {
  return `credential/${origin}/${kind}:${id}`
}

function isEmpty({ username, password, meterIds }: KeptCredentials): boolean {
  return username === undefined && password === undefined && meterIds === undefined
}

function busy(): Unavailable {
  return new Unavailable('the credentials are being changed by other processes all the time; try again')
}
