/** The one port through which BVPro keeps and reads time series; adapters are beside it. */
import type { EntityRef } from '../../domain/entity.ts'

/** A number, or text; `null` and absent both mean "not known" and leave a stored value as it is. */
export type FieldValue = number | string | null

/** One sample. Identity = measurement + all tags + time; writing again merges field by field. */
export interface Point {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  /** Epoch milliseconds, stored with second precision. */
  readonly time: number
  readonly fields: Readonly<Record<string, FieldValue>>
}

export const AGGREGATES = ['mean', 'min', 'max', 'sum', 'first', 'last', 'count'] as const
export type Aggregate = (typeof AGGREGATES)[number]

export interface SeriesQuery {
  readonly measurement: string
  /** Exact match on each tag given; tags left out are not filtered. */
  readonly tags: Readonly<Record<string, string>>
  /** Fields wanted; all of the measurement's fields when left out. */
  readonly fields?: readonly string[]
  /** Epoch milliseconds, inclusive. */
  readonly from: number
  /** Epoch milliseconds, exclusive. */
  readonly to: number
  /**
   * Bucket width as `<n>s|m|h|d|w|mo`. Buckets of days and longer follow `zone` and are stamped 00:00Z of their date
   * label; shorter ones are aligned to UTC and stamped with their start. Empty buckets give no row.
   */
  readonly every?: string
  /** Default `mean` (`last` for text fields). Only with `every`. */
  readonly aggregate?: Aggregate
  /** Time zone of day buckets; default Europe/Stockholm. */
  readonly zone?: string
  /** Newest `limit` rows, still in ascending order. */
  readonly limit?: number
}

/** One row, ascending in time; rows of different tag sets at the same time stay separate. */
export interface Row {
  /** Epoch milliseconds. */
  readonly time: number
  readonly tags: Readonly<Record<string, string>>
  /** Only the fields asked for; `null` where nothing is stored. */
  readonly fields: Readonly<Record<string, FieldValue>>
}

export interface SeriesCount {
  readonly measurement: string
  readonly rows: number
  /** Epoch milliseconds. */
  readonly oldest: number
  readonly newest: number
}

export interface DeleteReport {
  readonly deleted: readonly SeriesCount[]
  /** Rows still found when read back; an empty list is the proof of success. */
  readonly remaining: readonly SeriesCount[]
}

export interface TimeSeriesStore {
  /**
   * Resolves when the points are durable. Rejects with `BadData` for a point the registry does not know,
   * `StoreUnavailable` when the store refuses.
   */
  write(points: readonly Point[]): Promise<void>
  /**
   * Afterwards the series `tags` holds exactly `points` in `[from, to)`. Atomic in SQLite; InfluxDB writes first, then
   * deletes what the new set lacks.
   */
  replaceRange(
    measurement: string,
    tags: Readonly<Record<string, string>>,
    from: number,
    to: number,
    points: readonly Point[],
  ): Promise<void>
  read(query: SeriesQuery): Promise<Row[]>
  /** The newest row of a series, its fields merged from that one time only. */
  latest(measurement: string, tags: Readonly<Record<string, string>>): Promise<Row | undefined>
  /** Row counts of everything stored for exactly this entity, without deleting. */
  countEntity(entity: EntityRef): Promise<SeriesCount[]>
  /** Deletes every measurement of exactly this entity (or the given ones) and reads back. */
  deleteEntity(entity: EntityRef, options?: { readonly measurements?: readonly string[] }): Promise<DeleteReport>
  /** Resolves when the store takes reads and writes; rejects with `StoreUnavailable` and a sentence otherwise. */
  check(): Promise<void>
  close(): Promise<void>
}
