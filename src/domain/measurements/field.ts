/** Short forms for the tables of the registry. */
import type { FieldSpec } from '../measurements.ts'

export function float(unit: string, description: string): FieldSpec {
  return { type: 'float', unit, description }
}

export function integer(unit: string, description: string): FieldSpec {
  return { type: 'integer', unit, description }
}

/** Yes or no: stored as 1 or 0. */
export function flag(description: string): FieldSpec {
  return { type: 'integer', unit: '', description: `${description} (1 yes, 0 no)` }
}

export function text(description: string): FieldSpec {
  return { type: 'string', unit: '', description }
}

/** The same field for numbers `first` to `last`: `y_1` ... `y_10`, or `bias_00` ... `bias_23` with two digits. */
export function numbered(
  prefix: string,
  first: number,
  last: number,
  digits: number,
  field: (number: number) => FieldSpec,
): Record<string, FieldSpec> {
  const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return Object.fromEntries(
    numbers.map((number) => [`${prefix}${String(number).padStart(digits, '0')}`, field(number)]),
  )
}

/** When a forecast was made: a field, for a tag would begin a new series with every issue. */
export const ISSUED_AT = integer('s', 'When the forecast was issued, epoch seconds')

export const MODEL_VERSION = text('Version of the model and its parameters')

/** How a point that was not polled came about; see `domain/history/origin.ts`. */
export const ORIGIN = text(
  "Absent when polled; `import` from the vendor's history, `fill` the same in a hole between polls, `fill-observed` the outdoor temperature of a weather station in a hole",
)
