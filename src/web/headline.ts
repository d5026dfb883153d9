/** The few values that say how an entity is, found among the fields of its last reading. */
import type { EntityKind } from '../domain/entity.ts'

export type Quantity = 'room' | 'outdoor' | 'supply' | 'return' | 'target'

/**
 * Quantities by kind, the one that matters most first, and the fields that carry them, the best first. Houses and zones have the registry's names; a building's are chosen
 * by its configuration, so the customary ones are tried.
 */
const FIELDS: Readonly<Record<EntityKind, Readonly<Partial<Record<Quantity, readonly string[]>>>>> = {
  house: {
    room: ['room_temperature'],
    target: ['target_temp_setpoint'],
    outdoor: ['outdoor_temperature'],
    supply: ['supply_temp'],
  },
  building: {
    supply: ['vs1_supply_temp', 'supply_temp'],
    outdoor: ['outdoor_temp_fvc', 'outdoor_temperature'],
    return: ['vs1_return_temp', 'return_temp'],
  },
  zone: {
    room: ['temperature'],
    target: ['target_temperature'],
  },
}

type Reading = Readonly<Record<string, number | string | null>>

export interface HeadlineValue {
  readonly quantity: Quantity
  /** °C; null when not known. */
  readonly value: number | null
}

/** The values to show of a kind, the one that matters most first, known or not. */
export function headlineValues(kind: EntityKind, reading: Reading | null): HeadlineValue[] {
  return Object.entries(FIELDS[kind]).map(([quantity, fields]) => {
    const value = fields.map((field) => reading?.[field]).find((candidate) => typeof candidate === 'number')
    return { quantity: quantity as Quantity, value: typeof value === 'number' ? value : null }
  })
}
