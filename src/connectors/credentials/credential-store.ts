/**
 * Puts together where credentials are kept: the sealed table of the application store when there is a key, else the
 * `.env` of the entity's home; and beneath both the process environment, which is only read.
 */
import { randomBytes } from 'node:crypto'
import type { EntityRef } from '../../domain/entity.ts'
import { type Logger, registerSecret } from '../../runtime/log.ts'
import type { SealedCredentialTable } from '../../store/application/credential-table.ts'
import { BadConfig, CredentialsMissing } from '../errors.ts'
import type { EnvironmentHome } from './environment-editor.ts'
import { createCredentialSource, type EnvironmentCredentials } from './environment-source.ts'
import { FileCredentials, ownNames } from './file-credentials.ts'
import { fingerprintOf } from './fingerprint.ts'
import { SealedCredentials, type SealedCredentialsOptions } from './sealed-credentials.ts'
import type { CredentialSource, Credentials } from './source.ts'
import type { CredentialChange, CredentialOrigin, CredentialStore } from './store.ts'
import { credentialVariables, isReference, refuseUnkeepable } from './variables.ts'

export interface CredentialStoreOptions {
  readonly real: EnvironmentHome
  /** Home of the simulated town, when it runs. */
  readonly demo?: EnvironmentHome | undefined
  /** Captured now; the town's entities never look there. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Used when there is a key, `BVPRO_SECRETS_KEY`; without one, rows of before can still be removed. */
  readonly sealed?: WithoutKey<SealedCredentialsOptions> | undefined
  /** Every entity there is now. */
  readonly configured: () => Promise<readonly { readonly ref: EntityRef; readonly origin: CredentialOrigin }[]>
  readonly log: Logger
  readonly now?: () => number
}

type WithoutKey<T extends { readonly key: unknown }> = Omit<T, 'key'> & { readonly key: T['key'] | undefined }

export interface OpenCredentialStore extends CredentialStore {
  /** The credentials of one home only. Without a town, those of its entities are looked for with the real ones. */
  sourceOf(origin: CredentialOrigin): CredentialSource
}

interface Home {
  readonly origin: CredentialOrigin
  readonly files: FileCredentials
  readonly environment: EnvironmentCredentials
  readonly source: CredentialSource
}

const REFERENCE_BYTES = 8
const STALE_MS = 24 * 60 * 60 * 1000

