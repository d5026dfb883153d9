import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadConfig } from '../errors.ts'
import { assertRequest, encodeRequest, parseAnswer } from './codec.ts'
import { MalformedFrame } from './frames.ts'
import type { Request, Table } from './protocol.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const read = (table: Table, address: number, count: number): Request => ({ kind: 'read', table, address, count })
const write = (address: number, ...words: number[]): Request => ({ kind: 'write', address, words })
const parse = (request: Request, pdu: string, unitId = 1) =>
  parseAnswer(1, request, { transactionId: 7, unitId, pdu: hex(pdu) })

describe('requests on the wire', () => {
  test.each([
    ['four holding registers', read('holding', 0, 4), '0007 0000 0006 01 03 0000 0004'],
    ['input registers', read('input', 0x1234, 2), '0007 0000 0006 01 04 1234 0002'],
    ['coils', read('coil', 3, 9), '0007 0000 0006 01 01 0003 0009'],
    ['discrete inputs', read('discrete', 3, 1), '0007 0000 0006 01 02 0003 0001'],
    ['one register written: function 06', write(1, 210), '0007 0000 0006 01 06 0001 00d2'],
    ['two registers written: function 16', write(1, 0x41a8, 0x0001), '0007 0000 000b 01 10 0001 0002 04 41a8 0001'],
  ])('%s', (_, request, bytes) => {
    assertRequest(request)
    expect(encodeRequest(7, 1, request)).toEqual(hex(bytes))
  })

  test.each([
    ['126 registers', read('holding', 0, 126)],
    ['2001 bits', read('coil', 0, 2001)],
    ['none', read('holding', 0, 0)],
    ['half a register', read('holding', 0, 1.5)],
    ['address −1', read('holding', -1, 1)],
    ['address 65536', read('holding', 65_536, 1)],
    ['a run beyond the last address', read('holding', 65_535, 2)],
    ['124 words to write', write(0, ...Array.from({ length: 124 }, () => 0))],
    ['nothing to write', write(0)],
    ['a word of 65536', write(0, 65_536)],
    ['a word of −1', write(0, -1)],
  ])('%s cannot be asked for', (_, request) => {
    expect(() => assertRequest(request)).toThrow(BadConfig)
  })

  test('125 registers and 2000 bits can', () => {
    assertRequest(read('holding', 65_411, 125))
    assertRequest(read('coil', 0, 2000))
    assertRequest(write(0, ...Array.from({ length: 123 }, () => 0xffff)))
  })
})

describe('answers', () => {
  test('words, bits and acknowledgements', () => {
    expect(parse(read('holding', 0, 4), '03 08 00c2 00dc 0001 0001')).toEqual({
      kind: 'values',
      values: [194, 220, 1, 1],
    })
    expect(parse(read('input', 0, 1), '04 02 fffb')).toEqual({ kind: 'values', values: [65_531] })
    expect(parse(read('coil', 0, 10), '01 02 cd01')).toEqual({ kind: 'values', values: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0] })
    expect(parse(write(1, 210), '06 0001 00d2')).toEqual({ kind: 'written' })
    expect(parse(write(1, 1, 2), '10 0001 0002')).toEqual({ kind: 'written' })
    expect(parse(read('holding', 4, 1), '83 02')).toEqual({ kind: 'exception', code: 2 })
    expect(parse(write(4, 1), '86 0b')).toEqual({ kind: 'exception', code: 0x0b })
  })

  test.each([
    [
      'function byte 80 with code 0B, as a foreign unit id has been answered',
      read('holding', 0, 4),
      '80 0b',
      'function',
    ],
    ['function byte A8, as an unknown function has been answered', read('holding', 0, 4), 'a8 01', 'function'],
    ['the answer to another function', read('holding', 0, 1), '04 02 0001', 'function'],
    ['an exception to another function', read('holding', 0, 1), '84 02', 'function'],
    ['an exception without code', read('holding', 0, 1), '83', 'exception'],
    ['an exception with more than a code', read('holding', 0, 1), '83 02 00', 'exception'],
    ['a function and nothing else', read('holding', 0, 1), '03', 'byte count'],
    ['fewer words than asked for', read('holding', 0, 4), '03 06 00c2 00dc 0001', 'byte count'],
    ['more words than asked for', read('holding', 0, 1), '03 04 00c2 00dc', 'byte count'],
    ['fewer bytes than announced', read('holding', 0, 2), '03 04 00c2', 'byte count'],
    ['more bytes than announced', read('holding', 0, 1), '03 02 00c2 00', 'byte count'],
    ['an odd byte count', read('holding', 0, 1), '03 01 00', 'byte count'],
    ['another value acknowledged', write(1, 210), '06 0001 00dc', 'echo'],
    ['another address acknowledged', write(1, 210), '06 0000 00d2', 'echo'],
    ['half an acknowledgement', write(1, 210), '06 0001', 'echo'],
    ['another number of words acknowledged', write(1, 1, 2), '10 0001 0001', 'echo'],
  ])('%s is malformed', (_, request, pdu, fault) => {
    expect(() => parse(request, pdu)).toThrow(expect.objectContaining({ name: 'MalformedFrame', fault }))
  })

  test('of another unit is malformed', () => {
    expect(() => parse(read('holding', 0, 1), '03 02 00c2', 2)).toThrow(expect.objectContaining({ fault: 'unit' }))
  })

  test('any bytes are an answer or malformed, nothing else', () => {
    const requests = [read('holding', 0, 3), read('coil', 0, 12), write(1, 2), write(1, 2, 3)]
    const pdu = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 253 }),
      fc.tuple(fc.constantFrom(1, 3, 6, 16, 0x83, 0x86, 0x90), fc.uint8Array({ maxLength: 12 })).map(([code, rest]) => {
        return Uint8Array.from([code, ...rest])
      }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...requests), pdu, (request, bytes) => {
        try {
          const answer = parseAnswer(1, request, { transactionId: 1, unitId: 1, pdu: Buffer.from(bytes) })
          if (request.kind === 'write') expect(answer.kind).not.toBe('values')
          else if (answer.kind === 'values') expect(answer.values).toHaveLength(request.count)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedFrame)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
