/**
 * Turns at an endpoint that several processes use: gateways take one client, so each connects, asks, closes the
 * connection and hands on. Where one process alone talks to a device there are no turns, and the connection is kept.
 */

export interface Turn {
  /** An order may begin when it is over by then, whatever happens; milliseconds of `performance.now()`. */
  readonly until: number
  /** Hands on. Never rejects: a turn that cannot be given back ends by itself. */
  end(): Promise<void>
}

/**
 * Waits until the endpoint is ours.
 * @param endpoint `host:port`, the same text in every process
 * @param neededMs how long the first order may take
 * @throws Unavailable when others do not hand on in time, StoreUnavailable, or the signal's reason
 */
export type TakeTurn = (endpoint: string, neededMs: number, signal: AbortSignal) => Promise<Turn>
