/** Secrets at rest: what opens, what does not, and what an exchange of the key needs. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadConfig, BadData } from '../../connectors/errors.ts'
import { isSealedWith, keyedName, openValue, sealingKeyOf, sealValue } from './sealed-value.ts'

const key = sealingKeyOf('invented secret of this installation')
const other = sealingKeyOf('invented secret of another installation')
const PLACE = 'credentials/house:HEM_FJV_Villa_901'

describe('a sealed value', () => {
  test('opens where it was sealed for, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (plaintext, place) => {
        expect(openValue(key, sealValue(key, plaintext, place), place)).toBe(plaintext)
      }),
      { numRuns: 200 },
    )
  })

  test('shows nothing of what it holds, and is another one every time', () => {
    const sealed = Array.from({ length: 50 }, () => sealValue(key, 'planted-word', PLACE))
    expect(new Set(sealed).size).toBe(50)
    for (const one of sealed) {
      expect(one).not.toContain('planted')
      expect(Buffer.from(one.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain('planted')
    }
  })

  test('does not open in another place: a row copied to another house gives away nothing', () => {
    const sealed = sealValue(key, 'planted-word', PLACE)
    expect(() => openValue(key, sealed, 'credentials/house:HEM_FJV_Villa_902')).toThrow(BadData)
  })

  test('does not open when any character of it was changed', () => {
    const sealed = sealValue(key, 'planted-word', PLACE)
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = `${sealed.slice(0, index)}${sealed[index] === 'A' ? 'B' : 'A'}${sealed.slice(index + 1)}`
      let opened: string | undefined
      try {
        opened = openValue(key, changed, PLACE)
      } catch (error) {
        expect([BadData, BadConfig]).toContain((error as Error).constructor)
        expect(String(error)).not.toContain('planted')
        continue
      }
      // The last character of base64 may hold bits that stand for nothing.
      expect([index, opened]).toEqual([sealed.length - 1, 'planted-word'])
    }
  })

  test.each(['', 'planted-word', 'v1.abc', 'v2.AAAAAAAA.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA'])(
    'is not %j',
    (text) => {
      expect(() => openValue(key, text, PLACE)).toThrow(BadData)
    },
  )
})

describe('the key', () => {
  test('of another installation does not open it, and the message names the key and not the value', () => {
    const sealed = sealValue(other, 'planted-word', PLACE)
    expect(() => openValue(key, sealed, PLACE)).toThrow(BadConfig)
    expect(() => openValue(key, sealed, PLACE)).toThrow(other.id)
  })

  test('can be exchanged: the one before still opens, and what it sealed can be told apart', () => {
    const old = sealValue(other, 'planted-word', PLACE)
    expect(openValue([key, other], old, PLACE)).toBe('planted-word')
    expect(isSealedWith(key, old)).toBe(false)
    expect(isSealedWith(key, sealValue(key, 'planted-word', PLACE))).toBe(true)
  })

  test('is the same in every process, and its id is no part of it', () => {
    expect(sealingKeyOf('invented secret of this installation').id).toBe(key.id)
    expect(key.encryption.toString('base64url')).not.toContain(key.id)
    expect(key.encryption.equals(key.naming)).toBe(false)
  })

  test('makes names that differ with text and key', () => {
    expect(keyedName(key, 'a')).toBe(keyedName(key, 'a'))
    expect(new Set([keyedName(key, 'a'), keyedName(key, 'b'), keyedName(other, 'a')]).size).toBe(3)
  })
})
