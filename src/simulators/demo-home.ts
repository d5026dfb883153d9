/** The files BVPro needs to look after the town's houses: a profile for each and their credentials. */
import { access, appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'dotenv'
import writeFileAtomic from 'write-file-atomic'
import type { ControlMode } from '../domain/entity.ts'
import type { TownHouse } from './town.ts'

/** Number of the heat meter of a town house. */
export function demoMeterId(houseId: string): string {
  return `735999${houseId.replace(/\D/g, '').padStart(12, '0')}`
}

/**
 * The profile of a house nobody has learned anything about yet; control is `manual`.
 * @param shows the mode people come to see in this house
 */
export function demoProfile(house: TownHouse, shows?: ControlMode) {
  const { specs } = house
  return {
    schema_version: 1,
    customer_id: house.id,
    friendly_name: shows === undefined ? house.name : `${house.name} (shows ${shows})`,
    meter_ids: specs.hasHeatMeter ? [demoMeterId(house.id)] : [],
    location: { latitude: house.latitude, longitude: house.longitude },
    building: {
      description: specs.distribution === 'floor' ? 'Simulated villa, floor heating' : 'Simulated villa, radiators',
      thermal_response: specs.distribution === 'floor' ? 'slow' : 'medium',
    },
    comfort: { target_indoor_temp: specs.registers.setpoint, acceptable_deviation: 1.0 },
    cost: { price_per_kwh: 1.05, monthly_fee: 250.0 },
    heating_system: {
      response_time_minutes: specs.distribution === 'floor' ? 120 : 30,
      max_supply_temp: specs.distribution === 'floor' ? 42.0 : 60.0,
      distribution_type: specs.distribution,
      has_power_meter: specs.hasHeatMeter,
    },
    learned: {
      thermal_coefficient: null,
      thermal_coefficient_confidence: 0.0,
      hourly_bias: {},
      samples_since_last_update: 0,
      total_samples: 0,
      next_update_at_samples: 24,
      updated_at: null,
      weather_coefficients: {
        solar_coefficient_ml2: 6.0,
        wind_coefficient_ml2: 0.15,
        solar_confidence_ml2: 0.0,
        total_solar_events: 0,
        events_since_last_update: 0,
        next_update_at_events: 3,
        updated_at: null,
      },
      thermal_timing: {
        heat_up_lag_minutes_ml2: 60.0,
        cool_down_lag_minutes_ml2: 90.0,
        confidence_ml2: 0.0,
        total_transitions: 0,
        updated_at: null,
      },
      thermal_time_constant: null,
      thermal_time_constant_measured_at: null,
      thermal_time_constant_source: null,
      thermal_time_constant_copied_from: null,
    },
    energy_separation: {
      enabled: specs.hasHeatMeter,
      method: 'k_calibration',
      heat_loss_k: null,
      k_percentile: 15,
      calibration_date: null,
      calibration_days: 0,
      dhw_percentage: null,
      dhw_temp_threshold: 45.0,
      dhw_temp_rise_threshold: 2.0,
      dhw_baseline_temp: 25.0,
      avg_dhw_power_kw: 25.0,
      cold_water_temp: 8.0,
      hot_water_target_temp: 55.0,
    },
    heat_curve_control: {
      in_control: false,
      baseline: {},
      entered_at: null,
      reason: null,
      curve_control_mode: 'manual',
      ml_enabled: false,
      ml_update_interval_minutes: 30,
      ml_last_offset: null,
      ml_reactive_threshold: 1.0,
      pi_integral: 0.0,
      pi_last_error_sign: null,
      pi_last_update_iso: null,
    },
    variable_overrides: {},
  }
}

/**
 * Writes `profiles/<id>.json` and `.env` under the directory, only what was never there: a person's edits stay, and so do
 * removals.
 * Keys missing in an existing `.env` are appended; the file is readable by its owner only.
 * @param shown the modes that houses are there to show, by id
 */
export async function writeDemoHome(
  directory: string,
  houses: readonly TownHouse[],
  shown: ReadonlyMap<string, ControlMode> = new Map(),
): Promise<void> {
  const inService: TownHouse[] = []
  for (const house of houses) {
    if (await writeDemoFile(directory, 'profiles', house.id, demoProfile(house, shown.get(house.id))))
      inService.push(house)
  }
  const accounts = inService.map(({ id, username, password }) => ({
    prefix: `HOUSE_${id.toUpperCase()}`,
    username,
    password,
  }))
  await addCredentials(path.join(directory, '.env'), accounts)
}

/** Names in a home what the town has put there once, a line each. */
const FURNISHED = '.furnished'

/**
 * Writes `<folder>/<id>.json` under the directory, once in the life of the home: whoever was removed since must not come
 * back with the next start.
 * @returns whether the file is there
 */
export async function writeDemoFile(directory: string, folder: string, id: string, document: object): Promise<boolean> {
  const file = `${folder}/${id}.json`
  await mkdir(path.join(directory, folder), { recursive: true })
  const furnished = (await textOf(path.join(directory, FURNISHED))).split('\n')
  const known = furnished.includes(file)
  if (!known) {
    const text = `${JSON.stringify(document, null, 2)}\n`
    await writeFile(path.join(directory, file), text, { flag: 'wx' }).catch(unlessItExists)
    await appendFile(path.join(directory, FURNISHED), `${file}\n`)
    return true
  }
  return access(path.join(directory, file)).then(
    () => true,
    () => false,
  )
}

export interface DemoAccount {
  /** Such as `HOUSE_HEM_FJV_VILLA_901`. */
  readonly prefix: string
  readonly username: string
  readonly password: string
}

/** Adds the accounts that an environment file does not hold yet. */
export async function addCredentials(file: string, accounts: readonly DemoAccount[]): Promise<void> {
  const present = await textOf(file)
  const known = parse(present)
  const wanted = accounts.flatMap(({ prefix, username, password }) => [
    [`${prefix}_USERNAME`, username] as const,
    [`${prefix}_PASSWORD`, password] as const,
  ])
  const missing = wanted.filter(([key]) => known[key] === undefined).map(([key, value]) => `${key}=${quoted(value)}\n`)
  if (missing.length === 0) return
  const separator = present === '' || present.endsWith('\n') ? '' : '\n'
  await writeFileAtomic(file, `${present}${separator}${missing.join('')}`, { mode: 0o600 })
}

/** Single quotes keep every character as it is; a value that holds one needs the other kind. */
function quoted(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`
}

/** Empty when there is no such file. */
function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
