import { expect, test } from 'vitest'
import { findSignals } from './signal-readings.ts'

const listed = [
  { id: '1', name: 'K1.GT_UTE', value: 1 },
  { id: '2', name: 'K3.GT_UTE', value: 2 },
  { id: '3', name: 'K1.BUS_VM1_Utgång', value: 3 },
]
const found = (id: string, name?: string) => {
  const [result] = findSignals([name === undefined ? { id } : { id, name }], listed)
  return [result?.signal?.value, result?.moved]
}

test('without a name the id decides', () => {
  expect(found('2')).toEqual([2, false])
  expect(found('9')).toEqual([undefined, false])
})

test('an id that has gone is found again by the full name', () => {
  expect(found('9', 'K3.GT_UTE')).toEqual([2, true])
})

test('an id that means another signal now does not give its value', () => {
  expect(found('1', 'K3.GT_UTE')).toEqual([2, true])
  expect(found('1', 'K2.GT_UTE')).toEqual([undefined, false])
})

test('letters may be composed or not', () => {
  expect(found('3', 'K1.BUS_VM1_Utga\u030Ang')).toEqual([3, false])
  expect(found('8', 'K1.BUS_VM1_Utga\u030Ang')).toEqual([3, true])
})