export function createCredentialStore(options: CredentialStoreOptions): OpenCredentialStore {
  const { configured, log, now = Date.now } = options
  const processVariables = { ...(options.env ?? process.env) }
  const { table, key, previousKey } = options.sealed ?? {}
  const sealed =
    table === undefined || key === undefined ? undefined : new SealedCredentials({ table, key, previousKey })
  const fingerprintKey = key

  const isConfigured = async (entity: EntityRef) => (await configured()).some(({ ref }) => isSame(ref, entity))
  const homeOf = (origin: CredentialOrigin, home: EnvironmentHome): Home => {
    const env = origin === 'real' ? processVariables : {}
    const environmentFiles = [home.environmentFile]
    const environment = createCredentialSource({ environmentFiles, env, isConfigured, fingerprintKey, log })
    return {
      origin,
      files: new FileCredentials(home),
      environment,
      source: sealed === undefined ? environment : sealedOver(sealed, environment, origin, fingerprintKey),
    }
  }
  const real = homeOf('real', options.real)
  const demo = options.demo === undefined ? undefined : homeOf('demo', options.demo)

  async function originOf(entity: EntityRef): Promise<CredentialOrigin | undefined> {
    return (await configured()).find(({ ref }) => isSame(ref, entity))?.origin
  }

  /** Where an entity's credentials may be: everywhere, once its configuration has gone. */
  async function homesOf(entity: EntityRef, known?: CredentialOrigin): Promise<readonly Home[]> {
    const origin = known ?? (await originOf(entity))
    return [real, ...(demo === undefined ? [] : [demo])].filter(
      (home) => origin === undefined || home.origin === origin,
    )
  }

  function homeToWrite(origin: CredentialOrigin): Home {
    const home = origin === 'real' ? real : demo
    if (home === undefined) throw new BadConfig('the simulated town does not run; nothing is kept for its entities')
    return home
  }

  async function othersIn(origin: CredentialOrigin, entity: EntityRef): Promise<readonly EntityRef[]> {
    return (await configured()).filter((one) => one.origin === origin && !isSame(one.ref, entity)).map(({ ref }) => ref)
  }

  const sourceOf = (origin: CredentialOrigin) => ((origin === 'demo' ? demo : undefined) ?? real).source
  const sourceFor = async (entity: EntityRef) => sourceOf((await originOf(entity)) ?? 'real')

  async function kept(reference: string): Promise<Credentials | undefined> {
    if (!isReference(reference)) return undefined
    const found = bothOf((await sealed?.get(referenceKey(reference))) ?? {}) ?? (await real.files.kept(reference))
    if (found !== undefined) registerSecret(found.password)
    return found
  }

  async function discard(reference: string): Promise<void> {
    if (!isReference(reference)) return
    await sealed?.delete(referenceKey(reference))
    await real.files.discard(reference)
  }

  async function set(entity: EntityRef, change: CredentialChange, origin: CredentialOrigin): Promise<void> {
    refuseChange(entity, change)
    const home = homeToWrite(origin)
    if (sealed !== undefined) {
      return sealed.update(rowOf(origin, entity), async (present) => {
        const { username, password, meterIds } = { ...present, ...given(change) }
        const beneath = username === undefined || password === undefined ? await home.environment.partsOf(entity) : {}
        return {
          ...completed(entity, { username: username ?? beneath.username, password: password ?? beneath.password }),
          meterIds: meterIds?.length === 0 ? undefined : meterIds,
        }
      })
    }
    completed(entity, { ...(await home.environment.partsOf(entity)), ...given(change) })
    await home.files.set(entity, change, await othersIn(origin, entity))
  }

  async function namesOf(entity: EntityRef, known?: CredentialOrigin): Promise<readonly string[]> {
    const names: string[] = []
    for (const { origin, files } of await homesOf(entity, known)) {
      names.push(...(await sealedNames(table, origin, entity)))
      names.push(...(await files.namesOf(entity, await othersIn(origin, entity))))
    }
    return [...new Set(names)]
  }

  return {
    sourceOf,
    lookUp: async (entity, lookUpOptions) => (await sourceFor(entity)).lookUp(entity, lookUpOptions),
    fingerprint: async (entity, lookUpOptions) => (await sourceFor(entity)).fingerprint(entity, lookUpOptions),
    meterIds: async (entity) => (await sourceFor(entity)).meterIds(entity),

    async keep(credentials) {
      const { username, password } = credentials
      refuseUnkeepable('user name', username)
      refuseUnkeepable('password', password)
      registerSecret(password)
      const reference = `c${randomBytes(REFERENCE_BYTES).toString('hex')}`
      if (sealed === undefined) await real.files.keep(reference, credentials, now())
      else await sealed.update(referenceKey(reference), () => ({ username, password }))
      return reference
    },
    kept,
    async bind(reference, entity, origin) {
      const found = await kept(reference)
      if (found !== undefined) return set(entity, found, origin)
      throw new CredentialsMissing(
        `no credentials are kept under the reference ${JSON.stringify(reference)}; give them again`,
      )
    },
    discard,
    async discardStale(at) {
      const rows = ((await sealed?.list()) ?? []).filter(({ kind }) => kind === 'reference')
      const known = [
        ...rows.map(({ id, updatedAt }) => ({ reference: id, createdAt: updatedAt })),
        ...(await real.files.references()),
      ]
      const stale = known.filter(({ createdAt }) => !(at - createdAt <= STALE_MS))
      for (const { reference } of stale) await discard(reference)
      return stale.length
    },
    set,
    namesOf,
    async remove(entity, known) {
      const removed: string[] = []
      const leftInEnvironment: string[] = []
      for (const { origin, files } of await homesOf(entity, known)) {
        const others = await othersIn(origin, entity)
        removed.push(...(await sealedNames(table, origin, entity)))
        await table?.delete(rowOf(origin, entity))
        removed.push(...(await files.remove(entity, others)))
        if (origin === 'real') leftInEnvironment.push(...ownNames(entity, others, processVariables))
      }
      return { removed: [...new Set(removed)], leftInEnvironment }
    },
    async reseal(resealOptions) {
      if (sealed === undefined) {
        throw new BadConfig('BVPRO_SECRETS_KEY is not set: credentials are kept in .env and not sealed')
      }
      return { resealed: await sealed.reseal({ dryRun: resealOptions?.dryRun ?? false }) }
    },
  }
}

