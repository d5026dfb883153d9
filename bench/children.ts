/** Processes that a benchmark starts beside itself: the simulated town, and an ordinary BVPro. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A Node process in the root of the project. */
export function start(command: string[], env: NodeJS.ProcessEnv, stdout: 'pipe' | 'ignore'): ChildProcess {
  return spawn(process.execPath, command, { cwd: ROOT, env, stdio: ['ignore', stdout, 'inherit'] })
}

/** What a child says first. @throws Error when it ends before */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no output')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('the child ended before it said anything')
}

/** Ends a child, by force after half a minute; one that is gone already is fine. */
export async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await Promise.race([ended, delay(30_000).then(() => child.kill('SIGKILL'))])
}
