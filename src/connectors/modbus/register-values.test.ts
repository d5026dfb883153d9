import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadConfig } from '../errors.ts'
import { DEFAULT_ZONE_MAP, type RegisterPoint, type ValueType, widthOf } from './register-map.ts'
import { decodeValue, encodeValue } from './register-values.ts'

const point = (changes: Partial<RegisterPoint> = {}): RegisterPoint => ({
  table: 'holding',
  address: 0,
  type: 'int16',
  order: 'ABCD',
  scale: 1,
  offset: 0,
  bit: 0,
  invalid: [],
  unit: '',
  valid: [-1e12, 1e12],
  writable: false,
  ...changes,
})

describe('words as values', () => {
  test('the worked example of a zone: 19.4 °C, target 22.0 °C, occupied, heater on', () => {
    const { temperature, setpoint, occupancy, heater } = DEFAULT_ZONE_MAP
    const points = [temperature, setpoint, occupancy, heater]
    expect([194, 220, 1, 1].map((word, index) => decodeValue(points[index] ?? temperature, [word]))).toEqual([
      19.4, 22, 1, 1,
    ])
  })

  test('a room below zero is read as signed: 65531 is −0.5 °C', () => {
    expect(decodeValue(DEFAULT_ZONE_MAP.temperature, [65_531])).toBe(-0.5)
  })

  test.each<[ValueType, number, number[]]>([
    ['int16', -2, [0xfffe]],
    ['uint16', 65_534, [0xfffe]],
    ['int32', -2, [0xffff, 0xfffe]],
    ['uint32', 0xdead_beef, [0xdead, 0xbeef]],
    ['float32', 21.5, [0x41ac, 0x0000]],
    ['float64', 21.3, [0x4035, 0x4ccc, 0xcccc, 0xcccd]],
  ])('%s %d', (type, value, words) => {
    expect(decodeValue(point({ type }), words)).toBe(value)
    expect(encodeValue(point({ type }), value)).toEqual(words)
  })

  test.each([
    ['ABCD', [0x0102, 0x0304], [0x0102]],
    ['CDAB', [0x0304, 0x0102], [0x0102]],
    ['BADC', [0x0201, 0x0403], [0x0201]],
    ['DCBA', [0x0403, 0x0201], [0x0201]],
  ] as const)('order %s for 32 and 16 bits', (order, words32, words16) => {
    expect(decodeValue(point({ type: 'uint32', order }), words32)).toBe(0x0102_0304)
    expect(decodeValue(point({ type: 'uint16', order }), words16)).toBe(0x0102)
    expect(encodeValue(point({ type: 'uint32', order }), 0x0102_0304)).toEqual(words32)
    expect(encodeValue(point({ type: 'uint16', order }), 0x0102)).toEqual(words16)
  })

  test('orders for 64 bits turn all four words', () => {
    const words = [0x4035, 0x4ccc, 0xcccc, 0xcccd]
    const swapped = [0x3540, 0xcc4c, 0xcccc, 0xcdcc]
    const float = (order: RegisterPoint['order']) => point({ type: 'float64', order })
    expect(decodeValue(float('CDAB'), [...words].reverse())).toBe(21.3)
    expect(decodeValue(float('BADC'), swapped)).toBe(21.3)
    expect(decodeValue(float('DCBA'), [...swapped].reverse())).toBe(21.3)
  })

  test('a bit of a register, and of a table of bits', () => {
    expect([0, 1, 2].map((bit) => decodeValue(point({ type: 'bit', bit }), [0b0101]))).toEqual([1, 0, 1])
    expect(decodeValue(point({ type: 'bit', table: 'coil' }), [1])).toBe(1)
  })

  test('scale and offset leave no dust behind', () => {
    expect(decodeValue(point({ scale: 0.1 }), [213])).toBe(21.3)
    expect(decodeValue(point({ scale: 0.01, offset: -40 }), [6130])).toBe(21.3)
    expect(decodeValue(point({ type: 'float32' }), [0x41aa, 0x6666])).toBe(21.3)
    expect(Object.is(decodeValue(point({ scale: -1 }), [0]), 0)).toBe(true)
  })

  test('a wrong number of words is a fault of the caller', () => {
    expect(() => decodeValue(point({ type: 'float32' }), [1])).toThrow(RangeError)
  })
})

describe('no value', () => {
  test('sentinels as they stand in the manual or as they read', () => {
    expect(decodeValue(point({ invalid: [0x8000] }), [0x8000])).toBeNull()
    expect(decodeValue(point({ invalid: [-0x8000] }), [0x8000])).toBeNull()
    expect(decodeValue(point({ invalid: [0xffff] }), [0xffff])).toBeNull()
    expect(decodeValue(point({ type: 'uint16', invalid: [-1] }), [0xffff])).toBeNull()
    expect(decodeValue(point({ type: 'int32', invalid: [0x8000_0000] }), [0x8000, 0])).toBeNull()
    expect(decodeValue(point({ type: 'int32', invalid: [0xffff] }), [0xffff, 0xffff])).toBe(-1)
  })

  test('NaN of any kind', () => {
    expect(decodeValue(point({ type: 'float32' }), [0x7fc0, 0])).toBeNull()
    expect(decodeValue(point({ type: 'float32' }), [0xffff, 0xffff])).toBeNull()
    expect(decodeValue(point({ type: 'float64' }), [0x7ff8, 0, 0, 1])).toBeNull()
  })

  test('a zone says it with 8000; FFFF is −0.1 °C', () => {
    expect(decodeValue(DEFAULT_ZONE_MAP.temperature, [0x8000])).toBeNull()
    expect(decodeValue(DEFAULT_ZONE_MAP.temperature, [0xffff])).toBe(-0.1)
  })
})

describe('values as words', () => {
  test('to the nearest step', () => {
    expect(encodeValue(DEFAULT_ZONE_MAP.setpoint, 20.57)).toEqual([206])
    expect(encodeValue(DEFAULT_ZONE_MAP.setpoint, -0.5)).toEqual([65_531])
    expect(encodeValue(DEFAULT_ZONE_MAP.setpoint, -0.04)).toEqual([0])
  })

  test.each([
    ['int16', 32_768],
    ['uint16', -1],
    ['uint16', 65_536],
    ['int32', 2 ** 31],
    ['int16', Number.NaN],
    ['float32', Number.POSITIVE_INFINITY],
    ['float32', 1e39],
    ['bit', 1],
  ] as const)('a register of type %s cannot hold %d', (type, value) => {
    expect(() => encodeValue(point({ type }), value)).toThrow(BadConfig)
  })

  test('what is written reads back, whatever the type, order and scale', () => {
    const points = fc.record({
      type: fc.constantFrom<ValueType>('int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'),
      order: fc.constantFrom<RegisterPoint['order']>('ABCD', 'CDAB', 'BADC', 'DCBA'),
      scale: fc.constantFrom(0.01, 0.1, 0.5, 1, 2),
      offset: fc.constantFrom(0, -40),
    })
    fc.assert(
      fc.property(points, fc.integer({ min: 0, max: 30_000 }), (changes, steps) => {
        const described = point(changes)
        const value = Number((steps * described.scale + described.offset).toPrecision(6))
        const words = encodeValue(described, value)
        expect(words).toHaveLength(widthOf(described))
        expect(decodeValue(described, words)).toBeCloseTo(value, 2)
      }),
    )
  })
})
