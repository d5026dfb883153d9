/**
 * Where a point came from when it was not polled. A polled point carries no mark, so that the ordinary case costs nothing
 * and points of before the mark existed read right.
 */
import type { StoredRow } from './row.ts'

/**
 * `import`: the vendor's history, by an import over a long time. `fill`: the vendor's history, in a hole between polls.
 * `fill-observed`: a hole the vendor has nothing for; the outdoor temperature is that of a weather station, and the point
 * holds nothing else.
 */
export const ORIGINS = ['import', 'fill', 'fill-observed'] as const
export type Origin = (typeof ORIGINS)[number]

/** Field of measurements that hold text. */
export const ORIGIN_FIELD = 'origin'

/** Field of measurements whose fields are all numbers; the code is the place in {@link ORIGINS}, counted from 1. */
export const ORIGIN_CODE_FIELD = 'origin_code'

/** Measurements with open fields have one type for all of them: a text cannot stand among a building's signals. */
const CODED_MEASUREMENTS: readonly string[] = ['building_system']

/** The mark as a field of a point of `measurement`. */
export function originMark(measurement: string, origin: Origin): Readonly<Record<string, number | string>> {
  return CODED_MEASUREMENTS.includes(measurement)
    ? { [ORIGIN_CODE_FIELD]: ORIGINS.indexOf(origin) + 1 }
    : { [ORIGIN_FIELD]: origin }
}

/** The field that carries the mark of a measurement's points. */
export function originFieldOf(measurement: string): string {
  return CODED_MEASUREMENTS.includes(measurement) ? ORIGIN_CODE_FIELD : ORIGIN_FIELD
}

/**
 * Undefined for a polled point. A mark this version does not know was set by a later one: the point counts as filled, the
 * reading that keeps most.
 */
export function originOf({ fields }: Pick<StoredRow, 'fields'>): Origin | undefined {
  const mark = fields[ORIGIN_FIELD] ?? fields[ORIGIN_CODE_FIELD] ?? null
  if (mark === null) return undefined
  const known = typeof mark === 'number' ? ORIGINS[mark - 1] : ORIGINS.find((origin) => origin === mark)
  return known ?? 'fill'
}
