/**
 * Changes variables in the text of an `.env` file and leaves every other byte of it alone. Each result is read back
 * before it is handed on: what a value does to the lines around it is decided by the reader, not by this file.
 */
import { parseEnvironmentFile } from '../../config/environment-file.ts'
import { BadConfig } from '../errors.ts'

export interface EnvironmentEdit {
  readonly set?: Readonly<Record<string, string>>
  /** Exact names; those that are not there are no fault. */
  readonly remove?: readonly string[]
  readonly owner: Owner
}

/** Whose variables these are. BVPro's own comment above those it adds says so, and goes with the last of them. */
export interface Owner {
  /** Such as `house HEM_FJV_Villa_901`. */
  readonly name: string
  /** All the owner's variables, whether they are there or not. */
  readonly variables: readonly string[]
}

/** The one kind of comment that BVPro writes and takes away; nobody else's is ever touched. */
const commentOf = ({ name }: Owner) => `# ${oneLine(name)}, kept by BVPro`
const COMMENT = /^# (.+), kept by BVPro$/

/**
 * How dotenv finds a variable: name, and value with the quotation marks around it. A value may go over several lines.
 * The groups are its own (https://github.com/motdotla/dotenv, `LINE`), so that the same lines are meant.
 */
const ENTRY =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/dgm

/** What {@link waysToQuote} puts behind a value that ends with a backslash. */
const GUARD = /^ # ['"`]\.$/

interface Entry {
  readonly name: string
  /** Indices of its first and last line. */
  readonly first: number
  readonly last: number
  /** What stands before the name and behind the value: `export `, a comment. */
  readonly before: string
  readonly behind: string
}

/**
 * @returns the changed text; the same text when there is nothing to change
 * @throws BadConfig when a value cannot be written so that it is read back the same, or not without changing others
 */
export function editEnvironmentText(text: string, edit: EnvironmentEdit): string {
  const { set = {}, remove = [], owner } = edit
  const present = parseEnvironmentFile(text).variables
  const changed = Object.entries(set).filter(([name, value]) => present[name] !== value)
  const gone = remove.filter((name) => Object.hasOwn(present, name))
  if (changed.length === 0 && gone.length === 0) return text

  const wanted = expected(present, Object.fromEntries(changed), gone)
  for (const quoted of quotations(changed)) {
    const result = rewrite(text, quoted, gone, owner)
    if (sameVariables(parseEnvironmentFile(result).variables, wanted)) return result
  }
  throw new BadConfig(
    changed.length === 0
      ? `${gone.join(', ')} cannot be removed from .env without changing other variables; mend the quotation marks there`
      : `${changed.map(([name]) => name).join(', ')} cannot be written into .env so that the same is read back: the ` +
          'value mixes "#" with all kinds of quotation marks, or those in .env are not closed. Set BVPRO_SECRETS_KEY, ' +
          'so that credentials are kept in the store instead, or choose another password',
  )
}

/** The owner that BVPro's own comment names above a variable; undefined when there is no such comment. */
export function ownerAbove(text: string, name: string): string | undefined {
  const lines = splitLines(text)
  const entry = entriesOf(lines).findLast((one) => one.name === name)
  const comment = entry === undefined ? undefined : lines[commentAbove(lines, entry.first) ?? -1]
  return comment === undefined ? undefined : COMMENT.exec(comment.text)?.[1]
}

interface Line {
  readonly text: string
  /** Its line break as it is; empty at the end of the text. */
  readonly end: string
}

function splitLines(text: string): Line[] {
  return [...text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)]
    .map(([, line = '', end = '']) => ({ text: line, end }))
    .filter(({ text: line, end }) => line !== '' || end !== '')
}

function entriesOf(lines: readonly Line[]): Entry[] {
  const text = lines.map((line) => line.text.replace(/^\uFEFF/, ' ')).join('\n')
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  let line = 0
  // Asked for ever later places.
  const lineAt = (index: number) => {
    while ((starts[line + 1] ?? Number.POSITIVE_INFINITY) <= index) line += 1
    return line
  }

  return [...text.matchAll(ENTRY)].map((match) => {
    const [nameStart, nameEnd] = match.indices?.[1] ?? [0, 0]
    const [valueStart, valueEnd] = match.indices?.[2] ?? [nameEnd, nameEnd]
    const first = lineAt(nameStart)
    const last = match[2] === undefined ? first : lineAt(valueEnd)
    const behind = match[2] === undefined ? '' : text.slice(valueEnd, endOf(text, valueEnd))
    return {
      name: match[1] ?? '',
      first,
      last,
      before: (lines[first]?.text ?? '').slice(0, nameStart - (starts[first] ?? 0)),
      behind: isCut(text.slice(valueStart, valueEnd), behind) || GUARD.test(behind) ? '' : separated(behind),
    }
  })
}

