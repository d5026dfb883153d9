import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLogger } from './log.ts'
import { keepSystemLoops } from './system-loops.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('looks every minute, tells what it started, and goes on after a failure', async () => {
  const lines: Record<string, unknown>[] = []
  const log = createLogger('info', { write: (line: string) => lines.push(JSON.parse(line)) })
  const answers = [async () => ['reconcile'], async () => Promise.reject(new Error('no server')), async () => []]
  let looks = 0
  const end = keepSystemLoops(async () => {
    looks += 1
    return (answers.shift() ?? (async () => []))()
  }, log)
  await vi.advanceTimersByTimeAsync(4 * 60_000)
  end()
  await vi.advanceTimersByTimeAsync(4 * 60_000)
  expect(looks).toBe(4)
  expect(lines).toMatchObject([
    { event: 'loop.restarted', workflow: 'reconcile' },
    { event: 'loop.not_restarted', reason: 'no server' },
  ])
})
