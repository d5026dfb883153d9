/** Register maps as data: where each value of a device lives, how its words are read, and whether it may be written. */
import type { RegisterConfig, ZoneConfig } from '../../config/zone.ts'
import { isBitTable, type Table } from './protocol.ts'

export type ValueType = RegisterConfig['type']
/**
 * Order of the bytes of a value, most significant first as A; for 16 bits the last two count, for 64 bits it is per
 * word.
 */
export type ByteOrder = RegisterConfig['order']

/** Inclusive. */
export type ValueRange = readonly [low: number, high: number]

/** One value of a device: value = raw × scale + offset. */
export interface RegisterPoint {
  readonly table: Table
  /** Zero-based, as sent on the wire. */
  readonly address: number
  readonly type: ValueType
  readonly order: ByteOrder
  readonly scale: number
  readonly offset: number
  /** Which bit of a register a `bit` is; 0 is the lowest. */
  readonly bit: number
  /** Raw values that mean "no value", signed or unsigned. NaN always means it. */
  readonly invalid: readonly number[]
  readonly unit: string
  /** A value outside is a fault of the device or of this map. */
  readonly valid: ValueRange
  /** Limits of what may be written; `false` is never written. */
  readonly writable: ValueRange | false
}

export type RegisterMap<P extends string> = Readonly<Record<P, RegisterPoint>>

/** The values of a zone, named as in its configuration. */
export type ZonePoint = 'temperature' | 'setpoint' | 'occupancy' | 'heater'
export type ZoneMap = RegisterMap<ZonePoint>

/** A room may freeze, and 0.0 °C is a temperature; a setpoint of 0 is none. */
const ROOM_TEMPERATURE: ValueRange = [-30, 60]
const SETPOINT: ValueRange = [5, 35]
const FLAG: ValueRange = [0, 1]

/**
 * "Not implemented" by the convention of many devices (SunSpec Information Model); no zone value can mean one of these.
 */
const CONVENTIONAL_INVALID: Readonly<Record<ValueType, readonly number[]>> = {
  int16: [-0x8000],
  uint16: [0xffff],
  int32: [-0x8000_0000],
  uint32: [0xffff_ffff],
  float32: [],
  float64: [],
  bit: [],
}

const PLAIN_REGISTER: RegisterConfig = {
  table: 'holding',
  address: 0,
  type: 'int16',
  order: 'ABCD',
  scale: 1,
  offset: 0,
  invalid: [],
}

interface ZoneMapSource {
  readonly registers: ZoneConfig['registers']
  readonly preferences: Pick<ZoneConfig['preferences'], 'min_temp' | 'max_temp'>
}

/** The map of a configured zone. Only the setpoint is writable, within the limits of the zone's preferences. */
export function zoneMapOf({ registers, preferences }: ZoneMapSource): ZoneMap {
  return {
    temperature: pointOf(registers.temperature, '°C', ROOM_TEMPERATURE),
    setpoint: {
      ...pointOf(registers.setpoint, '°C', SETPOINT),
      writable: [preferences.min_temp, preferences.max_temp],
    },
    occupancy: pointOf(registers.occupancy, '', FLAG),
    heater: pointOf(registers.heater, '', FLAG),
  }
}

/** The zone devices known so far: four holding registers, temperatures in tenths, read as signed. */
export const DEFAULT_ZONE_MAP: ZoneMap = zoneMapOf({
  registers: {
    temperature: { ...PLAIN_REGISTER, address: 0, scale: 0.1 },
    setpoint: { ...PLAIN_REGISTER, address: 1, scale: 0.1 },
    occupancy: { ...PLAIN_REGISTER, address: 2 },
    heater: { ...PLAIN_REGISTER, address: 3 },
  },
  preferences: { min_temp: 15, max_temp: 25 },
})

/** Registers a point takes up; 1 in a table of bits. */
export function widthOf({ table, type }: RegisterPoint): number {
  if (isBitTable(table)) return 1
  if (type === 'float64') return 4
  return type === 'int32' || type === 'uint32' || type === 'float32' ? 2 : 1
}

function pointOf(register: RegisterConfig, unit: string, valid: ValueRange): RegisterPoint {
  const invalid = [...register.invalid, ...CONVENTIONAL_INVALID[register.type]]
  return { ...register, bit: 0, invalid, unit, valid, writable: false }
}
