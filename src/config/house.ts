/** Configuration of one house: the file `profiles/<id>.json`. */
import { z } from 'zod'
import type { ControlMode } from '../domain/entity.ts'
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
  pattern,
  temperature,
  text,
  wholeNumber,
} from './field.ts'
import { type ParsedDocument, parseDocument } from './parse.ts'
import { tariffName } from './tariff.ts'

const building = z.strictObject({
  description: text('Free description of the house.').default(''),
  thermal_response: z
    .enum(['slow', 'medium', 'fast'])
    .default('medium')
    .meta({ description: 'How fast the house follows its heating, as judged by a person.' }),
  indoor_forecast: z.enum(['learned', 'rules']).optional().meta({
    description: 'What indoor forecasts are issued by: the `learned` model (default), or the `rules` of thumb.',
    extension: true,
  }),
})

const comfort = z.strictObject({
  target_indoor_temp: temperature("Wanted room temperature; follows the house's own setpoint.", 15, 28).default(22),
  acceptable_deviation: number('Dead band around the target, to either side.', { min: 0.1, max: 5, unit: 'K' }).default(
    1,
  ),
})

const cost = z.strictObject({
  price_per_kwh: number('Price of district heating.', { min: 0, max: 100, unit: 'SEK/kWh' }).default(1.2),
  monthly_fee: number('Fixed fee.', { min: 0, unit: 'SEK/month' }).default(0),
  tariff: tariffName.nullable().optional().meta({
    description: 'Name of a tariff in `settings.json`; without one every kWh costs `price_per_kwh`.',
    extension: true,
  }),
})

const heatingSystem = z.strictObject({
  response_time_minutes: wholeNumber('Time until a changed supply temperature is felt.', {
    min: 1,
    max: 1440,
    unit: 'min',
  }).default(30),
  max_supply_temp: temperature('Highest supply temperature BVPro may ask for.', 20, 90).default(55),
  distribution_type: pattern(
    'How heat reaches the rooms; of several the first counts.',
    /^\s*(floor|radiator|ventilation)(\s*[,+]\s*(floor|radiator|ventilation))*\s*$/,
    'floor, radiator or ventilation, or several of them separated by commas',
  ).default('floor'),
  has_power_meter: flag('True when the house delivers `dh_power`.').default(false),
})

const weatherCoefficients = z.strictObject({
  solar_coefficient_ml2: number('Sensitivity to sun.').default(6),
  wind_coefficient_ml2: number('Sensitivity to wind.').default(0.15),
  solar_confidence_ml2: number('Confidence of the solar sensitivity; used for energy from 0.2 on.').default(0),
  total_solar_events: wholeNumber('Solar events seen.', { min: 0 }).default(0),
  events_since_last_update: wholeNumber('Solar events since the last update.', { min: 0 }).default(0),
  next_update_at_events: wholeNumber('Events needed for the next update.', { min: 0 }).default(3),
  updated_at: instant('Time of the last update.').nullable().default(null),
})

const thermalTiming = z.strictObject({
  heat_up_lag_minutes_ml2: number('Lag when it gets warmer outside.', { unit: 'min' }).default(60),
  cool_down_lag_minutes_ml2: number('Lag when it gets colder outside.', { unit: 'min' }).default(90),
  confidence_ml2: number('Confidence of the lags.').default(0),
  total_transitions: wholeNumber('Transitions seen.', { min: 0 }).default(0),
  updated_at: instant('Time of the last update.').nullable().default(null),
})

