/** Trouble that can be switched on for one house or for a whole server of the town, by code or with curl. */
import { z } from 'zod'

/** `true` until switched off, a number for that many requests. */
export const repeated = z.union([z.boolean(), z.number().int().min(0)])

/** Trouble of the connection itself, the same for every server. */
export const transport = {
  /** Every answer comes this much later, milliseconds. */
  slowMs: z.number().min(0).max(600_000).optional(),
  /** The connection is torn down after the request was read. */
  connectionReset: repeated.optional(),
  /** `refuse` ends the connection without an answer, a number is the HTTP status, `true` is 500. */
  down: z.union([z.boolean(), z.literal('refuse'), z.number().int().min(500).max(599)]).optional(),
}

export const houseFaultsSchema = z.strictObject({
  ...transport,
  /** HTTP 401 on everything but the login. */
  unauthorized: repeated.optional(),
  /** `{"error":"token"}` with status 200 instead of a BMS token. */
  tokenError: repeated.optional(),
  /** Status 200 with an empty list of variables: the look of a dead session. */
  zeroVariables: repeated.optional(),
  /** The controller never answers the portal: most variables stay `Pending`. */
  pending: z.boolean().optional(),
  /** `true` shows 6553.5 as outdoor, room and power; an object says which short name shows what. */
  wrongNumbers: z.union([z.boolean(), z.record(z.string(), z.number())]).optional(),
  /** Sensors keep the value they had when the fault was set: all of them, or these short names. */
  stuck: z.union([z.boolean(), z.array(z.string())]).optional(),
  /** The password is refused (status 200, no querykey). */
  wrongPassword: z.boolean().optional(),
  /** Writes are answered with 200 and never arrive. */
  lostWrites: z.boolean().optional(),
})
export type HouseFaults = z.infer<typeof houseFaultsSchema>

export const homesideFaultsSchema = z.strictObject({ ...transport, unauthorized: repeated.optional() })
export type HomesideFaults = z.infer<typeof homesideFaultsSchema>

export const smhiFaultsSchema = z.strictObject({
  ...transport,
  /** The newest model run is this many hours older than it should be. */
  staleHours: z.number().min(0).max(240).optional(),
  /** The forecast category has gone: 404 on all of it. */
  forecastGone: z.boolean().optional(),
  /** Stations answer, but have measured nothing. */
  noObservations: z.boolean().optional(),
  /** These parameters of the forecast are 9999 (missing). */
  missingParameters: z.array(z.string()).optional(),
})
export type SmhiFaults = z.infer<typeof smhiFaultsSchema>

export type TransportFaults = z.infer<z.ZodObject<typeof transport>>

export const WRONG_NUMBER = 6553.5
export const WRONG_NUMBER_VARIABLES = ['AI_GT_UTE_Output', 'MEAN_GT_RUM_1_Output', 'VMM1_Power']

/** Whether a repeated fault strikes now; counts it down. */
export function strikes<K extends string>(faults: { [P in K]?: boolean | number | undefined }, fault: K): boolean {
  const value = faults[fault]
  if (typeof value !== 'number') return value === true
  if (value <= 0) return false
  faults[fault] = value - 1
  return true
}
