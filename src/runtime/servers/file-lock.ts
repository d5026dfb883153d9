/** A lock between processes: a file that names its holder, so that a lock left behind by a killed process is seen. */
import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, ownIdentity, type ProcessIdentity, parseIdentity } from './process-identity.ts'

export interface FileLockOptions {
  /** Called once when another living process holds the lock. */
  readonly onWait?: (holderPid: number) => void
  /** Ends the waiting; the promise rejects with its reason. An action that has begun is not affected. */
  readonly signal?: AbortSignal | undefined
}

const RETRY_MS = 200

/** A holder writes its name right after it made the file; an empty file older than this belongs to one killed in between. */
const NAMELESS_LOCK_MS = 5_000

async function tryLock(path: string, identity: ProcessIdentity): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    try {
      await file.writeFile(JSON.stringify(identity))
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}

/** The living holder; null when the lock is free, left behind by a dead process, or not yet named. */
async function livingHolder(path: string, namelessSince: number): Promise<ProcessIdentity | 'unnamed' | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
  const holder = parseIdentity(text)
  if (holder === null) return Date.now() - namelessSince < NAMELESS_LOCK_MS ? 'unnamed' : null
  return isRunning(holder) ? holder : null
}

/**
 * Takes a dead holder's lock away. Between looking and taking, another waiter may have done the same and locked:
 * what was taken is looked at once more, and given back to a living holder.
 */
async function clearAbandoned(path: string): Promise<void> {
  const taken = `${path}.${randomUUID()}`
  try {
    await rename(path, taken)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  const holder = parseIdentity(await readFile(taken, 'utf8'))
  if (holder !== null && isRunning(holder)) await rename(taken, path)
  else await rm(taken, { force: true })
}

/** Runs `action` while holding the lock file at `path`; its folder must exist. Waits as long as a living process holds it. */
export async function withFileLock<T>(
  path: string,
  action: () => Promise<T>,
  options: FileLockOptions = {},
): Promise<T> {
  const identity = ownIdentity()
  let namelessSince: number | null = null
  let announced = false
  for (;;) {
    options.signal?.throwIfAborted()
    if (await tryLock(path, identity)) break
    const holder = await livingHolder(path, namelessSince ?? Date.now())
    namelessSince = holder === 'unnamed' ? (namelessSince ?? Date.now()) : null
    if (holder === null) {
      await clearAbandoned(path)
      continue
    }
    if (holder !== 'unnamed' && !announced) {
      announced = true
      options.onWait?.(holder.pid)
    }
    await sleep(RETRY_MS)
  }
  try {
    return await action()
  } finally {
    await rm(path, { force: true })
  }
}

export function isErrno(error: unknown, code: string): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === code
}
