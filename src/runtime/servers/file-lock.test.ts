import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withFileLock } from './file-lock.ts'
import { isRunning, ownIdentity } from './process-identity.ts'

let folder: string
let lock: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bvpro-lock-'))
  lock = join(folder, 'a.lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('one holder at a time, and every waiter has its turn', async () => {
  let inside = 0
  let most = 0
  const turns = await Promise.all(
    [1, 2, 3].map((turn) =>
      withFileLock(lock, async () => {
        inside += 1
        most = Math.max(most, inside)
        await new Promise((resolve) => setImmediate(resolve))
        inside -= 1
        return turn
      }),
    ),
  )
  expect(turns).toEqual([1, 2, 3])
  expect(most).toBe(1)
  expect(readdirSync(folder)).toEqual([])
})

test('is given back when the action fails', async () => {
  await expect(withFileLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(existsSync(lock)).toBe(false)
})

test('a lock left behind by a killed process is taken over', async () => {
  const { pid } = spawnSync('true')
  writeFileSync(lock, JSON.stringify({ pid, startedAt: '1' }))
  expect(await withFileLock(lock, async () => 'mine')).toBe('mine')
})

test('so is one whose holder’s process id was given to another process since', async () => {
  writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt: 'before the last boot' }))
  expect(await withFileLock(lock, async () => 'mine')).toBe('mine')
})

test('says once for whom it waits', async () => {
  const waited: number[] = []
  let second: Promise<void> = Promise.resolve()
  await withFileLock(lock, async () => {
    second = withFileLock(lock, async () => undefined, { onWait: (pid) => waited.push(pid) })
    await expect.poll(() => waited).toEqual([process.pid])
  })
  await second
  expect(waited).toEqual([process.pid])
})

test('this process runs, one that has ended does not', () => {
  expect(isRunning(ownIdentity())).toBe(true)
  expect(isRunning({ pid: spawnSync('true').pid, startedAt: null })).toBe(false)
})
