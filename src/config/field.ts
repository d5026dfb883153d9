/**
 * Building blocks of the configuration schemas: each field carries its meaning, unit and expectation beside its type.
 */
import { z } from 'zod'

declare module 'zod' {
  interface GlobalMeta {
    /** Unit as printed in messages and tables, such as `°C`. */
    unit?: string
    /** What a person should write, where type, range and unit do not say it: `a date such as "2026-01-31"`. */
    expects?: string
    /** True for fields that older installations do not know. */
    extension?: boolean
    /** Other names under which an environment variable is read. */
    aliases?: string[]
    /** True when the value must never be printed. */
    secret?: boolean
  }
}

interface NumberField {
  readonly min?: number
  readonly max?: number
  readonly unit?: string
}

function bounded<T extends z.ZodNumber>(base: T, { min, max }: NumberField): z.ZodNumber {
  let schema: z.ZodNumber = base
  if (min !== undefined) schema = schema.min(min)
  if (max !== undefined) schema = schema.max(max)
  return schema
}

export function number(meaning: string, field: NumberField = {}) {
  return bounded(z.number(), field).meta({ description: meaning, ...unitOf(field) })
}

export function wholeNumber(meaning: string, field: NumberField = {}) {
  return bounded(z.int(), field).meta({ description: meaning, ...unitOf(field) })
}

/** A Celsius temperature; `min` and `max` are inclusive. */
export function temperature(meaning: string, min: number, max: number) {
  return number(meaning, { min, max, unit: '°C' })
}

export function text(meaning: string) {
  return z.string().meta({ description: meaning })
}

/** Text of a given form; `expects` completes "expected …" in messages. */
export function pattern(meaning: string, regex: RegExp, expects: string) {
  return z.string().regex(regex).meta({ description: meaning, expects })
}

export function flag(meaning: string) {
  return z.boolean().meta({ description: meaning })
}

/** A day of the Swedish calendar. Shape only: 2026-02-30 is refused, because no calendar knows it. */
export function date(meaning: string) {
  return z.iso.date().meta({ description: meaning, expects: 'a date such as "2026-01-31"' })
}

/** An instant written by a program. Existing files carry several ISO spellings, so any that can be read is taken. */
export function instant(meaning: string) {
  return z
    .string()
    .refine((value) => !Number.isNaN(Date.parse(value)))
    .meta({ description: meaning, expects: 'an ISO 8601 time such as "2026-01-31T06:00:00Z"' })
}

/** A time of day on the Swedish clock. */
export function timeOfDay(meaning: string) {
  return pattern(meaning, /^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day from "00:00" to "23:59"')
}

/** Anything: kept as it is, never interpreted here. */
export function opaque(meaning: string) {
  return z.unknown().meta({ description: meaning })
}

function unitOf({ unit }: NumberField): { unit?: string } {
  return unit === undefined ? {} : { unit }
}

/**
 * Ids appear in file names, workflow ids, tags and names of environment variables: letters, digits, `_` and `-`,
 * beginning with a letter or digit, at most 64 characters.
 */
export const ENTITY_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
export const ENTITY_ID_EXPECTS =
  'an id of letters A-Z, digits, "_" and "-", beginning with a letter or digit, at most 64 characters'

/** Time-series field name. `time` is the column of the point's own time. */
export const FIELD_NAME = /^(?!time$)[A-Za-z][A-Za-z0-9_]{0,63}$/
export const FIELD_NAME_EXPECTS =
  'a field name of letters A-Z, digits and "_", beginning with a letter, at most 64 characters and not "time"'

export const meterIds = z
  .array(
    pattern(
      'Id of a district-heating meter.',
      /^\d{1,34}$/,
      'a meter id as text of digits in quotation marks, such as "735999000000000901" (a bare number loses its last digits)',
    ),
  )
  .default([])
  .meta({
    description:
      'District-heating meters, usually 18 digits each. `…_METER_IDS` in the environment takes precedence over this list.',
  })

/** Both coordinates or neither; half a position is a fault. */
export const location = z
  .strictObject({
    latitude: number('Latitude, WGS 84.', { min: -90, max: 90, unit: '°' }).nullable().default(null),
    longitude: number('Longitude, WGS 84.', { min: -180, max: 180, unit: '°' }).nullable().default(null),
  })
  .superRefine(({ latitude, longitude }, context) => {
    if ((latitude === null) === (longitude === null)) return
    const missing = latitude === null ? 'latitude' : 'longitude'
    context.addIssue({
      code: 'custom',
      path: [missing],
      message: `expected a number because the other coordinate is set, but it is missing`,
    })
  })
  .meta({ description: 'Position for weather and forecast.' })

/** The position as plain coordinates; undefined when none is configured. */
export function coordinatesOf(config: {
  readonly location?: { readonly latitude: number | null; readonly longitude: number | null } | undefined
}): { latitude: number; longitude: number } | undefined {
  const { latitude, longitude } = config.location ?? { latitude: null, longitude: null }
  return latitude === null || longitude === null ? undefined : { latitude, longitude }
}

/** The name people gave an entity: profiles and buildings say `friendly_name`, zones `name`. Undefined when blank. */
export function displayNameOf(config: { readonly friendly_name?: string; readonly name?: string }): string | undefined {
  return [config.friendly_name, config.name].find((name) => name !== undefined && name.trim() !== '')
}
