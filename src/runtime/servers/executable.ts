/** Finding programs and running them to their end, with a time limit and their last words kept for the error. */
import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from './cache.ts'

/** Full path of an executable file on PATH; undefined when there is none. */
export function findOnPath(name: string, env: Environment = process.env): string | undefined {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue
    const candidate = join(folder, name)
    if (isExecutable(candidate)) return candidate
  }
  return undefined
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

export interface RunOptions {
  readonly timeoutMs: number
  readonly env?: Environment
  readonly cwd?: string
  /** Ends the program and whatever it started when somebody does not want to wait for it any more. */
  readonly signal?: AbortSignal | undefined
}

/** A program that could not be started, failed, or took too long; `output` is the end of what it wrote. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly output: string
  constructor(message: string, output: string) {
    super(message)
    this.output = output
  }
}

const KEPT_OUTPUT = 16_000

/** Compilers remove their scratch files when they are asked to end; they are not given long to do it. */
const ABORT_GRACE_MS = 500

/**
 * Runs a program without a shell and resolves with what it wrote (standard output and errors together).
 * Throws `CommandFailed` when it cannot be started, exits with another code than 0, or runs longer than the limit, and
 * the reason of `signal` once it and its children have been ended because of that.
 */
export function run(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { signal } = options
  if (signal?.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...(options.env ?? process.env) },
      // A group of its own, so that what the program has started can be ended with it.
      detached: signal !== undefined,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    let output = ''
    let timedOut = false
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const end = (how: NodeJS.Signals) => (signal === undefined ? child.kill(how) : endGroup(child.pid, how))
    const timer = setTimeout(() => {
      timedOut = true
      end('SIGKILL')
    }, options.timeoutMs)
    let killing: NodeJS.Timeout | undefined
    const abort = () => {
      end('SIGINT')
      killing = setTimeout(() => end('SIGKILL'), ABORT_GRACE_MS)
    }
    signal?.addEventListener('abort', abort, { once: true })
    const settle = (problem: string | null) => {
      clearTimeout(timer)
      clearTimeout(killing)
      signal?.removeEventListener('abort', abort)
      if (signal?.aborted) reject(signal.reason)
      else if (problem === null) resolve(output)
      else reject(new CommandFailed(problem, output))
    }
    child.on('error', (error) => settle(`${file} cannot be started: ${error.message}`))
    child.on('close', (code, signal) => {
      if (timedOut) settle(`${file} took longer than ${Math.round(options.timeoutMs / 1000)} s`)
      else if (code !== 0) settle(`${file} ended with ${code === null ? `signal ${signal}` : `code ${code}`}`)
      else settle(null)
    })
  })
}

/** Signals a process group; one that has ended already is fine. */
function endGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** The last lines of a program's output, for a message; empty when there is none. */
export function lastLines(output: string, count = 3): string {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-count)
    .join(' | ')
}
