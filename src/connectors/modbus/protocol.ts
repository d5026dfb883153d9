/**
 * The part of Modbus that BVPro speaks: reading the four tables and writing holding registers. Numbers are those of the
 * MODBUS Application Protocol Specification V1.1b3 and the Messaging on TCP/IP Implementation Guide V1.0b.
 */

/** Tables of 16-bit words. */
export type RegisterTable = 'holding' | 'input'
/** Tables of single bits. */
export type BitTable = 'coil' | 'discrete'
export type Table = RegisterTable | BitTable

export const READ_FUNCTIONS: Readonly<Record<Table, number>> = { coil: 1, discrete: 2, holding: 3, input: 4 }
export const WRITE_SINGLE_REGISTER = 6
export const WRITE_MULTIPLE_REGISTERS = 16
/** Set in the function byte of an exception. */
export const EXCEPTION_FLAG = 0x80

export const MAX_READ_REGISTERS = 125
export const MAX_READ_BITS = 2000
export const MAX_WRITE_REGISTERS = 123
/** Addresses are 0…65535 on the wire. */
export const ADDRESS_SPACE = 65_536

/** A run of words or bits of one table; addresses are zero-based, as sent on the wire. */
export interface ReadRequest {
  readonly kind: 'read'
  readonly table: Table
  readonly address: number
  readonly count: number
}

/** New values of a run of holding registers: function 06 for one word, 16 for more. */
export interface WriteRequest {
  readonly kind: 'write'
  readonly address: number
  /** 0…65535 each. */
  readonly words: readonly number[]
}

export type Request = ReadRequest | WriteRequest

/** What a device said: words (bits as 0 and 1), an acknowledged write, or an exception. */
export type Answer =
  | { readonly kind: 'values'; readonly values: readonly number[] }
  | { readonly kind: 'written' }
  | { readonly kind: 'exception'; readonly code: number }

const TABLE_NAMES: Readonly<Record<Table, string>> = {
  holding: 'holding register',
  input: 'input register',
  coil: 'coil',
  discrete: 'discrete input',
}

export function isBitTable(table: Table): table is BitTable {
  return table === 'coil' || table === 'discrete'
}

export function functionOf(request: Request): number {
  if (request.kind === 'read') return READ_FUNCTIONS[request.table]
  return request.words.length === 1 ? WRITE_SINGLE_REGISTER : WRITE_MULTIPLE_REGISTERS
}

/** "holding registers 0 to 3", for messages. Addresses as on the wire. */
export function describeRange(table: Table, address: number, count: number): string {
  const name = TABLE_NAMES[table]
  return count === 1 ? `${name} ${address}` : `${name}s ${address} to ${address + count - 1}`
}

/** The registers a request is about, for messages. */
export function describeRequest(request: Request): string {
  return request.kind === 'read'
    ? describeRange(request.table, request.address, request.count)
    : describeRange('holding', request.address, request.words.length)
}
