/** The reader's language. */
import { expect, test } from 'vitest'
import { preferredLanguage } from './language.ts'

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['sv', 'sv'],
  ['sv-SE,sv;q=0.9,en;q=0.8', 'sv'],
  ['SV-se', 'sv'],
  ['en-GB,en;q=0.9,sv;q=0.8', 'en'],
  ['de,sv;q=0.5', 'sv'],
  ['en;q=0.3, sv;q=0.7', 'sv'],
  ['sv;q=0, en', 'en'],
  ['sv;q=0', 'en'],
  ['de-DE', 'en'],
  ['svx', 'en'],
  ['sv;q=nonsense', 'en'],
])('%j gets %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language)
})
