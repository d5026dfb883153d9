/** What a zone device says to a request, right or deliberately wrong. Written apart from BVPro's own Modbus client. */
import type { BadFrame } from './faults.ts'
import { REGISTER_COUNT, type SimulatedZone } from './simulated-zone.ts'

export interface ServerRequest {
  readonly transactionId: number
  readonly unitId: number
  readonly pdu: Buffer
}

const UNIT_ID = 1
const READS = { coils: 1, discrete: 2, holding: 3, input: 4 } as const
const WRITE_SINGLE = 6
const WRITE_MULTIPLE = 16
const MAX_READ = 125
const MAX_WRITE = 123

const EXCEPTION = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3, targetSilent: 0x0b } as const

/** The right answer of the device, an exception where the protocol asks for one. */
export function answerPdu(zone: SimulatedZone, { unitId, pdu }: ServerRequest, now: number): Buffer {
  const functionCode = pdu.readUInt8(0)
  if (zone.faults.exception !== undefined) return exception(functionCode, zone.faults.exception)
  if (unitId !== UNIT_ID) {
    // The measured server forgets the function and leaves the flag alone.
    return exception(zone.faults.lenient ? 0 : functionCode, EXCEPTION.targetSilent)
  }
  if (functionCode === READS.holding) return readHolding(zone, pdu, now)
  if (functionCode === WRITE_SINGLE) return writeSingle(zone, pdu, now)
  if (functionCode === WRITE_MULTIPLE) return writeMultiple(zone, pdu, now)
  if (zone.faults.lenient) {
    if (functionCode === READS.input) return zeros(functionCode, 2 * countOf(pdu))
    if (functionCode === READS.coils || functionCode === READS.discrete) {
      return zeros(functionCode, Math.ceil(countOf(pdu) / 8))
    }
  }
  return exception(functionCode, EXCEPTION.illegalFunction)
}

/** The frame of an answer. */
export function answerFrame({ transactionId, unitId }: ServerRequest, pdu: Buffer): Buffer {
  return frame(transactionId, 0, pdu.length + 1, unitId, pdu)
}

/** The bytes of a bad frame in the place of the right answer `pdu`. */
export function badFrame(kind: BadFrame, request: ServerRequest, pdu: Buffer): Buffer {
  const { transactionId, unitId } = request
  const right = (changed: Buffer) => answerFrame(request, changed)
  switch (kind) {
    case 'exception-function':
      return right(Buffer.from([0x80, EXCEPTION.targetSilent]))
    case 'transaction-zero':
      return answerFrame({ ...request, transactionId: 0 }, Buffer.from([0xa8, EXCEPTION.illegalFunction]))
    case 'transaction':
      return answerFrame({ ...request, transactionId: (transactionId + 1000) & 0xffff }, pdu)
    case 'protocol':
      return frame(transactionId, 5, pdu.length + 1, unitId, pdu)
    case 'length-zero':
      return frame(transactionId, 0, 0, unitId, pdu)
    case 'length-huge':
      return frame(transactionId, 0, 0xffff, unitId, pdu)
    case 'unit':
      return answerFrame({ ...request, unitId: unitId + 1 }, pdu)
    case 'function':
      return right(Buffer.concat([Buffer.from([pdu.readUInt8(0) ^ 0x07]), pdu.subarray(1)]))
    case 'byte-count':
      return right(Buffer.concat([pdu.subarray(0, 1), Buffer.from([Math.max(0, pdu.length - 4)]), pdu.subarray(2, -2)]))
    case 'short':
      return right(pdu.subarray(0, -1))
    case 'echo':
      return right(isWrite(pdu) ? Buffer.concat([pdu.subarray(0, -1), Buffer.from([~pdu.readUInt8(4) & 0xff])]) : pdu)
    case 'garbage':
      return Buffer.alloc(20, 0xff)
  }
}

function readHolding(zone: SimulatedZone, pdu: Buffer, now: number): Buffer {
  const count = countOf(pdu)
  const address = pdu.length === 5 ? pdu.readUInt16BE(1) : 0
  if (!zone.faults.lenient) {
    if (pdu.length !== 5 || count < 1 || count > MAX_READ) return exception(READS.holding, EXCEPTION.illegalValue)
    if (address + count > REGISTER_COUNT) return exception(READS.holding, EXCEPTION.illegalAddress)
  }
  const registers = zone.registersAt(now)
  // The byte count is one byte: the measured server serves any count, but 127 registers are all an answer can say.
  const words = Array.from({ length: Math.min(count, 127) }, (_, index) => registers[address + index] ?? 0)
  const answer = Buffer.alloc(2 + 2 * words.length)
  answer.writeUInt8(READS.holding, 0)
  answer.writeUInt8(2 * words.length, 1)
  words.forEach((word, index) => {
    answer.writeUInt16BE(word, 2 + 2 * index)
  })
  return answer
}

function writeSingle(zone: SimulatedZone, pdu: Buffer, now: number): Buffer {
  if (pdu.length !== 5) return exception(WRITE_SINGLE, EXCEPTION.illegalValue)
  return write(zone, pdu, [pdu.readUInt16BE(3)], now) ?? pdu
}

function writeMultiple(zone: SimulatedZone, pdu: Buffer, now: number): Buffer {
  const count = countOf(pdu)
  if (count < 1 || count > MAX_WRITE || pdu.length !== 6 + 2 * count || pdu.readUInt8(5) !== 2 * count) {
    return exception(WRITE_MULTIPLE, EXCEPTION.illegalValue)
  }
  const words = Array.from({ length: count }, (_, index) => pdu.readUInt16BE(6 + 2 * index))
  return write(zone, pdu, words, now) ?? pdu.subarray(0, 5)
}

/** All words or none. Returns the exception when they are refused. */
function write(zone: SimulatedZone, pdu: Buffer, words: readonly number[], now: number): Buffer | undefined {
  const address = pdu.readUInt16BE(1)
  const refusal = words.map((word, index) => zone.refusalOf(address + index, word)).find((code) => code !== 0)
  if (refusal !== undefined) return exception(pdu.readUInt8(0), refusal)
  words.forEach((word, index) => {
    zone.write(address + index, word, now)
  })
  return undefined
}

function countOf(pdu: Buffer): number {
  return pdu.length >= 5 ? pdu.readUInt16BE(3) : 0
}

function isWrite(pdu: Buffer): boolean {
  const functionCode = pdu.readUInt8(0)
  return functionCode === WRITE_SINGLE || functionCode === WRITE_MULTIPLE
}

function zeros(functionCode: number, bytes: number): Buffer {
  const length = Math.min(bytes, 250)
  return Buffer.concat([Buffer.from([functionCode, length]), Buffer.alloc(length)])
}

function exception(functionCode: number, code: number): Buffer {
  return Buffer.from([functionCode | 0x80, code])
}

function frame(transactionId: number, protocol: number, length: number, unitId: number, pdu: Buffer): Buffer {
  const header = Buffer.alloc(7)
  header.writeUInt16BE(transactionId, 0)
  header.writeUInt16BE(protocol, 2)
  header.writeUInt16BE(length, 4)
  header.writeUInt8(unitId & 0xff, 6)
  return Buffer.concat([header, pdu])
}
