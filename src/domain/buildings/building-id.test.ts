import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildingIdFrom } from './building-id.ts'

test.each([
  ['TE901_KVARNEN', 'TE901_KVARNEN'],
  ['TE901 Kvarnen', 'TE901_KVARNEN'],
  ['Söderåsens skola (hus B)', 'SODERASENS_SKOLA_HUS_B'],
  ['  ', ''],
  ['北館', ''],
])('%s → %s', (name, id) => expect(buildingIdFrom(name)).toBe(id))

test('whatever the name, it is an id or nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
      expect(buildingIdFrom(name)).toMatch(/^([A-Za-z0-9][A-Za-z0-9_-]{0,63})?$/)
    }),
  )
})
