/**
 * Sessions that all worker processes of an installation use together: refresh tokens rotate, so whoever refreshes with
 * a spent one is refused, and a sign-in by every process is what such servers notice.
 */

/** A session as it is kept: times by the calendar, because processes have no other clock in common. */
export interface KeptSession {
  readonly authToken: string
  readonly refreshToken: string | null
  readonly account: string | null
  /** Epoch milliseconds. */
  readonly usableUntil: number
}

/** The kept session of one user on one server, while no other process may change it. */
export interface SessionSlot {
  read(): Promise<KeptSession | undefined>
  /** @returns false when it took so long that another process has gone on: then nothing was kept */
  write(session: KeptSession): Promise<boolean>
}

export interface SharedSessions {
  /**
   * Runs `work` when no other process is at this session.
   * @param identity follows from server, user and password; must not be kept as it is
   * @param longestMs how long the work may take
   * @throws StoreUnavailable, Unavailable when others do not finish, and what `work` throws
   */
  alone<T>(identity: string, longestMs: number, work: (slot: SessionSlot) => Promise<T>): Promise<T>
}
