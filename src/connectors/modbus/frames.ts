/**
 * Cuts the bytes of a Modbus TCP connection into frames. Nothing in TCP tells where a frame begins, so one header that
 * cannot be right makes all that follows worthless: the reader then refuses for good, and the connection is to be
 * closed.
 */

/** Which check a frame failed. */
export type FrameFault =
  | 'protocol'
  | 'length'
  | 'transaction'
  | 'unit'
  | 'function'
  | 'exception'
  | 'byte count'
  | 'echo'

/** A frame that cannot be an answer to what was asked. */
export class MalformedFrame extends Error {
  readonly fault: FrameFault

  constructor(fault: FrameFault, message: string) {
    super(message)
    this.name = 'MalformedFrame'
    this.fault = fault
  }
}

export interface Frame {
  readonly transactionId: number
  readonly unitId: number
  /** Function byte and what belongs to it, 1 to 253 bytes. */
  readonly pdu: Buffer
}

/** Transaction id, protocol id and length (2 bytes each), unit id. The length counts the unit id and the PDU. */
export const HEADER_BYTES = 7
const LENGTH_COVERS_FROM = 6
export const MIN_LENGTH = 2
export const MAX_LENGTH = 254

export interface Cut {
  readonly frames: readonly Frame[]
  /** Set from the first bad header on. Frames before it are good. */
  readonly fault: MalformedFrame | null
}

/** Keeps what has come of a frame until the rest is there; never more than one frame. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0)
  private fault: MalformedFrame | null = null

  /** Bytes of a frame that is not complete yet. */
  get pendingBytes(): number {
    return this.rest.length
  }

  /** Takes the next bytes, however the network has split them. */
  push(chunk: Uint8Array): Cut {
    const frames: Frame[] = []
    if (this.fault !== null) return { frames, fault: this.fault }
    let bytes = this.rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.rest, chunk])
    while (true) {
      this.fault = faultOfHeader(bytes)
      if (this.fault !== null) {
        this.rest = Buffer.alloc(0)
        return { frames, fault: this.fault }
      }
      if (bytes.length < HEADER_BYTES) break
      const end = LENGTH_COVERS_FROM + bytes.readUInt16BE(4)
      if (bytes.length < end) break
      frames.push({
        transactionId: bytes.readUInt16BE(0),
        unitId: bytes.readUInt8(6),
        pdu: bytes.subarray(HEADER_BYTES, end),
      })
      bytes = bytes.subarray(end)
    }
    this.rest = bytes
    return { frames, fault: null }
  }
}

/**
 * Judges as soon as the two bytes are there: waiting for 65 kB that a broken length announces would hang the
 * connection.
 */
function faultOfHeader(bytes: Buffer): MalformedFrame | null {
  if (bytes.length < 4) return null
  const protocol = bytes.readUInt16BE(2)
  if (protocol !== 0) return new MalformedFrame('protocol', `protocol id ${protocol} instead of 0`)
  if (bytes.length < 6) return null
  const length = bytes.readUInt16BE(4)
  if (length >= MIN_LENGTH && length <= MAX_LENGTH) return null
  return new MalformedFrame('length', `frame length ${length}, which is not within ${MIN_LENGTH} to ${MAX_LENGTH}`)
}

/** Header and PDU in one piece. */
export function encodeFrame({ transactionId, unitId, pdu }: Frame): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(transactionId, 0)
  header.writeUInt16BE(pdu.length + 1, 4)
  header.writeUInt8(unitId, 6)
  return Buffer.concat([header, pdu])
}
