/** Which signals of a vendor's history become which fields: by exact name, with the unit of the registry. */
import { HOUSE_VARIABLES } from '../heating/variables.ts'
import { fieldSpec, MEASUREMENTS } from '../measurements.ts'
import type { HistorySignal } from './row.ts'

export interface HistoryField {
  readonly signalId: string
  readonly field: string
  /** From the vendor's unit to the registry's. */
  readonly factor: number
  /** Inclusive; a value outside is a fault of a sensor or a meter, not a state of the house. */
  readonly plausible: readonly [low: number, high: number]
  readonly decimals: number
  /**
   * `sensor`: a temperature that is measured, and stuck when it does not move for a day. `setpoint`: stands still by
   * nature. `counter`: the last value of a step counts, not the mean.
   */
  readonly nature: 'sensor' | 'setpoint' | 'counter' | 'other'
  /** Temperatures and setpoints may stand in for a missed poll; power and energy never. */
  readonly fillable: boolean
}

export interface SignalMapping {
  readonly fields: readonly HistoryField[]
  /** Fields the history has no signal for. */
  readonly missing: readonly string[]
  /** Signals that were recognised and cannot be used, one sentence each. */
  readonly problems: readonly string[]
}

/** Names the history server uses instead of, or beside, those of the controller; the first one listed wins. */
const HISTORY_NAMES: Readonly<Record<string, readonly string[]>> = {
  outdoor_temperature: ['GT_UTE', 'AI_GT_UTE_Output'],
  outdoor_temp_24h_avg: ['GT_UTE_MEDEL_24', 'MEDEL_GT_UTE_24h_Average'],
  dh_energy_total: ['VMM1_Energy'],
}

/** Fields hardly any history has; that one lacks them is not worth a word. */
const RARE_FIELDS: readonly string[] = ['away_temp_setpoint']

const HOUSE_DECIMALS = 2
const BUILDING_DECIMALS = 4
const ANY_COUNTER: readonly [number, number] = [0, 1e9]
/** Catches what broken sensors say (6553.5, -3276.8) without judging process temperatures. */
const ANY_TEMPERATURE: readonly [number, number] = [-60, 250]
const ANY_NUMBER: readonly [number, number] = [-1e12, 1e12]

/** Vendor's unit, lower case → factor to the registry's unit. Temperatures are judged by their range instead. */
const FACTORS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  kWh: { wh: 0.001, kwh: 1, mwh: 1000, gwh: 1_000_000 },
  kW: { w: 0.001, kw: 1, mw: 1000 },
  'l/h': { 'l/h': 1, 'm³/h': 1000, 'm3/h': 1000, 'l/min': 60, 'l/s': 3600 },
  bar: { bar: 1, mbar: 0.001, kpa: 0.01, mpa: 10 },
}

/**
 * Fields of `heating_system` from the signals of a house, named `<house id>.<short name>`.
 * @param overrides short name → field of this house; an override replaces the standard source of its field, also when the
 *   history does not have it: the standard source is known to be wrong in this house then
 */
export function houseHistoryFields(
  houseId: string,
  signals: readonly HistorySignal[],
  overrides: Readonly<Record<string, string>> = {},
): SignalMapping {
  const byShortName = new Map(
    signals
      .filter(({ name }) => name.startsWith(`${houseId}.`))
      .map((signal) => [signal.name.slice(houseId.length + 1), signal]),
  )
  const fields: HistoryField[] = []
  const missing: string[] = []
  const problems: string[] = []
  for (const [field, names] of houseSources(overrides)) {
    const signal = names.map((name) => byShortName.get(name)).find((found) => found !== undefined)
    const factor = signal === undefined ? undefined : unitFactor(field, signal.unit)
    if (signal === undefined) {
      if (!RARE_FIELDS.includes(field)) missing.push(field)
    } else if (factor === undefined) {
      problems.push(`${field}: the unit "${signal.unit}" of ${signal.name} is not known, its values are left out`)
    } else fields.push({ signalId: signal.id, factor, ...houseField(field) })
  }
  return { fields, missing, problems }
}