/** Written by earlier learners. Read where useful, kept as it is, never required. */
const learned = z.strictObject({
  thermal_coefficient: number('Learned thermal coefficient.').nullable().default(null),
  thermal_coefficient_confidence: number('Its confidence.').default(0),
  updated_at: instant('Time of the last update.').nullable().default(null),
  hourly_bias: z
    .record(
      z
        .string()
        .regex(/^([01]\d|2[0-3])$/)
        .meta({ expects: 'an hour from "00" to "23"' }),
      number('Bias of that hour.', { unit: 'K' }),
    )
    .default({})
    .meta({ description: 'Bias of the indoor forecast by hour of the day, "00" to "23".' }),
  samples_since_last_update: wholeNumber('Samples since the last update.', { min: 0 }).default(0),
  total_samples: wholeNumber('Samples seen.', { min: 0 }).default(0),
  next_update_at_samples: wholeNumber('Samples needed for the next update.', { min: 0 }).default(24),
  weather_coefficients: weatherCoefficients.prefault({}),
  thermal_timing: thermalTiming.prefault({}),
  thermal_time_constant: number('Time constant of the house.', { min: 0, unit: 'h' }).nullable().default(null),
  thermal_time_constant_measured_at: instant('When it was measured.').nullable().default(null),
  thermal_time_constant_source: text(
    'Where it comes from: `measured`, `measured_partial`, `copied`, `estimated_from_preemptive`.',
  )
    .nullable()
    .default(null),
  thermal_time_constant_copied_from: text('House it was copied from.').nullable().default(null),
})

const energySeparation = z.strictObject({
  enabled: flag('Split energy into space heating and domestic hot water.').default(false),
  heat_loss_k: number('Heat loss coefficient; null = derived from measurements.', { min: 0, max: 1000, unit: 'kW/K' })
    .nullable()
    .default(null),
  method: text('Method of the separation; older records also know `homeside_ondemand_dhw`.').default('k_calibration'),
  k_percentile: wholeNumber('Percentile of the daily heat loss values.', { min: 0, max: 100, unit: '%' }).default(15),
  calibration_date: date('Day of the last calibration.').nullable().default(null),
  calibration_days: wholeNumber('Days to look back; 0 stands for 30.', { min: 0, max: 3660, unit: 'days' }).default(0),
  dhw_percentage: number('Share of domestic hot water found by the last calibration.', { min: 0, max: 100, unit: '%' })
    .nullable()
    .default(null),
  dhw_temp_threshold: temperature('Tap water above this is in use.', 0, 100).default(45),
  dhw_temp_rise_threshold: number('Rise that marks the start of tapping.', { min: 0, max: 50, unit: 'K' }).default(2),
  dhw_baseline_temp: temperature('Tap water temperature at rest.', 0, 100).default(25),
  avg_dhw_power_kw: number('Mean power while tapping.', { min: 0, max: 200, unit: 'kW' }).default(25),
  cold_water_temp: temperature('Incoming cold water.', 0, 40).default(8),
  hot_water_target_temp: temperature('Domestic hot water setpoint.', 30, 90).default(55),
})

/** Names of the existing system beside ours; {@link controlModeOf} maps them. */
const CURVE_CONTROL_MODES = ['monitor', 'shadow', 'rules', 'optimise', 'manual', 'adaptive', 'intelligent'] as const

const heatCurveControl = z.strictObject({
  curve_control_mode: z.enum(CURVE_CONTROL_MODES).default('adaptive').meta({
    description:
      'Who controls the heat curve. The old names are read as: manual and adaptive = monitor, intelligent = rules.',
  }),
  ml_enabled: flag('Old flag; true together with mode `adaptive` is read as `rules`.').default(false),
  ml_update_interval_minutes: wholeNumber('Time between decisions of mode `rules`.', {
    min: 1,
    max: 1440,
    unit: 'min',
  }).default(30),
  ml_reactive_threshold: number('Weather change that brings a decision forward.', {
    min: 0,
    max: 20,
    unit: 'K',
  }).default(1),
  in_control: flag('Left by the existing system when it held the curve.').default(false),
  baseline: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: 'Curve before the existing system took control; kept until it is restored.' }),
  entered_at: instant('When the existing system took control.').nullable().default(null),
  reason: text('Why it took control.').nullable().default(null),
  ml_last_offset: number('Last parallel shift.', { unit: 'K' }).nullable().default(null),
  pi_integral: number('Memory of the indoor correction.', { unit: 'K·min' }).default(0),
  pi_last_error_sign: number('Sign of its last error.', { min: -1, max: 1 }).nullable().default(null),
  pi_last_update_iso: instant('When it was last updated.').nullable().default(null),
})

