/**
 * The sessions of this process, one per server, account and user: buildings behind one login share their token, because
 * a sign-in per building and poll is what such servers notice first.
 */
import { createHash } from 'node:crypto'
import { putBounded } from '../bounded-map.ts'
import { ArrigoSession, type ArrigoSessionOptions } from './session.ts'
import type { SharedSessions } from './shared-sessions.ts'

export interface SessionRegistry {
  /** The session for these credentials; the first caller's clock, log and time limit hold for all. */
  session(options: Omit<ArrigoSessionOptions, 'shared'>): ArrigoSession
  /** Drops a session, also what is remembered about refused credentials. */
  forget(session: ArrigoSession): void
}

/** Beyond this number the session that was not used for longest is forgotten; it would sign in again. */
const MOST_SESSIONS = 2_000

/** @param shared where other processes use the same sessions */
export function createSessionRegistry(shared?: SharedSessions): SessionRegistry {
  const sessions = new Map<string, ArrigoSession>()
  return {
    session(options) {
      const key = keyOf(options)
      const session =
        sessions.get(key) ??
        new ArrigoSession({
          ...options,
          shared: shared === undefined ? undefined : { sessions: shared, identity: key },
        })
      putBounded(sessions, key, session, MOST_SESSIONS)
      return session
    },
    forget(session) {
      for (const [key, known] of sessions) if (known === session) sessions.delete(key)
    },
  }
}

export const processSessions: SessionRegistry = createSessionRegistry()

/** The password belongs to the key, so that a corrected one starts afresh; hashed, so that no key can be read back. */
function keyOf({ address, account, credentials }: Omit<ArrigoSessionOptions, 'shared'>): string {
  const { username, password } = credentials
  return createHash('sha256')
    .update(JSON.stringify([address.login, account, username, password]))
    .digest('base64')
}
