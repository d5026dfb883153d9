/** The file `.env`: its variables, and the one way its syntax bites people who write passwords into it. */
import { parse } from 'dotenv'

export interface EnvironmentFile {
  readonly variables: Readonly<Record<string, string>>
  /** Variables whose value ends at an unquoted `#` in the middle of a word: most likely a password that got cut. */
  readonly cut: readonly string[]
}

/** An unquoted value with a `#` that no blank goes before; after a blank it begins a comment, as everybody means it. */
const CUT_VALUE = /^[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)[^\S\n]*=(?![^\S\n]*['"`])(?:[^\n#]*[^\s#])?#/gm

/** The variables of a `.env` text, and the names of those whose unquoted value a `#` has cut. */
export function parseEnvironmentFile(text: string): EnvironmentFile {
  const variables = parse(text.replace(/^\uFEFF/, ''))
  const cut = [...text.matchAll(CUT_VALUE)].flatMap(([, name]) => (name === undefined ? [] : [name]))
  return { variables, cut }
}
