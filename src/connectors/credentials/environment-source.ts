/**
 * Looks up user names, passwords and meter ids in `.env` files, which are read again when they change, and beneath
 * them in the process environment.
 */
import type { EntityRef } from '../../domain/entity.ts'
import { type Logger, registerSecret } from '../../runtime/log.ts'
import { Claims } from './claims.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { CredentialOptions, CredentialSource, Credentials } from './source.ts'
import { credentialVariables, type Suffix, variablesOf } from './variables.ts'
import { WatchedFile } from './watched-file.ts'

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

export interface EnvironmentCredentials extends CredentialSource {
  /** As `lookUp`, but one of the two may be missing. */
  partsOf(entity: EntityRef): Promise<Partial<Credentials>>
}

export function createCredentialSource(options: CredentialSourceOptions): EnvironmentCredentials {
  const { environmentFiles, log, fingerprintKey, isConfigured = async () => true } = options
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
    const names = variablesOf(entity, suffix)
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
    if (username !== undefined && password !== undefined) return { username, password }
    if (username !== undefined || password !== undefined) {
      const missing = username === undefined ? 'USERNAME' : 'PASSWORD'
      const variable = shared ? `${credentialRef}_${missing}` : credentialVariables(entity)[missing]
      reportOnce('access.incomplete', entity, { missing: variable })
    }
    return undefined
  }

  return {
    lookUp,
    async partsOf(entity) {
      const username = await find(entity, 'USERNAME')
      const password = await find(entity, 'PASSWORD')
      return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
    },
    fingerprint: (entity, lookUpOptions) => fingerprintOf(fingerprintKey, entity, () => lookUp(entity, lookUpOptions)),
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
