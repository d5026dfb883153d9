/**
 * The heat supplier of the town: reads every meter once an hour and delivers the hours of whole Swedish days as files,
 * as the real one does. The first delivery answers the first request, with all the days wanted.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { addDays, dayEnd, dayLabel, dayStart, hourStarts } from '../../domain/time/day.ts'

/** What a meter counted in one hour. */
export interface MeteredHour {
  readonly spaceHeatingKwh: number
  readonly hotWaterKwh: number
  /** Supplier's side, °C. */
  readonly supply: number
  readonly return: number
}

export interface SuppliedMeter {
  readonly meterId: string
  /** The smallest amount the register shows, kWh: 1 for most meters. */
  readonly stepKwh: number
  /** The hour that begins at this time, epoch milliseconds; only hours that are over are asked for. */
  hour(start: number): Promise<MeteredHour>
}

export interface SupplierOptions {
  readonly meters: readonly SuppliedMeter[]
  /** Where the files are delivered to. */
  readonly inbox: string
  /** Remembers what was delivered, over restarts. */
  readonly memory: string
  /** Days of the past in the first delivery. */
  readonly firstDays: number
  readonly now: () => number
}

const HEADER = 'timestamp;serviceID;meterStand;consumption;volume;temperatureIn;temperatureOut'
/** Heat that a cubic metre of water carries at the temperatures of district heating, kWh/(m³·K). */
const HEAT_OF_WATER = 1.14

const memorySchema = z.object({
  /** Last day that was delivered. */
  lastDay: z.string(),
  /** kWh by meter id, at the end of that day, with the fraction the register does not show. */
  registers: z.record(z.string(), z.number()),
})
type Memory = z.infer<typeof memorySchema>

/**
 * Delivers what is complete and was not delivered yet, as one file; calling it again delivers nothing more.
 * @returns the name of the file, or null when there was nothing to deliver
 */
export async function deliverMeterFile(options: SupplierOptions): Promise<string | null> {
  const { meters, inbox, firstDays, now } = options
  const today = dayLabel(now())
  const memory = await remembered(options)
  const first = memory === undefined ? addDays(today, -firstDays) : addDays(memory.lastDay, 1)
  const days: string[] = []
  for (let day = first; day < today; day = addDays(day, 1)) days.push(day)
  const lastDay = days.at(-1)
  if (lastDay === undefined) return null

  const registers = { ...memory?.registers }
  const lines: string[] = []
  for (const { meterId, stepKwh, hour } of meters) {
    let counted = registers[meterId] ?? firstReading(meterId)
    for (const start of days.flatMap((day) => hourStarts(day))) {
      const { spaceHeatingKwh, hotWaterKwh, supply, return: back } = await hour(start)
      const before = shown(counted, stepKwh)
      counted += spaceHeatingKwh + hotWaterKwh
      const after = shown(counted, stepKwh)
      const volume = (spaceHeatingKwh + hotWaterKwh) / (HEAT_OF_WATER * Math.max(1, supply - back))
      lines.push(
        [
          `${new Date(start).toISOString().slice(0, 19)}Z`,
          meterId,
          trimmed(after, 3),
          trimmed(after - before, 3),
          trimmed(volume, 2),
          trimmed(supply, 2),
          trimmed(back, 2),
        ].join(';'),
      )
    }
    registers[meterId] = counted
  }
  // Supplier's files go hour by hour, all meters of an hour together.
  lines.sort()
  const name = `energy_${today.replaceAll('-', '')}.txt`
  await writeWhole(inbox, name, `${[HEADER, ...lines].join('\n')}\n`)
  // Killed before this, the same file is written again, and importing it twice changes nothing.
  await remember(options, { lastDay, registers })
  return name
}

function shown(counted: number, stepKwh: number): number {
  return Math.floor(counted / stepKwh + 1e-9) * stepKwh
}

/** A register that has counted since the meter was installed, which is nobody's business here. */
function firstReading(meterId: string): number {
  return 10_000 + (Number(meterId.slice(-4)) % 5_000)
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)))
}

async function remembered({ memory }: SupplierOptions): Promise<Memory | undefined> {
  try {
    return memorySchema.parse(JSON.parse(await readFile(memory, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function remember({ memory }: SupplierOptions, content: Memory): Promise<void> {
  await writeFile(`${memory}.tmp`, `${JSON.stringify(content, null, 2)}\n`)
  await rename(`${memory}.tmp`, memory)
}

async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `.${name}.tmp`), text)
  await rename(join(folder, `.${name}.tmp`), join(folder, name))
}

const LOOK_MS = 60_000

/** Delivers now and then every day as soon as the day is over; `failed` is told of what goes wrong. */
export function startSupplier(options: SupplierOptions, failed: (error: unknown) => void): () => Promise<void> {
  let delivering: Promise<unknown> = deliverMeterFile(options).catch(failed)
  const timer = setInterval(() => {
    delivering = delivering.then(() => deliverMeterFile(options)).catch(failed)
  }, LOOK_MS)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await delivering
  }
}

/** Truth of whole Swedish days, for those who want to know how good a separation is; kWh by date label. */
export async function trueEnergy(
  { hour }: SuppliedMeter,
  days: readonly string[],
): Promise<Map<string, { spaceHeatingKwh: number; hotWaterKwh: number }>> {
  const truth = new Map<string, { spaceHeatingKwh: number; hotWaterKwh: number }>()
  for (const day of days) {
    let [spaceHeatingKwh, hotWaterKwh] = [0, 0]
    for (let start = dayStart(day); start < dayEnd(day); start += 3_600_000) {
      const counted = await hour(start)
      spaceHeatingKwh += counted.spaceHeatingKwh
      hotWaterKwh += counted.hotWaterKwh
    }
    truth.set(day, { spaceHeatingKwh, hotWaterKwh })
  }
  return truth
}
