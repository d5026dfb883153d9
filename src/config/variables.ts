/**
 * Variables read from HomeSide for all houses: the optional file `variables_config.json`. No established form of such
 * a file is known, so ours is simple and tolerant: API short name → field, or → an object with field and unit.
 */
import { z } from 'zod'
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

export function parseVariables(document: unknown): ParsedDocument<VariablesConfig> {
  return parseDocument(variablesSchema, document)
}
