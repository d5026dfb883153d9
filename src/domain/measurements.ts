/**
 * THE registry: every time-series measurement, its tags, fields, units and time convention. Tables, line protocol,
 * field lists of the API, dashboards and `docs/measurements.md` all come from here.
 *
 * Rules of the schema: a value that changes (trend, action, method, time of issue) is a field, never a tag; a
 * measurement has one time convention; a field is integer or float for ever; yes and no are the integers 1 and 0; an
 * unknown value is an absent field.
 */
import { ENTITY_TAG, type EntityKind } from './entity.ts'
import { CONTROL_MEASUREMENTS } from './measurements/control.ts'
import { ENERGY_MEASUREMENTS } from './measurements/energy.ts'
import { LIVE_MEASUREMENTS } from './measurements/live.ts'
import { SAVINGS_MEASUREMENTS } from './measurements/savings.ts'
import { WEATHER_MEASUREMENTS } from './measurements/weather.ts'

export type FieldType = 'float' | 'integer' | 'string'

export interface FieldSpec {
  readonly type: FieldType
  /** UCUM-like unit for people: `°C`, `K`, `kWh`, `kW`, `kW/K`, `%`, `m/s`; empty for counts and flags. */
  readonly unit: string
  readonly description: string
}

export type Owner = EntityKind | 'place'

export interface MeasurementSpec {
  readonly description: string
  /**
   * Whose series it is; decides the entity tag and what off-boarding deletes. A point carries exactly one owner's tag.
   */
  readonly owner: readonly Owner[]
  /** Tags besides the owner's (`house_id`, `building_id`, `zone_id`, `place`); all are required on every point. */
  readonly extraTags: readonly string[]
  /** What a point's time means. */
  readonly time: 'poll' | 'start-of-hour' | 'date-label' | 'valid' | 'observed' | 'event'
  readonly fields: Readonly<Record<string, FieldSpec>>
  /** Set when a configuration names further fields (a building's signals); they have this type. */
  readonly openFields?: FieldType
  /** Raw data may be thinned after this many days; unlimited when absent. */
  readonly retentionDays?: number
}

const registry = {
  ...LIVE_MEASUREMENTS,
  ...ENERGY_MEASUREMENTS,
  ...WEATHER_MEASUREMENTS,
  ...CONTROL_MEASUREMENTS,
  ...SAVINGS_MEASUREMENTS,
}

export type MeasurementName = keyof typeof registry

export const MEASUREMENTS: Readonly<Record<MeasurementName, MeasurementSpec>> = registry

/** Any set of measurements; the stores take one so that they can be tested with another. */
export type MeasurementRegistry = Readonly<Record<string, MeasurementSpec>>

/** The tag that carries each owner's id. */
export const OWNER_TAG = { ...ENTITY_TAG, place: 'place' } as const satisfies Record<Owner, string>

/** Tag of forecasts: time from issue to validity in whole hours, so that later issues do not overwrite earlier ones. */
export const LEAD_TIME_TAG = 'lead_time_hours'

/** The measurement of that name, or undefined. */
export function measurementSpec(name: string): MeasurementSpec | undefined {
  return lookUp(MEASUREMENTS, name)
}

/** Own keys only: a measurement called `constructor` must not be found. */
export function lookUp<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** Tags of a possible owner: of a point exactly one of them is set. */
export function ownerTags(spec: MeasurementSpec): string[] {
  return spec.owner.map((owner) => OWNER_TAG[owner])
}

/**
 * Every tag the points of a measurement can carry, owners' first; with `owner` exactly the tags of that owner's points,
 * none when the measurement is not theirs.
 */
export function tagNames(spec: MeasurementSpec, owner?: Owner): string[] {
  if (owner === undefined) return [...ownerTags(spec), ...spec.extraTags]
  return spec.owner.includes(owner) ? [OWNER_TAG[owner], ...spec.extraTags] : []
}

/**
 * The declared field, or what an open measurement makes of a name of a configuration; undefined when there is no such
 * field.
 */
export function fieldSpec(spec: MeasurementSpec, field: string): FieldSpec | undefined {
  const declared = lookUp(spec.fields, field)
  if (declared !== undefined || spec.openFields === undefined) return declared
  return { type: spec.openFields, unit: '', description: 'Named by the configuration' }
}

/** Unit by field: of the given fields, or of all declared ones. Unknown fields are left out. */
export function fieldUnits(spec: MeasurementSpec, fields?: readonly string[]): Record<string, string> {
  const names = fields ?? Object.keys(spec.fields)
  return Object.fromEntries(
    names.flatMap((name) => {
      const field = fieldSpec(spec, name)
      return field === undefined ? [] : [[name, field.unit]]
    }),
  )
}

/** Names of the measurements an owner has, ascending. */
export function measurementsOf(owner: Owner, measurements: MeasurementRegistry = MEASUREMENTS): string[] {
  return Object.entries(measurements)
    .filter(([, spec]) => spec.owner.includes(owner))
    .map(([name]) => name)
    .sort()
}
