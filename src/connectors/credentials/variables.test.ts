import { expect, test } from 'vitest'
import { BadConfig } from '../errors.ts'
import {
  allCredentialVariables,
  credentialVariables,
  isReference,
  referenceOfCreated,
  referenceVariables,
  refuseUnkeepable,
  variablesOf,
} from './variables.ts'

const house = (id: string) => ({ kind: 'house', id }) as const

test('names are written in upper case, with "_" for what a shell cannot export', () => {
  expect(credentialVariables(house('HEM_FJV_Villa_901')).PASSWORD).toBe('HOUSE_HEM_FJV_VILLA_901_PASSWORD')
  expect(credentialVariables(house('villa-ek')).PASSWORD).toBe('HOUSE_VILLA_EK_PASSWORD')
  expect(credentialVariables({ kind: 'building', id: 'Kvarnen 2' }).USERNAME).toBe('BUILDING_KVARNEN_2_USERNAME')
})

test('they are read with the id as it is spelt first', () => {
  expect(variablesOf(house('Villa_1'), 'PASSWORD')).toEqual(['HOUSE_Villa_1_PASSWORD', 'HOUSE_VILLA_1_PASSWORD'])
})

test('removal knows all names and no others', () => {
  expect(allCredentialVariables(house('H1'))).toEqual(['HOUSE_H1_USERNAME', 'HOUSE_H1_PASSWORD', 'HOUSE_H1_METER_IDS'])
})

test('a reference is c and 16 hexadecimal digits, and is found again by its variable', () => {
  expect(isReference('c0123456789abcdef')).toBe(true)
  for (const other of ['', 'c0123456789ABCDEF', 'c0123456789abcde', 'c0123456789abcdef0', '../c0123456789abcdef']) {
    expect(isReference(other)).toBe(false)
  }
  const names = referenceVariables('c0123456789abcdef')
  expect(names.PASSWORD).toBe('CREDENTIAL_C0123456789ABCDEF_PASSWORD')
  expect(referenceOfCreated(names.CREATED)).toBe('c0123456789abcdef')
  expect(referenceOfCreated(names.PASSWORD)).toBeUndefined()
})

test.each([
  ['  ', 'the password is empty'],
  ['one\ntwo', 'the password holds a line break'],
  ['one\rtwo', 'the password holds a line break'],
  ['one\u2028two', 'the password holds a line break'],
  ['one\0two', 'the password holds a NUL character'],
  ['one\uD800two', 'the password holds half a character'],
])('%j is refused without being repeated', (value, message) => {
  const refusal = () => refuseUnkeepable('password', value)
  expect(refusal).toThrow(BadConfig)
  expect(refusal).toThrow(message)
  expect(refusal).not.toThrow(/two/)
})

test('blanks around it, quotation marks and letters of any alphabet are fine', () => {
  for (const value of [' p ', 'p"\'`$#\\', 'lösenord åäö 密码 🔥', 'a\tb'])
    expect(() => refuseUnkeepable('p', value)).not.toThrow()
})
