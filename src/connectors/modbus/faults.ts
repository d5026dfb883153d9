/**
 * Exceptions and broken frames of a device as typed errors: what an operator reads, and what decides about trying
 * again.
 */
import { BadConfig, BadData, type BvproError, Pending, RateLimited, Unavailable } from '../errors.ts'
import type { MalformedFrame } from './frames.ts'

/** The exception a device answered with; stands as `cause` in the typed error. */
export class DeviceException extends Error {
  readonly code: number

  constructor(code: number) {
    super(`Modbus exception ${hex(code)}`)
    this.name = 'DeviceException'
    this.code = code
  }
}

/** How long to leave a device alone that says it is busy, milliseconds. */
const BUSY_RETRY_MS = 1_000

/**
 * The typed error of an exception code: 01–03 are faults of our configuration (wrong table, address or value), 05 asks
 * for patience, 06 is a busy device, the rest are outages of the device or of what lies behind a gateway.
 * @param subject whom we asked for what: "10.0.0.7:502 unit 1, holding register 1"
 */
export function exceptionError(code: number, subject: string): BvproError {
  const cause = new DeviceException(code)
  switch (code) {
    case 0x01:
      return new BadConfig(`${subject}: the device does not know this function (exception 01)`, { cause })
    case 0x02:
      return new BadConfig(`${subject}: the device has no such address (exception 02)`, { cause })
    case 0x03:
      return new BadConfig(`${subject}: the device does not take this value or count (exception 03)`, { cause })
    case 0x04:
      return new Unavailable(`${subject}: the device has failed (exception 04)`, { cause })
    case 0x05:
      return new Pending(`${subject}: the device needs longer (exception 05)`, { cause })
    case 0x06:
      return new RateLimited(`${subject}: the device is busy (exception 06)`, { cause, retryAfterMs: BUSY_RETRY_MS })
    case 0x0a:
      return new Unavailable(`${subject}: the gateway has no path to the unit (exception 0A)`, { cause })
    case 0x0b:
      return new Unavailable(`${subject}: the gateway lives, the unit does not answer it (exception 0B)`, { cause })
    default:
      return new BadData(`${subject}: the device answered exception ${hex(code)}`, { cause })
  }
}

/** A device that breaks the protocol answered with something that cannot be right. */
export function malformedError(fault: MalformedFrame, subject: string): BadData {
  return new BadData(`${subject}: malformed answer, ${fault.message}`, { cause: fault })
}

/** The exception code behind a typed error; undefined when a device did not answer with an exception. */
export function exceptionCodeOf(error: unknown): number | undefined {
  return error instanceof Error && error.cause instanceof DeviceException ? error.cause.code : undefined
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(2, '0')
}
