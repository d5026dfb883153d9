/**
 * Changes an `.env` file as a whole: one writer at a time, also of several processes, readable by its owner alone, and
 * after a crash either the old file or the new one.
 */
import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, realpath, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errorCode, removeIfPresent } from '../../config/files.ts'
import { withFileLock } from '../../runtime/servers/file-lock.ts'
import { BadConfig, StoreUnavailable } from '../errors.ts'

export interface EnvironmentHome {
  readonly environmentFile: string
  /** Taken by every process that changes the file; its folder is made when it is missing. */
  readonly lockFile: string
}

/** Somebody edits the file in between, without the lock; each time it is read anew. */
const ATTEMPTS = 20

/** A folder that cannot be written, and a file that is mounted by itself, answer with one of these. */
const CANNOT_REPLACE = new Set(['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'])

export class EnvironmentEditor {
  readonly #home: EnvironmentHome
  /** Waiting here is in turn; between processes it is not. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(home: EnvironmentHome) {
    this.#home = home
  }

  /**
   * What the file holds at this moment; empty when there is none.
   * @throws BadConfig when it is not UTF-8, StoreUnavailable when it cannot be read
   */
  async read(): Promise<string> {
    return this.#told(async () => (await this.#readFile(await this.#path())) ?? '')
  }

  /**
   * Replaces the text by what `change` makes of it, unless it is the same. `change` may be called several times.
   * @throws what `change` throws, BadConfig when the file is not UTF-8, StoreUnavailable when it cannot be written; in
   *   each case the file stays as it is
   */
  edit(change: (text: string) => string): Promise<void> {
    const result = this.#turn.then(() =>
      this.#told(async () => {
        await mkdir(dirname(this.#home.lockFile), { recursive: true, mode: 0o700 })
        await withFileLock(this.#home.lockFile, () => this.#editAlone(change))
      }),
    )
    this.#turn = result.catch(() => undefined)
    return result
  }

  async #editAlone(change: (text: string) => string): Promise<void> {
    const path = await this.#path()
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const present = await this.#readFile(path)
      const wanted = change(present ?? '')
      if (wanted === (present ?? '')) return
      if (await replace(path, wanted, async () => (await this.#readFile(path)) === present)) return
    }
    throw new BadConfig(`${path} is being changed all the time by another program`)
  }

  /** Refusals of the system as a sentence: their own words would be taken for a fault of BVPro. */
  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const code = errorCode(error)
      if (code === undefined) throw error
      throw new StoreUnavailable(`${this.#home.environmentFile} cannot be read or written (${code})`, { cause: error })
    }
  }

  /** A symbolic link stays one: what it leads to is changed. */
  async #path(): Promise<string> {
    try {
      return await realpath(this.#home.environmentFile)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return this.#home.environmentFile
      throw error
    }
  }

  async #readFile(path: string): Promise<string | undefined> {
    try {
      const bytes = await readFile(path)
      if (!isUtf8(bytes)) throw new BadConfig(`${path} is not text in UTF-8, so BVPro does not change it`)
      return bytes.toString('utf8')
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }
}

/** @returns false, and nothing is changed, when `unchanged` says that somebody else has written meanwhile */
async function replace(path: string, text: string, unchanged: () => Promise<boolean>): Promise<boolean> {
  const folder = dirname(path)
  let temporary: string | undefined
  try {
    await removeLeftovers(path)
    temporary = join(folder, temporaryName(path))
    await writeFor(path, temporary, text)
    if (!(await unchanged())) return false
    await rename(temporary, path)
    temporary = undefined
  } catch (error) {
    if (!CANNOT_REPLACE.has(errorCode(error) ?? '')) throw error
    await writeInPlace(path, text, error)
    return true
  } finally {
    if (temporary !== undefined) await removeIfPresent(temporary)
  }
  await flush(folder)
  return true
}

function temporaryName(path: string): string {
  return `${temporaryPrefix(path)}${randomBytes(6).toString('hex')}.tmp`
}

function temporaryPrefix(path: string): string {
  return `${basename(path)}.bvpro-`
}

/** What a process left that was killed before its file had the right name. It holds passwords. */
async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path)
  const prefix = temporaryPrefix(path)
  const leftovers = (await readdir(folder)).filter(
    (name) => name.startsWith(prefix) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length)),
  )
  for (const name of leftovers) await removeIfPresent(join(folder, name))
}

/** A new file with the owner of the present one, who could not read it otherwise. */
async function writeFor(path: string, temporary: string, text: string): Promise<void> {
  const handle = await open(temporary, 'wx', 0o600)
  try {
    const owner = await ownerOf(path)
    if (owner !== undefined) {
      const { uid, gid } = await handle.stat()
      if (uid !== owner.uid || gid !== owner.gid) await handle.chown(owner.uid, owner.gid)
    }
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** @param reason why the file could not be replaced; thrown when there is no file to write into either */
async function writeInPlace(path: string, text: string, reason: unknown): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(path, 'r+')
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? reason : error
  }
  try {
    const bytes = Buffer.from(text)
    await handle.write(bytes, 0, bytes.length, 0)
    await handle.truncate(bytes.length)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await ownerOnly(path)
}

async function ownerOnly(path: string): Promise<void> {
  try {
    await chmod(path, 0o600)
  } catch (error) {
    // Somebody else's file that this user may write: its mode is theirs to choose.
    if (errorCode(error) !== 'EPERM' && errorCode(error) !== 'EROFS') throw error
  }
}

/** Makes the rename itself durable. Some file systems cannot flush a folder; there the file is whole all the same. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'EBADF'].includes(errorCode(error) ?? '')) throw error
  } finally {
    await handle.close()
  }
}
