/**
 * Disk spool of readings: where they wait when the time-series store refuses for longer than a workflow should carry
 * them. One JSON-lines file per entity, appended with fsync, emptied once the store has taken everything.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
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
}

/** The spool in a folder, which is made when first needed. Its calls reject with the file system's errors. */
const LOOK_AGAIN_MS = 10 * 60_000

export function createReadingSpool(directory: string): ReadingSpool {
  const fileOf = ({ kind, id }: EntityRef) => join(directory, `${kind}-${encodeURIComponent(id)}.jsonl`)
  // A poll that succeeds must not cost a file access each time; another worker may have spooled meanwhile, though.
  const emptyUntil = new Map<string, number>()

  return {
    async append(entity, readings) {
      if (readings.length === 0) return
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const handle = await open(fileOf(entity), 'a', 0o600)
      try {
        await handle.appendFile(readings.map((reading) => `${JSON.stringify(reading)}\n`).join(''))
        await handle.sync()
      } finally {
        await handle.close()
      }
      emptyUntil.delete(fileOf(entity))
    },

    async drain(entity, store) {
      const file = fileOf(entity)
      if ((emptyUntil.get(file) ?? 0) > Date.now()) return 0
      // A drain that was killed between rename and removal left its batch behind: it goes first.
      const draining = `${file}.draining`
      let count = await storeFile(draining, store)
      try {
        await rename(file, draining)
      } catch (error) {
        if (!isMissing(error)) throw error
        emptyUntil.set(file, Date.now() + LOOK_AGAIN_MS)
        return count
      }
      count += await storeFile(draining, store)
      emptyUntil.set(file, Date.now() + LOOK_AGAIN_MS)
      return count
    },
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
  await rm(file)
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
