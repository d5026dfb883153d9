/** Starting and ending the server processes of tests, so that none outlives its test run. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 20_000

export interface Server {
  /** What it printed so far, for error messages. */
  output(): string
  stop(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Starts a server and resolves when `ready` does so; rejects with its output when it ends before, or takes too long.
 */
export async function startServer(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  ready: () => Promise<boolean>,
): Promise<Server> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  const keep = (chunk: unknown) => {
    printed = (printed + String(chunk)).slice(-20_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  let failure: Error | undefined
  child.on('error', (error) => {
    failure = error
  })
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)

  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await ready())) {
    if (failure !== undefined || hasEnded(child) || Date.now() > deadline) {
      child.kill('SIGKILL')
      process.off('exit', killAtExit)
      throw new Error(`${command} did not start: ${failure?.message ?? ''}\n${printed}`)
    }
    await sleep(50)
  }
  return {
    output: () => printed,
    stop: async (signal = 'SIGTERM') => {
      process.off('exit', killAtExit)
      if (hasEnded(child)) return
      const ended = once(child, 'exit')
      child.kill(signal)
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await ended
      clearTimeout(force)
    },
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
