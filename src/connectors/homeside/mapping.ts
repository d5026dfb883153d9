/**
 * From the portal's variables to the fields of `heating_system`: exact names, units as they are, nothing implausible.
 */
import { HOUSE_VARIABLES, type HouseVariable } from '../../domain/heating/variables.ts'
import { BadConfig } from '../errors.ts'
import { flagOf, numberOf, type Variable, type VariableIndex } from './variables.ts'

/** Where a field of this house comes from. */
export interface FieldSource {
  readonly field: string
  readonly shortName: string
  readonly device?: string
  /** Undefined for a field that only an override knows. */
  readonly expected?: Pick<HouseVariable, 'kind' | 'plausible'>
}

/** A value that was delivered and not believed. */
export interface RejectedValue {
  readonly field: string
  readonly value: number | boolean | string
}

export interface MappedFields {
  /** Numbers rounded to two decimals, flags as 1 and 0. */
  readonly fields: Readonly<Record<string, number>>
  /** Fields without any value. */
  readonly missing: readonly string[]
  readonly rejected: readonly RejectedValue[]
  /**
   * When the portal got each value, epoch milliseconds, where it says so: a reading looks new even when a value is old.
   */
  readonly asOf: Readonly<Record<string, number>>
}

/**
 * The sources of a house's fields in the order of the catalogue, further ones last.
 * @param overrides short name → field; an override replaces the standard source of its field
 * @throws BadConfig when two overrides name the same field
 */
export function fieldSources(overrides: Readonly<Record<string, string>> = {}): FieldSource[] {
  const sources = new Map<string, FieldSource>()
  for (const { field, shortName, device, kind, plausible } of HOUSE_VARIABLES) {
    if (shortName in overrides) continue
    sources.set(field, { field, shortName, expected: { kind, plausible }, ...(device === undefined ? {} : { device }) })
  }
  const overridden = new Set<string>()
  for (const [shortName, field] of Object.entries(overrides)) {
    if (overridden.has(field)) throw new BadConfig(`two variable overrides name the field ${field}`)
    overridden.add(field)
    const expected = HOUSE_VARIABLES.find((variable) => variable.field === field)
    // Set under the existing key, so the field keeps its place in the order.
    sources.set(field, { field, shortName, ...(expected === undefined ? {} : { expected }) })
  }
  return [...sources.values()]
}

/**
 * What the sources hold at present. Null, absent and ambiguous variables are missing; a wrong value is never stored as
 * truth.
 */
export function mapFields(index: VariableIndex, sources: readonly FieldSource[]): MappedFields {
  const fields: Record<string, number> = {}
  const missing: string[] = []
  const rejected: RejectedValue[] = []
  const asOf: Record<string, number> = {}
  for (const { field, shortName, expected } of sources) {
    const { value, at } = index.get(shortName) ?? { value: null, at: null }
    if (value === null) {
      missing.push(field)
      continue
    }
    const number = asNumber(value, expected?.kind)
    if (number === null || (expected !== undefined && !within(number, expected.plausible))) {
      rejected.push({ field, value: typeof value === 'string' ? value.slice(0, 40) : value })
    } else {
      fields[field] = roundToHundredths(number)
      if (at !== null) asOf[field] = at
    }
  }
  return { fields, missing, rejected, asOf }
}

function asNumber(value: NonNullable<Variable['value']>, kind: HouseVariable['kind'] | undefined): number | null {
  if (kind === 'number') return numberOf(value)
  const flag = kind === 'boolean' || typeof value === 'boolean' ? flagOf(value) : null
  if (flag !== null) return flag ? 1 : 0
  return kind === 'boolean' ? null : numberOf(value)
}

function within(value: number, [low, high]: HouseVariable['plausible']): boolean {
  return value >= low && value <= high
}

/** Never −0, which would read back as another value. */
function roundToHundredths(value: number): number {
  return Math.round(value * 100) / 100 + 0
}