const thermalTest = z.strictObject({
  status: z
    .enum(['none', 'pending_approval', 'approved', 'declined', 'in_progress', 'completed', 'failed'])
    .default('none')
    .meta({ description: 'State of the inertia test.' }),
  token: text('One-time token of the approval.').nullable().default(null),
  requested_at: instant('When approval was asked for.').nullable().default(null),
  expires_at: instant('Until when it can be approved.').nullable().default(null),
  conditions: z.unknown().optional().meta({ description: 'Forecast the request was based on.' }),
})

const variableOverrides = z
  .record(
    z.string().min(1).meta({ expects: 'the short name of a variable' }),
    pattern('Field the variable delivers.', FIELD_NAME, FIELD_NAME_EXPECTS),
  )
  .superRefine((overrides, context) => {
    const taken = new Map<string, string>()
    for (const [variable, field] of Object.entries(overrides)) {
      const first = taken.get(field)
      if (first === undefined) taken.set(field, variable)
      else {
        const message = `${field} is already delivered by ${first}; one field can have one source only`
        context.addIssue({ code: 'custom', path: [variable], message })
      }
    }
  })

export const houseSchema = z.strictObject({
  schema_version: wholeNumber('Version of this format.', { min: 1 }).default(1),
  customer_id: pattern('House id: equal to the file name without `.json`.', ENTITY_ID, ENTITY_ID_EXPECTS),
  friendly_name: text('Display name; empty = the id.').default(''),
  meter_ids: meterIds,
  energy_data_start_date: date('First day to request for a new meter.').nullable().optional(),
  poll_interval_minutes: pollIntervalMinutes.optional().meta({
    description: 'Time between polls; absent = `data_collection.heating_data_interval_minutes`.',
    extension: true,
  }),
  location: location.optional().meta({ description: 'Position for weather and forecast.', extension: true }),
  building: building.prefault({}),
  comfort: comfort.prefault({}),
  cost: cost.prefault({}),
  heating_system: heatingSystem.prefault({}),
  learned: learned.prefault({}),
  energy_separation: energySeparation.prefault({}),
  heat_curve_control: heatCurveControl.prefault({}),
  thermal_test: thermalTest.optional(),
  variable_overrides: variableOverrides.default({}).meta({
    description:
      'Other variables to read fields from in this house: API short name → field. Replaces the standard source of the field.',
  }),
})

/** A house as configured, with all defaults filled in. Keys are those of the file. */
export type HouseConfig = z.output<typeof houseSchema>

/** @param id the file name without `.json`; stands in for a missing `customer_id` and must equal a present one. */
export function parseHouse(document: unknown, options: { readonly id?: string } = {}): ParsedDocument<HouseConfig> {
  return withId(document, 'customer_id', options.id, (complete) => parseDocument(houseSchema, complete))
}

const MODE_BY_NAME: Record<(typeof CURVE_CONTROL_MODES)[number], ControlMode> = {
  monitor: 'monitor',
  shadow: 'shadow',
  rules: 'rules',
  optimise: 'optimise',
  manual: 'monitor',
  adaptive: 'monitor',
  intelligent: 'rules',
}

/**
 * Mode of a house. Only the old name `adaptive`, which is also the default of old files, lets the old flag
 * `ml_enabled` speak; a mode chosen by one of the new names stands whatever the flag says.
 */
export function controlModeOf(config: Pick<HouseConfig, 'heat_curve_control'>): ControlMode {
  const { curve_control_mode: name, ml_enabled: oldFlag } = config.heat_curve_control
  return name === 'adaptive' && oldFlag ? 'rules' : MODE_BY_NAME[name]
}

/**
 * The mode as the field `curve_control_mode` has it: 0 manual, 1 the controller shapes its curve by itself, 2 BVPro
 * does.
 */
export function curveControlModeNumber(config: Pick<HouseConfig, 'heat_curve_control'>): 0 | 1 | 2 {
  if (config.heat_curve_control.curve_control_mode === 'manual') return 0
  const mode = controlModeOf(config)
  return mode === 'rules' || mode === 'optimise' ? 2 : 1
}
