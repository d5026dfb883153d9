/** Credentials in the `.env` of one home: BVPro's own or the simulated town's. */
import { parseEnvironmentFile } from '../../config/environment-file.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { sharedVariable } from './claims.ts'
import { EnvironmentEditor, type EnvironmentHome } from './environment-editor.ts'
import { editEnvironmentText, type Owner, ownerAbove } from './environment-text.ts'
import type { Credentials } from './source.ts'
import type { CredentialChange } from './store.ts'
import {
  allCredentialVariables,
  credentialVariables,
  referenceOfCreated,
  referenceVariables,
  type Suffix,
  variablesOf,
} from './variables.ts'

type Variables = Readonly<Record<string, string>>

export class FileCredentials {
  readonly #editor: EnvironmentEditor

  constructor(home: EnvironmentHome) {
    this.#editor = new EnvironmentEditor(home)
  }

  /** @param createdAt epoch milliseconds */
  keep(reference: string, { username, password }: Credentials, createdAt: number): Promise<void> {
    const names = referenceVariables(reference)
    const set = {
      [names.USERNAME]: username,
      [names.PASSWORD]: password,
      [names.CREATED]: new Date(createdAt).toISOString(),
    }
    return this.#editor.edit((text) => editEnvironmentText(text, { set, owner: referenceOwner(reference) }))
  }

  async kept(reference: string): Promise<Credentials | undefined> {
    const variables = await this.#variables()
    const names = referenceVariables(reference)
    const username = variables[names.USERNAME]
    const password = variables[names.PASSWORD]
    return username === undefined || password === undefined ? undefined : { username, password }
  }

  discard(reference: string): Promise<void> {
    const remove = Object.values(referenceVariables(reference))
    return this.#editor.edit((text) => editEnvironmentText(text, { remove, owner: referenceOwner(reference) }))
  }

  /** References with their times of creation, epoch milliseconds; NaN when somebody has changed it beyond reading. */
  async references(): Promise<readonly { readonly reference: string; readonly createdAt: number }[]> {
    return Object.entries(await this.#variables()).flatMap(([name, value]) => {
      const reference = referenceOfCreated(name)
      return reference === undefined ? [] : [{ reference, createdAt: Date.parse(value) }]
    })
  }

  /**
   * Replaces what is given. A value that stands under the id as it is spelt keeps that name; others get the name in
   * upper case.
   * @param others all other entities of this home
   * @throws BadConfig when one of them uses the same variable
   */
  set(entity: EntityRef, change: CredentialChange, others: readonly EntityRef[]): Promise<void> {
    const values = Object.entries(valuesOf(change)) as [Suffix, string][]
    return this.#editor.edit((text) => {
      const present = parseEnvironmentFile(text).variables
      const set: Record<string, string> = {}
      const remove: string[] = []
      for (const [suffix, value] of values) {
        const name = usedVariable(entity, suffix, present)
        const sharing = [...usersOf(name, suffix, others, present), ...foreignOwner(text, name, entity)]
        if (sharing.length > 0) throw sharedVariable(name, [entity, ...sharing])
        // Outdated values under the other name would come back when this one is removed.
        const outdated = variablesOf(entity, suffix).filter((other) => other !== name)
        remove.push(...outdated.filter((other) => usersOf(other, suffix, others, present).length === 0))
        if (value === '') remove.push(name)
        else set[name] = value
      }
      return editEnvironmentText(text, { set, remove, owner: ownerOf(entity) })
    })
  }

  /** @param others all other entities of this home; variables they use are not this entity's */
  async namesOf(entity: EntityRef, others: readonly EntityRef[]): Promise<readonly string[]> {
    return ownNamesIn(await this.#editor.read(), entity, others)
  }

  /** @returns the names of what was deleted */
  async remove(entity: EntityRef, others: readonly EntityRef[]): Promise<readonly string[]> {
    let removed: readonly string[] = []
    await this.#editor.edit((text) => {
      removed = ownNamesIn(text, entity, others)
      return editEnvironmentText(text, { remove: removed, owner: ownerOf(entity) })
    })
    return removed
  }

  async #variables(): Promise<Variables> {
    return parseEnvironmentFile(await this.#editor.read()).variables
  }
}

/** The names among an entity's that are set and that no other entity uses. */
export function ownNames(
  entity: EntityRef,
  others: readonly EntityRef[],
  present: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const foreign = new Set(others.flatMap(allCredentialVariables))
  return allCredentialVariables(entity).filter((name) => present[name] !== undefined && !foreign.has(name))
}

function ownNamesIn(text: string, entity: EntityRef, others: readonly EntityRef[]): readonly string[] {
  const names = ownNames(entity, others, parseEnvironmentFile(text).variables)
  return names.filter((name) => foreignOwner(text, name, entity).length === 0)
}

/** Another entity for which BVPro wrote a variable, whether it has a configuration by now or not. */
function foreignOwner(text: string, name: string, entity: EntityRef): EntityRef[] {
  const [, kind, id] = /^(house|building) (.+)$/.exec(ownerAbove(text, name) ?? '') ?? []
  if (id === undefined) return []
  const other: EntityRef = { kind: kind === 'house' ? 'house' : 'building', id }
  const owner = ownerOf(other)
  // People may have added lines below BVPro's that have nothing to do with its comment.
  return owner.name !== ownerOf(entity).name && owner.variables.includes(name) ? [other] : []
}

function ownerOf(entity: EntityRef): Owner {
  return { name: `${entity.kind} ${entity.id}`, variables: allCredentialVariables(entity) }
}

function referenceOwner(reference: string): Owner {
  return { name: `reference ${reference}`, variables: Object.values(referenceVariables(reference)) }
}

/** Empty for what is to be taken away. */
function valuesOf({ username, password, meterIds }: CredentialChange): Partial<Record<Suffix, string>> {
  return {
    ...(username === undefined ? {} : { USERNAME: username }),
    ...(password === undefined ? {} : { PASSWORD: password }),
    ...(meterIds === undefined ? {} : { METER_IDS: meterIds.join(',') }),
  }
}

/** The variable that a lookup takes first, or the one to write when there is none yet. */
function usedVariable(entity: EntityRef, suffix: Suffix, present: Variables): string {
  const set = variablesOf(entity, suffix).find((name) => (present[name] ?? '').trim() !== '')
  return set ?? credentialVariables(entity)[suffix]
}

function usersOf(variable: string, suffix: Suffix, others: readonly EntityRef[], present: Variables): EntityRef[] {
  return others.filter((other) => usedVariable(other, suffix, present) === variable)
}
