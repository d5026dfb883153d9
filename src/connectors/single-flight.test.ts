import { describe, expect, test } from 'vitest'
import { createSharedFetch } from './single-flight.ts'

describe('shared fetch', () => {
  test('fifty concurrent askers cost one fetch', async () => {
    let fetches = 0
    const shared = createSharedFetch<number>({ ttlMs: 0, maxEntries: 10, now: () => 0 })
    const load = async () => {
      await Promise.resolve()
      return ++fetches
    }
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => shared.get('a', load))))).toEqual(new Set([1]))
    expect(await shared.get('a', load)).toBe(2)
  })

  test('an answer is reused until it expires', async () => {
    let time = 0
    let fetches = 0
    const shared = createSharedFetch<number>({ ttlMs: 100, maxEntries: 10, now: () => time })
    const load = async () => ++fetches
    await shared.get('a', load)
    time = 99
    expect(await shared.get('a', load)).toBe(1)
    time = 100
    expect(await shared.get('a', load)).toBe(2)
  })

  test('a failure reaches all who wait and is not remembered', async () => {
    const shared = createSharedFetch<string>({ ttlMs: 1000, maxEntries: 10, now: () => 0 })
    const failing = () => Promise.reject(new Error('away'))
    const both = await Promise.allSettled([shared.get('a', failing), shared.get('a', failing)])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await shared.get('a', async () => 'back')).toBe('back')
  })

  test('the oldest answer makes room', async () => {
    let fetches = 0
    const shared = createSharedFetch<number>({ ttlMs: 1000, maxEntries: 2, now: () => 0 })
    const load = async () => ++fetches
    await shared.get('a', load)
    await shared.get('b', load)
    await shared.get('c', load)
    expect(await shared.get('c', load)).toBe(3)
    expect(await shared.get('a', load)).toBe(4)
  })
})
