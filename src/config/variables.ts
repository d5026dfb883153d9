/**
 * Variables read from HomeSide for all houses: the optional file `variables_config.json`. No established form of such
 * a file is known, so ours is simple and tolerant: API short name → field, or → an object with field and unit.
 */
import { z } from 'zod'
import type { ConfigProblem } from '../domain/entity.ts'
import { FIELD_NAME, FIELD_NAME_EXPECTS, pattern, text } from './field.ts'
import { type ParsedDocument, parseDocument } from './parse.ts'

const field = pattern('Time-series field.', FIELD_NAME, FIELD_NAME_EXPECTS)

const entry = z.strictObject({
  field,
  unit: text('Unit, for people.').default(''),
  meaning: text('What it is, for people.').default(''),
})

export const variablesSchema = z.record(
  z.string().min(1).meta({ expects: 'the short name of a variable' }),
  z.preprocess((value) => (typeof value === 'string' ? { field: value } : value), entry),
)

/** By API short name. */
export type VariablesConfig = z.output<typeof variablesSchema>

/** Judges a parsed `variables_config.json`; never throws, the faults are in the answer. */
export function parseVariables(document: unknown): ParsedDocument<VariablesConfig> {
  const parsed = parseDocument(variablesSchema, document)
  const problems = parsed.config === null ? [] : doubledFields(parsed.config)
  return problems.length === 0 ? parsed : { ...parsed, config: null, problems }
}

function doubledFields(variables: VariablesConfig): ConfigProblem[] {
  const firstOf = new Map<string, string>()
  return Object.entries(variables).flatMap(([name, { field: wanted }]) => {
    const first = firstOf.get(wanted)
    if (first === undefined) firstOf.set(wanted, name)
    return first === undefined
      ? []
      : [
          {
            path: `${name}.field`,
            message: `expected a field of its own, found ${wanted}, which ${first} names already`,
          },
        ]
  })
}

/**
 * Short name → field for one house: its own overrides, and beneath them the installation's list for the fields the
 * house says nothing about.
 */
export function overridesOf(
  variables: VariablesConfig,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const ownFields = new Set(Object.values(own))
  const shared = Object.entries(variables).filter(
    ([name, { field: wanted }]) => !(name in own) && !ownFields.has(wanted),
  )
  return { ...Object.fromEntries(shared.map(([name, { field: wanted }]) => [name, wanted])), ...own }
}
