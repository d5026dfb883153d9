/** Replacing a document by a merge patch. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyMergePatch } from '../../config/merge-patch.ts'
import { replacingPatch } from './replacing-patch.ts'

const value = fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 2 }))
const document = fc.dictionary(fc.string(), fc.oneof(value, fc.dictionary(fc.string(), value, { maxKeys: 3 })), {
  maxKeys: 5,
})

test('makes any document out of any other', () => {
  fc.assert(
    fc.property(document, document, (present, wanted) => {
      expect(applyMergePatch(present, replacingPatch(present, wanted))).toEqual({ ...wanted })
    }),
  )
})

test('leaves alone what it was not told of', () => {
  const patch = replacingPatch({ name: 'Hall', preferences: { min_temp: 15 } }, { name: 'Hall', preferences: {} })
  expect(applyMergePatch({ name: 'Old', preferences: { min_temp: 15, of_others: 1 }, of_others: 2 }, patch)).toEqual({
    name: 'Hall',
    preferences: { of_others: 1 },
    of_others: 2,
  })
})
