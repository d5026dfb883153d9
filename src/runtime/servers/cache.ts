/** Where BVPro keeps programs it obtained itself, and how several processes obtain one at the same time. */
import { constants, mkdtempSync } from 'node:fs'
import { access, mkdir, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { withFileLock } from './file-lock.ts'
import { StartupFault } from './startup-fault.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Called with one sentence per step, so that nobody stares at a silent screen while something is downloaded or built. */
export type ReportStep = (sentence: string) => void

/** `BVPRO_CACHE`, else `bvpro` in the user's cache folder (XDG Base Directory Specification). */
export function cacheDirectory(env: Environment = process.env): string {
  if (env.BVPRO_CACHE) return resolve(env.BVPRO_CACHE)
  return resolve(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bvpro')
}

/** Makes a folder of the cache. @throws StartupFault with a sentence when the cache cannot be written */
export async function ensureCacheFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new StartupFault(
      `The cache folder ${folder} cannot be written (${code}). Make it writable, or set BVPRO_CACHE to another folder.`,
      { cause: error },
    )
  }
}

/**
 * Runs `build` while no other process builds the same thing, with an empty scratch folder on the cache's own
 * file system: what is ready is moved into place by one rename, so a half-made program is never seen or run.
 * Waiting for another process is reported, and ends when `signal` says so. The scratch folder is removed in any case.
 */
export async function buildInCache<T>(
  cache: string,
  name: string,
  report: ReportStep,
  build: (scratch: string) => Promise<T>,
  signal?: AbortSignal | undefined,
): Promise<T> {
  await ensureCacheFolder(join(cache, 'bin'))
  return withFileLock(
    join(cache, `${name}.lock`),
    async () => {
      const scratch = mkdtempSync(join(cache, `${name}-`))
      try {
        return await build(scratch)
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    },
    { onWait: (pid) => report(`waiting for process ${pid}, which is obtaining ${name} already`), signal },
  )
}
