/**
 * Checks points and queries against the registry before any store sees them, so that one caller's mistake stays that
 * caller's.
 */
import { BadData } from '../../connectors/errors.ts'
import { ENTITY_TAG, type EntityKind, type EntityRef } from '../../domain/entity.ts'
import {
  type FieldSpec,
  fieldSpec,
  LEAD_TIME_TAG,
  lookUp,
  type MeasurementRegistry,
  type MeasurementSpec,
  measurementsOf,
  ownerTags,
} from '../../domain/measurements.ts'
import { isZone, SWEDISH_ZONE } from '../../domain/time/day.ts'
import { type Every, parseEvery } from '../../domain/time/every.ts'
import { AGGREGATES, type Aggregate, type Point, type SeriesQuery } from './port.ts'

export type Tags = Readonly<Record<string, string>>

/** A point that fits the registry. */
export interface CheckedPoint {
  readonly measurement: string
  readonly spec: MeasurementSpec
  readonly tags: Tags
  /** Epoch seconds. */
  readonly second: number
  /** Known values only, at least one. */
  readonly fields: readonly (readonly [name: string, value: number | string])[]
}

export interface CheckedQuery {
  readonly measurement: string
  readonly spec: MeasurementSpec
  readonly tags: Tags
  /** Undefined: all of an open measurement, whatever their names are. */
  readonly fields: readonly string[] | undefined
  /** Epoch seconds, inclusive. */
  readonly from: number
  /** Epoch seconds, exclusive. */
  readonly to: number
  readonly every: Every | undefined
  readonly aggregate: Aggregate
  readonly zone: string
  readonly limit: number | undefined
}

/** Before 2200: every store can hold it, and a time in the wrong unit is beyond it. */
export const MAX_SECOND = 7_258_118_400

const MAX_NAME_LENGTH = 256
/** InfluxDB's own names. */
const RESERVED_FIELD = /^(_|time$)/
/** Neither line protocol nor a log can carry these; a backslash before a separator is an escape with no way out. */
const UNWRITABLE = /\p{Cc}|\\(?=[,= ]|$)/u
const WHOLE_HOURS = /^(0|-?[1-9]\d{0,3})$/

/** The measurement's spec; `BadData` when the registry does not have it. */
export function requireMeasurement(registry: MeasurementRegistry, name: string): MeasurementSpec {
  const spec = lookUp(registry, name)
  if (spec === undefined) throw new BadData(`there is no measurement "${name}"`)
  return spec
}

/**
 * Throws `BadData` naming measurement and field when a point does not fit the registry. Undefined when the point holds
 * no known value: there is nothing to store then.
 */
function checkPoint(registry: MeasurementRegistry, point: Point): CheckedPoint | undefined {
  const { measurement, time } = point
  const spec = requireMeasurement(registry, measurement)
  const tags = checkTags(measurement, spec, point.tags)
  for (const tag of spec.extraTags) {
    if (tags[tag] === undefined) throw new BadData(`${measurement}: tag ${tag} is missing`)
  }
  const owners = ownerTags(spec)
  if (!owners.some((tag) => tags[tag] !== undefined)) {
    throw new BadData(`${measurement}: tag ${owners.join(' or ')} is missing`)
  }
  const second = Math.floor(time / 1000)
  if (!Number.isFinite(time) || second < 0 || second >= MAX_SECOND) {
    throw new BadData(`${measurement}: ${time} is not a time in milliseconds since 1970`)
  }
  const fields: (readonly [string, number | string])[] = []
  for (const [name, value] of Object.entries(point.fields)) {
    const field = requireField(measurement, spec, name)
    if (value === null || value === undefined) continue
    checkValue(measurement, name, field, value)
    fields.push([name, value])
  }
  return fields.length === 0 ? undefined : { measurement, spec, tags, second, fields }
}

/** {@link checkPoint} for all, in order, those without values left out. */
export function checkPoints(registry: MeasurementRegistry, points: readonly Point[]): CheckedPoint[] {
  return points.flatMap((point) => checkPoint(registry, point) ?? [])
}

/** Points of a replacement: of that measurement and series, inside `[from, to)` (epoch seconds). */
export function checkReplacement(
  registry: MeasurementRegistry,
  measurement: string,
  tags: Tags,
  from: number,
  to: number,
  points: readonly Point[],
): CheckedPoint[] {
  const spec = requireMeasurement(registry, measurement)
  checkTags(measurement, spec, tags)
  if (!ownerTags(spec).some((tag) => tags[tag] !== undefined)) {
    throw new BadData(`${measurement}: a replacement must name whose series it replaces`)
  }
  const checked = checkPoints(registry, points)
  for (const point of checked) {
    if (point.measurement !== measurement) {
      throw new BadData(`${measurement}: a point of ${point.measurement} is among those to replace it with`)
    }
    if (Object.entries(tags).some(([tag, value]) => point.tags[tag] !== value)) {
      throw new BadData(`${measurement}: a point of another series is among those to replace it with`)
    }
    if (point.second < from || point.second >= to) {
      throw new BadData(
        `${measurement}: a point at ${new Date(point.second * 1000).toISOString()} is outside the range`,
      )
    }
  }
  return checked
}

