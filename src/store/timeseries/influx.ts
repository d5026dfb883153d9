/** Time series in InfluxDB 2: the store for production, shared by all workers and Grafana. */
import {
  type FluxTableMetaData,
  InfluxDB,
  escape as lineProtocolEscape,
  type ParameterizedQuery,
  type QueryApi,
  type SendOptions,
  type Transport,
} from '@influxdata/influxdb-client'
import { DeleteAPI } from '@influxdata/influxdb-client-apis'
import { BvproError, StoreUnavailable } from '../../connectors/errors.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { fieldSpec, MEASUREMENTS, type MeasurementRegistry } from '../../domain/measurements.ts'
import { bucketStamp } from '../../domain/time/buckets.ts'
import type { Every } from '../../domain/time/every.ts'
import { type InfluxPlace, influxFailure } from './influx/failure.ts'
import { bucketValues, extent, lastValues, type Selection, storedTimes, storedValues } from './influx/flux.ts'
import { LineWriter } from './influx/line-writer.ts'
import { toLines } from './influx/lines.ts'
import { findSurplus, type StoredTime } from './influx/surplus.ts'
import {
  aggregateOf,
  type CheckedQuery,
  checkPoints,
  checkQuery,
  checkReplacement,
  MAX_SECOND,
  ownTag,
  requireMeasurementsOf,
  type Tags,
  toSecond,
} from './point.ts'
import type {
  Aggregate,
  DeleteReport,
  FieldValue,
  Point,
  Row,
  SeriesCount,
  SeriesQuery,
  TimeSeriesStore,
} from './port.ts'
import { RowCollector } from './rows.ts'

export interface InfluxConnection {
  /** Base URL, such as `http://127.0.0.1:8086`. */
  readonly url: string
  readonly token: string
  readonly org: string
  readonly bucket: string
  /**
   * Time one request may take; default 10 s. Counting and deleting everything of an entity may take twelve times as
   * long.
   */
  readonly timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 10_000

/** Reading or deleting years of polls at once is slow and rare. */
const BULK_FACTOR = 12

/** Bodies above this size are compressed. */
const GZIP_BYTES = 1024

interface FluxRow {
  readonly values: string[]
  readonly tableMeta: FluxTableMetaData
}

/**
 * Connects on first use; `check()` tells whether the server is there. Throws `StoreUnavailable` for a URL that is none.
 */
export function openInfluxTimeSeries(
  connection: InfluxConnection,
  registry: MeasurementRegistry = MEASUREMENTS,
): TimeSeriesStore {
  if (!/^https?:\/\/[^/]/.test(connection.url)) {
    throw new StoreUnavailable('the address of InfluxDB must begin with http:// or https://')
  }
  return new InfluxTimeSeries(connection, registry)
}

class InfluxTimeSeries implements TimeSeriesStore {
  readonly #place: InfluxPlace
  readonly #registry: MeasurementRegistry
  readonly #client: InfluxDB
  readonly #bulkClient: InfluxDB
  readonly #writer: LineWriter
  #closed = false