function endOf(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** An unquoted value that runs into a `#`: what follows is the rest of a password and no comment. */
function isCut(value: string, behind: string): boolean {
  return behind.startsWith('#') && !/^\s*['"`]/.test(value) && !/\s$/.test(value)
}

function separated(behind: string): string {
  return behind.startsWith('#') ? ` ${behind}` : behind
}

/** Index of BVPro's comment above a line, or above the variables between; undefined when there is none. */
function commentAbove(lines: readonly Line[], line: number): number | undefined {
  for (let index = line - 1; index >= 0; index--) {
    const text = lines[index]?.text ?? ''
    if (COMMENT.test(text)) return index
    if (text.trim() === '' || text.startsWith('#')) return undefined
  }
  return undefined
}

/** An id may hold anything a file name may. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '?')
}

function rewrite(
  text: string,
  quoted: Readonly<Record<string, string>>,
  remove: readonly string[],
  owner: Owner,
): string {
  const lines = splitLines(text)
  const entries = entriesOf(lines)
  const replaced = new Map<number, string | undefined>()
  const placed = new Map<string, number>()
  // Of several lines with one name the last one counts; the others hold outdated secrets.
  for (const { name, first, last, before, behind } of entries.toReversed()) {
    const value = quoted[name]
    if (value === undefined && !remove.includes(name)) continue
    for (let line = first; line <= last; line++) replaced.set(line, undefined)
    if (value === undefined || placed.has(name)) continue
    replaced.set(first, `${before}${name}=${value}${behind}`)
    placed.set(name, first)
  }
  const added = Object.entries(quoted)
    .filter(([name]) => !placed.has(name))
    .map(([name, value]) => `${name}=${value}`)
  const beside = Math.max(-1, ...placed.values())
  const newLine = lines.find(({ end }) => end !== '')?.end ?? '\n'
  const kept = lines.flatMap((line, index) => {
    const more = index === beside ? added.map((one) => ({ text: one, end: newLine })) : []
    if (!replaced.has(index)) return [line, ...more]
    const replacement = replaced.get(index)
    if (replacement === undefined) return more
    return [{ text: replacement, end: more.length > 0 ? line.end || newLine : line.end }, ...more]
  })
  const remaining = remove.length === 0 ? kept : withoutIdleComment(kept, owner)
  if (beside !== -1 || added.length === 0) return joined(remaining)
  const last = remaining.at(-1)
  const separator = last === undefined || last.end !== '' ? '' : newLine
  return `${joined(remaining)}${separator}${[commentOf(owner), ...added].map((one) => `${one}${newLine}`).join('')}`
}

/** A comment of the owner that stands above none of the owner's variables any more goes. */
function withoutIdleComment(lines: readonly Line[], owner: Owner): readonly Line[] {
  const own = entriesOf(lines).filter(({ name }) => owner.variables.includes(name))
  const used = new Set(own.map(({ first }) => commentAbove(lines, first)))
  return lines.filter(({ text }, index) => text !== commentOf(owner) || used.has(index))
}

function joined(lines: readonly Line[]): string {
  return lines.map(({ text, end }) => `${text}${end}`).join('')
}

function expected(
  present: Readonly<Record<string, string>>,
  changed: Readonly<Record<string, string>>,
  gone: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries({ ...present, ...changed }).filter(([name]) => !gone.includes(name)))
}

function sameVariables(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
}

/** Every way to quote all values together, the ones that most readers understand first. */
function quotations(values: readonly (readonly [name: string, value: string])[]): Record<string, string>[] {
  return values.reduce<Record<string, string>[]>(
    (combinations, [name, value]) =>
      combinations.flatMap((combination) => waysToQuote(value).map((quoted) => ({ ...combination, [name]: quoted }))),
    [{}],
  )
}

function waysToQuote(value: string): string[] {
  // Behind a backslash dotenv may overlook the closing mark and look for one in the lines below. One more in a comment
  // on the same line, which cannot be the end of a value, keeps it from going there.
  const between = (mark: string) => `${mark}${value}${mark}${value.endsWith('\\') ? ` # ${mark}.` : ''}`
  const single = between("'")
  const double = between('"')
  const backticks = between('`')
  // Shells, Docker Compose and Node take all between single quotation marks as it stands; between double ones, these
  // four characters mean something to some of them.
  const understoodByMost = [
    ...(value.includes("'") ? [] : [single]),
    ...(/["\\$`]/.test(value) ? [] : [double]),
    ...(value.includes('`') ? [] : [backticks]),
  ]
  const ways = [...new Set([...understoodByMost, single, double, backticks, value])]
  return ways.filter((way) => parseEnvironmentFile(`A=${way}\n`).variables.A === value)
}
