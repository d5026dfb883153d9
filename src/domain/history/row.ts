/** What a vendor's history says, and what becomes of it: values of signals in, points of a measurement out. */

/** A signal of a vendor's history server. */
export interface HistorySignal {
  readonly id: string
  /** The vendor's full name, such as `HEM_FJV_Villa_901.GT_UTE`. */
  readonly name: string
  /** As reported; null when the vendor does not say. */
  readonly unit: string | null
}

/** One stored value of one signal, unit of the vendor. */
export interface HistoryRow {
  readonly signalId: string
  /** Epoch milliseconds. */
  readonly time: number
  readonly value: number
}

/** The fields of one measurement at one time, units of the registry. */
export interface HistoryPoint {
  /** Epoch milliseconds. */
  readonly time: number
  readonly fields: Readonly<Record<string, number>>
}

/** A stored row of the same measurement, as the time-series store reads it. */
export interface StoredRow {
  /** Epoch milliseconds. */
  readonly time: number
  readonly fields: Readonly<Record<string, number | string | null>>
}

/** A span of time; epoch milliseconds, `from` inclusive, `to` exclusive. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}
