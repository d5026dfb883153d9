/** The town's memory: all house states in one file, written whole or not at all, so that a restart goes on from it. */
import { mkdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { Logger } from '../runtime/log.ts'
import type { SavedHouse } from './simulated-house.ts'

const FILE = 'town.json'
const VERSION = 1

const curve = z.array(z.number()).length(10)

const stateSchema = z.object({
  time: z.number().int(),
  air: z.number(),
  envelope: z.number(),
  emitter: z.number(),
  supply: z.number(),
  return: z.number(),
  spaceHeating: z.number(),
  hotWaterPower: z.number(),
  hotWaterTemperature: z.number(),
  pumpRuns: z.boolean(),
  registers: z.object({
    axis: curve,
    baseCurve: curve,
    adaptedCurve: curve,
    adaptation: z.boolean(),
    setpoint: z.number(),
    awaySetpoint: z.number(),
    awayMode: z.boolean(),
    highLimit: z.number(),
    lowLimit: z.number(),
    maxNegativeDeviation: z.number(),
    maxPositiveDeviation: z.number(),
    adaptTime: z.number(),
    adaptDelay: z.number(),
  }),
  adaptation: z.object({ roomErrorSum: z.number(), outdoorSum: z.number(), minutes: z.number() }),
  spaceHeatingKwh: z.number(),
  hotWaterKwh: z.number(),
})

const snapshotSchema = z.object({
  version: z.literal(VERSION),
  seed: z.number(),
  houses: z.record(
    z.string(),
    z.object({
      state: stateSchema,
      queue: z.array(z.object({ dueAt: z.number(), name: z.string(), text: z.string() })),
    }),
  ),
})

/** Writes the snapshot; an interrupted write leaves the previous one in place. */
export async function writeSnapshot(
  directory: string,
  seed: number,
  houses: ReadonlyMap<string, SavedHouse>,
): Promise<void> {
  await mkdir(directory, { recursive: true })
  const document = { version: VERSION, seed, houses: Object.fromEntries(houses) }
  await writeFileAtomic(path.join(directory, FILE), JSON.stringify(document))
}

/**
 * The saved houses; empty when there is no snapshot. One that cannot be understood, or belongs to another seed (other
 * houses, other weather), is renamed and reported, and the town starts afresh.
 */
export async function readSnapshot(directory: string, seed: number, log: Logger): Promise<Map<string, SavedHouse>> {
  const file = path.join(directory, FILE)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return new Map()
  const reason = (problem: string) => setAside(file, problem, log)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return reason('it is not JSON')
  }
  const parsed = snapshotSchema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return reason(issue === undefined ? 'unknown form' : `${issue.path.join('.')}: ${issue.message}`)
  }
  if (parsed.data.seed !== seed) return reason(`it was made with seed ${parsed.data.seed}, the town has ${seed}`)
  return new Map(Object.entries(parsed.data.houses))
}

async function setAside(file: string, problem: string, log: Logger): Promise<Map<string, SavedHouse>> {
  const kept = `${file}.unusable-${new Date().toISOString().replaceAll(':', '')}`
  await rename(file, kept)
  log.warn('town.snapshot_unusable', { reason: problem, kept })
  return new Map()
}
