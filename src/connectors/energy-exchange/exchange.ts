/** Where the heat supplier leaves meter files and finds the request for more: a folder, or Dropbox. */

export interface ExchangedFile {
  readonly name: string
  readonly bytes: number
  /** Changes exactly when the content does. */
  readonly revision: string
}

/** What was wrong with a file, for the person who looks after it. */
export interface QuarantineReport {
  /** Text of `<name>.report.txt`. */
  readonly report: string
  /** The refused lines under the file's header, ready to be mended and delivered again; null for a file refused whole. */
  readonly rows: string | null
}

/**
 * Every call may be repeated after a crash. Rejects with `Unavailable`, `RateLimited`, or with `CredentialsRejected`
 * when access was revoked, which the exchange itself tells the log, once.
 */
export interface EnergyExchange {
  /** For people: the folder's path, or "Dropbox". */
  readonly place: string
  /** All files a supplier has delivered completely, by name, on however many pages they are listed. */
  list(): Promise<readonly ExchangedFile[]>
  /** The bytes of a file in pieces. Rejects with `EntityNotFound` when it is gone. */
  open(file: ExchangedFile): AsyncIterable<Uint8Array>
  /** Puts a file that was imported out of the way, kept for ever; one that is gone already is fine. */
  archive(file: ExchangedFile): Promise<void>
  /** Leaves a report, and the refused rows, beside the failed ones. */
  quarantine(file: ExchangedFile, report: QuarantineReport): Promise<void>
  /** Replaces the request file. */
  writeRequest(text: string): Promise<void>
  /**
   * Puts a whole file there as the supplier would; absent where only the supplier delivers. Rejects with `BadConfig`
   * when a file of that name waits already.
   */
  readonly deliver?: (name: string, content: AsyncIterable<Uint8Array>) => Promise<void>
  /** Calls back, soon, after something was delivered; absent where nobody can tell. */
  readonly watch?: (onDelivery: () => void) => () => void
}

/** Data files by their name; everything else in the folder is somebody else's. */
export function isDataFile(name: string): boolean {
  return /\.txt$/i.test(name) && !name.startsWith('.')
}
