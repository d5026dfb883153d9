/**
 * The one place that looks up user names, passwords and meter ids of houses and buildings: in `.env` files, which
 * are read again when they change, and beneath them in the process environment.
 */
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseEnvironmentFile } from '../config/environment-file.ts'
import { errorCode, type FileStamp, stampOf } from '../config/files.ts'
import type { EntityRef } from '../domain/entity.ts'
import { type Logger, registerSecret } from '../runtime/log.ts'
import { BadConfig } from './errors.ts'

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
   * User name and password; undefined when either is not known. Zones have none.
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

export interface CredentialSourceOptions {
  /** Earlier files win over later ones. */
  readonly environmentFiles: readonly string[]
  /** Captured now. An edited file must take effect without a restart, so files win over it for credentials. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Whether an entity still exists; one that is gone holds no variable. By default all do. */
  readonly isConfigured?: (entity: EntityRef) => Promise<boolean>
  readonly log: Logger
  /**
   * Secret of this installation (`BVPRO_SECRETS_KEY`), so that a fingerprint cannot be used to test guessed passwords.
   */
  readonly fingerprintKey?: string | undefined
}

const SUFFIXES = ['USERNAME', 'PASSWORD', 'METER_IDS'] as const
type Suffix = (typeof SUFFIXES)[number]

/** Names to write an entity's credentials under: the id verbatim where a shell can export it, otherwise mapped. */
export function credentialVariables(entity: EntityRef): Readonly<Record<Suffix, string>> {
  const exportable = /^[A-Za-z0-9_]+$/.test(entity.id)
  const name = (suffix: Suffix) => (exportable ? verbatimName(entity, suffix) : mappedName(entity, suffix))
  return { USERNAME: name('USERNAME'), PASSWORD: name('PASSWORD'), METER_IDS: name('METER_IDS') }
}

/**
 * Every name an entity's credentials may stand under. Removal must use these exact names: a prefix would also hit
 * an id that goes on with `_`.
 */
export function allCredentialVariables(entity: EntityRef): readonly string[] {
  return [...new Set(SUFFIXES.flatMap((suffix) => [verbatimName(entity, suffix), mappedName(entity, suffix)]))]
}

function verbatimName({ kind, id }: EntityRef, suffix: Suffix): string {
  return `${kind.toUpperCase()}_${id}_${suffix}`
}

function mappedName({ kind, id }: EntityRef, suffix: Suffix): string {
  return `${kind.toUpperCase()}_${id.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}_${suffix}`
}

export function createCredentialSource(options: CredentialSourceOptions): CredentialSource {
  const {
    environmentFiles,
    log,
    fingerprintKey = 'bvpro credential fingerprint',
    isConfigured = async () => true,
  } = options
  const processVariables = { ...(options.env ?? process.env) }
  const files = environmentFiles.map((path) => new WatchedFile(path, log))
  const claims = new Claims()
  const reported = new Set<string>()

  function reportOnce(event: string, entity: EntityRef, fields: Record<string, string | readonly string[]>): void {
    const key = JSON.stringify([event, entity, fields])
    if (reported.has(key)) return
    reported.add(key)
    log.warn(event, { kind: entity.kind, id: entity.id, ...fields })
  }

  async function sources(): Promise<readonly Readonly<Record<string, string | undefined>>[]> {
    return [...(await Promise.all(files.map((file) => file.variables()))), processVariables]
  }

  async function find(entity: EntityRef, suffix: Suffix): Promise<string | undefined> {
    const names = [verbatimName(entity, suffix), mappedName(entity, suffix)]
    for (const source of await sources()) {
      for (const name of names) {
        const value = source[name]
        if (value === undefined || value.trim() === '') continue
        claims.releaseNames(
          names.filter((other) => other !== name),
          entity,
        )
        await claim(name, entity)
        return value
      }
    }
    claims.releaseNames(names, entity)
    return undefined
  }

  async function claim(variable: string, entity: EntityRef): Promise<void> {
    for (const other of claims.others(variable, entity)) {
      if (!(await isConfigured(other))) claims.release(other)
    }
    claims.claim(variable, entity)
  }

  async function findShared(name: string): Promise<string | undefined> {
    for (const source of await sources()) {
      const value = source[name]
      if (value !== undefined && value.trim() !== '') return value
    }
    return undefined
  }

  async function lookUp(
    entity: EntityRef,
    { credentialRef }: CredentialOptions = {},
  ): Promise<Credentials | undefined> {
    if (entity.kind === 'zone') return undefined
    const shared = credentialRef !== undefined
    const username = await (shared ? findShared(`${credentialRef}_USERNAME`) : find(entity, 'USERNAME'))
    const password = await (shared ? findShared(`${credentialRef}_PASSWORD`) : find(entity, 'PASSWORD'))
    if (password !== undefined) registerSecret(password)
    if (username !== undefined && password !== undefined) return { username: username.trim(), password }
    if (username !== undefined || password !== undefined) {
      const missing = username === undefined ? 'USERNAME' : 'PASSWORD'
      const variable = shared ? `${credentialRef}_${missing}` : credentialVariables(entity)[missing]
      reportOnce('access.incomplete', entity, { missing: variable })
    }
    return undefined
  }

  async function fingerprinted(entity: EntityRef, lookUpOptions?: CredentialOptions): Promise<(string | null)[]> {
    try {
      const found = await lookUp(entity, lookUpOptions)
      return [found?.username ?? null, found?.password ?? null]
    } catch (error) {
      if (!(error instanceof BadConfig)) throw error
      return ['refused', error.message, null]
    }
  }

  return {
    lookUp,
    async fingerprint(entity, lookUpOptions) {
      const content = JSON.stringify([entity.kind, entity.id, ...(await fingerprinted(entity, lookUpOptions))])
      return createHmac('sha256', fingerprintKey).update(content).digest('hex')
    },
    async meterIds(entity) {
      if (entity.kind === 'zone') return undefined
      const value = await find(entity, 'METER_IDS')
      if (value === undefined) return undefined
      const ids = value
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== '')
      const refused = ids.filter((id) => !/^\d{1,34}$/.test(id))
      if (refused.length > 0) reportOnce('access.meter_ids_invalid', entity, { refused })
      return [...new Set(ids.filter((id) => !refused.includes(id)))]
    },
  }
}

