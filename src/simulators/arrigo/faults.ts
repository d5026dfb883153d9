/** Trouble that can be switched on for the simulated Arrigo server. */
import { z } from 'zod'
import { repeated, transport } from '../faults.ts'

/** Lists of the schema that are handed out in pages. */
const PAGED_LISTS = ['folders', 'analogs', 'digitals', 'alarms', 'analogsHistory', 'digitalsHistory'] as const
export type PagedList = (typeof PAGED_LISTS)[number]
const lists = z.array(z.enum(PAGED_LISTS))

export const arrigoFaultsSchema = z.strictObject({
  ...transport,
  /** HTTP 401 on GraphQL, without saying why. */
  unauthorized: repeated.optional(),
  /** HTTP 401 with `token-expired: true`, although the token is good. */
  tokenExpired: repeated.optional(),
  /** After this many further GraphQL calls all tokens expire, once: in the middle of a paged list, say. */
  expireAfterCalls: z.number().int().min(0).optional(),
  refreshRefused: z.boolean().optional(),
  wrongPassword: z.boolean().optional(),
  /** Status of every sign-in: 400 malformed, 403 and 409 blocked user or password change. */
  loginStatus: z.number().int().min(300).max(499).optional(),
  /** The application pool restarts: HTTP 500 with a page of HTML. */
  htmlError: repeated.optional(),
  /** These fields of the query fail with a database time-out, the others are delivered. */
  partial: z.array(z.string()).optional(),
  /** The server does not know `timeLengthComparer`. */
  comparerRejected: z.boolean().optional(),
  /** Its lists do not know `items`, or not `edges`. */
  withoutItems: z.boolean().optional(),
  withoutEdges: z.boolean().optional(),
  /** Status of answers to queries it does not understand; 200 otherwise. */
  refusalStatus: z.union([z.literal(200), z.literal(400)]).optional(),
  /** These signals read exactly 0. */
  deadSensors: z.array(z.string()).optional(),
  /** These signals have no value. */
  withoutValue: z.array(z.string()).optional(),
  /** These signals are not listed any more. */
  vanished: z.array(z.string()).optional(),
  /** The site's database has been rebuilt: every register has another number. */
  renumbered: z.boolean().optional(),
  /** Their pages end in the same cursor every time. */
  repeatedCursor: lists.optional(),
  /** They begin again when they should end. */
  endless: lists.optional(),
  /** They claim to end after the first page. */
  truncated: lists.optional(),
  /** Times without a zone, as old servers write them. */
  bareTimes: z.boolean().optional(),
  /** The variable service restarts and forgets the paths of published lists. */
  forgetsPaths: repeated.optional(),
  /** Writes are answered with true and never arrive. */
  lostWrites: z.boolean().optional(),
})
export type ArrigoFaults = z.infer<typeof arrigoFaultsSchema>
