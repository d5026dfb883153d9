/** Flux queries. Every value goes in through the client library's `flux` template, which escapes it. */
import {
  type FluxParameterLike,
  flux,
  fluxDateTime,
  fluxDuration,
  fluxExpression,
  type ParameterizedQuery,
} from '@influxdata/influxdb-client'
import { type Every, fixedSeconds, formatEvery } from '../../../domain/time/every.ts'
import type { CheckedQuery, Tags } from '../point.ts'
import type { Aggregate } from '../port.ts'

/** What a query reads: exact tags, and a range in epoch seconds. */
export interface Selection {
  readonly bucket: string
  readonly measurement?: string
  readonly tags: Tags
  /** Undefined: all. */
  readonly fields?: readonly string[] | undefined
  readonly from: number
  readonly to: number
}

const FUNCTION: Readonly<Record<Aggregate, FluxParameterLike>> = {
  mean: fluxExpression('mean'),
  min: fluxExpression('min'),
  max: fluxExpression('max'),
  sum: fluxExpression('sum'),
  first: fluxExpression('first'),
  last: fluxExpression('last'),
  count: fluxExpression('count'),
}

/** Flux counts weeks from Thursday 1970-01-01; ours begin on the Monday before. */
const MONDAY_BEFORE_EPOCH_DAYS = 3

/** Stored values, of each series the newest `limit` when one is set. */
export function storedValues(selection: Selection, limit: number | undefined): ParameterizedQuery {
  const newest = limit === undefined ? nothing : flux`|> tail(n: ${limit})`
  return flux`${select(selection)} ${newest} |> drop(columns: ["_start", "_stop"])`
}

/** The newest value of each field of each series. */
export function lastValues(selection: Selection): ParameterizedQuery {
  return flux`${select(selection)} |> last() |> drop(columns: ["_start", "_stop"])`
}

/** Which times have which fields, without the values. */
export function storedTimes(selection: Selection): ParameterizedQuery {
  return flux`${select(selection)} |> drop(columns: ["_start", "_stop", "_value"])`
}

/**
 * One result per aggregate: values per bucket, stamped with the start of the part of the bucket inside the range. Days
 * and longer buckets follow the query's zone.
 */
export function bucketValues(
  selection: Selection,
  groups: readonly { readonly aggregate: Aggregate; readonly fields: readonly string[] | undefined }[],
  every: Every,
  { zone, limit }: Pick<CheckedQuery, 'zone' | 'limit'>,
): ParameterizedQuery {
  const calendar = fixedSeconds(every) === undefined
  const header = calendar ? flux`import "timezone" option location = timezone.location(name: ${zone})` : nothing
  const offset =
    every.unit === 'w' ? flux`, offset: ${fluxDuration(`${7 * every.count - MONDAY_BEFORE_EPOCH_DAYS}d`)}` : nothing
  const newest = limit === undefined ? nothing : flux`|> tail(n: ${limit})`
  return groups.reduce(
    (query, { aggregate, fields }) => flux`${query}
      ${select({ ...selection, fields })}
      |> aggregateWindow(every: ${fluxDuration(formatEvery(every))}, fn: ${FUNCTION[aggregate]}, timeSrc: "_start", createEmpty: false${offset})
      ${newest} |> drop(columns: ["_start", "_stop"])
      |> yield(name: ${aggregate})`,
    header,
  )
}

/** Rows, first and last time of everything with these tags; results `rows`, `oldest` and `newest` by measurement. */
export function extent(selection: Selection): ParameterizedQuery {
  const selected = select(selection)
  return flux`
    ${selected} |> drop(columns: ["_field", "_value", "_start", "_stop"]) |> distinct(column: "_time") |> toInt() |> count()
      |> keep(columns: ["_measurement", "_value"]) |> yield(name: "rows")
    ${selected} |> first() |> keep(columns: ["_measurement", "_time"]) |> yield(name: "oldest")
    ${selected} |> last() |> keep(columns: ["_measurement", "_time"]) |> yield(name: "newest")`
}

const nothing: ParameterizedQuery = flux``

function select({ bucket, measurement, tags, fields, from, to }: Selection): ParameterizedQuery {
  const range = flux`from(bucket: ${bucket}) |> range(start: ${instant(from)}, stop: ${instant(to)})`
  const named =
    measurement === undefined ? range : flux`${range} |> filter(fn: (r) => r._measurement == ${measurement})`
  const tagged = Object.entries(tags).reduce(
    (query, [tag, value]) => flux`${query} |> filter(fn: (r) => r[${tag}] == ${value})`,
    named,
  )
  if (fields === undefined) return tagged
  // A chain of comparisons is answered by the storage engine, `contains` is not.
  const wanted = fields.reduce((query, field) => flux`${query} or r._field == ${field}`, flux`false`)
  return flux`${tagged} |> filter(fn: (r) => ${wanted})`
}

function instant(second: number): FluxParameterLike {
  return fluxDateTime(new Date(second * 1000).toISOString())
}
