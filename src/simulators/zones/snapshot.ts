/** The memory of the zone town: the state of every room in one file, written whole or not at all. */
import { mkdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { Logger } from '../../runtime/log.ts'
import type { RoomState } from './room.ts'

const FILE = 'zone-town.json'
const VERSION = 1

const snapshotSchema = z.object({
  version: z.literal(VERSION),
  seed: z.number(),
  zones: z.record(
    z.string(),
    z.object({
      time: z.number().int(),
      temperature: z.number(),
      setpoint: z.number(),
      heaterOn: z.boolean(),
      occupied: z.boolean(),
    }),
  ),
})

/** Writes the snapshot; an interrupted write leaves the previous one in place. */
export async function writeZoneSnapshot(
  directory: string,
  seed: number,
  zones: ReadonlyMap<string, RoomState>,
): Promise<void> {
  await mkdir(directory, { recursive: true })
  const document = { version: VERSION, seed, zones: Object.fromEntries(zones) }
  await writeFileAtomic(path.join(directory, FILE), JSON.stringify(document))
}

/**
 * The saved rooms; empty when there is no snapshot. One that cannot be understood, or belongs to another seed (other
 * weather, other habits), is renamed and reported, and the town starts afresh.
 */
export async function readZoneSnapshot(directory: string, seed: number, log: Logger): Promise<Map<string, RoomState>> {
  const file = path.join(directory, FILE)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return new Map()
  const { zones, problem } = parseSnapshot(text, seed)
  if (problem === null) return zones
  const kept = `${file}.unusable-${new Date().toISOString().replaceAll(':', '')}`
  await rename(file, kept)
  log.warn('town.snapshot_unusable', { reason: problem, kept })
  return new Map()
}

function parseSnapshot(text: string, seed: number): { zones: Map<string, RoomState>; problem: string | null } {
  const unusable = (problem: string) => ({ zones: new Map<string, RoomState>(), problem })
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return unusable('it is not JSON')
  }
  const parsed = snapshotSchema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return unusable(issue === undefined ? 'unknown form' : `${issue.path.join('.')}: ${issue.message}`)
  }
  if (parsed.data.seed !== seed) return unusable(`it was made with seed ${parsed.data.seed}, the town has ${seed}`)
  return { zones: new Map(Object.entries(parsed.data.zones)), problem: null }
}
