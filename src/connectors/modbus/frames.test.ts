import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

const frame = fc.record({
  transactionId: fc.integer({ min: 0, max: 0xffff }),
  unitId: fc.integer({ min: 0, max: 255 }),
  pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }).map((bytes) => Buffer.from(bytes)),
})

/** Everything a reader yields for a stream that comes in these pieces. */
function readAll(pieces: readonly Uint8Array[]): { frames: Frame[]; fault: string | null; pending: number } {
  const reader = new FrameReader()
  const frames: Frame[] = []
  let fault: string | null = null
  for (const piece of pieces) {
    const cut = reader.push(piece)
    frames.push(...cut.frames)
    fault = cut.fault?.message ?? null
  }
  return { frames, fault, pending: reader.pendingBytes }
}

function split(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b)
  return [...places, stream.length].map((end, index) => stream.subarray(places[index - 1] ?? 0, end))
}

describe('a stream of frames', () => {
  test('a reading of four registers, as on the wire', () => {
    const { frames, fault } = readAll([hex('0001 0000 000b 01 03 08 00c2 00dc 0001 0001')])
    expect(fault).toBeNull()
    expect(frames).toEqual([{ transactionId: 1, unitId: 1, pdu: hex('03 08 00c2 00dc 0001 0001') }])
  })

  test('reads the same however the network splits it', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(2000), { maxLength: 40 }), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(encodeFrame))
        expect(readAll(split(stream, cuts))).toEqual({ frames, fault: null, pending: 0 })
      }),
    )
  })

  test('with anything in it reads the same however it is split, and never throws or keeps more than a frame', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.array(frame, { maxLength: 3 }), fc.uint8Array({ maxLength: 40 })).map(([frames, noise]) => {
        return Buffer.concat([...frames.map(encodeFrame), noise])
      }),
    )
    fc.assert(
      fc.property(anything, fc.array(fc.nat(2000), { maxLength: 40 }), (stream, cuts) => {
        const whole = readAll([stream])
        expect(readAll(split(stream, cuts))).toEqual(whole)
        expect(whole.pending).toBeLessThan(260)
      }),
      { numRuns: 500 },
    )
  })

  test('keeps the good frames before a bad one, and nothing after it', () => {
    const good = hex('0001 0000 0003 01 83 02')
    const cut = readAll([Buffer.concat([good, Buffer.alloc(20, 0xff), good])])
    expect(cut.frames).toHaveLength(1)
    expect(cut.fault).toContain('protocol id 65535')
  })

  test.each([
    ['protocol id 5', '0001 0005', 'protocol id 5 instead of 0'],
    ['a length of 0', '0001 0000 0000', 'frame length 0'],
    ['a length of 1: no room for a function', '0001 0000 0001', 'frame length 1'],
    ['a length of 255', '0001 0000 00ff', 'frame length 255'],
    ['a length of 65535', '0001 0000 ffff', 'frame length 65535'],
  ])('%s is refused before the rest of the frame has come', (_, bytes, message) => {
    expect(readAll([hex(bytes)]).fault).toContain(message)
  })

  test('stays refused', () => {
    const reader = new FrameReader()
    reader.push(hex('0001 0005'))
    const { frames, fault } = reader.push(hex('0001 0000 0003 01 83 02'))
    expect([frames, fault?.fault]).toEqual([[], 'protocol'])
  })
})
