/** Everything a zone remembers between its cycles: small, plain, serialisable. */
import { type KeepingState, NOTHING_COMMANDED } from './keeping.ts'
import { initialModel, type ModelState } from './model.ts'
import type { PiState } from './pi.ts'
import { initialPreheat, type PreheatState } from './preheat.ts'
import { FRESH_SENSOR, type SensorState } from './sensor.ts'
import { forgetWindow, NO_WINDOW, type WindowState } from './window.ts'

/** Another form of the state gets another number; an older one is not read, the zone learns anew. */
const VERSION = 1

export interface ZoneState {
  readonly version: typeof VERSION
  readonly model: ModelState
  readonly sensor: SensorState
  readonly window: WindowState
  readonly keeping: KeepingState
  readonly preheat: PreheatState
  readonly occupancy: OccupancyState
  readonly pi: PiState | null
  /** Whether the zone is being heated, as reported or inferred from setpoint and temperature; null before the first reading. */
  readonly heating: boolean | null
  /** Whether the warm-weather reduction holds. */
  readonly warm: boolean
  readonly override: ZoneOverride | null
  /** Wanted temperature behind the last command, °C. */
  readonly commandedTarget: number | null
  /** Writes of one Swedish day. */
  readonly writes: { readonly day: string; readonly count: number }
}

/** A setpoint somebody asked for, until its end. */
export interface ZoneOverride {
  /** °C. */
  readonly temperature: number
  /** End, epoch milliseconds. */
  readonly until: number
  /** Who asked; `device` = turned at the device itself. */
  readonly by: string
}

/** The device's occupancy with its delays. */
export interface OccupancyState {
  /** What counts; null is unknown. */
  readonly counts: boolean | null
  /** What the device says, and since when, epoch milliseconds. */
  readonly reported: boolean | null
  readonly since: number | null
}

export function initialZoneState(): ZoneState {
  return {
    version: VERSION,
    model: initialModel(),
    sensor: FRESH_SENSOR,
    window: NO_WINDOW,
    keeping: NOTHING_COMMANDED,
    preheat: initialPreheat(),
    occupancy: { counts: null, reported: null, since: null },
    pi: null,
    heating: null,
    warm: false,
    override: null,
    commandedTarget: null,
    writes: { day: '', count: 0 },
  }
}

/**
 * A state as it was stored, or a new one when it is missing, of another version or damaged: every part of the initial state
 * has to be there with its type, and every number has to be finite.
 */
export function restoreZoneState(stored: unknown): ZoneState {
  const initial = initialZoneState()
  return hasShapeOf(stored, initial) && stored.version === VERSION ? stored : initial
}

/** The state with a setpoint asked for by somebody. An open window that was suspected counts no longer: he knows better. */
export function withOverride(state: ZoneState, override: ZoneOverride): ZoneState {
  return { ...state, override, window: forgetWindow(state.window) }
}

export function withoutOverride(state: ZoneState): ZoneState {
  return { ...state, override: null }
}

/** Where the pattern holds null anything serialisable may stand, because the value may come later. */
function hasShapeOf<T>(value: unknown, pattern: T): value is T {
  if (pattern === null) return isFinitePlain(value)
  if (typeof pattern !== 'object') return typeof value === typeof pattern && isFinitePlain(value)
  if (value === null || typeof value !== 'object' || Array.isArray(value) !== Array.isArray(pattern)) return false
  return (
    isFinitePlain(value) &&
    Object.entries(pattern).every(
      ([key, part]) => Object.hasOwn(value, key) && hasShapeOf(Reflect.get(value, key), part),
    )
  )
}

function isFinitePlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  return typeof value === 'object' && Object.values(value).every(isFinitePlain)
}
