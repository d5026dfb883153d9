/**
 * The tables of docs/configuration.md and the names in .env.example, made from the schemas so that they cannot drift.
 */
import type { z } from 'zod'
import { buildingSchema } from './building.ts'
import { environmentSchema } from './environment-variables.ts'
import { houseSchema } from './house.ts'
import { describeExpectation, type SchemaNode, schemaNode } from './parse.ts'
import { settingsSchema } from './settings.ts'
import { variablesSchema } from './variables.ts'
import { zoneSchema } from './zone.ts'

const TABLES: Readonly<Record<string, () => string>> = {
  house: () => fieldTable(houseSchema),
  building: () => fieldTable(buildingSchema),
  zone: () => fieldTable(zoneSchema),
  settings: () => fieldTable(settingsSchema),
  variables: () => fieldTable(variablesSchema),
  environment: environmentTable,
}

const BLOCK = /<!-- table: (\w+) -->\n[\s\S]*?<!-- end of table -->/g

/** The document with the content of each `<!-- table: name -->` block made anew. */
export function withTables(document: string): string {
  return document.replace(BLOCK, (_, name: string) => {
    const table = TABLES[name]
    if (table === undefined) throw new Error(`docs/configuration.md asks for an unknown table: ${name}`)
    return `<!-- table: ${name} -->\n\n${table()}\n\n<!-- end of table -->`
  })
}

/** All variables of the environment schema with their documentation, in order. */
export function environmentVariables(): readonly (readonly [name: string, node: SchemaNode])[] {
  return Object.entries(schemaNode(environmentSchema).properties ?? {})
}

/** Path and meaning of every field of a schema. */
export function fieldPaths(schema: z.ZodType): readonly (readonly [path: string, meaning: string])[] {
  return fieldsOf(schemaNode(schema), '', undefined, true).map((row) => [
    (row[0] ?? '').replaceAll('`', ''),
    row[3] ?? '',
  ])
}

function fieldTable(schema: z.ZodType): string {
  const rows = fieldsOf(schemaNode(schema), '', undefined, true)
  return markdown(['Field', 'Value', 'Default', 'Meaning'], rows)
}

/** One row per field a person can write; sections are entered, lists and maps shown once with their members. */
function fieldsOf(node: SchemaNode, path: string, given: unknown, required: boolean): string[][] {
  const fallback = given === undefined ? node.default : given
  const main = node.anyOf?.find((option) => option.type !== 'null') ?? node
  if (main.properties !== undefined) {
    return Object.entries(main.properties).flatMap(([key, child]) =>
      fieldsOf(
        child,
        path === '' ? key : `${path}.${key}`,
        member(fallback, key),
        main.required?.includes(key) ?? false,
      ),
    )
  }
  const members = typeof main.additionalProperties === 'object' ? main.additionalProperties : undefined
  if (members?.properties !== undefined)
    return fieldsOf(members, path === '' ? '<name>' : `${path}.<name>`, undefined, true)
  if (main.items?.properties !== undefined) return fieldsOf(main.items, `${path}[]`, undefined, true)
  const value = members === undefined ? describeExpectation(node) : describeMap(main, members)
  const meaning = `${node.description ?? main.description ?? ''}${node.extension === true ? ' BVPro only.' : ''}`
  return [[`\`${path}\``, value, describeDefault(fallback, required), meaning]]
}

function describeMap(main: SchemaNode, members: SchemaNode): string {
  const name = main.propertyNames?.expects ?? 'a name'
  return members.type === undefined ? 'an object { … }' : `a map from ${name} to ${describeExpectation(members)}`
}

function member(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}

function describeDefault(value: unknown, required: boolean): string {
  if (value === undefined) return required ? '**required**' : '–'
  return `\`${JSON.stringify(value)}\``
}

function environmentTable(): string {
  const rows = environmentVariables().map(([name, node]) => {
    const fallback = node.default === undefined || node.default === '' ? '–' : `\`${String(node.default)}\``
    const aliases = (node.aliases ?? []).map((alias) => `\`${alias}\``).join(', ')
    const meaning = `${node.description ?? ''}${node.secret === true ? ' Secret.' : ''}`
    return [`\`${name}\``, node.expects ?? 'text', fallback, meaning, aliases === '' ? '–' : aliases]
  })
  return markdown(['Variable', 'Value', 'Default', 'Meaning', 'Also read as'], rows)
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}
