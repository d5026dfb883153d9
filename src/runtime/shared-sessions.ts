/** Arrigo sessions in the application store: encrypted, and renewed by one process at a time. */
import type { KeptSession, SharedSessions } from '../connectors/arrigo/index.ts'
import { BvproError, StoreUnavailable } from '../connectors/errors.ts'
import { awaitLease } from '../store/application/await-lease.ts'
import type { ApplicationStore, Lease } from '../store/application/port.ts'
import { keyedName, openValue, type SealingKey, sealValue } from '../store/application/sealed-value.ts'
import type { Logger } from './log.ts'

export interface SharedSessionOptions {
  readonly application: Pick<
    ApplicationStore,
    'acquireLease' | 'renewLease' | 'releaseLease' | 'putDocumentUnder' | 'getDocument'
  >
  readonly key: SealingKey
  /** Names this process, for messages and for people who look into the database. */
  readonly holder: string
  readonly log: Logger
}

const SESSIONS = 'arrigo-session'
/** For a process that stands still while it renews, and for the store itself. */
const STANDSTILL_MS = 15_000

export function createSharedSessions({ application, key, holder, log }: SharedSessionOptions): SharedSessions {
  async function read(name: string): Promise<KeptSession | undefined> {
    const document = await application.getDocument<string>(SESSIONS, name)
    if (document === undefined) return undefined
    try {
      return JSON.parse(openValue(key, document.value, `${SESSIONS}/${name}`)) as KeptSession
    } catch (error) {
      if (!(error instanceof BvproError)) throw error
      log.warn('arrigo.kept_session_unreadable', { reason: error.message })
      return undefined
    }
  }

  async function giveBack(lease: Lease): Promise<void> {
    try {
      await application.releaseLease(lease)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      // The others wait until it ends by itself.
      log.warn('arrigo.renewal_not_given_back', { reason: error.message })
    }
  }

  return {
    async alone(identity, longestMs, work) {
      const name = keyedName(key, identity)
      const lastsMs = longestMs + STANDSTILL_MS
      const lease = await awaitLease(application, {
        name: `${SESSIONS} ${name}`,
        holder,
        lastsMs,
        patienceMs: lastsMs + STANDSTILL_MS,
        subject: 'the Arrigo session',
      })
      try {
        return await work({
          read: () => read(name),
          write: (session) =>
            application.putDocumentUnder(
              lease,
              SESSIONS,
              name,
              sealValue(key, JSON.stringify(session), `${SESSIONS}/${name}`),
            ),
        })
      } finally {
        await giveBack(lease)
      }
    },
  }
}
