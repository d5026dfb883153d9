/**
 * Reading all points of a register map: as few requests as possible, and a register the device refuses costs no other.
 */
import { BvproError } from '../errors.ts'
import { type Block, planBlocks, splitBlock } from './blocks.ts'
import type { ModbusClient, RequestOptions } from './client.ts'
import { exceptionCodeOf } from './faults.ts'
import { type RegisterMap, widthOf } from './register-map.ts'
import { decodeValue } from './register-values.ts'

export interface RejectedPoint<P extends string> {
  readonly point: P
  /** Outside the valid range of the point, in its unit. */
  readonly value: number
}

export interface MissingPoint<P extends string> {
  readonly point: P
  /** A sentence for an operator. */
  readonly reason: string
}

/** Every point of the map is in exactly one of the three. */
export interface PointReading<P extends string> {
  /** In the unit of the point. */
  readonly values: Readonly<Partial<Record<P, number>>>
  readonly rejected: readonly RejectedPoint<P>[]
  /** The device says it has no value, or refuses the register. */
  readonly missing: readonly MissingPoint<P>[]
}

/** The words of each point that the device delivered, and why it refused the others. */
export interface DeliveredWords<P extends string> {
  readonly words: ReadonlyMap<P, readonly number[]>
  readonly refused: ReadonlyMap<P, BvproError>
}

/** The device knows no such function, address, or count: true of these registers, not of the device. */
const REFUSALS = [1, 2, 3]

/**
 * Reads whole blocks; one that is refused for its address or length is read in halves, down to single points.
 * @throws the refusal when nothing at all was delivered, and everything else that {@link ModbusClient.read} throws
 */
export async function readWords<P extends string>(
  client: ModbusClient,
  map: RegisterMap<P>,
  options: RequestOptions = {},
): Promise<DeliveredWords<P>> {
  const words = new Map<P, readonly number[]>()
  const refused = new Map<P, BvproError>()

  async function readBlock(block: Block<P>): Promise<void> {
    let found: readonly number[]
    try {
      found = await client.read(block, options)
    } catch (error) {
      const code = exceptionCodeOf(error)
      if (!(error instanceof BvproError) || code === undefined || !REFUSALS.includes(code)) throw error
      const halves = code === 1 ? null : splitBlock(block)
      if (halves === null) for (const { name } of block.points) refused.set(name, error)
      else for (const half of halves) await readBlock(half)
      return
    }
    for (const { name, point } of block.points) {
      const start = point.address - block.address
      words.set(name, found.slice(start, start + widthOf(point)))
    }
  }

  for (const block of planBlocks(map)) await readBlock(block)
  const [refusal] = refused.values()
  if (words.size === 0 && refusal !== undefined) throw refusal
  return { words, refused }
}

/** What the delivered words mean. */
export function interpretWords<P extends string>(
  map: RegisterMap<P>,
  { words, refused }: DeliveredWords<P>,
): PointReading<P> {
  const values: Partial<Record<P, number>> = {}
  const rejected: RejectedPoint<P>[] = []
  const missing: MissingPoint<P>[] = [...refused].map(([point, { message }]) => ({ point, reason: message }))
  for (const [name, delivered] of words) {
    const [low, high] = map[name].valid
    const value = decodeValue(map[name], delivered)
    if (value === null) missing.push({ point: name, reason: 'the device says it has no value' })
    else if (value >= low && value <= high) values[name] = value
    else rejected.push({ point: name, value })
  }
  return { values, rejected, missing }
}

/** Reads all points of a map. @throws as {@link readWords} */
export async function readPoints<P extends string>(
  client: ModbusClient,
  map: RegisterMap<P>,
  options: RequestOptions = {},
): Promise<PointReading<P>> {
  return interpretWords(map, await readWords(client, map, options))
}
