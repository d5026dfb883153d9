/** What the Arrigo client offers and needs. */
import type { AlarmList, AlarmStatus } from '../../domain/buildings/alarms.ts'
import type { WantedSignal } from '../../domain/buildings/signal-readings.ts'
import type { Logger } from '../../runtime/log.ts'
import type { Credentials } from '../credentials/index.ts'
import type { Discovery } from './discovery.ts'
import type { HistoryPage, HistoryRequest } from './history.ts'
import type { PublishedList, PublishedReading, PublishedWrite } from './published.ts'
import type { AnalogSignal, DigitalSignal, Folder } from './rows.ts'
import type { SessionRegistry } from './session-registry.ts'

/** All times in milliseconds. */
export interface ArrigoTiming {
  readonly loginMs: number
  readonly queryMs: number
  /** Lists of all signals. */
  readonly listMs: number
  readonly historyMs: number
  /** Between two readings while published values are pending or a write has not shown. */
  readonly publishedPollMs: number
  /** All waiting of one such reading together. */
  readonly publishedBudgetMs: number
}

export interface ArrigoClock {
  /** Milliseconds of a clock that never jumps. */
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface ArrigoClientOptions {
  /** A building's `connection.host`: host, `host:port` or full URL. */
  readonly host: string
  /** Asked at every call; when the answer changes, the client signs in anew. */
  readonly credentials: () => Promise<Credentials>
  /** A building's `connection.account`; empty = the only project, or its default. */
  readonly account?: string
  /** Hosts that may be reached without encryption besides this machine. */
  readonly allowHttpHosts?: readonly string[]
  readonly log?: Logger
  readonly timing?: Partial<ArrigoTiming>
  readonly clock?: ArrigoClock
  /** Default: one registry for the whole process. */
  readonly sessions?: SessionRegistry
}

export interface CallOptions {
  /** Called before every request and every wait. */
  readonly heartbeat?: () => void
  readonly signal?: AbortSignal
}

/** A list with what is to be said about it. Rows the server could not deliver are missing and named in `problems`. */
export interface Listed<T> {
  readonly rows: readonly T[]
  readonly complete: boolean
  readonly problems: readonly string[]
}

export interface AlarmOptions extends CallOptions {
  /** Only these; all when absent. */
  readonly status?: readonly Exclude<AlarmStatus, 'unknown'>[]
  /** Only the newest; the whole list when absent. */
  readonly limit?: number
}

export interface SignalReading {
  readonly wanted: WantedSignal
  /** Null when the signal is not there, or has no value. */
  readonly value: number | null
  readonly unit: string | null
  /** `moved`: found by its name under another id than the configured one, which is then `currentId`. */
  readonly found: 'as-configured' | 'moved' | 'missing'
  readonly currentId: string | null
}

/**
 * All calls throw typed errors: CredentialsMissing, CredentialsRejected, BadConfig, BadData, EntityNotFound,
 * Unavailable, RateLimited. None of them names a user, a password or a token.
 */
export interface ArrigoClient {
  /** The building's own folder: its name is the building's. */
  rootFolder(options?: CallOptions): Promise<Folder>
  /** The folders directly below one; below the root when no id is given. */
  folders(parentId?: string | null, options?: CallOptions): Promise<Listed<Folder>>
  analogs(options?: CallOptions): Promise<Listed<AnalogSignal>>
  digitals(options?: CallOptions): Promise<Listed<DigitalSignal>>
  /** Newest event first. */
  alarms(options?: AlarmOptions): Promise<AlarmList & { readonly problems: readonly string[] }>
  /** Present values of analog signals, in the given order, from one reading of the list; an id or id and full name each. */
  readSignals(
    wanted: readonly (string | WantedSignal)[],
    options?: CallOptions,
  ): Promise<{ readonly readings: readonly SignalReading[]; readonly problems: readonly string[] }>
  /** Stored values, chunk by chunk; see `planHistory` for resuming. */
  history(request: HistoryRequest, options?: CallOptions): AsyncIterable<HistoryPage>
  discover(options?: CallOptions): Promise<Discovery>
  /** Lists of variables an area publishes. */
  publishedLists(areaId: string, options?: CallOptions): Promise<readonly PublishedList[]>
  readPublished(list: PublishedList, options?: CallOptions): Promise<PublishedReading>
  /** Writes one variable and reads it back; concurrent writes are the caller's affair. */
  writePublished(
    list: PublishedList,
    change: { readonly variable: string; readonly value: string },
    options?: CallOptions,
  ): Promise<PublishedWrite>
  /** Drops the session and what was learned about the server, e.g. when the configuration has changed. */
  forget(): void
}