/** Field → names to look for, best first. Flags are no analog signals and have no history. */
function houseSources(overrides: Readonly<Record<string, string>>): Map<string, readonly string[]> {
  const standard = new Map<string, readonly string[]>([
    ...HOUSE_VARIABLES.filter(({ kind }) => kind === 'number').map(
      ({ field, shortName }) => [field, [shortName]] as const,
    ),
    ...Object.entries(HISTORY_NAMES),
  ])
  const sources = new Map<string, readonly string[]>()
  for (const [field, names] of standard) {
    // A signal that an override uses for another field does not serve its own.
    sources.set(
      field,
      names.filter((name) => !Object.hasOwn(overrides, name)),
    )
  }
  for (const [shortName, field] of Object.entries(overrides)) {
    if (fieldSpec(MEASUREMENTS.heating_system, field)?.type === 'float') sources.set(field, [shortName])
  }
  return sources
}

function houseField(field: string): Omit<HistoryField, 'signalId' | 'factor'> {
  const isTemperature = fieldSpec(MEASUREMENTS.heating_system, field)?.unit === '°C'
  const isSetpoint = field.endsWith('_setpoint')
  const isCounter = field === 'dh_energy_total'
  const known = HOUSE_VARIABLES.find((variable) => variable.field === field)
  return {
    field,
    plausible: known?.plausible ?? (isCounter ? ANY_COUNTER : isTemperature ? ANY_TEMPERATURE : ANY_NUMBER),
    decimals: HOUSE_DECIMALS,
    nature: isCounter ? 'counter' : isSetpoint ? 'setpoint' : isTemperature ? 'sensor' : 'other',
    fillable: isTemperature,
  }
}

/** A signal that the configuration of a building wants stored. */
export interface BuildingSignal {
  readonly signalId: string
  /** Vendor's full name, which finds a signal again whose id has changed. */
  readonly name: string
  readonly field: string
  readonly unit: string | null
  /** Values below are dropped. */
  readonly minValue: number | null
}

/**
 * Fields of `building_system` from configured signals. Only temperatures the registry knows by name are judged as
 * sensors: among hundreds of signals some are computed, and stand still rightly.
 */
export function buildingHistoryFields(signals: readonly BuildingSignal[]): HistoryField[] {
  const { fields: declared } = MEASUREMENTS.building_system
  return signals.map(({ signalId, field, unit, minValue }) => {
    const isTemperature = declared[field]?.unit === '°C' || isCelsius(unit)
    const [low, high] = isTemperature ? ANY_TEMPERATURE : ANY_NUMBER
    const isSensor = declared[field]?.unit === '°C' && !field.endsWith('_setpoint')
    return {
      signalId,
      field,
      factor: 1,
      plausible: [Math.max(low, minValue ?? low), high],
      decimals: BUILDING_DECIMALS,
      nature: isSensor ? 'sensor' : isCounterUnit(unit) ? 'counter' : 'other',
      fillable: isTemperature,
    }
  })
}

function isCelsius(unit: string | null): boolean {
  return /^(°|º|grader |deg ?)?c$/i.test(unit?.trim() ?? '')
}

function isCounterUnit(unit: string | null): boolean {
  return Object.hasOwn(FACTORS.kWh ?? {}, unit?.trim().toLowerCase() ?? '')
}

/** Undefined when the vendor's unit cannot be converted; a signal without a unit is taken as it is. */
function unitFactor(field: string, unit: string | null): number | undefined {
  const wanted = fieldSpec(MEASUREMENTS.heating_system, field)?.unit ?? ''
  const given = unit?.normalize('NFC').trim().toLowerCase() ?? ''
  const factors = FACTORS[wanted]
  return given === '' || factors === undefined ? 1 : factors[given]
}
