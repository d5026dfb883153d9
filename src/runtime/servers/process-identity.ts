/** Telling processes apart for longer than they live: a process id is reused, the id together with its start time is not. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ProcessIdentity {
  readonly pid: number
  /** Opaque start time: clock ticks since boot on Linux, `ps` text elsewhere; null when the system does not tell. */
  readonly startedAt: string | null
}

/**
 * Start time of a running process, null when there is none or the system does not tell. On Linux field 22 of
 * /proc/PID/stat (proc(5)); the command name in field 2 may hold spaces and brackets, so counting starts after it.
 */
export function processStartTime(pid: number): string | null {
  if (process.platform === 'linux') {
    const stat = readProcFile(pid, 'stat')
    if (stat === null) return null
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[19] ?? null
  }
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim()
    return text === '' ? null : text
  } catch {
    // ps exits with 1 when there is no such process, and is absent on some systems: both mean "not known".
    return null
  }
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startedAt: processStartTime(process.pid) }
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: processStartTime(pid) }
}

/** Whether this very process still runs. A zombie has ended, and another process that got the same id is not it. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives but belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  if (process.platform === 'linux' && isZombie(pid)) return false
  const present = processStartTime(pid)
  return startedAt === null || present === null || present === startedAt
}

function isZombie(pid: number): boolean {
  const stat = readProcFile(pid, 'stat')
  return stat?.slice(stat.lastIndexOf(')') + 2).startsWith('Z') === true
}

/** A text file of /proc, null when the process is gone or not ours to look at. */
export function readProcFile(pid: number, name: 'stat' | 'cmdline' | 'environ'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // Vanished meanwhile, or of another user: there is nothing to know.
    return null
  }
}

/** Reads `{pid, startedAt}` from JSON text; null for anything else, such as a half-written file. */
export function parseIdentity(text: string): ProcessIdentity | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  return readIdentity(value)
}

export function readIdentity(value: unknown): ProcessIdentity | null {
  if (typeof value !== 'object' || value === null) return null
  const { pid, startedAt } = value as { pid?: unknown; startedAt?: unknown }
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null
  return { pid, startedAt: typeof startedAt === 'string' ? startedAt : null }
}

/**
 * Ends a process: SIGTERM, after `graceMs` SIGKILL. Resolves when it has ended; throws when it outlives SIGKILL.
 * Never signals another process that was given the same id meanwhile.
 */
export async function terminate(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (await signalAndWait(identity, 'SIGTERM', graceMs)) return
  if (await signalAndWait(identity, 'SIGKILL', 5_000)) return
  throw new Error(`process ${identity.pid} does not end, not even by SIGKILL`)
}

async function signalAndWait(identity: ProcessIdentity, signal: NodeJS.Signals, waitMs: number): Promise<boolean> {
  if (!isRunning(identity)) return true
  try {
    process.kill(identity.pid, signal)
  } catch (error) {
    if (!isRunning(identity)) return true
    throw error
  }
  const deadline = Date.now() + waitMs
  while (Date.now() < deadline) {
    if (!isRunning(identity)) return true
    await sleep(50)
  }
  return !isRunning(identity)
}
