/**
 * Requests as bytes, and frames as answers to them. An answer is believed only when it fits its request in every
 * respect.
 */
import { BadConfig } from '../errors.ts'
import { encodeFrame, type Frame, MalformedFrame } from './frames.ts'
import {
  ADDRESS_SPACE,
  type Answer,
  describeRequest,
  EXCEPTION_FLAG,
  functionOf,
  isBitTable,
  MAX_READ_BITS,
  MAX_READ_REGISTERS,
  MAX_WRITE_REGISTERS,
  type ReadRequest,
  type Request,
  WRITE_SINGLE_REGISTER,
  type WriteRequest,
} from './protocol.ts'

/**
 * @throws BadConfig when no device could answer the request: bad address, too many or no values, words out of range.
 */
export function assertRequest(request: Request): void {
  const { address } = request
  const count = request.kind === 'read' ? request.count : request.words.length
  const most = request.kind === 'write' ? MAX_WRITE_REGISTERS : maxReadCount(request)
  if (!Number.isInteger(address) || address < 0) {
    throw new BadConfig(`a Modbus address is a whole number from 0 to ${ADDRESS_SPACE - 1}, not ${address}`)
  }
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new BadConfig(`one Modbus request carries 1 to ${most} values, not ${count}`)
  }
  if (address + count > ADDRESS_SPACE) {
    throw new BadConfig(`${describeRequest(request)}: addresses end at ${ADDRESS_SPACE - 1}`)
  }
  if (request.kind === 'read') return
  for (const word of request.words) {
    if (!Number.isInteger(word) || word < 0 || word > 0xffff) throw new BadConfig(`${word} is not a 16-bit word`)
  }
}

/** The whole frame of a request that {@link assertRequest} has accepted. */
export function encodeRequest(transactionId: number, unitId: number, request: Request): Buffer {
  const pdu = request.kind === 'read' ? readPdu(request) : writePdu(request)
  return encodeFrame({ transactionId, unitId, pdu })
}

/**
 * The answer in a frame whose transaction id has been found to be that of the request.
 * @throws MalformedFrame when unit, function, byte count, length or echo do not belong to the request
 */
export function parseAnswer(unitId: number, request: Request, frame: Frame): Answer {
  if (frame.unitId !== unitId) {
    throw new MalformedFrame('unit', `the answer of unit ${frame.unitId} to a question to unit ${unitId}`)
  }
  const { pdu } = frame
  const wanted = functionOf(request)
  const found = pdu.readUInt8(0)
  if (found === (wanted | EXCEPTION_FLAG)) return parseException(pdu)
  if (found !== wanted) {
    const hex = (value: number) => value.toString(16).toUpperCase().padStart(2, '0')
    throw new MalformedFrame('function', `function byte ${hex(found)} instead of ${hex(wanted)}`)
  }
  return request.kind === 'read' ? parseValues(request, pdu) : parseEcho(request, pdu)
}

function maxReadCount({ table }: ReadRequest): number {
  return isBitTable(table) ? MAX_READ_BITS : MAX_READ_REGISTERS
}

function readPdu(request: ReadRequest): Buffer {
  const pdu = Buffer.alloc(5)
  pdu.writeUInt8(functionOf(request), 0)
  pdu.writeUInt16BE(request.address, 1)
  pdu.writeUInt16BE(request.count, 3)
  return pdu
}

function writePdu(request: WriteRequest): Buffer {
  const { address, words } = request
  const [word] = words
  if (functionOf(request) === WRITE_SINGLE_REGISTER && word !== undefined) {
    const pdu = Buffer.alloc(5)
    pdu.writeUInt8(WRITE_SINGLE_REGISTER, 0)
    pdu.writeUInt16BE(address, 1)
    pdu.writeUInt16BE(word, 3)
    return pdu
  }
  const pdu = Buffer.alloc(6 + 2 * words.length)
  pdu.writeUInt8(functionOf(request), 0)
  pdu.writeUInt16BE(address, 1)
  pdu.writeUInt16BE(words.length, 3)
  pdu.writeUInt8(2 * words.length, 5)
  words.forEach((value, index) => {
    pdu.writeUInt16BE(value, 6 + 2 * index)
  })
  return pdu
}

function parseException(pdu: Buffer): Answer {
  if (pdu.length !== 2) throw new MalformedFrame('exception', `an exception of ${pdu.length} bytes instead of 2`)
  return { kind: 'exception', code: pdu.readUInt8(1) }
}

function parseValues({ table, count }: ReadRequest, pdu: Buffer): Answer {
  const expected = isBitTable(table) ? Math.ceil(count / 8) : 2 * count
  const announced = pdu.length > 1 ? pdu.readUInt8(1) : 0
  if (announced !== expected || pdu.length !== 2 + expected) {
    const found = `${announced} bytes announced, ${Math.max(0, pdu.length - 2)} present`
    throw new MalformedFrame('byte count', `${found}, ${expected} asked for`)
  }
  const valueAt = isBitTable(table)
    ? (index: number) => (pdu.readUInt8(2 + (index >> 3)) >> (index & 7)) & 1
    : (index: number) => pdu.readUInt16BE(2 + 2 * index)
  return { kind: 'values', values: Array.from({ length: count }, (_, index) => valueAt(index)) }
}

/** Both write functions answer with the first five bytes of their request. */
function parseEcho(request: WriteRequest, pdu: Buffer): Answer {
  if (!pdu.equals(writePdu(request).subarray(0, 5))) {
    throw new MalformedFrame('echo', 'the acknowledgement of another write')
  }
  return { kind: 'written' }
}
