/** The names of the variables that credentials stand under in `.env` and in the process environment. */
import type { EntityRef } from '../../domain/entity.ts'
import { BadConfig } from '../errors.ts'

const SUFFIXES = ['USERNAME', 'PASSWORD', 'METER_IDS'] as const
export type Suffix = (typeof SUFFIXES)[number]

/** Names to write an entity's credentials under: in upper case, with `_` for all that a shell cannot export. */
export function credentialVariables(entity: EntityRef): Readonly<Record<Suffix, string>> {
  return {
    USERNAME: mappedName(entity, 'USERNAME'),
    PASSWORD: mappedName(entity, 'PASSWORD'),
    METER_IDS: mappedName(entity, 'METER_IDS'),
  }
}

/** Every name that one of an entity's values may stand under; the earlier one wins. */
export function variablesOf(entity: EntityRef, suffix: Suffix): readonly string[] {
  return [...new Set([verbatimName(entity, suffix), mappedName(entity, suffix)])]
}

/**
 * Every name an entity's credentials may stand under. Removal must use these exact names: a prefix would also hit
 * an id that goes on with `_`.
 */
export function allCredentialVariables(entity: EntityRef): readonly string[] {
  return SUFFIXES.flatMap((suffix) => variablesOf(entity, suffix))
}

/** `c` and 16 hexadecimal digits. */
const REFERENCE = /^c[0-9a-f]{16}$/

export function isReference(text: string): boolean {
  return REFERENCE.test(text)
}

const REFERENCE_CREATED = /^CREDENTIAL_(C[0-9A-F]{16})_CREATED$/

/** Where credentials stand in `.env` that belong to no entity yet. */
export function referenceVariables(reference: string): Readonly<Record<'USERNAME' | 'PASSWORD' | 'CREATED', string>> {
  const name = (suffix: string) => `CREDENTIAL_${reference.toUpperCase()}_${suffix}`
  return { USERNAME: name('USERNAME'), PASSWORD: name('PASSWORD'), CREATED: name('CREATED') }
}

/** The reference whose time of creation a variable holds; undefined for all other variables. */
export function referenceOfCreated(variable: string): string | undefined {
  return REFERENCE_CREATED.exec(variable)?.[1]?.toLowerCase()
}

/** @throws BadConfig, without the value, when no variable of a process and no line of a file can hold it */
export function refuseUnkeepable(what: string, value: string): void {
  if (value.trim() === '') throw new BadConfig(`the ${what} is empty`)
  if (/[\r\n\u2028\u2029]/.test(value)) throw new BadConfig(`the ${what} holds a line break; it has to be one line`)
  if (value.includes('\0')) throw new BadConfig(`the ${what} holds a NUL character`)
  if (/\p{Cs}/u.test(value)) throw new BadConfig(`the ${what} holds half a character; it has to be valid Unicode`)
}

function verbatimName({ kind, id }: EntityRef, suffix: Suffix): string {
  return `${kind.toUpperCase()}_${id}_${suffix}`
}

function mappedName({ kind, id }: EntityRef, suffix: Suffix): string {
  return `${kind.toUpperCase()}_${id.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}_${suffix}`
}
