/** Rows of the store as a table of columns: time, the fields asked for, then the measurement's extra tags. */
import { fieldUnits } from '../../domain/measurements.ts'
import type { FieldValue, Row } from '../../store/timeseries/port.ts'
import { isoSeconds } from '../times.ts'
import type { SeriesRequest } from './request.ts'

export interface SeriesTable {
  readonly measurement: string
  readonly columns: string[]
  /** Unit by field; empty for counts, flags and text. */
  readonly units: Record<string, string>
  readonly rows: FieldValue[][]
  readonly every: string | null
}

/** The fields found, those of the registry first and in its order. */
function fieldsFound(request: SeriesRequest, rows: readonly Row[]): string[] {
  const found = new Set(rows.flatMap(({ fields }) => Object.keys(fields)))
  const registered = Object.keys(request.spec.fields)
  const others = [...found].filter((field) => !registered.includes(field)).sort()
  return [...registered.filter((field) => found.has(field)), ...others]
}

/** Rows as the API delivers them: one array per row in the order of `columns`, times in ISO form, unknown as null. */
export function seriesTable(request: SeriesRequest, rows: readonly Row[]): SeriesTable {
  const fields = request.fields ?? fieldsFound(request, rows)
  const { extraTags } = request.spec
  const units = fieldUnits(request.spec, fields)
  return {
    measurement: request.measurement,
    columns: ['time', ...fields, ...extraTags],
    units: request.aggregate === 'count' ? Object.fromEntries(Object.keys(units).map((field) => [field, ''])) : units,
    rows: rows.map((row) => [
      isoSeconds(row.time),
      ...fields.map((field) => row.fields[field] ?? null),
      ...extraTags.map((tag) => row.tags[tag] ?? null),
    ]),
    every: request.every ?? null,
  }
}

/** A cell of RFC 4180: quoted only where it must be; unknown is empty. */
function cell(value: FieldValue): string {
  if (value === null) return ''
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** RFC 4180 with a header line. Decimal points and commas, whatever the reader's language. */
export function seriesCsv({ columns, rows }: SeriesTable): string {
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}
