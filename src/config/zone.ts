/** Configuration of one room with a Modbus TCP thermostat: the file `zones/<id>.json`. */
import { z } from 'zod'
import { WEEKDAYS } from '../domain/zones/clock.ts'
import { CONTROL_LAWS, type ZoneSettings } from '../domain/zones/settings.ts'
import { fileFault } from './entity-fields.ts'
import { date, ENTITY_ID, flag, location, number, pattern, temperature, text, timeOfDay, wholeNumber } from './field.ts'
import { type ParsedDocument, parseDocument } from './parse.ts'

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
    warm_weather_hours: wholeNumber('Hours ahead over which the outdoor forecast is averaged.', {
      min: 1,
      max: 24,
      unit: 'h',
    }).default(3),
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

const hours = {
  from: timeOfDay('Begin.'),
  to: timeOfDay('End; earlier than or equal to `from` = on the next day.'),
  occupied_temp: temperature('Another setpoint for this period.', 5, 30).optional(),
}

const occupiedPeriod = z.strictObject({
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .default([...WEEKDAYS])
    .meta({ description: 'Days of the week on which the period begins.' }),
  ...hours,
})

const exception = z
  .strictObject({
    from: date('First day.'),
    to: date('Last day, included.'),
    name: text('What the days are, shown in reasons.').default(''),
    occupied: flag('Whether the zone counts as occupied on these days.'),
    occupied_temp: temperature('Another setpoint for these days.', 5, 30).optional(),
    unoccupied_temp: temperature('Another setpoint for the unoccupied hours of these days.', 5, 30).optional(),
    periods: z
      .array(z.strictObject(hours))
      .min(1)
      .optional()
      .meta({ description: 'Occupied periods of these days; absent = all day long.' }),
  })
  .superRefine(({ from, to, occupied, periods }, context) => {
    if (to < from) {
      const message = `expected a day not before ${from}, found ${JSON.stringify(to)}`
      context.addIssue({ code: 'custom', path: ['to'], message })
    }
    if (!occupied && periods !== undefined) {
      const message = 'expected no periods because the days are not occupied, found a list'
      context.addIssue({ code: 'custom', path: ['periods'], message })
    }
  })

const control = z.strictObject({
  law: z.enum(CONTROL_LAWS).default('on_off').meta({
    description:
      "How the setpoint is found: `on_off` = the wanted temperature, the device's thermostat does the rest; `pi` = trimmed until the room has it; `predictive` = chosen by looking ahead on the learned model.",
  }),
  dead_band: number('Trims of the setpoint smaller than this are not written.', { min: 0, max: 5, unit: 'K' }).default(
    0.2,
  ),
  setpoint_step: number("The device's resolution of the setpoint.", { min: 0.01, max: 5, unit: 'K' }).default(0.1),
  hysteresis: number("How far the room falls below the setpoint before the device's thermostat heats.", {
    min: 0,
    max: 5,
    unit: 'K',
  }).default(0.5),
  max_writes_per_day: wholeNumber('Trims beyond this many writes wait for the next day; many devices wear.', {
    min: 1,
    max: 10_000,
  }).default(100),
  verify_seconds: wholeNumber('A written setpoint must stand this long: more than one cycle of the device.', {
    min: 5,
    max: 3600,
    unit: 's',
  }).default(15),
  local_changes: z
    .enum(['revert', 'respect'])
    .default('revert')
    .meta({ description: 'A setpoint turned at the device: written over, or kept until the next scheduled change.' }),
  occupancy_on_delay_minutes: wholeNumber("How long the device's occupancy has to last before it counts.", {
    min: 0,
    max: 240,
    unit: 'min',
  }).default(0),
  occupancy_off_delay_minutes: wholeNumber("How long the device's absence has to last before it counts.", {
    min: 0,
    max: 240,
    unit: 'min',
  }).default(0),
})

const preheat = z.strictObject({
  enabled: flag('Start early enough that the scheduled temperature is there when its period begins.').default(true),
  max_hours: number('Never start earlier than this.', { min: 0.25, max: 24, unit: 'h' }).default(8),
})

const windowDetection = z.strictObject({
  enabled: flag('Take a fast fall of the temperature for an open window and ask for no heat meanwhile.').default(true),
  max_minutes: wholeNumber('Longest time one suspicion lowers the setpoint.', {
    min: 5,
    max: 240,
    unit: 'min',
  }).default(30),
})

