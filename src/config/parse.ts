/** Checks a document against its schema and reports every fault in words a person can act on. */
import { z } from 'zod'
import type { ConfigProblem } from '../domain/entity.ts'

export interface ParsedDocument<T> {
  /** Null exactly when `problems` is not empty. */
  readonly config: T | null
  readonly problems: readonly ConfigProblem[]
  /** Paths of keys the schema does not know. They are no fault. */
  readonly unknownKeys: readonly string[]
}

type Path = readonly PropertyKey[]

/** The parts of JSON Schema that zod emits for our schemas, with our own metadata. */
export interface SchemaNode {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: SchemaNode | boolean
  readonly propertyNames?: SchemaNode
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly default?: unknown
  readonly description?: string
  readonly unit?: string
  readonly expects?: string
  readonly extension?: boolean
  readonly aliases?: readonly string[]
  readonly secret?: boolean
}

/**
 * Validates a document. Schemas are strict objects throughout, which is how unknown keys are found; those are set
 * aside and the rest is judged without them, so that one misspelt key hides no other fault.
 */
export function parseDocument<T>(schema: z.ZodType<T>, document: unknown): ParsedDocument<T> {
  let result = schema.safeParse(document)
  const unknown: Path[] = []
  if (!result.success) {
    for (const issue of result.error.issues) {
      if (issue.code === 'unrecognized_keys') unknown.push(...issue.keys.map((key) => [...issue.path, key]))
    }
    if (unknown.length > 0) result = schema.safeParse(without(document, unknown))
  }
  const unknownKeys = unknown.map(formatPath)
  if (result.success) return { config: result.data, problems: [], unknownKeys }
  const root = schemaNode(schema)
  const problems = result.error.issues.map((issue) => ({
    path: formatPath(issue.path),
    message: describeIssue(issue, root, document),
  }))
  return { config: null, problems, unknownKeys }
}

/** `comfort.target_indoor_temp`, `meter_ids[0]`, `analog_signals["HEM_1.GT_UTE"].unit`. */
function formatPath(path: Path): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`
    else text += `[${JSON.stringify(String(key))}]`
  }
  return text
}

const nodes = new WeakMap<z.ZodType, SchemaNode>()

/** The schema as JSON Schema of what a file may hold; computed once per schema. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  let node = nodes.get(schema)
  if (node === undefined) {
    node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
    nodes.set(schema, node)
  }
  return node
}

function describeIssue(issue: z.core.$ZodIssue, root: SchemaNode, document: unknown): string {
  if (issue.code === 'custom' && issue.message !== 'Invalid input') return issue.message
  const found = describeFound(valueAt(document, issue.path))
  if (issue.code === 'invalid_key') {
    const names = nodeAt(root, issue.path.slice(0, -1))?.propertyNames
    return `expected ${names?.expects ?? 'another name'} as name, found ${JSON.stringify(String(issue.path.at(-1)))}`
  }
  const node = nodeAt(root, issue.path)
  return `expected ${node === undefined ? 'something else' : describeExpectation(node)}, ${found}`
}

/** "a number from 15 to 28 °C", "one of floor, radiator", "true or false". */
export function describeExpectation(node: SchemaNode): string {
  const types = node.anyOf?.flatMap(typesOf) ?? typesOf(node)
  const nullable = types.includes('null')
  const main = node.anyOf?.find((option) => !typesOf(option).includes('null')) ?? node
  const expects = node.expects ?? main.expects ?? describeType(main, node.unit ?? main.unit)
  return nullable ? `${expects} or null` : expects
}

function describeType(node: SchemaNode, unit: string | undefined): string {
  if (node.enum !== undefined) return `one of ${node.enum.filter((value) => value !== null).join(', ')}`
  const type = typesOf(node).find((name) => name !== 'null')
  switch (type) {
    case 'number':
    case 'integer':
      return [type === 'integer' ? 'a whole number' : 'a number', describeRange(node), unit]
        .filter((part) => part !== undefined && part !== '')
        .join(' ')
    case 'string':
      return [
        (node.minLength ?? 0) > 0 ? 'text that is not empty' : 'text',
        node.maxLength === undefined ? undefined : `of at most ${node.maxLength} characters`,
      ]
        .filter((part) => part !== undefined)
        .join(', ')
    case 'boolean':
      return 'true or false'
    case 'array':
      return [
        (node.minItems ?? 0) > 0 ? 'a list that is not empty' : 'a list',
        node.items?.type === undefined || node.items.properties !== undefined
          ? undefined
          : describeExpectation(node.items),
      ]
        .filter((part) => part !== undefined)
        .join(', each ')
    case 'object':
      return 'an object { … }'
    default:
      return 'anything'
  }
}

/** "from 15 to 28", "of at least 1", or nothing. Limits of the number type itself are no range. */
function describeRange({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const from = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum
  const to = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (exclusiveMinimum !== undefined) return `above ${exclusiveMinimum}${to === undefined ? '' : ` and at most ${to}`}`
  if (from !== undefined && to !== undefined) return `from ${from} to ${to}`
  if (from !== undefined) return `of at least ${from}`
  return to === undefined ? '' : `of at most ${to}`
}

function typesOf(node: SchemaNode): readonly string[] {
  if (node.type === undefined) return []
  return typeof node.type === 'string' ? [node.type] : node.type
}

const LONGEST_FOUND = 60

function describeFound(value: unknown): string {
  if (value === undefined) return 'but it is missing'
  if (value === null) return 'found null'
  if (Array.isArray(value)) return 'found a list'
  if (typeof value === 'object') return 'found an object'
  if (typeof value === 'string') {
    const shown = value.length > LONGEST_FOUND ? `${value.slice(0, LONGEST_FOUND)}…` : value
    return `found the text ${JSON.stringify(shown)}`
  }
  return `found ${String(value)}`
}

function nodeAt(root: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = root
  for (const key of path) {
    const open: SchemaNode | undefined = node?.anyOf?.find((option) => !typesOf(option).includes('null')) ?? node
    if (open === undefined) return undefined
    if (typeof key === 'number') node = open.items
    else if (open.properties !== undefined && Object.hasOwn(open.properties, key)) node = open.properties[String(key)]
    else node = typeof open.additionalProperties === 'object' ? open.additionalProperties : undefined
  }
  return node
}

function valueAt(document: unknown, path: Path): unknown {
  let value = document
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

function without(document: unknown, paths: readonly Path[]): unknown {
  const copy = structuredClone(document)
  for (const path of paths) {
    const owner = valueAt(copy, path.slice(0, -1))
    const key = path.at(-1)
    if (owner !== null && typeof owner === 'object' && key !== undefined) Reflect.deleteProperty(owner, key)
  }
  return copy
}
