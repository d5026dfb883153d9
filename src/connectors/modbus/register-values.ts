/** Between the words of a device and the values they stand for. */
import { BadConfig } from '../errors.ts'
import { isBitTable } from './protocol.ts'
import { type RegisterPoint, widthOf } from './register-map.ts'

/** Significant digits that hold what was sent: scaling in binary leaves 19.400000000000002 otherwise. */
const DIGITS = { float32: 7, other: 14 } as const

/**
 * The value of a point in its unit; null when the device says it has none (a sentinel or NaN).
 * @param words as many as {@link widthOf} says, in the order they came
 */
export function decodeValue(point: RegisterPoint, words: readonly number[]): number | null {
  const raw = rawOf(point, words)
  if (Number.isNaN(raw) || isInvalid(point, raw)) return null
  return scaled(point, raw)
}

/**
 * The words that say `value`, to the nearest step of the register.
 * @throws BadConfig when the register cannot hold it
 */
export function encodeValue(point: RegisterPoint, value: number): number[] {
  const { type, scale, offset } = point
  const exact = (value - offset) / scale
  const raw = type === 'float32' || type === 'float64' ? exact : Math.round(exact)
  const bytes = Buffer.alloc(2 * widthOf(point))
  try {
    writeRaw(bytes, type, raw)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new BadConfig(`a register of type ${type} cannot hold ${value} (raw ${raw})`, { cause: error })
  }
  return toWords(arranged(bytes, point))
}

function rawOf(point: RegisterPoint, words: readonly number[]): number {
  const [first] = words
  if (words.length !== widthOf(point) || first === undefined) {
    throw new RangeError(`a value of type ${point.type} takes ${widthOf(point)} words, not ${words.length}`)
  }
  if (isBitTable(point.table)) return first
  const bytes = Buffer.alloc(2 * words.length)
  words.forEach((word, index) => {
    bytes.writeUInt16BE(word, 2 * index)
  })
  return readRaw(arranged(bytes, point), point)
}

/** CDAB and DCBA turn the order of the words round, BADC and DCBA the bytes of each word. Doing it twice undoes it. */
function arranged(bytes: Buffer, { order }: RegisterPoint): Buffer {
  const result = Buffer.from(bytes)
  if (order === 'CDAB' || order === 'DCBA') result.reverse().swap16()
  if (order === 'BADC' || order === 'DCBA') result.swap16()
  return result
}

function readRaw(bytes: Buffer, { type, bit }: RegisterPoint): number {
  switch (type) {
    case 'int16':
      return bytes.readInt16BE()
    case 'uint16':
      return bytes.readUInt16BE()
    case 'int32':
      return bytes.readInt32BE()
    case 'uint32':
      return bytes.readUInt32BE()
    case 'float32':
      return bytes.readFloatBE()
    case 'float64':
      return bytes.readDoubleBE()
    case 'bit':
      return (bytes.readUInt16BE() >> bit) & 1
  }
}

function writeRaw(bytes: Buffer, type: RegisterPoint['type'], raw: number): void {
  if (!Number.isFinite(type === 'float32' ? Math.fround(raw) : raw)) throw new RangeError('not a number it can hold')
  switch (type) {
    case 'int16':
      bytes.writeInt16BE(raw)
      return
    case 'uint16':
      bytes.writeUInt16BE(raw)
      return
    case 'int32':
      bytes.writeInt32BE(raw)
      return
    case 'uint32':
      bytes.writeUInt32BE(raw)
      return
    case 'float32':
      bytes.writeFloatBE(raw)
      return
    case 'float64':
      bytes.writeDoubleBE(raw)
      return
    case 'bit':
      throw new RangeError('the other bits of the register are not known')
  }
}

/** A sentinel may be given as it stands in the manual (0x8000) or as it reads (−32768): the bits count. */
function isInvalid({ type, invalid }: RegisterPoint, raw: number): boolean {
  const span = type === 'int16' || type === 'uint16' ? 0x1_0000 : 0x1_0000_0000
  const isWhole = type !== 'float32' && type !== 'float64'
  return invalid.some((sentinel) => raw === sentinel || (isWhole && (raw - sentinel) % span === 0))
}

function scaled({ type, scale, offset }: RegisterPoint, raw: number): number {
  const value = raw * scale + offset
  return Number(value.toPrecision(type === 'float32' ? DIGITS.float32 : DIGITS.other)) + 0
}

function toWords(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(2 * index))
}
