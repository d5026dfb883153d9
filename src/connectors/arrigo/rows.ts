/** Rows of Arrigo lists as typed values; a row without an id, or a signal without a name, is no row. */
import { ALARM_STATUSES, type AlarmStatus, type BuildingAlarm } from '../../domain/buildings/alarms.ts'
import { asNumber, asObject, asText, type JsonObject } from './json.ts'
import { parseArrigoTime } from './times.ts'

export interface Folder {
  /** Base64 of the technical name. */
  readonly id: string
  readonly name: string | null
  readonly title: string | null
  /** Type on the server: `Account`, `RootArea`, `UserArea`, … */
  readonly type: string | null
}

export interface AnalogSignal {
  /** Base64 of a register number. Analog and digital registers are numbered apart: the same id may occur in both. */
  readonly id: string
  readonly name: string
  /** Null when the server has none. 0 is a value, though a dead sensor reads exactly that. */
  readonly value: number | null
  /** As reported, without padding; it may be wrong. */
  readonly unit: string | null
}

export interface DigitalSignal {
  /** See {@link AnalogSignal.id}. */
  readonly id: string
  readonly name: string
  /** `ON` and `OFF` as a rule. */
  readonly state: string | null
  readonly signalText: string | null
  readonly stateTexts: readonly (string | null)[] | null
  readonly signalType: string | null
}

/** Undefined when there is no id. */
export function parseFolder(row: JsonObject): Folder | undefined {
  const id = asText(row.id)
  if (id === null) return undefined
  return { id, name: asText(row.name), title: asText(row.title), type: asText(row.__typename) }
}

export function parseAnalog(row: JsonObject): AnalogSignal | undefined {
  const id = asText(row.id)
  const name = asText(row.name)
  if (id === null || name === null) return undefined
  return { id, name, value: asNumber(row.value), unit: asText(row.unit)?.trim() ?? null }
}

export function parseDigital(row: JsonObject): DigitalSignal | undefined {
  const id = asText(row.id)
  const name = asText(row.name)
  if (id === null || name === null) return undefined
  return {
    id,
    name,
    state: asText(row.state),
    signalText: asText(row.signalText),
    stateTexts: Array.isArray(row.stateTexts) ? row.stateTexts.map(asText) : null,
    signalType: asText(row.signalType),
  }
}

export function parseAlarm(row: JsonObject): BuildingAlarm | undefined {
  const id = asText(row.id)
  if (id === null) return undefined
  const folder = asObject(row.folder)
  return {
    id,
    name: asText(row.name) ?? '',
    text: asText(row.alarmText) ?? '',
    status: parseStatus(row.status),
    priority: asText(row.priority),
    folder: asText(folder.title) ?? asText(folder.name),
    alarmTime: parseArrigoTime(row.alarmTime),
    eventTime: parseArrigoTime(row.eventTime),
    occurrences: asNumber(row.noOfAlarms),
    description: asText(row.description),
    actionText: asText(row.actionText),
  }
}

/** A number, or the state of a digital signal as 1 and 0. Null for anything else. */
export function parseEventValue(value: unknown): number | null {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'string' && /^(on|off)$/i.test(value.trim())) return value.trim().toLowerCase() === 'on' ? 1 : 0
  return asNumber(value)
}

function parseStatus(value: unknown): AlarmStatus {
  const text = asText(value)?.toLowerCase()
  return ALARM_STATUSES.find((status) => status === text) ?? 'unknown'
}
