/** Configuration of one room with a Modbus TCP thermostat: the file `zones/<id>.json`. */
import { z } from 'zod'
import { fileFault } from './entity-fields.ts'
import { date, ENTITY_ID, flag, location, number, pattern, temperature, text, timeOfDay, wholeNumber } from './field.ts'
import { type ParsedDocument, parseDocument } from './parse.ts'

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Where a value lives in the device and how its words are to be read. */
const register = z.strictObject({
  table: z.enum(['holding', 'input', 'coil', 'discrete']).default('holding').meta({ description: 'Modbus table.' }),
  address: wholeNumber('Zero-based address, as sent on the wire.', { min: 0, max: 65_535 }),
  type: z
    .enum(['int16', 'uint16', 'int32', 'uint32', 'float32', 'float64', 'bit'])
    .default('int16')
    .meta({ description: 'Type of the value.' }),
  order: z.enum(['ABCD', 'CDAB', 'BADC', 'DCBA']).default('ABCD').meta({ description: 'Order of bytes and words.' }),
  scale: number('Value = raw × scale + offset.')
    .refine((scale) => scale !== 0)
    .meta({ expects: 'a number other than 0' })
    .default(1),
  offset: number('Value = raw × scale + offset.').default(0),
  invalid: z.array(z.number()).default([]).meta({ description: 'Raw values that mean "no value".' }),
})

export type RegisterConfig = z.output<typeof register>

/** Register maps begin with the zone devices known so far: four holding registers, temperatures in tenths. */
const registers = z.strictObject({
  temperature: register.prefault({ address: 0, scale: 0.1 }).meta({ description: 'Room temperature.' }),
  setpoint: register
    .prefault({ address: 1, scale: 0.1 })
    .meta({ description: 'Wanted temperature; written by BVPro.' }),
  occupancy: register.prefault({ address: 2 }).meta({ description: '1 = occupied.' }),
  heater: register.prefault({ address: 3 }).meta({ description: '1 = heating.' }),
})

const preferences = z
  .strictObject({
    occupied_temp: temperature('Setpoint when occupied.', 5, 30),
    unoccupied_temp: temperature('Setpoint when not occupied.', 5, 30),
    min_temp: temperature('Lowest setpoint ever written.', 5, 30).default(15),
    max_temp: temperature('Highest setpoint ever written.', 5, 30).default(25),
    warm_weather_threshold: temperature('Outdoor temperature above which less is enough.', -10, 40).default(21),
    warm_weather_reduction: number('How much less, when occupied.', { min: 0, max: 10, unit: 'K' }).default(1),
  })
  .superRefine(({ occupied_temp, unoccupied_temp, min_temp, max_temp }, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    if (min_temp > max_temp) {
      refuse('min_temp', `expected at most max_temp (${max_temp} °C), found ${min_temp}`)
      return
    }
    for (const [key, value] of Object.entries({ occupied_temp, unoccupied_temp })) {
      if (value >= min_temp && value <= max_temp) continue
      refuse(key, `expected a number from min_temp to max_temp (${min_temp} to ${max_temp} °C), found ${value}`)
    }
  })

const occupiedPeriod = z.strictObject({
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .default([...WEEKDAYS])
    .meta({ description: 'Days of the week.' }),
  from: timeOfDay('Begin.'),
  to: timeOfDay('End; earlier than `from` = on the next day.'),
})

const exception = z
  .strictObject({
    from: date('First day.'),
    to: date('Last day, included.'),
    occupied: flag('Whether the zone counts as occupied on these days.'),
    occupied_temp: temperature('Another setpoint for these days.', 5, 30).optional(),
  })
  .superRefine(({ from, to }, context) => {
    if (to >= from) return
    const message = `expected a day not before ${from}, found ${JSON.stringify(to)}`
    context.addIssue({ code: 'custom', path: ['to'], message })
  })

export const zoneSchema = z.strictObject({
  schema_version: wholeNumber('Version of this format.', { min: 1 }).default(1),
  name: z
    .string()
    .refine((name) => zoneIdOf(name) !== '')
    .meta({ description: 'Display name.', expects: 'a name with at least one letter A-Z or digit' }),
  modbus_host: pattern(
    'Host name or address of the device or gateway.',
    /^[A-Za-z0-9_.:-]+$/,
    'a host name or IP address without port',
  ),
  modbus_port: wholeNumber('TCP port.', { min: 1, max: 65_535 }),
  unit_id: wholeNumber('Modbus unit behind the gateway.', { min: 0, max: 255 }).default(1),
  preferences: preferences.meta({ description: 'Wanted temperatures.' }),
  poll_seconds: wholeNumber('Time between polls.', { min: 1, max: 86_400, unit: 's' }).default(30),
  control_seconds: wholeNumber('Time between decisions.', { min: 1, max: 86_400, unit: 's' }).default(60),
  control_enabled: flag('False = BVPro reads only.').default(true),
  schedule: z
    .array(occupiedPeriod)
    .default([])
    .meta({ description: "Occupied periods on the Swedish clock; empty = the device's own occupancy counts." }),
  exceptions: z.array(exception).default([]).meta({ description: 'Holidays and other days unlike the schedule.' }),
  location: location.optional(),
  registers: registers.prefault({}).meta({ description: 'Register map of the device.' }),
  note: text('Free text.').default(''),
})

/** A zone as configured, with all defaults filled in. Keys are those of the file. */
export type ZoneConfig = z.output<typeof zoneSchema>

/** @param id the file name without `.json`; a zone's id is its file name and need not follow its display name. */
export function parseZone(document: unknown, options: { readonly id?: string } = {}): ParsedDocument<ZoneConfig> {
  const parsed = parseDocument(zoneSchema, document)
  if (options.id === undefined || ENTITY_ID.test(options.id)) return parsed
  return { ...parsed, config: null, problems: [...parsed.problems, fileFault(options.id)] }
}

/** Id of a new zone: its name in lower case with dashes, `Kök 2` → `kok-2`; empty when nothing is left of the name. */
export function zoneIdOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
    .replace(/-+$/, '')
}
