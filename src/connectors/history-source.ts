/** What an import needs of a vendor's history: which signals there are, and their stored values page by page. */
import type { HistoryRow, HistorySignal } from '../domain/history/row.ts'

export interface HistoryQuery {
  readonly signalIds: readonly string[]
  /** Epoch milliseconds, inclusive. */
  readonly from: number
  /** Epoch milliseconds, exclusive. */
  readonly to: number
  /** Which stored series (300, 3600, …): it selects and does not resample. */
  readonly resolutionSeconds: number
}

export interface HistoryCallOptions {
  /** Called before every request. */
  readonly heartbeat?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface HistoryBatch {
  /** Values only; rows without one are left out. */
  readonly rows: readonly HistoryRow[]
  /** Sentences about what the server did not deliver. */
  readonly problems: readonly string[]
}

/** Both throw typed errors: CredentialsMissing, CredentialsRejected, EntityNotFound, BadConfig, BadData, Unavailable, RateLimited. */
export interface HistorySource {
  signals(options?: HistoryCallOptions): Promise<readonly HistorySignal[]>
  history(query: HistoryQuery, options?: HistoryCallOptions): AsyncIterable<HistoryBatch>
}
