/**
 * Meter files in a folder of this machine, which may be a mount that a supplier writes to: `processed/` keeps what was
 * imported, `failed/` the reports, `BVPro_DH.csv` is the request.
 */
import { randomUUID } from 'node:crypto'
import { createReadStream, type FSWatcher, mkdirSync, watch } from 'node:fs'
import { mkdir, open, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode, removeIfPresent, renameFileIfFree, writeFileWhole } from '../../config/files.ts'
import { BadConfig, EntityNotFound, Unavailable } from '../errors.ts'
import { type EnergyExchange, type ExchangedFile, isDataFile } from './exchange.ts'

const REQUEST_FILE = 'BVPro_DH.csv'
const PROCESSED = 'processed'
const FAILED = 'failed'

/** A file that still changed this long ago may still be written. */
const SETTLED_MS = 2_000
/** One that does not end with a line end may be half of what is coming; after this long it is all there will be. */
const ABANDONED_MS = 60_000

export interface FolderOptions {
  readonly directory: string
  readonly now?: () => number
}

export function createFolderExchange({ directory, now = Date.now }: FolderOptions): EnergyExchange {
  const path = (...names: string[]) => join(directory, ...names)

  return {
    place: directory,

    async list() {
      return reaching(directory, async () => {
        await mkdir(directory, { recursive: true })
        const names = (await readdir(directory)).filter(isDataFile).sort()
        const files = await Promise.all(names.map((name) => completeFile(path(name), name, now())))
        return files.filter((file) => file !== undefined)
      })
    },

    open: ({ name }) => readPieces(path(name), name),

    async archive({ name, revision }) {
      await reaching(directory, async () => {
        // Delivered anew since it was imported: that one has to be imported first.
        if ((await revisionOf(path(name)))?.revision !== revision) return
        await mkdir(path(PROCESSED), { recursive: true })
        // A supplier delivers corrections under the same name; none replaces the one before it.
        const target = path(PROCESSED, `${name.slice(0, -4)}.${revision}${name.slice(-4)}`)
        try {
          await rename(path(name), target)
        } catch (error) {
          if (errorCode(error) !== 'ENOENT') throw error
        }
      })
    },

    async quarantine({ name, revision }, { report, rows }) {
      await reaching(directory, async () => {
        await mkdir(path(FAILED), { recursive: true })
        const base = path(FAILED, `${name.slice(0, -4)}.${revision}`)
        if (rows !== null) await writeFileWhole(`${base}.rows.txt`, rows)
        await writeFileWhole(`${base}.report.txt`, report)
      })
    },

    async writeRequest(text) {
      await reaching(directory, async () => {
        await mkdir(directory, { recursive: true })
        await writeFileWhole(path(REQUEST_FILE), text)
      })
    },

    async deliver(name, content) {
      await reaching(directory, async () => {
        await mkdir(directory, { recursive: true })
        const temporary = path(`.${name}.${randomUUID()}.tmp`)
        try {
          await writeFile(temporary, content, { flag: 'wx', flush: true })
          // Handed over whole: it need not be looked at whether it still grows.
          const longAgo = (now() - ABANDONED_MS) / 1000
          await utimes(temporary, longAgo, longAgo)
          await renameFileIfFree(temporary, path(name))
        } catch (error) {
          if (errorCode(error) !== 'EEXIST') throw error
          throw new BadConfig(`a file ${name} waits in ${directory} already`, { cause: error })
        } finally {
          await removeIfPresent(temporary)
        }
      })
    },

    watch(onDelivery) {
      let watcher: FSWatcher | undefined
      let timer: NodeJS.Timeout | undefined
      const told = (_event: string, name: string | null) => {
        if (name !== null && !isDataFile(name)) return
        // Once the writing has stopped: a listing before that would leave the file out.
        clearTimeout(timer)
        timer = setTimeout(onDelivery, SETTLED_MS + 500)
      }
      try {
        mkdirSync(directory, { recursive: true })
        watcher = watch(directory, { persistent: false }, told)
        // A network mount may refuse later; the hourly look finds what this one misses.
        watcher.on('error', () => watcher?.close())
      } catch (error) {
        if (errorCode(error) === undefined) throw error
      }
      return () => {
        clearTimeout(timer)
        watcher?.close()
      }
    },
  }
}

async function completeFile(path: string, name: string, now: number): Promise<ExchangedFile | undefined> {
  const found = await revisionOf(path)
  if (found === undefined) return undefined
  const { bytes, revision, changedAt } = found
  const age = now - changedAt
  if (age < SETTLED_MS || (age < ABANDONED_MS && !(await endsWithLine(path, bytes)))) return undefined
  return { name, bytes, revision }
}

/** Undefined when there is no such file, or none any more. */
async function revisionOf(path: string) {
  try {
    const { mtimeMs, size, isFile } = await stat(path).then((found) => ({ ...found, isFile: found.isFile() }))
    const revision = `${Math.round(mtimeMs).toString(36)}-${size.toString(36)}`
    return isFile ? { bytes: size, revision, changedAt: mtimeMs } : undefined
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function endsWithLine(path: string, size: number): Promise<boolean> {
  if (size === 0) return false
  const file = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
    return buffer[0] === 0x0a
  } finally {
    await file.close()
  }
}

async function* readPieces(path: string, name: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new EntityNotFound(`${name} is not in the folder any more`)
    throw new Unavailable(`${name} cannot be read: ${errorCode(error) ?? String(error)}`, { cause: error })
  }
}

/** Refusals of the file system as typed errors: a folder that is a mount comes and goes. */
async function reaching<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    throw new Unavailable(`the folder of meter files ${directory} cannot be used: ${code}`, { cause: error })
  }
}