/** What is sealed goes before the environment. Shared credentials are only ever looked for in the latter. */
function sealedOver(
  sealed: SealedCredentials,
  environment: CredentialSource,
  origin: CredentialOrigin,
  fingerprintKey: string | undefined,
): CredentialSource {
  const lookUp: CredentialSource['lookUp'] = async (entity, options) => {
    if (entity.kind === 'zone') return undefined
    const own = options?.credentialRef === undefined ? await sealed.get(rowOf(origin, entity)) : undefined
    const found = bothOf(own ?? {})
    if (found === undefined) return environment.lookUp(entity, options)
    registerSecret(found.password)
    return found
  }
  return {
    lookUp,
    fingerprint: (entity, options) => fingerprintOf(fingerprintKey, entity, () => lookUp(entity, options)),
    async meterIds(entity) {
      if (entity.kind === 'zone') return undefined
      return (await sealed.get(rowOf(origin, entity)))?.meterIds ?? environment.meterIds(entity)
    },
  }
}

/** The names under which the same would stand in `.env`: people know no others. */
async function sealedNames(
  table: SealedCredentialTable | undefined,
  origin: CredentialOrigin,
  entity: EntityRef,
): Promise<readonly string[]> {
  if ((await table?.get(rowOf(origin, entity))) === undefined) return []
  const { USERNAME, PASSWORD } = credentialVariables(entity)
  return [USERNAME, PASSWORD]
}

function rowOf(origin: CredentialOrigin, { kind, id }: EntityRef) {
  return { origin, kind, id }
}

function referenceKey(reference: string) {
  return { origin: 'real', kind: 'reference', id: reference } as const
}

function isSame(a: EntityRef, b: EntityRef): boolean {
  return a.kind === b.kind && a.id === b.id
}

function bothOf({ username, password }: { username?: string | undefined; password?: string | undefined }) {
  return username === undefined || password === undefined ? undefined : { username, password }
}

function given(change: CredentialChange): CredentialChange {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}

function refuseChange(entity: EntityRef, { username, password, meterIds }: CredentialChange): void {
  if (entity.kind === 'zone') throw new BadConfig('a zone has no user name and password')
  if (username !== undefined) refuseUnkeepable('user name', username)
  if (password !== undefined) {
    refuseUnkeepable('password', password)
    registerSecret(password)
  }
  if (meterIds?.some((id) => !/^\d{1,34}$/.test(id))) throw new BadConfig('a meter id is 1 to 34 digits')
}

/** @throws BadConfig when only one of the two is there */
function completed<T extends { username?: string | undefined; password?: string | undefined }>(
  { kind, id }: EntityRef,
  parts: T,
): T {
  if ((parts.username === undefined) === (parts.password === undefined)) return parts
  const missing = parts.username === undefined ? 'user name' : 'password'
  throw new BadConfig(`no ${missing} is known for ${kind} ${id}; give it too`)
}
