/** THE registry: every time-series measurement, its tags, fields, units and time convention. */

export type FieldType = 'float' | 'integer' | 'string'

export interface FieldSpec {
  readonly type: FieldType
  /** UCUM-like unit for people: `°C`, `K`, `kWh`, `kW`, `kW/K`, `%`, `m/s`; empty for counts and flags. */
  readonly unit: string
  readonly description: string
}

export interface MeasurementSpec {
  readonly description: string
  /** Whose series it is; decides the entity tag and what off-boarding deletes. */
  readonly owner: readonly ('house' | 'building' | 'zone' | 'place')[]
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
