/** Settings shared by all entities: the optional file `settings.json`. */
import { z } from 'zod'
import { flag, number, temperature, timeOfDay, wholeNumber } from './field.ts'
import { type ParsedDocument, parseDocument } from './parse.ts'
import { tariffName, tariffSchema } from './tariff.ts'

const minutes = (meaning: string) => wholeNumber(meaning, { min: 1, max: 1440, unit: 'min' })

const DEFAULT_TASK_TIME = '08:00'

function dailyTask(meaning: string, shipped: { time: string } | { times: string[] }) {
  return z
    .strictObject({
      enabled: flag('Run the task.').default(true),
      time: timeOfDay('Time of day, Europe/Stockholm.').optional(),
      times: z
        .array(timeOfDay('Time of day, Europe/Stockholm.'))
        .optional()
        .meta({ description: 'Several times of day; wins over `time`.' }),
    })
    .prefault({ enabled: true, ...shipped })
    .meta({ description: meaning })
}

export const settingsSchema = z.strictObject({
  weather: z
    .strictObject({
      forecast_interval_minutes: minutes('Time between forecast fetches.').default(60),
      forecast_hours: wholeNumber('Forecast horizon.', { min: 1, max: 240, unit: 'h' }).default(72),
      observation_enabled: flag('Fetch weather observations.').default(true),
      nearest_station_cache_hours: number('How long a nearest station is remembered.', {
        min: 0,
        max: 8760,
        unit: 'h',
      }).default(24),
    })
    .prefault({}),
  heating: z
    .strictObject({
      target_indoor_temp: temperature('Target for recommendations.', 15, 28).default(22),
      temp_margin: number('Margin for recommendations.', { min: 0, max: 10, unit: 'K' }).default(0.5),
    })
    .prefault({}),
  data_collection: z
    .strictObject({
      heating_data_interval_minutes: minutes('Time between polls of a house that has no interval of its own.').default(
        5,
      ),
      weather_forecast_interval_minutes: minutes('Age at which a forecast is due again.').default(60),
      ml_forecast_interval_minutes: minutes('Age at which an indoor forecast is due again.').default(60),
      failure_error_threshold_minutes: minutes('Failing this long turns a warning into an error.').default(120),
    })
    .prefault({}),
  calibration: z
    .strictObject({
      enabled: flag('Recalibrate heat loss coefficients.').default(true),
      k_recalibration_hours: number('Time between recalibrations.', { min: 1, max: 8760, unit: 'h' }).default(72),
      k_calibration_days: wholeNumber('Days a recalibration looks back.', { min: 1, max: 3660, unit: 'days' }).default(
        30,
      ),
    })
    .prefault({}),
  influxdb: z
    .strictObject({
      write_timeout_ms: wholeNumber('Longest wait for a write.', { min: 100, max: 600_000, unit: 'ms' }).default(5000),
      circuit_breaker_threshold: wholeNumber('Failures in a row that open the circuit.', { min: 1, max: 1000 }).default(
        3,
      ),
      circuit_breaker_cooldown_seconds: number('Wait before the next attempt.', {
        min: 1,
        max: 86_400,
        unit: 's',
      }).default(60),
    })
    .prefault({}),
  daily_tasks: z
    .strictObject({
      gap_fill: dailyTask('Finding and filling holes.', { times: ['07:30', '12:00'] }),
      energy_pipeline: dailyTask('Import, separation and recalibration.', { time: DEFAULT_TASK_TIME }),
    })
    .prefault({}),
  tariffs: z.record(tariffName, tariffSchema).default({}),
})

/** Settings with all defaults filled in. Keys are those of the file. */
export type Settings = z.output<typeof settingsSchema>

/** Judges a parsed `settings.json` and fills in the defaults; never throws, the faults are in the answer. */
export function parseSettings(document: unknown): ParsedDocument<Settings> {
  return parseDocument(settingsSchema, document)
}

/** Settings of an installation without a `settings.json`. */
export const DEFAULT_SETTINGS: Settings = settingsSchema.parse({})

/** When a daily task runs: `times` wins over `time`; a task with neither runs at 08:00; a disabled one never. */
export function taskTimes(task: Settings['daily_tasks']['gap_fill']): readonly string[] {
  if (!task.enabled) return []
  return task.times ?? [task.time ?? DEFAULT_TASK_TIME]
}
