/** The few values that say how an entity is, found among the fields of its last reading. */
import type { BuildingConfig } from '../config/building.ts'
import type { ConfiguredEntity } from '../config/catalogue.ts'
import { fieldOf } from '../domain/buildings/building-point.ts'
import type { EntityKind } from '../domain/entity.ts'
import { fieldSpec, MEASUREMENTS } from '../domain/measurements.ts'

/** What the pages have words for. */
export type Quantity = 'room' | 'outdoor' | 'supply' | 'return' | 'target' | 'alarms'
export type State = 'occupancy' | 'heater'

export interface MeasuredValue {
  /** A signal of a building has only the name its configuration gives it. */
  readonly label: { readonly quantity: Quantity } | { readonly signal: string }
  /** Null when not known. */
  readonly value: number | null
  /** Empty for counts. */
  readonly unit: string
}

export interface StateValue {
  readonly state: State
  /** Null when not known. */
  readonly on: boolean | null
}

export type HeadlineValue = MeasuredValue | StateValue

type Reading = Readonly<Record<string, number | string | null>>

/** Values beside the leading one that a card has room for. */
const BESIDE = 3

const CELSIUS = '°C'

/** The registry's names, the one that matters most first. */
const HOUSE = {
  room: 'room_temperature',
  target: 'target_temp_setpoint',
  outdoor: 'outdoor_temperature',
  supply: 'supply_temp',
} as const
const ZONE = { room: 'temperature', target: 'target_temperature' } as const
const ZONE_STATES = { occupancy: 'occupancy', heater: 'heater_status' } as const satisfies Record<State, string>

/** Customary fields of buildings, the ones that matter most first; the first field that fits carries the quantity. */
const BUILDING: readonly (readonly [Quantity, RegExp])[] = [
  ['supply', /^(vs\d+_)?supply_temp$/],
  ['outdoor', /^outdoor_temp(_fvc|erature)$/],
  ['return', /^(vs\d+_)?return_temp$/],
  ['room', /^room_temperature$/],
]

/**
 * The values to show of an entity, the one that matters most first, known or not.
 * @param alarms standing alarms of a building; null when nobody counts them
 */
export function headlineValues(
  kind: EntityKind,
  reading: Reading | null,
  configured: ConfiguredEntity | undefined,
  alarms: number | null,
): HeadlineValue[] {
  switch (kind) {
    case 'house':
      return temperatures(HOUSE, reading)
    case 'zone':
      return [...temperatures(ZONE, reading), ...states(ZONE_STATES, reading)]
    case 'building': {
      const count = alarms === null ? [] : [{ label: { quantity: 'alarms' as const }, value: alarms, unit: '' }]
      return [...signals(reading, configured, 1 + BESIDE - count.length), ...count]
    }
  }
}

function numberIn(reading: Reading | null, field: string): number | null {
  const value = reading?.[field]
  return typeof value === 'number' ? value : null
}

function temperatures(fields: Readonly<Partial<Record<Quantity, string>>>, reading: Reading | null): MeasuredValue[] {
  return Object.entries(fields).map(([quantity, field]) => ({
    label: { quantity: quantity as Quantity },
    value: numberIn(reading, field),
    unit: CELSIUS,
  }))
}

function states(fields: Readonly<Record<State, string>>, reading: Reading | null): StateValue[] {
  return Object.entries(fields).map(([state, field]) => {
    const value = numberIn(reading, field)
    return { state: state as State, on: value === null ? null : value === 1 }
  })
}

interface Signal {
  readonly field: string
  readonly unit: string
}

/** The signals a building is polled for, in the order of its configuration; those of its reading when that is broken. */
function signalsOf(reading: Reading | null, configured: ConfiguredEntity | undefined): Signal[] {
  const config = configured?.config as BuildingConfig | null | undefined
  const unitOf = (field: string) => fieldSpec(MEASUREMENTS.building_system, field)?.unit ?? ''
  if (config == null) return Object.keys(reading ?? {}).map((field) => ({ field, unit: unitOf(field) }))
  return Object.entries(config.analog_signals ?? {}).flatMap(([name, { fetch, field_name: fieldName, unit }]) => {
    const field = fetch ? fieldOf(name, { fieldName }) : null
    return field === null ? [] : [{ field, unit: unit || unitOf(field) }]
  })
}

/** Customary quantities first, then the signals as they are configured. */
function signals(reading: Reading | null, configured: ConfiguredEntity | undefined, count: number): MeasuredValue[] {
  const all = signalsOf(reading, configured)
  const customary = BUILDING.flatMap(([quantity, pattern]) => {
    const signal = all.find(({ field }) => pattern.test(field))
    return signal === undefined ? [] : [{ quantity, signal }]
  })
  const named = customary.map(({ signal }) => signal)
  const measured = ({ field, unit }: Signal) => ({ value: numberIn(reading, field), unit })
  return [
    ...customary.map(({ quantity, signal }) => ({ label: { quantity }, ...measured(signal) })),
    ...all
      .filter((signal) => !named.includes(signal))
      .map((signal) => ({ label: { signal: signal.field.replaceAll('_', ' ') }, ...measured(signal) })),
  ].slice(0, count)
}
