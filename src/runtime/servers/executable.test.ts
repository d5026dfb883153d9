import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CommandFailed, run } from './executable.ts'
import { identityOf, isRunning } from './process-identity.ts'

describe('running a program', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bvpro-run-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('resolves with what it wrote, and fails with its last words', async () => {
    expect(await run('sh', ['-c', 'echo out; echo err >&2'], { timeoutMs: 5_000 })).toMatch(/out[\s\S]*err/)
    const failure = await run('sh', ['-c', 'echo why >&2; exit 3'], { timeoutMs: 5_000 }).catch((error) => error)
    expect(failure).toBeInstanceOf(CommandFailed)
    expect(failure).toMatchObject({ message: 'sh ended with code 3', output: 'why\n' })
  })

  test('an abort ends the program and what it has started, also when both turn a deaf ear', async () => {
    const aborting = new AbortController()
    const file = join(folder, 'pids')
    const script = `trap '' INT; sleep 60 & echo $$ $! > ${file}; wait; wait`
    const running = run('sh', ['-c', script], { timeoutMs: 60_000, signal: aborting.signal })
    const pids = await untilWritten(file)
    aborting.abort(new Error('not needed any more'))
    await expect(running).rejects.toThrow('not needed any more')
    expect(pids).toHaveLength(2)
    for (const pid of pids) await expect.poll(() => isRunning(identityOf(pid))).toBe(false)
  })

  test('nothing is started when the abort came first', async () => {
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(run('sh', ['-c', 'true'], { timeoutMs: 5_000, signal })).rejects.toThrow('too late')
  })
})

async function untilWritten(file: string): Promise<number[]> {
  let text = ''
  await expect
    .poll(() => {
      try {
        text = readFileSync(file, 'utf8')
      } catch {
        // The shell has not come so far yet.
      }
      return text
    })
    .toMatch(/\d+ \d+\n/)
  return text.trim().split(' ').map(Number)
}
