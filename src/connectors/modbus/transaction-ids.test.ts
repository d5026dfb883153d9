import { describe, expect, test } from 'vitest'
import { TransactionIds } from './transaction-ids.ts'

describe('transaction ids', () => {
  test('go round without ever being 0', () => {
    const ids = new TransactionIds(() => 0.99999)
    const seen = Array.from({ length: 70_000 }, () => ids.next())
    expect(Math.min(...seen)).toBe(1)
    expect(Math.max(...seen)).toBe(65_535)
    expect(new Set(seen).size).toBe(65_535)
  })

  test('tell a late answer from one to a question that was never asked', () => {
    const ids = new TransactionIds(() => 0)
    expect(ids.wasIssued(1)).toBe(false)
    expect([ids.next(), ids.next(), ids.next()]).toEqual([1, 2, 3])
    expect([0, 1, 2, 3, 4, 65_535].map((id) => ids.wasIssued(id))).toEqual([false, true, true, true, false, false])
    for (let index = 0; index < 256; index += 1) ids.next()
    expect([3, 4, 259].map((id) => ids.wasIssued(id))).toEqual([false, true, true])
  })

  test('know the ones before the turn', () => {
    const ids = new TransactionIds(() => 65_533 / 65_535)
    expect([ids.next(), ids.next(), ids.next()]).toEqual([65_534, 65_535, 1])
    expect([65_533, 65_534, 65_535, 0, 1, 2].map((id) => ids.wasIssued(id))).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
    ])
  })
})
