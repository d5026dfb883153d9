import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { locateJsonFault } from './json-fault.ts'

describe('a text that is not JSON', () => {
  test.each([
    ['', 1, 1, 'a value'],
    ['{\n  "a": 1,\n  "b": tru\n}', 3, 8, 'a value'],
    ['{"a": 1,}', 1, 9, 'a name in double quotation marks'],
    ["{'a': 1}", 1, 2, 'a name in double quotation marks'],
    ['{\n  "a" 1\n}', 2, 7, '":"'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, '"," or "}"'],
    ['[1, 2', 1, 6, '"," or "]"'],
    ['{"a": 1} x', 1, 10, 'the end of the file'],
    ['{"a": "x\n"}', 1, 9, 'the closing quotation mark of the text'],
    ['{"a": "\\x"}', 1, 8, 'a valid escape sequence'],
    ['{"a": 01}', 1, 8, '"," or "}"'],
    ['{"a": NaN}', 1, 7, 'a value'],
  ])('%j stops being it at line %i, column %i', (text, line, column, expected) => {
    expect(locateJsonFault(text)).toEqual({ line, column, expected })
  })

  test('is told from JSON exactly as the engine tells it', () => {
    const isJson = (text: string) => {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    }
    const json = fc.json()
    const damaged = fc
      .tuple(
        json,
        fc.nat(),
        fc.constantFrom('', ',', '"', '{', ']', ':', '\\', '\n', 'e', '-', '0', '\u0085', '\u0001'),
      )
      .map(([text, at, piece]) => {
        const cut = at % (text.length + 1)
        return text.slice(0, cut) + piece + text.slice(cut + 1)
      })
    fc.assert(
      fc.property(fc.oneof(json, damaged, fc.string()), (text) => {
        expect(locateJsonFault(text) === undefined).toBe(isJson(text))
      }),
      { numRuns: 2000 },
    )
  })
})
