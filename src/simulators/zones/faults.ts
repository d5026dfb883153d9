/** Trouble that can be switched on for one zone device. */
import { z } from 'zod'
import { repeated } from '../faults.ts'

/**
 * Answers no client may believe. The first two have been measured at a real server for a foreign unit id and for an
 * unknown function; the rest break one rule of the protocol each.
 */
export const BAD_FRAMES = [
  /** An exception of function byte 80 with code 0B. */
  'exception-function',
  /** An exception with transaction id 0, function byte A8, code 01. */
  'transaction-zero',
  /** A transaction id nobody has used. */
  'transaction',
  /** Protocol id 5. */
  'protocol',
  /** A length of 0. */
  'length-zero',
  /** A length of 65535. */
  'length-huge',
  /** Another unit id. */
  'unit',
  /** Another function. */
  'function',
  /** A byte count that is two too low, with that many bytes. */
  'byte-count',
  /** Fewer bytes than the byte count says. */
  'short',
  /** A write acknowledged with another value; reads are answered rightly. */
  'echo',
  /** 20 bytes of FF. */
  'garbage',
] as const
export type BadFrame = (typeof BAD_FRAMES)[number]

export const zoneFaultsSchema = z.strictObject({
  /** Requests are never answered; a write arrives all the same. */
  silent: repeated.optional(),
  /** The connection is reset in the middle of the answer. */
  resetMidFrame: repeated.optional(),
  /** The connection is reset before the answer. */
  resetBeforeAnswer: repeated.optional(),
  badFrame: z.enum(BAD_FRAMES).optional(),
  /** Everything is answered with this exception code. */
  exception: z.number().int().min(1).max(255).optional(),
  /** Every answer comes this much later, milliseconds. */
  slowMs: z.number().min(0).max(600_000).optional(),
  /** Every answer comes byte by byte. */
  fragmented: z.boolean().optional(),
  /** Every answer comes twice. */
  duplicated: z.boolean().optional(),
  /** The temperature stays what it was when the fault was set. */
  frozen: z.boolean().optional(),
  /** A written setpoint shows until the end of the device's cycle and is then replaced by the old one. */
  setpointReverts: z.boolean().optional(),
  /** Writes are acknowledged and never arrive. */
  lostWrites: z.boolean().optional(),
  /** Nobody listens on the port. */
  closed: z.boolean().optional(),
  /** All registers are zero, as before the first step of a device. */
  zeros: z.boolean().optional(),
  /** As measured at a real server: other tables and addresses read as zero, any count is served, any write taken. */
  lenient: z.boolean().optional(),
})
export type ZoneFaults = z.infer<typeof zoneFaultsSchema>
