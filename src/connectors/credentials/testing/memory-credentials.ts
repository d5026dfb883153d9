/** A credential store in memory, for tests of what stands above it. */
import { type EntityRef, entityWorkflowId } from '../../../domain/entity.ts'
import { CredentialsMissing } from '../../errors.ts'
import type { Credentials } from '../source.ts'
import type { CredentialChange, CredentialOrigin, CredentialStore } from '../store.ts'
import { credentialVariables, refuseUnkeepable } from '../variables.ts'

interface KeptForEntity extends Partial<Credentials> {
  readonly meterIds?: readonly string[]
  readonly origin: CredentialOrigin
}

const DAY_MS = 24 * 60 * 60 * 1000

export class MemoryCredentials implements CredentialStore {
  /** By workflow id of the entity. */
  readonly ofEntities = new Map<string, KeptForEntity>()
  readonly references = new Map<string, { readonly credentials: Credentials; readonly createdAt: number }>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  async lookUp(entity: EntityRef): Promise<Credentials | undefined> {
    const { username, password } = this.ofEntities.get(entityWorkflowId(entity)) ?? {}
    return username === undefined || password === undefined ? undefined : { username, password }
  }

  async fingerprint(entity: EntityRef): Promise<string> {
    return JSON.stringify(await this.lookUp(entity))
  }

  async meterIds(entity: EntityRef): Promise<readonly string[] | undefined> {
    return this.ofEntities.get(entityWorkflowId(entity))?.meterIds
  }

  async keep(credentials: Credentials): Promise<string> {
    refuseUnkeepable('user name', credentials.username)
    refuseUnkeepable('password', credentials.password)
    const reference = `c${(this.references.size + 1).toString(16).padStart(16, '0')}`
    this.references.set(reference, { credentials, createdAt: this.#now() })
    return reference
  }

  async kept(reference: string): Promise<Credentials | undefined> {
    return this.references.get(reference)?.credentials
  }

  async bind(reference: string, entity: EntityRef, origin: CredentialOrigin): Promise<void> {
    const credentials = await this.kept(reference)
    if (credentials === undefined) throw new CredentialsMissing(`nothing is kept under ${reference}`)
    await this.set(entity, credentials, origin)
  }

  async discard(reference: string): Promise<void> {
    this.references.delete(reference)
  }

  async discardStale(now: number): Promise<number> {
    const stale = [...this.references].filter(([, { createdAt }]) => now - createdAt > DAY_MS)
    for (const [reference] of stale) this.references.delete(reference)
    return stale.length
  }

  async set(entity: EntityRef, change: CredentialChange, origin: CredentialOrigin): Promise<void> {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    const present = this.ofEntities.get(entityWorkflowId(entity))
    this.ofEntities.set(entityWorkflowId(entity), { ...present, ...given, origin })
  }

  async namesOf(entity: EntityRef): Promise<readonly string[]> {
    const { USERNAME, PASSWORD } = credentialVariables(entity)
    return this.ofEntities.has(entityWorkflowId(entity)) ? [USERNAME, PASSWORD] : []
  }

  async remove(entity: EntityRef) {
    const removed = await this.namesOf(entity)
    this.ofEntities.delete(entityWorkflowId(entity))
    return { removed, leftInEnvironment: [] }
  }

  async reseal() {
    return { resealed: this.ofEntities.size }
  }
}
