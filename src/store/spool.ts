/**
 * Disk spool of readings: where they wait when the time-series store refuses for longer than a workflow should carry
 * them. One JSON-lines file per entity, appended with fsync, emptied once the store has taken everything.
 */
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EntityRef } from '../domain/entity.ts'
import type { CompactReading } from '../domain/reading.ts'

export interface ReadingSpool {
  append(entity: EntityRef, readings: readonly CompactReading[]): Promise<void>
  /**
   * Hands everything spooled to `store`; the file goes away only when that resolved. Resolves to the number of
   * readings.
   */
  drain(entity: EntityRef, store: (readings: readonly CompactReading[]) => Promise<void>): Promise<number>
  /** Forgets everything spooled for an entity. */
  discard(entity: EntityRef): Promise<void>
}

const LOOK_AGAIN_MS = 10 * 60_000

/** The spool in a folder, which is made when first needed. Its calls reject with the file system's errors. */
export function createReadingSpool(directory: string, now: () => number = Date.now): ReadingSpool {
  const fileOf = ({ kind, id }: EntityRef) => join(directory, `${kind}-${encodeURIComponent(id)}.jsonl`)
  // A poll that succeeds must not cost a file access each time; another worker may have spooled meanwhile, though.
  const emptyUntil = new Map<string, number>()

  return {
    async append(entity, readings) {
      if (readings.length === 0) return
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const handle = await open(fileOf(entity), 'a+', 0o600)
      try {
        await appendWhole(handle, readings.map((reading) => `${JSON.stringify(reading)}\n`).join(''))
      } finally {
        await handle.close()
      }
      emptyUntil.delete(fileOf(entity))
    },

    async drain(entity, store) {
      const file = fileOf(entity)
      if ((emptyUntil.get(file) ?? 0) > now()) return 0
      // A drain that was killed between rename and removal left its batch behind: it goes first.
      const draining = `${file}.draining`
      let count = await storeFile(draining, store)
      try {
        await rename(file, draining)
      } catch (error) {
        if (!isMissing(error)) throw error
        emptyUntil.set(file, now() + LOOK_AGAIN_MS)
        return count
      }
      count += await storeFile(draining, store)
      emptyUntil.set(file, now() + LOOK_AGAIN_MS)
      return count
    },

    async discard(entity) {
      for (const file of [fileOf(entity), `${fileOf(entity)}.draining`]) await rm(file, { force: true })
    },
  }
}

/**
 * Appends all of the text durably, or nothing: half of it would be taken for a line cut by a crash, and the text after
 * it for the rest of that line. Such a line, left by a crash, is ended first.
 */
async function appendWhole(handle: FileHandle, text: string): Promise<void> {
  const { size } = await handle.stat()
  const last = Buffer.alloc(1)
  const isCut = size > 0 && (await handle.read(last, 0, 1, size - 1)).bytesRead === 1 && last.toString() !== '\n'
  try {
    await handle.appendFile(isCut ? `\n${text}` : text)
    await handle.sync()
  } catch (error) {
    await handle.truncate(size)
    throw error
  }
}

async function storeFile(file: string, store: (readings: readonly CompactReading[]) => Promise<void>): Promise<number> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
  const readings = text.split('\n').flatMap(parseLine)
  if (readings.length > 0) await store(readings)
  // Another process may have drained the same batch, which merges.
  await rm(file, { force: true })
  return readings.length
}

/** The last line may be cut by a crash in mid-append; its reading is still carried by the workflow that wrote it. */
function parseLine(line: string): CompactReading[] {
  if (line === '') return []
  try {
    return [JSON.parse(line) as CompactReading]
  } catch {
    return []
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
