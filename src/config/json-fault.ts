/** Finds where a text stops being JSON (RFC 8259), for messages a person can follow to the spot. */

export interface JsonFault {
  /** Both count from 1; the column counts UTF-16 units, as editors do. */
  readonly line: number
  readonly column: number
  /** Completes "expected …". */
  readonly expected: string
}

class Fault extends Error {
  readonly offset: number
  readonly expected: string
  constructor(offset: number, expected: string) {
    super(expected)
    this.offset = offset
    this.expected = expected
  }
}

/** @returns undefined when the text is JSON */
export function locateJsonFault(text: string): JsonFault | undefined {
  try {
    const end = skipBlanks(text, value(text, skipBlanks(text, 0)))
    if (end < text.length) throw new Fault(end, 'the end of the file')
    return undefined
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const before = text.slice(0, error.offset).split('\n')
    return { line: before.length, column: (before.at(-1) ?? '').length + 1, expected: error.expected }
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const STRING_PART = /[^"\\\p{Cc}]+|[\u007f-\u009f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/uy

/** Each reader takes the offset where its construct begins and returns the offset after it. */
function value(text: string, at: number): number {
  const first = text[at]
  if (first === '{') return members(text, at, '}', member)
  if (first === '[') return members(text, at, ']', value)
  if (first === '"') return string(text, at)
  const end = match(NUMBER, text, at) ?? match(WORD, text, at)
  if (end === undefined) throw new Fault(at, 'a value')
  return end
}

function members(text: string, open: number, close: string, read: (text: string, at: number) => number): number {
  let at = skipBlanks(text, open + 1)
  if (text[at] === close) return at + 1
  for (;;) {
    at = skipBlanks(text, read(text, at))
    if (text[at] === close) return at + 1
    if (text[at] !== ',') throw new Fault(at, `"," or "${close}"`)
    at = skipBlanks(text, at + 1)
  }
}

function member(text: string, at: number): number {
  if (text[at] !== '"') throw new Fault(at, 'a name in double quotation marks')
  const colon = skipBlanks(text, string(text, at))
  if (text[colon] !== ':') throw new Fault(colon, '":"')
  return value(text, skipBlanks(text, colon + 1))
}

function string(text: string, open: number): number {
  let at = open + 1
  while (text[at] !== '"') {
    const end = match(STRING_PART, text, at)
    if (end === undefined) {
      throw new Fault(at, text[at] === '\\' ? 'a valid escape sequence' : 'the closing quotation mark of the text')
    }
    at = end
  }
  return at + 1
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1
  return at
}

function match(regex: RegExp, text: string, at: number): number | undefined {
  regex.lastIndex = at
  return regex.test(text) ? regex.lastIndex : undefined
}