/**
 * Tags that may select series of a measurement; `BadData` for unknown ones, two owners, or values no store can hold.
 */
function checkTags(measurement: string, spec: MeasurementSpec, tags: Tags): Tags {
  const owners = ownerTags(spec)
  for (const [tag, value] of Object.entries(tags)) {
    if (!owners.includes(tag) && !spec.extraTags.includes(tag)) throw new BadData(`${measurement} has no tag ${tag}`)
    if (typeof value !== 'string' || value === '' || value.length > MAX_NAME_LENGTH || UNWRITABLE.test(value)) {
      throw new BadData(`${measurement}: ${JSON.stringify(value)} cannot be the value of tag ${tag}`)
    }
    if (tag === LEAD_TIME_TAG && !WHOLE_HOURS.test(value)) {
      throw new BadData(`${measurement}: tag ${tag} is "${value}", not a number of whole hours`)
    }
  }
  const present = owners.filter((tag) => tags[tag] !== undefined)
  if (present.length > 1) throw new BadData(`${measurement}: only one of ${present.join(', ')} may be set`)
  return tags
}

/** Tag that every series of an entity carries. */
export function ownTag({ kind, id }: EntityRef): Tags {
  return { [ENTITY_TAG[kind]]: id }
}

/** The same text for the same tags, in whatever order they come. */
export function tagKey(tags: Tags): string {
  return JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `BadData` when one of the names is no measurement, or none that this kind of entity has. */
export function requireMeasurementsOf(registry: MeasurementRegistry, kind: EntityKind, names: readonly string[]): void {
  const owned = measurementsOf(kind, registry)
  for (const name of names) {
    requireMeasurement(registry, name)
    if (!owned.includes(name)) throw new BadData(`a ${kind} has no measurement ${name}`)
  }
}

/** A query that fits the registry, times in whole seconds; `BadData` naming what does not fit. */
export function checkQuery(registry: MeasurementRegistry, query: SeriesQuery): CheckedQuery {
  const { measurement, limit, aggregate = 'mean', zone = SWEDISH_ZONE } = query
  const spec = requireMeasurement(registry, measurement)
  const tags = checkTags(measurement, spec, query.tags)
  for (const name of query.fields ?? []) requireField(measurement, spec, name)
  if (!AGGREGATES.includes(aggregate)) throw new BadData(`"${aggregate}" is not an aggregate`)
  if (!isZone(zone)) throw new BadData(`"${zone}" is not a time zone`)
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0))
    throw new BadData(`limit ${limit} is not a count`)
  const all = spec.openFields === undefined ? Object.keys(spec.fields) : undefined
  return {
    measurement,
    spec,
    tags,
    fields: query.fields === undefined ? all : [...new Set(query.fields)],
    from: toSecond(query.from),
    to: toSecond(query.to),
    every: query.every === undefined ? undefined : checkEvery(query.every),
    aggregate,
    zone,
    limit,
  }
}

/** Bound of a range of stored seconds: an instant inside a second excludes it as a start and includes it as an end. */
export function toSecond(instant: number): number {
  if (!Number.isFinite(instant)) throw new BadData(`${instant} is not a time in milliseconds since 1970`)
  return Math.min(Math.max(Math.ceil(instant / 1000), 0), MAX_SECOND)
}

/** Text has no mean: it takes the last value wherever numbers are reckoned with. */
export function aggregateOf(aggregate: Aggregate, field: FieldSpec | undefined): Aggregate {
  if (field?.type !== 'string') return aggregate
  return aggregate === 'first' || aggregate === 'count' ? aggregate : 'last'
}

function checkEvery(text: string): Every {
  try {
    return parseEvery(text)
  } catch (error) {
    throw new BadData(error instanceof Error ? error.message : String(error))
  }
}

function requireField(measurement: string, spec: MeasurementSpec, name: string): FieldSpec {
  const field = fieldSpec(spec, name)
  if (field === undefined) throw new BadData(`${measurement} has no field ${name}`)
  if (name === '' || name.length > MAX_NAME_LENGTH || UNWRITABLE.test(name) || RESERVED_FIELD.test(name)) {
    throw new BadData(`${measurement}: ${JSON.stringify(name)} cannot be the name of a field`)
  }
  return field
}

function checkValue(measurement: string, name: string, { type }: FieldSpec, value: unknown): void {
  const fits =
    type === 'string'
      ? typeof value === 'string'
      : type === 'integer'
        ? Number.isSafeInteger(value)
        : isFiniteNumber(value)
  if (!fits) throw new BadData(`${measurement}.${name}: ${describe(value)} is not ${NOUN[type]}`)
}

const NOUN = { string: 'text', integer: 'a whole number', float: 'a number' } as const

function isFiniteNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value)
}
