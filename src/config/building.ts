/** Configuration of one commercial building: the file `buildings/<id>.json`. */
import { z } from 'zod'
import { pollIntervalMinutes, withId } from './entity-fields.ts'
import {
  date,
  ENTITY_ID,
  ENTITY_ID_EXPECTS,
  FIELD_NAME,
  FIELD_NAME_EXPECTS,
  flag,
  instant,
  location,
  meterIds,
  number,
  opaque,
  pattern,
  temperature,
  text,
  wholeNumber,
} from './field.ts'
import { type ParsedDocument, parseDocument } from './parse.ts'
import { vendorBaseUrl } from './vendor-url.ts'

const HOST_EXPECTS = 'a host, host:port, or http(s) URL without user name, such as "bms.example.com"'

const connection = z
  .strictObject({
    system: z.enum(['arrigo', 'ebo']).default('arrigo').meta({ description: 'Kind of building management system.' }),
    host: z
      .string()
      .refine((host) => vendorBaseUrl(host) !== undefined)
      .optional()
      .meta({ description: 'Server of an Arrigo building: host, `host:port` or a full URL.', expects: HOST_EXPECTS }),
    account: text('Project on the server; empty = the only one, or its default.').default(''),
    credential_ref: pattern(
      'Name of shared credentials: `<name>_USERNAME`, `<name>_PASSWORD`. Absent = the building has its own.',
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      'the name of shared credentials, of letters A-Z, digits and "_"',
    ).optional(),
    base_url: z
      .string()
      .refine((url) => url.includes('://') && vendorBaseUrl(url) !== undefined)
      .optional()
      .meta({ description: 'Server of an EBO building.', expects: 'an http(s) URL without user name' }),
    domain: text('Log-in domain of an EBO building.').optional(),
    site_path: text('Path of the site within an EBO server.').optional(),
  })
  .superRefine(({ system, host, base_url: baseUrl }, context) => {
    if (system === 'arrigo' && host === undefined) {
      const message = `expected ${HOST_EXPECTS}, but it is missing`
      context.addIssue({ code: 'custom', path: ['host'], message })
    }
    if (system === 'ebo' && baseUrl === undefined) {
      const message = 'expected the URL of the EBO server, but it is missing'
      context.addIssue({ code: 'custom', path: ['base_url'], message })
    }
  })

const subArea = z.strictObject({
  id: text('Id on the server.'),
  name: text('Technical name.').nullable().default(null),
  title: text('Title.').nullable().default(null),
  type: text('Type on the server.').nullable().default(null),
})

const signalFields = {
  signal_id: z
    .string()
    .min(1)
    .meta({ description: 'Id on the server: base64 of a register number (Arrigo) or a property path (EBO).' }),
  category: text('Group the signal is shown in.').default('other'),
  field_name: pattern('Time-series field; null = made from the signal name.', FIELD_NAME, FIELD_NAME_EXPECTS)
    .nullable()
    .default(null),
}

const analogSignal = z.strictObject({
  ...signalFields,
  unit: text('Unit as reported by the server.').nullable().default(''),
  fetch: flag('Poll and store this signal.').default(false),
  discovered_value: opaque('Value when it was discovered.').optional(),
  min_value: number('Live values below this are dropped.').nullable().optional(),
  trend_log: text('History log of the signal (EBO).').nullable().optional(),
  trend_unit_id: opaque('Unit of that log (EBO).').optional(),
  live_source: text('`trend_log` = read live values from the log (EBO).').nullable().optional(),
  write_on_change: flag('Writing to the signal is allowed (EBO).').optional(),
})

const digitalSignal = z.strictObject({
  ...signalFields,
  fetch: flag('Kept for completeness; digital signals are not stored.').default(false),
  discovered_state: opaque('State when it was discovered.').optional(),
  signal_text: text('Text of the signal.').nullable().optional(),
  state_texts: z.array(z.string().nullable()).nullable().optional().meta({ description: 'Texts of its states.' }),
})

export type AnalogSignalConfig = z.output<typeof analogSignal>
export type DigitalSignalConfig = z.output<typeof digitalSignal>