/** Which entities use which variable. Two on one would poll one account under two names, so both are refused. */
class Claims {
  readonly #holders = new Map<string, Map<string, EntityRef>>()

  claim(variable: string, entity: EntityRef): void {
    const holders = this.#holders.get(variable) ?? new Map<string, EntityRef>()
    this.#holders.set(variable, holders.set(`${entity.kind}:${entity.id}`, entity))
    if (holders.size < 2) return
    const ids = [...holders.values()].map(({ kind, id }) => `${kind} ${id}`)
    throw new BadConfig(
      `${variable} belongs to ${ids.join(' and ')}; give each a variable with its id spelt as it is, or rename one`,
    )
  }

  others(variable: string, { kind, id }: EntityRef): EntityRef[] {
    return [...(this.#holders.get(variable)?.values() ?? [])].filter((held) => held.kind !== kind || held.id !== id)
  }

  releaseNames(variables: readonly string[], entity: EntityRef): void {
    for (const variable of variables) this.#holders.get(variable)?.delete(`${entity.kind}:${entity.id}`)
  }

  release(entity: EntityRef): void {
    this.releaseNames([...this.#holders.keys()], entity)
  }
}

/** An `.env` file that may change at any time. What was last read well stays in force while it cannot be read. */
class WatchedFile {
  readonly #path: string
  readonly #log: Logger
  #stamp: FileStamp = { key: 'nothing yet', settled: false }
  #variables: Readonly<Record<string, string>> = {}
  #reading: Promise<Readonly<Record<string, string>>> | undefined

  constructor(path: string, log: Logger) {
    this.#path = path
    this.#log = log
  }

  variables(): Promise<Readonly<Record<string, string>>> {
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #refresh(): Promise<Readonly<Record<string, string>>> {
    let stamp: FileStamp = { key: 'missing', settled: false }
    try {
      stamp = await stampOf(this.#path)
      if (this.#stamp.settled && this.#stamp.key === stamp.key) return this.#variables
      const { variables, cut } = parseEnvironmentFile(await readFile(this.#path, 'utf8'))
      this.#variables = variables
      if (cut.length > 0 && this.#stamp.key !== stamp.key) {
        const hint = 'the value ends at "#"; put it between single quotation marks'
        this.#log.warn('environment_file.value_cut', { file: this.#path, variables: cut, hint })
      }
    } catch (error) {
      const code = errorCode(error) ?? 'not readable'
      if (code === 'ENOENT') this.#variables = {}
      else {
        stamp = { key: `unreadable:${code}`, settled: false }
        if (this.#stamp.key !== stamp.key) {
          this.#log.error('environment_file.unreadable', { file: this.#path, code, effect: 'last good values stay' })
        }
      }
    }
    this.#stamp = stamp
    return this.#variables
  }
}
