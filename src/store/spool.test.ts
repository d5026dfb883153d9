import { appendFile, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CompactReading } from '../domain/reading.ts'
import { createReadingSpool } from './spool.ts'

/** Bytes the next append finds room for; null = as many as it likes. */
const disk = vi.hoisted(() => ({ roomFor: null as number | null }))

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>()
  const open: typeof fs.open = async (...args) => {
    const handle = await fs.open(...args)
    const { roomFor } = disk
    if (roomFor !== null) {
      handle.appendFile = async (text) => {
        await handle.write(String(text).slice(0, roomFor))
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      }
    }
    return handle
  }
  return { ...fs, open }
})

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bvpro-spool-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const house = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const
const reading = (minute: number): CompactReading => ({ time: minute * 60_000, fields: { room_temperature: 21 } })

async function drained(spool = createReadingSpool(directory)): Promise<CompactReading[]> {
  const readings: CompactReading[] = []
  await spool.drain(house, async (batch) => {
    readings.push(...batch)
  })
  return readings
}

describe('the reading spool', () => {
  test('gives back what was appended, in order, once', async () => {
    const spool = createReadingSpool(directory)
    await spool.append(house, [reading(1), reading(2)])
    await spool.append(house, [reading(3)])
    expect(await drained(spool)).toEqual([reading(1), reading(2), reading(3)])
    expect(await drained(spool)).toEqual([])
    expect(await readdir(directory)).toEqual([])
  })

  test('is found again by the next process', async () => {
    await createReadingSpool(directory).append(house, [reading(1)])
    expect(await drained()).toEqual([reading(1)])
  })

  test('keeps everything when the store refuses again', async () => {
    const spool = createReadingSpool(directory)
    await spool.append(house, [reading(1)])
    const refuse = () => Promise.reject(new Error('database is locked'))
    await expect(spool.drain(house, refuse)).rejects.toThrow('locked')
    await spool.append(house, [reading(2)])
    expect(await drained(spool)).toEqual([reading(1), reading(2)])
  })

  test('a process killed in the middle of draining loses nothing', async () => {
    await createReadingSpool(directory).append(house, [reading(1)])
    await rename(
      join(directory, 'house-HEM_FJV_Villa_901.jsonl'),
      join(directory, 'house-HEM_FJV_Villa_901.jsonl.draining'),
    )
    expect(await drained()).toEqual([reading(1)])
  })

  test('a line cut by a crash does not hide the others', async () => {
    await createReadingSpool(directory).append(house, [reading(1)])
    await appendFile(join(directory, 'house-HEM_FJV_Villa_901.jsonl'), '{"time":12')
    expect(await drained()).toEqual([reading(1)])
  })

  test('a line cut by a crash does not swallow what is appended after it', async () => {
    await createReadingSpool(directory).append(house, [reading(1)])
    await appendFile(join(directory, 'house-HEM_FJV_Villa_901.jsonl'), '{"time":12')
    const spool = createReadingSpool(directory)
    await spool.append(house, [reading(2), reading(3)])
    expect(await drained(spool)).toEqual([reading(1), reading(2), reading(3)])
  })

  test('a disk that takes only half of the lines is left with none of them', async () => {
    const spool = createReadingSpool(directory)
    await spool.append(house, [reading(1)])
    disk.roomFor = 30
    await expect(spool.append(house, [reading(2), reading(3)])).rejects.toThrow('no space left')
    disk.roomFor = null
    await spool.append(house, [reading(4)])
    expect(await drained(spool)).toEqual([reading(1), reading(4)])
  })

  test('what another process has spooled is found after a while', async () => {
    let now = 0
    const spool = createReadingSpool(directory, () => now)
    expect(await drained(spool)).toEqual([])
    await createReadingSpool(directory).append(house, [reading(1)])
    expect(await drained(spool)).toEqual([])
    now = 601_000
    expect(await drained(spool)).toEqual([reading(1)])
  })

  test('entities with odd ids and the same start do not share a file', async () => {
    const spool = createReadingSpool(directory)
    await spool.append({ kind: 'house', id: 'a/../b' }, [reading(1)])
    await spool.append({ kind: 'house', id: 'a' }, [reading(2)])
    expect(await readdir(directory)).toHaveLength(2)
  })
})