const signalName = z.string().min(1).meta({ expects: 'the name of a signal' })

const analogSignals = z.record(signalName, analogSignal).superRefine((signals, context) => {
  const taken = new Map<string, string>()
  for (const [name, { fetch, field_name: field }] of Object.entries(signals)) {
    if (!fetch || field === null) continue
    const first = taken.get(field)
    if (first === undefined) taken.set(field, name)
    else {
      const message = `${JSON.stringify(field)} is already the field of ${first}; two fetched signals cannot share one`
      context.addIssue({ code: 'custom', path: [name, 'field_name'], message })
    }
  }
})

const alarmMonitoring = z.strictObject({
  enabled: flag('Poll alarms.').default(false),
  priorities: z.array(z.string()).default(['A', 'B']).meta({ description: 'Priorities that raise an alarm.' }),
  poll_interval_minutes: wholeNumber('Shortest time between two reads of the alarms.', {
    min: 1,
    max: 1440,
    unit: 'min',
  }).default(15),
})

const energySeparation = z.strictObject({
  enabled: flag('Split energy into space heating and domestic hot water; absent = when there are meters.').optional(),
  method: text('Method of the separation.').default('k_calibration'),
  heat_loss_k: number('Heat loss coefficient; null = derived from measurements.', { min: 0, max: 1000, unit: 'kW/K' })
    .nullable()
    .default(null),
  k_percentile: wholeNumber('Percentile of the daily heat loss values.', { min: 0, max: 100, unit: '%' }).default(15),
  calibration_days: wholeNumber('Days to look back.', { min: 0, max: 3660, unit: 'days' }).default(60),
  calibration_date: date('Day of the last calibration.').nullable().default(null),
  assumed_indoor_temp: temperature('Stands in for a missing room sensor.', 5, 35).default(21),
  dhw_percentage: number('Share of domestic hot water found by the last calibration.', { min: 0, max: 100, unit: '%' })
    .nullable()
    .default(null),
  field_mapping: z
    .strictObject({
      outdoor_temperature: text('Field of the outdoor temperature.').default('outdoor_temp_fvc'),
      hot_water_temp: text('Field of the domestic hot water temperature.').default('vv1_hot_water_temp'),
    })
    .prefault({}),
})

export const buildingSchema = z.strictObject({
  schema_version: wholeNumber('Version of this format.', { min: 1 }).default(1),
  building_id: pattern('Building id: equal to the file name without `.json`.', ENTITY_ID, ENTITY_ID_EXPECTS),
  friendly_name: text('Display name; empty = the id.').default(''),
  building_type: text('Shown only.').default('commercial'),
  meter_ids: meterIds,
  connection: connection.meta({ description: 'Server of the building.' }),
  location: location.optional(),
  poll_interval_minutes: pollIntervalMinutes.default(5),
  discovered_at: instant('When the signals were discovered.').nullable().optional(),
  sub_areas: z.array(subArea).default([]).meta({ description: 'First-level areas on the server, for information.' }),
  analog_signals: analogSignals.default({}).meta({ description: 'Analog signals by name.' }),
  digital_signals: z.record(signalName, digitalSignal).default({}).meta({ description: 'Digital signals by name.' }),
  alarm_monitoring: alarmMonitoring.prefault({}),
  energy_separation: energySeparation.prefault({}),
})

/** A building as configured, with all defaults filled in. Keys are those of the file. */
export type BuildingConfig = z.output<typeof buildingSchema>

/** @param id the file name without `.json`; stands in for a missing `building_id` and must equal a present one. */
export function parseBuilding(
  document: unknown,
  options: { readonly id?: string } = {},
): ParsedDocument<BuildingConfig> {
  return withId(document, 'building_id', options.id, (complete) => parseDocument(buildingSchema, complete))
}

/** Whether energy is separated: as configured, otherwise for buildings with meters, wherever those are configured. */
export function buildingSeparatesEnergy(config: BuildingConfig, meters: readonly string[] = config.meter_ids): boolean {
  return config.energy_separation.enabled ?? meters.length > 0
}