  constructor(connection: InfluxConnection, registry: MeasurementRegistry) {
    const { url, token, org, bucket, timeoutMs = DEFAULT_TIMEOUT_MS } = connection
    this.#place = { url, org, bucket }
    this.#registry = registry
    this.#client = clientWithDeadline(url, token, timeoutMs)
    this.#bulkClient = clientWithDeadline(url, token, BULK_FACTOR * timeoutMs)
    this.#writer = new LineWriter({
      send: (lines) => this.#send(lines.join('\n')),
      failure: (error) => this.#failure(error),
    })
  }

  async write(points: readonly Point[]): Promise<void> {
    const checked = checkPoints(this.#registry, points)
    this.#requireOpen()
    await this.#writer.write(toLines(checked))
  }

  /**
   * Writes first, then deletes what the new set lacks, so that a crash in between leaves too much rather than a hole. A
   * point that loses a field has to be deleted and written again; until a retry has passed, that point may be missing.
   */
  async replaceRange(
    measurement: string,
    tags: Tags,
    from: number,
    to: number,
    points: readonly Point[],
  ): Promise<void> {
    const [first, end] = [toSecond(from), toSecond(to)]
    const wanted = checkReplacement(this.#registry, measurement, tags, first, end, points)
    this.#requireOpen()
    await this.#writer.drain()
    await this.#writer.write(toLines(wanted))
    if (end <= first) return

    const stored: StoredTime[] = []
    const selection = { bucket: this.#place.bucket, measurement, tags, from: first, to: end }
    await this.#query(this.#client, storedTimes(selection), ({ values, tableMeta }) => {
      stored.push({
        tags: tagsOf(values, tableMeta),
        time: timeOf(values, tableMeta),
        field: tableMeta.get(values, '_field'),
      })
    })
    const { ranges, rewrite } = findSurplus(stored, wanted)
    for (const range of ranges) {
      await this.#delete(predicate({ _measurement: measurement, ...range.tags }), range.first, range.last)
    }
    await this.#writer.write(toLines(rewrite))
  }

  async read(query: SeriesQuery): Promise<Row[]> {
    const checked = checkQuery(this.#registry, query)
    this.#requireOpen()
    const { from, to, limit, every } = checked
    if (to <= from || limit === 0 || checked.fields?.length === 0) return []
    const rows = new RowCollector()
    if (every === undefined) {
      await this.#query(this.#client, storedValues(this.#select(checked), limit), ({ values, tableMeta }) => {
        addValue(rows, values, tableMeta, timeOf(values, tableMeta))
      })
    } else {
      await this.#readBuckets(checked, every, rows)
    }
    return rows.rows(checked)
  }

  async latest(measurement: string, tags: Tags): Promise<Row | undefined> {
    const checked = checkQuery(this.#registry, { measurement, tags, from: 0, to: MAX_SECOND * 1000, limit: 1 })
    this.#requireOpen()
    const rows = new RowCollector()
    await this.#query(this.#client, lastValues(this.#select(checked)), ({ values, tableMeta }) => {
      addValue(rows, values, tableMeta, timeOf(values, tableMeta))
    })
    return rows.rows(checked)[0]
  }

  async countEntity(entity: EntityRef): Promise<SeriesCount[]> {
    this.#requireOpen()
    const selection: Selection = { bucket: this.#place.bucket, tags: ownTag(entity), from: 0, to: MAX_SECOND }
    const found = new Map<string, { rows: number; oldest: number; newest: number }>()
    await this.#query(this.#bulkClient, extent(selection), ({ values, tableMeta }) => {
      const measurement: string = tableMeta.get(values, '_measurement')
      const count = found.get(measurement) ?? { rows: 0, oldest: Number.POSITIVE_INFINITY, newest: 0 }
      const result: string = tableMeta.get(values, 'result')
      if (result === 'rows') count.rows += Number(tableMeta.get(values, '_value'))
      else if (result === 'oldest') count.oldest = Math.min(count.oldest, timeOf(values, tableMeta))
      else count.newest = Math.max(count.newest, timeOf(values, tableMeta))
      found.set(measurement, count)
    })
    return [...found]
      .map(([measurement, count]) => ({ measurement, ...count }))
      .filter(({ rows }) => rows > 0)
      .sort((a, b) => (a.measurement < b.measurement ? -1 : 1))
  }

  /** Without a list everything with the entity's tag goes, measurements of earlier systems included. */
  async deleteEntity(entity: EntityRef, options: { measurements?: readonly string[] } = {}): Promise<DeleteReport> {
    const { measurements } = options
    requireMeasurementsOf(this.#registry, entity.kind, measurements ?? [])
    this.#requireOpen()
    await this.#writer.drain()
    const wanted = ({ measurement }: SeriesCount) => measurements?.includes(measurement) ?? true
    const deleted = (await this.countEntity(entity)).filter(wanted)
    for (const { measurement } of deleted) {
      await this.#delete(predicate({ _measurement: measurement, ...ownTag(entity) }), 0, MAX_SECOND * 1000)
    }
    return { deleted, remaining: (await this.countEntity(entity)).filter(wanted) }
  }

  async check(): Promise<void> {
    this.#requireOpen()
    try {
      // No line at all: permission and bucket are checked, nothing is stored.
      await this.#send('')
    } catch (error) {
      throw this.#failure(error)
    }
    const now = Math.floor(Date.now() / 1000)
    const probe = storedValues({ bucket: this.#place.bucket, measurement: '', tags: {}, from: now - 1, to: now }, 1)
    await this.#query(this.#client, probe, () => {})
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#writer.drain()
  }

  async #readBuckets(query: CheckedQuery, every: Every, rows: RowCollector): Promise<void> {
    const groups = groupByAggregate(query)
    const flux = bucketValues(this.#select(query), groups, every, query)
    await this.#query(this.#client, flux, ({ values, tableMeta }) => {
      // A window that the range cuts is stamped with the cut: the name of the bucket comes from our own rules.
      const stamp = bucketStamp(timeOf(values, tableMeta), every, query.zone)
      addValue(rows, values, tableMeta, stamp)
    })
  }

  #select({ measurement, tags, fields, from, to }: CheckedQuery): Selection {
    return { bucket: this.#place.bucket, measurement, tags, fields, from, to }
  }

  #send(body: string): Promise<void> {
    const { org, bucket } = this.#place
    const parameters = new URLSearchParams({ org, bucket, precision: 's' })
    // The library's own write API keeps failed lines in a buffer that drops the oldest; here the caller is told.
    return this.#client.transport.request(`/api/v2/write?${parameters}`, body, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      gzipThreshold: GZIP_BYTES,
    })
  }

  async #query(client: InfluxDB, query: ParameterizedQuery, onRow: (row: FluxRow) => void): Promise<void> {
    const api: QueryApi = client.getQueryApi({ org: this.#place.org, gzip: true })
    try {
      for await (const row of api.iterateRows(query)) {
        rejectErrorTable(row)
        onRow(row)
      }
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** @param first @param last epoch milliseconds, both inclusive, the whole last millisecond included. */
  async #delete(predicate: string, first: number, last: number): Promise<void> {
    const { org, bucket } = this.#place
    const start = new Date(first).toISOString()
    const stop = new Date(last).toISOString().replace('Z', '999999Z')
    try {
      await new DeleteAPI(this.#bulkClient).postDelete({ org, bucket, body: { start, stop, predicate } })
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #failure(error: unknown): Error {
    return error instanceof BvproError ? error : influxFailure(error, this.#place)
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreUnavailable('the connection to InfluxDB is closed')
  }
}

/** The library's time-out leaves the socket of a silent server open; a signal ends the request itself. */
function clientWithDeadline(url: string, token: string, timeoutMs: number): InfluxDB {
  const { transport } = new InfluxDB({ url, token, timeout: timeoutMs })
  const withSignal = (options: SendOptions): SendOptions => ({ ...options, signal: AbortSignal.timeout(timeoutMs) })
  const limited: Transport = {
    chunkCombiner: transport.chunkCombiner,
    send: (path, body, options, callbacks) => transport.send(path, body, withSignal(options), callbacks),
    request: (path, body, options, started) => transport.request(path, body, withSignal(options), started),
    iterate: (path, body, options) => transport.iterate(path, body, withSignal(options)),
  }
  return new InfluxDB({ url, token, transport: limited })
}

/** Deletes take text, not Flux: names and values quoted by the client library. */
function predicate(conditions: Tags): string {
  return Object.entries(conditions)
    .map(([tag, value]) => `${tag}=${lineProtocolEscape.quoted(value)}`)
    .join(' AND ')
}

function groupByAggregate({ spec, fields, aggregate }: CheckedQuery) {
  // All of an open measurement have one type.
  if (fields === undefined) return [{ aggregate: aggregateOf(aggregate, fieldSpec(spec, '*')), fields: undefined }]
  const groups = new Map<Aggregate, string[]>()
  for (const field of fields) {
    const own = aggregateOf(aggregate, fieldSpec(spec, field))
    groups.set(own, [...(groups.get(own) ?? []), field])
  }
  return [...groups].map(([own, names]) => ({ aggregate: own, fields: names }))
}

/** A failure after the first results comes as a table of its own in an answer that began with 200. */
function rejectErrorTable({ values, tableMeta }: FluxRow): void {
  const labels = tableMeta.columns.map(({ label }) => label)
  if (!labels.includes('error') || !labels.includes('reference')) return
  throw new StoreUnavailable(`InfluxDB broke off its answer: ${tableMeta.get(values, 'error')}`)
}

function addValue(rows: RowCollector, values: string[], table: FluxTableMetaData, time: number): void {
  const value: FieldValue = table.get(values, '_value')
  // InfluxDB's CSV turns the line breaks inside a text into CR LF.
  const original = typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value
  rows.add(tagsOf(values, table), time, table.get(values, '_field'), original)
}

function timeOf(values: string[], table: FluxTableMetaData): number {
  return Date.parse(table.get(values, '_time'))
}

/** Everything that is not one of Flux' own columns; an absent tag comes as empty text. */
function tagsOf(values: string[], table: FluxTableMetaData): Tags {
  return Object.fromEntries(
    table.columns
      .filter(({ label }) => !label.startsWith('_') && label !== 'result' && label !== 'table')
      .map(({ label }) => [label, String(table.get(values, label) ?? '')])
      .filter(([, value]) => value !== ''),
  )
}
