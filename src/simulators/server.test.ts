import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { send } from './homeside/testing/portal-client.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function start(...parameters: string[]): ChildProcess {
  const script = fileURLToPath(new URL('./server.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...parameters], { stdio: ['pipe', 'pipe', 'pipe'] })
  children.push(child)
  return child
}

async function firstLine({ stdout }: ChildProcess): Promise<{ url: string; houses: number }> {
  if (stdout === null) throw new Error('no output')
  const [line] = (await once(createInterface(stdout), 'line')) as [string]
  return JSON.parse(line) as { url: string; houses: number }
}

test('prints its URLs, serves, and stops on SIGTERM', async () => {
  const child = start('--houses', '3')
  const { url, houses } = await firstLine(child)
  expect(houses).toBe(3)
  expect((await send('GET', `${url}/town`)).status).toBe(200)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test('stops when its input ends, if asked to', async () => {
  const child = start('--houses', '1', '--exit-on-stdin-end')
  await firstLine(child)
  const ended = once(child, 'exit')
  child.stdin?.end()
  expect(await ended).toEqual([0, null])
})

test('stops when its parent has gone, if asked to', async () => {
  const script = fileURLToPath(new URL('./server.ts', import.meta.url))
  const parameters = ['--import', 'tsx', script, '--houses', '1', '--exit-with-parent']
  const program = `require('node:child_process').spawn(process.execPath, ${JSON.stringify(parameters)}, { stdio: ['ignore', 'inherit', 'inherit'] })`
  const parent = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'pipe'] })
  children.push(parent)
  await firstLine(parent)
  // The town holds the parent's output open: it closes when both have gone.
  const closed = once(parent, 'close')
  parent.kill('SIGKILL')
  expect(await closed).toEqual([null, 'SIGKILL'])
})

test('refuses wrong usage with exit code 2', async () => {
  const child = start('--houses', 'many')
  expect(await once(child, 'exit')).toEqual([2, null])
})
