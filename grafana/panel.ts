/** Building blocks of a Grafana board: panels over Flux queries whose names and units come from the registry. */
import { type FieldSpec, measurementSpec } from '../src/domain/measurements.ts'

/** The data source of grafana/provisioning/datasources/influxdb.yaml. */
export const DATA_SOURCE = { type: 'influxdb', uid: 'bvpro-influxdb' } as const

export interface GridPosition {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

export interface FluxTarget {
  readonly refId: string
  readonly datasource: typeof DATA_SOURCE
  readonly query: string
}

export interface Panel {
  readonly id: number
  readonly type: 'timeseries' | 'table'
  readonly title: string
  readonly description: string
  readonly gridPos: GridPosition
  readonly datasource: typeof DATA_SOURCE
  readonly targets: readonly FluxTarget[]
  readonly fieldConfig: unknown
  readonly options: unknown
}

/** Grafana's ids for the registry's units; a unit it has no id for is shown as a plain suffix. */
const GRAFANA_UNITS: Readonly<Record<string, string>> = {
  '°C': 'celsius',
  K: 'kelvin',
  kW: 'kwatt',
  kWh: 'kwatth',
  '%': 'percent',
  bar: 'pressurebar',
  'm/s': 'velocityms',
  'W/m²': 'Wm2',
}

export function grafanaUnit(unit: string): string {
  if (unit === '') return 'none'
  return GRAFANA_UNITS[unit] ?? `suffix: ${unit}`
}

/** The registry's entry; throws when a board asks for a field that no store has, e.g. after one was renamed. */
export function registeredField(measurement: string, field: string): FieldSpec {
  const spec = measurementSpec(measurement)?.fields[field]
  if (spec === undefined) throw new Error(`the registry has no field ${measurement}.${field}`)
  return spec
}

/** The one unit that all fields of a panel share. */
function commonUnit(measurement: string, fields: readonly string[]): string {
  const units = new Set(fields.map((field) => registeredField(measurement, field).unit))
  const [unit, ...others] = units
  if (unit === undefined || others.length > 0)
    throw new Error(`fields of one panel differ in unit: ${fields.join(', ')}`)
  return unit
}

export function targets(queries: readonly string[]): FluxTarget[] {
  return queries.map((query, index) => ({ refId: String.fromCharCode(65 + index), datasource: DATA_SOURCE, query }))
}

/** Fields of a measurement for the houses chosen on the board, averaged over what a pixel can show. */
function houseFieldsQuery(measurement: string, fields: readonly string[]): string {
  const anyField = fields.map((field) => `r._field == "${field}"`).join(' or ')
  return [
    'from(bucket: v.defaultBucket)',
    '  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)',
    `  |> filter(fn: (r) => r._measurement == "${measurement}")`,
    `  |> filter(fn: (r) => ${anyField})`,
    '  |> filter(fn: (r) => r.house_id =~ /^${house:regex}$/)',
    '  |> aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false)',
    '  |> keep(columns: ["_time", "_value", "_field", "house_id"])',
  ].join('\n')
}

export interface TimeSeriesOptions {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly gridPos: GridPosition
  /** Unit of the registry. */
  readonly unit: string
  /** Grafana expression over the labels of a series. */
  readonly legend: string
  readonly queries: readonly string[]
}

export function timeSeriesPanel({ id, title, description, gridPos, unit, legend, queries }: TimeSeriesOptions): Panel {
  return {
    id,
    type: 'timeseries',
    title,
    description,
    gridPos,
    datasource: DATA_SOURCE,
    targets: targets(queries),
    fieldConfig: {
      defaults: {
        unit: grafanaUnit(unit),
        displayName: legend,
        custom: {
          drawStyle: 'line',
          lineWidth: 1,
          fillOpacity: 0,
          showPoints: 'never',
          // A hole longer than three polls is a hole, not a straight line.
          spanNulls: false,
          insertNulls: 900_000,
        },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  }
}

export interface HouseFieldsOptions extends Omit<TimeSeriesOptions, 'unit' | 'legend' | 'queries' | 'description'> {
  readonly measurement: string
  readonly fields: readonly string[]
}

/** One panel over fields of one unit; with several fields the legend says which. */
export function houseFieldsPanel({ measurement, fields, ...place }: HouseFieldsOptions): Panel {
  return timeSeriesPanel({
    ...place,
    description: fields.map((field) => `${field}: ${registeredField(measurement, field).description}`).join('\n\n'),
    unit: commonUnit(measurement, fields),
    legend: fields.length === 1 ? '${__field.labels.house_id}' : '${__field.labels.house_id} ${__field.labels._field}',
    queries: [houseFieldsQuery(measurement, fields)],
  })
}
