/** Which registers are read together: neighbours in one request, never a register that no point asks for. */
import { isBitTable, MAX_READ_BITS, MAX_READ_REGISTERS, type Table } from './protocol.ts'
import { type RegisterMap, type RegisterPoint, widthOf } from './register-map.ts'

export interface NamedPoint<P extends string> {
  readonly name: P
  readonly point: RegisterPoint
}

/** A run of registers without gaps, and the points in it in the order of their addresses. */
export interface Block<P extends string> {
  readonly table: Table
  readonly address: number
  readonly count: number
  readonly points: readonly NamedPoint<P>[]
}

/** As few blocks as there are runs; longer runs are cut between two points where one request has to end. */
export function planBlocks<P extends string>(map: RegisterMap<P>): Block<P>[] {
  const names = Object.keys(map) as P[]
  const points = names
    .map((name) => ({ name, point: map[name] }))
    .sort((a, b) => a.point.table.localeCompare(b.point.table) || a.point.address - b.point.address)
  const blocks: Block<P>[] = []
  for (const named of points) {
    const last = blocks.at(-1)
    const joined = last === undefined ? undefined : join(last, named)
    if (joined === undefined) blocks.push(blockOf([named], named))
    else blocks[blocks.length - 1] = joined
  }
  return blocks
}

/** Two halves of a block that the device refuses as a whole; null when it is one point. */
export function splitBlock<P extends string>({ points }: Block<P>): readonly [Block<P>, Block<P>] | null {
  const middle = points.length >> 1
  const first = points[0]
  const second = points[middle]
  if (middle === 0 || first === undefined || second === undefined) return null
  return [blockOf(points.slice(0, middle), first), blockOf(points.slice(middle), second)]
}

function join<P extends string>(block: Block<P>, named: NamedPoint<P>): Block<P> | undefined {
  const { table, address, count } = block
  const { point } = named
  if (point.table !== table || point.address > address + count) return undefined
  const joined = Math.max(count, point.address + widthOf(point) - address)
  if (joined > (isBitTable(table) ? MAX_READ_BITS : MAX_READ_REGISTERS)) return undefined
  return { table, address, count: joined, points: [...block.points, named] }
}

function blockOf<P extends string>(points: readonly NamedPoint<P>[], { point }: NamedPoint<P>): Block<P> {
  const { table, address } = point
  const count = Math.max(...points.map((other) => other.point.address + widthOf(other.point) - address))
  return { table, address, count, points }
}
