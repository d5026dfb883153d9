/** What is wrong with a request, in words: the validator's own name its types and formats. */
import type { z } from 'zod'

export interface RequestFault {
  readonly path: string
  readonly message: string
}

/** @param given the query or body as it came */
export function requestFaults(issues: readonly z.core.$ZodIssue[], given: unknown): RequestFault[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'there is no such field' }))
      : [{ path: issue.path.join('.'), message: describe(issue, given) }],
  )
}

/** A value given for one of these is never repeated, however wrong it is. */
const SECRET = /pass|secret|token|credential/i

function describe(issue: z.core.$ZodIssue, given: unknown): string {
  const expected = expectation(issue)
  if (expected === undefined) return issue.message
  const secret = issue.path.some((key) => SECRET.test(String(key)))
  return `expected ${expected}${secret ? '' : `, ${describeFound(valueAt(given, issue.path))}`}`
}

/** Undefined where the message is one of ours, or tells all there is to tell. */
function expectation(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return bounded(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)
    case 'too_big':
      return bounded(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)
    case 'invalid_union':
      return 'another form'
    default:
      return undefined
  }
}

const TYPES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object { … }',
  record: 'an object { … }',
}

function bounded(origin: string, limit: string, bound: number | bigint): string {
  const one = Number(bound) === 1
  if (origin === 'string') return `text of ${limit} ${bound} ${one ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set') return `a list of ${limit} ${bound} ${one ? 'entry' : 'entries'}`
  return `${TYPES[origin] ?? 'a number'} of ${limit} ${bound}`
}

const LONGEST_FOUND = 60

function describeFound(value: unknown): string {
  if (value === undefined) return 'but it is missing'
  if (Array.isArray(value)) return 'found a list'
  if (typeof value === 'object' && value !== null) return 'found an object'
  const shown = typeof value === 'string' && value.length > LONGEST_FOUND ? `${value.slice(0, LONGEST_FOUND)}…` : value
  return `found ${JSON.stringify(shown)}`
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  let value = given
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}
