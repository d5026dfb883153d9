/** Turns the query of `…/series` into a question to the store, or says everything that is wrong with it at once. */
import type { EntityKind } from '../../domain/entity.ts'
import {
  fieldSpec,
  type MeasurementSpec,
  measurementSpec,
  measurementsOf,
  OWNER_TAG,
} from '../../domain/measurements.ts'
import { parseEvery } from '../../domain/time/every.ts'
import type { Aggregate } from '../../store/timeseries/port.ts'
import { invalid, Problem } from '../problem.ts'
import { parseTime, TIME_FORMATS } from '../times.ts'

const NUMERIC_AGGREGATES: readonly Aggregate[] = ['mean', 'min', 'max', 'sum']

const DAY_MS = 86_400_000

/** The query as it came. */
export interface SeriesParameters {
  readonly measurement: string
  readonly fields?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly every?: string | undefined
  readonly aggregate?: Aggregate | undefined
}

export interface SeriesOwner {
  readonly kind: EntityKind
  readonly id: string
  /** Weather belongs to a place; null when the entity's is not known. */
  readonly place: string | null
}

export interface SeriesRequest {
  readonly measurement: string
  readonly spec: MeasurementSpec
  readonly tags: Readonly<Record<string, string>>
  /** Undefined when the measurement takes any field and none was asked for: then all there are. */
  readonly fields: readonly string[] | undefined
  /** Epoch milliseconds, `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly every: string | undefined
  readonly aggregate: Aggregate | undefined
}

/** Names of the measurements kept for a kind, directly or through its place. */
function available(kind: EntityKind): string[] {
  return [...new Set([...measurementsOf(kind), ...measurementsOf('place')])].sort()
}

function specFor(measurement: string, kind: EntityKind): MeasurementSpec {
  const spec = measurementSpec(measurement)
  if (spec !== undefined && (spec.owner.includes(kind) || spec.owner.includes('place'))) return spec
  const fault =
    spec === undefined ? `there is no measurement ${measurement}` : `${measurement} is not kept for a ${kind}`
  throw invalid('measurement', `${fault}; a ${kind} has ${available(kind).join(', ')}`)
}

function tagsFor(spec: MeasurementSpec, { kind, id, place }: SeriesOwner): Record<string, string> {
  if (spec.owner.includes(kind)) return { [OWNER_TAG[kind]]: id }
  if (place === null) {
    throw invalid('measurement', `weather belongs to a place, and none is known for this ${kind}: give it coordinates`)
  }
  return { [OWNER_TAG.place]: place }
}

/** What is wrong with a bucket width; undefined when nothing is. */
function widthFault(every: string): string | undefined {
  try {
    parseEvery(every)
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}

interface Fault {
  readonly path: string
  readonly message: string
}

function times(parameters: SeriesParameters, now: number, faults: Fault[]): { from: number; to: number } {
  const given = (name: 'from' | 'to') => {
    const text = parameters[name]
    const time = text === undefined ? undefined : parseTime(text)
    if (text !== undefined && time === undefined) {
      faults.push({ path: name, message: `"${text}" is not a time; ${TIME_FORMATS}` })
    }
    return time
  }
  const start = given('from')
  const to = given('to') ?? now
  const from = start ?? to - DAY_MS
  if (faults.length === 0 && from >= to) faults.push({ path: 'from', message: 'must be before to' })
  return { from, to }
}

function isNumeric(spec: MeasurementSpec, field: string): boolean {
  return fieldSpec(spec, field)?.type !== 'string'
}

function fieldsFor(
  parameters: SeriesParameters,
  spec: MeasurementSpec,
  openFields: readonly string[],
  faults: Fault[],
): readonly string[] | undefined {
  const { aggregate } = parameters
  const numeric = aggregate !== undefined && NUMERIC_AGGREGATES.includes(aggregate)
  const known = [...new Set([...Object.keys(spec.fields), ...openFields])]
  if (parameters.fields === undefined) {
    if (spec.openFields !== undefined) return undefined
    return numeric ? known.filter((field) => isNumeric(spec, field)) : known
  }
  const asked = [...new Set(parameters.fields.split(',').map((field) => field.trim()))].filter((field) => field !== '')
  if (asked.length === 0) faults.push({ path: 'fields', message: 'names no field' })
  for (const field of asked) {
    if (!known.includes(field)) {
      faults.push({
        path: 'fields',
        message: `${parameters.measurement} has no field ${field}; it has ${known.join(', ')}`,
      })
    } else if (numeric && !isNumeric(spec, field)) {
      faults.push({
        path: 'aggregate',
        message: `${field} is text, which has no ${aggregate}; use first, last or count`,
      })
    }
  }
  return asked
}

/**
 * @param openFields fields that exist beyond the registry's, for measurements whose configuration names them
 * @param now epoch milliseconds; the end of the default range, which is 24 hours long
 * @throws Problem 422 naming every fault and, for an unknown measurement or field, what exists
 */
export function seriesRequest(
  parameters: SeriesParameters,
  owner: SeriesOwner,
  openFields: readonly string[],
  now: number,
): SeriesRequest {
  const spec = specFor(parameters.measurement, owner.kind)
  const faults: Fault[] = []
  const { from, to } = times(parameters, now, faults)
  const fields = fieldsFor(parameters, spec, spec.openFields === undefined ? [] : openFields, faults)
  const { every, aggregate } = parameters
  const unreadable = every === undefined ? undefined : widthFault(every)
  if (unreadable !== undefined) faults.push({ path: 'every', message: unreadable })
  if (aggregate !== undefined && every === undefined) {
    faults.push({ path: 'aggregate', message: 'needs every: the width of the buckets to aggregate' })
  }
  if (faults.length > 0) {
    throw new Problem(422, faults.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors: faults })
  }
  return {
    measurement: parameters.measurement,
    spec,
    tags: tagsFor(spec, owner),
    fields,
    from,
    to,
    every,
    aggregate,
  }
}
