import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Block, planBlocks, splitBlock } from './blocks.ts'
import { DEFAULT_ZONE_MAP, type RegisterMap, type RegisterPoint, widthOf } from './register-map.ts'

const at = (address: number, changes: Partial<RegisterPoint> = {}): RegisterPoint => ({
  ...DEFAULT_ZONE_MAP.temperature,
  address,
  ...changes,
})
const outline = (blocks: readonly Block<string>[]) =>
  blocks.map(({ table, address, count, points }) => `${table} ${address}+${count}: ${points.map(({ name }) => name)}`)

describe('blocks', () => {
  test('a zone is one request', () => {
    expect(outline(planBlocks(DEFAULT_ZONE_MAP))).toEqual(['holding 0+4: temperature,setpoint,occupancy,heater'])
  })

  test('neighbours are merged whatever their order and width; gaps and other tables are not bridged', () => {
    const map = {
      far: at(40),
      second: at(2, { type: 'float32' }),
      overlapping: at(3, { type: 'int16' }),
      first: at(0, { type: 'uint32' }),
      input: at(4, { table: 'input' }),
      coil: at(5, { table: 'coil', type: 'bit' }),
    }
    expect(outline(planBlocks(map))).toEqual([
      'coil 5+1: coil',
      'holding 0+4: first,second,overlapping',
      'holding 40+1: far',
      'input 4+1: input',
    ])
  })

  test('125 registers in one request, and no value is cut in two', () => {
    const map = Object.fromEntries(
      Array.from({ length: 70 }, (_, index) => [`p${index}`, at(2 * index, { type: 'float32' })]),
    )
    expect(planBlocks(map).map(({ address, count }) => [address, count])).toEqual([
      [0, 124],
      [124, 16],
    ])
  })

  test('a refused block is halved down to single points', () => {
    const [block] = planBlocks(DEFAULT_ZONE_MAP)
    if (block === undefined) throw new Error('no block')
    const halves = splitBlock(block)
    expect(outline(halves ?? [])).toEqual(['holding 0+2: temperature,setpoint', 'holding 2+2: occupancy,heater'])
    const single = splitBlock(halves?.[0] ?? block)?.[0]
    expect(single === undefined ? 'none' : splitBlock(single)).toBeNull()
  })

  test('every point is in exactly one block, which holds it whole and nothing that nobody asked for', () => {
    const points = fc.array(
      fc.record({
        address: fc.integer({ min: 0, max: 400 }),
        type: fc.constantFrom<RegisterPoint['type']>('int16', 'float32', 'float64'),
        table: fc.constantFrom<RegisterPoint['table']>('holding', 'input', 'coil'),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(points, (described) => {
        const map: RegisterMap<string> = Object.fromEntries(
          described.map(({ address, ...changes }, index) => [`p${index}`, at(address, changes)]),
        )
        const blocks = planBlocks(map)
        const names = blocks.flatMap((block) => block.points.map(({ name }) => name))
        expect([...names].sort()).toEqual(Object.keys(map).sort())
        for (const { table, address, count, points: inside } of blocks) {
          expect(count).toBeLessThanOrEqual(table === 'coil' ? 2000 : 125)
          const covered = new Set<number>()
          for (const { point } of inside) {
            expect(point.table).toBe(table)
            for (let index = 0; index < widthOf(point); index += 1) covered.add(point.address + index)
          }
          expect([...covered].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => address + i))
        }
      }),
    )
  })
})
