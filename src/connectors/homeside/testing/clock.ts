/** A clock for tests: waiting takes no time and is remembered. */
import type { Clock } from '../reading.ts'

export interface TestClock extends Clock {
  readonly waits: readonly number[]
  advance(ms: number): void
}

export function createTestClock(): TestClock {
  let time = 0
  const waits: number[] = []
  return {
    waits,
    now: () => time,
    advance(ms) {
      time += ms
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      waits.push(ms)
      time += ms
    },
  }
}
