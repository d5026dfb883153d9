/** Recognises an open window: the room falls much faster than it can by itself, and it is cold outside. */
import type { ZoneModel } from './model.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Small and serialisable. */
export interface WindowState {
  /** Recent temperatures, oldest first: epoch milliseconds, °C. */
  readonly recent: readonly (readonly [time: number, temperature: number])[]
  /** Falls seen in a row; one alone may be a fault of the sensor. */
  readonly suspicions: number
  readonly spell: WindowSpell | null
}

/** A window that counts as open. */
export interface WindowSpell {
  /** When the fall began, and when it was recognised; epoch milliseconds. */
  readonly since: number
  readonly detectedAt: number
  /** Coldest reading since, °C. */
  readonly lowest: number
}

export interface WindowSample {
  readonly time: number
  /** °C. */
  readonly temperature: number
  /** The device's, °C; null is unknown. */
  readonly setpoint: number | null
  /** °C; null is unknown. */
  readonly outdoor: number | null
  readonly model: ZoneModel
  readonly maxMinutes: number
}

export const NO_WINDOW: WindowState = { recent: [], suspicions: 0, spell: null }

/** How far back a fall is looked for, and how far apart remembered readings are. */
const LOOK_BACK_MINUTES = 15
const SPACING_MS = 55_000
/** The room has to be this much warmer than outdoors for air from outside to show, K. */
const SMALLEST_CONTRAST = 5
/** A fall beyond twice the natural one by this much is none of the room's own, K. */
const SMALLEST_FALL = 0.7
const SUSPICIONS_NEEDED = 2
/** Before the model is learned, any room may lose heat as fast as this, 1/h. */
const FASTEST_UNKNOWN_LOSS = 0.1
/** Warmer than the coldest reading by this much: the window is closed, K. */
const RECOVERY = 0.4
const SETTLED_MINUTES = 10

/** The state after one more reading. Readings that are not later than the last one change nothing. */
export function followWindow(state: WindowState, sample: WindowSample): WindowState {
  const last = state.recent.at(-1)
  if (last !== undefined && sample.time <= last[0]) return state
  const recent = remember(state.recent, sample)
  if (state.spell !== null) return followSpell({ ...state, recent }, state.spell, sample)
  const fall = suspiciousFall(recent, sample)
  if (fall === null) return { recent, suspicions: 0, spell: null }
  const suspicions = state.suspicions + 1
  if (suspicions < SUSPICIONS_NEEDED) return { recent, suspicions, spell: null }
  const spell = { since: fall.since, detectedAt: sample.time, lowest: sample.temperature }
  return { recent: [[sample.time, sample.temperature]], suspicions: 0, spell }
}

/** Ends a spell: somebody who sets the zone by hand knows better. */
export function forgetWindow(state: WindowState): WindowState {
  return { ...state, suspicions: 0, spell: null, recent: [] }
}

/** When a spell ends at the latest, epoch milliseconds. */
export function windowEndsBy(spell: WindowSpell, maxMinutes: number): number {
  return spell.detectedAt + maxMinutes * MINUTE_MS
}

function suspiciousFall(recent: WindowState['recent'], sample: WindowSample): { since: number } | null {
  const { time, temperature, setpoint, outdoor } = sample
  // Above its setpoint the zone is meant to fall, and asking for less heat would change nothing: only what is below counts.
  if (setpoint === null || temperature >= setpoint) return null
  if (outdoor === null || temperature - outdoor < SMALLEST_CONTRAST) return null
  for (const [since, before] of recent.toReversed()) {
    const hours = (time - since) / HOUR_MS
    const fall = Math.min(before, setpoint) - temperature
    if (hours > 0 && fall > SMALLEST_FALL + 2 * naturalFall(sample, before, hours)) return { since }
  }
  return null
}

/** K the unheated room falls by itself in a time; what is not learned yet is taken for a fast room. */
function naturalFall({ model, outdoor }: WindowSample, temperature: number, hours: number): number {
  const contrast = temperature - (outdoor ?? temperature)
  const learned = model.lossRate * contrast - Math.min(0, model.gains)
  const rate = model.maturity === 'learned' ? learned : Math.max(learned, FASTEST_UNKNOWN_LOSS * contrast)
  return Math.max(0, rate * hours)
}

/**
 * The window counts as closed when the room recovers, when for ten minutes it has fallen no faster than it does by itself,
 * or when the longest time is over. Memory of what was before is dropped then, so that only a new fall can begin a new spell.
 */
function followSpell(state: WindowState, spell: WindowSpell, sample: WindowSample): WindowState {
  const { time, temperature, maxMinutes } = sample
  const lowest = Math.min(spell.lowest, temperature)
  const recovered = temperature >= lowest + RECOVERY
  const over = time >= windowEndsBy(spell, maxMinutes)
  if (recovered || over || hasSettled(state.recent, sample)) {
    return { recent: [[time, temperature]], suspicions: 0, spell: null }
  }
  return { ...state, spell: { ...spell, lowest } }
}

function hasSettled(recent: WindowState['recent'], sample: WindowSample): boolean {
  const { time, temperature } = sample
  const before = recent.findLast(([since]) => time - since >= SETTLED_MINUTES * MINUTE_MS)
  if (before === undefined) return false
  const [since, then] = before
  return then - temperature <= 0.15 + 1.5 * naturalFall(sample, then, (time - since) / HOUR_MS)
}

function remember(recent: WindowState['recent'], { time, temperature }: WindowSample): WindowState['recent'] {
  const kept = recent.filter(([since]) => time - since <= LOOK_BACK_MINUTES * MINUTE_MS)
  const last = kept.at(-1)
  const spaced = last !== undefined && kept.length > 1 && time - (kept.at(-2)?.[0] ?? 0) < SPACING_MS
  return [...(spaced ? kept.slice(0, -1) : kept), [time, temperature]]
}
