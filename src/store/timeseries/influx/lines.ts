/**
 * Checked points as line protocol with second precision: `i` marks integers, so that a field keeps its type for ever.
 */
import { Point as Line } from '@influxdata/influxdb-client'
import { fieldSpec } from '../../../domain/measurements.ts'
import { type CheckedPoint, tagKey } from '../point.ts'

/**
 * One line per point of a series and second: what was given twice is merged, for InfluxDB keeps no order inside a
 * batch.
 */
export function toLines(points: readonly CheckedPoint[]): string[] {
  const merged = new Map<string, { point: CheckedPoint; fields: Map<string, number | string> }>()
  for (const point of points) {
    const key = `${point.measurement} ${point.second} ${tagKey(point.tags)}`
    const known = merged.get(key)
    if (known === undefined) merged.set(key, { point, fields: new Map(point.fields) })
    else for (const [name, value] of point.fields) known.fields.set(name, value)
  }
  return [...merged.values()].map(({ point, fields }) => toLine(point, fields))
}

function toLine(
  { measurement, spec, tags, second }: CheckedPoint,
  fields: ReadonlyMap<string, number | string>,
): string {
  const line = new Line(measurement).timestamp(second)
  for (const [tag, value] of Object.entries(tags)) line.tag(tag, value)
  for (const [name, value] of fields) {
    const type = fieldSpec(spec, name)?.type
    if (type === 'integer') line.intField(name, value)
    else if (type === 'float') line.floatField(name, value)
    else line.stringField(name, value)
  }
  // Seconds as they are: the library's default would take the number for nanoseconds.
  const text = line.toLineProtocol({ convertTime: String })
  if (text === undefined) throw new Error(`${measurement}: a point without fields reached the line protocol`)
  return text
}