const zoneFields = z.strictObject({
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
  exceptions: z.array(exception).default([]).meta({
    description: 'Holidays and other days unlike the schedule; where several hold, the last counts.',
  }),
  control: control.prefault({}).meta({ description: 'How the setpoint is found and written.' }),
  preheat: preheat.prefault({}).meta({ description: 'Heating up ahead of an occupied period.' }),
  window_detection: windowDetection.prefault({}).meta({ description: 'Open windows.' }),
  location: location.optional(),
  registers: registers.prefault({}).meta({ description: 'Register map of the device.' }),
  note: text('Free text.').default(''),
})

/** Temperatures of periods and exceptions obey the limits of the preferences as well. */
export const zoneSchema = zoneFields.superRefine(
  ({ preferences: { min_temp, max_temp }, schedule, exceptions }, context) => {
    const check = (value: number | undefined, path: (string | number)[]) => {
      if (value === undefined || (value >= min_temp && value <= max_temp)) return
      const message = `expected a number from min_temp to max_temp (${min_temp} to ${max_temp} °C), found ${value}`
      context.addIssue({ code: 'custom', path, message })
    }
    for (const [index, period] of schedule.entries()) check(period.occupied_temp, ['schedule', index, 'occupied_temp'])
    for (const [index, days] of exceptions.entries()) {
      check(days.occupied_temp, ['exceptions', index, 'occupied_temp'])
      check(days.unoccupied_temp, ['exceptions', index, 'unoccupied_temp'])
      for (const [place, period] of (days.periods ?? []).entries()) {
        check(period.occupied_temp, ['exceptions', index, 'periods', place, 'occupied_temp'])
      }
    }
  },
)

/** A zone as configured, with all defaults filled in. Keys are those of the file. */
export type ZoneConfig = z.output<typeof zoneSchema>

/** @param id the file name without `.json`; a zone's id is its file name and need not follow its display name. */
export function parseZone(document: unknown, options: { readonly id?: string } = {}): ParsedDocument<ZoneConfig> {
  const parsed = parseDocument(zoneSchema, document)
  if (options.id === undefined || ENTITY_ID.test(options.id)) return parsed
  return { ...parsed, config: null, problems: [...parsed.problems, fileFault(options.id)] }
}

/** The configuration in the terms of `domain/zones`. */
export function zoneSettings(config: ZoneConfig): ZoneSettings {
  const { preferences: wish, control: law } = config
  return {
    schedule: {
      occupiedTemperature: wish.occupied_temp,
      unoccupiedTemperature: wish.unoccupied_temp,
      weekly: config.schedule.map(({ days, ...period }) => ({ days, ...dailyPeriod(period) })),
      exceptions: config.exceptions.map((days) => ({
        from: days.from,
        to: days.to,
        name: days.name,
        occupied: days.occupied,
        occupiedTemperature: days.occupied_temp,
        unoccupiedTemperature: days.unoccupied_temp,
        periods: days.periods?.map(dailyPeriod),
      })),
    },
    minTemperature: wish.min_temp,
    maxTemperature: wish.max_temp,
    pollSeconds: config.poll_seconds,
    controlSeconds: config.control_seconds,
    warmWeather: {
      threshold: wish.warm_weather_threshold,
      reduction: wish.warm_weather_reduction,
      hours: wish.warm_weather_hours,
    },
    preheat: { enabled: config.preheat.enabled, maxHours: config.preheat.max_hours },
    window: { enabled: config.window_detection.enabled, maxMinutes: config.window_detection.max_minutes },
    occupancy: { onDelayMinutes: law.occupancy_on_delay_minutes, offDelayMinutes: law.occupancy_off_delay_minutes },
    control: {
      enabled: config.control_enabled,
      law: law.law,
      deadBand: law.dead_band,
      setpointStep: law.setpoint_step,
      maxWritesPerDay: law.max_writes_per_day,
      verifySeconds: law.verify_seconds,
      localChanges: law.local_changes,
    },
    thermostat: { onBelow: law.hysteresis, offAbove: 0 },
  }
}

function dailyPeriod(period: { from: string; to: string; occupied_temp?: number | undefined }) {
  return { from: period.from, to: period.to, temperature: period.occupied_temp }
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
