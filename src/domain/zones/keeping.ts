/**
 * Whether a device keeps the setpoint it was given. Some acknowledge a write, show it, and return to their own value in
 * their next cycle; such a device is reported and asked ever more rarely, never hammered.
 */

const SECOND_MS = 1000
const MINUTE_MS = 60_000

/** Small and serialisable. */
export interface KeepingState {
  /** The last setpoint written, °C; null before the first one. */
  readonly commanded: number | null
  readonly commandedAt: number | null
  /** What the device had before, °C; null when it was not known. */
  readonly before: number | null
  /** Of the last command: not looked at yet, seen to stand, seen not to. */
  readonly outcome: 'pending' | 'kept' | 'lost'
  /** When it was last seen to stand, epoch milliseconds; null when it never was. */
  readonly stoodAt: number | null
  /** Readings in a row that contradict the command. */
  readonly contradictions: number
  /** Commands in a row that were lost. */
  readonly lost: number
  /** What the device shows instead, °C; null while it does not contradict. */
  readonly shown: number | null
  /** Since when it does not keep its setpoint, epoch milliseconds; null while it does. */
  readonly notKeepingSince: number | null
}

export const NOTHING_COMMANDED: KeepingState = {
  commanded: null,
  commandedAt: null,
  before: null,
  outcome: 'pending',
  stoodAt: null,
  contradictions: 0,
  lost: 0,
  shown: null,
  notKeepingSince: null,
}

/** So many readings have to contradict a command: one may have been taken in the middle of the device's cycle. */
const CONTRADICTIONS_NEEDED = 2
/** No device takes this long to return to its own value. */
const STANDS_MS = 10 * MINUTE_MS
/** Waiting time after the first, second ... command in a row that was lost, minutes; the last one from then on. */
const BACK_OFF_MINUTES = [5, 15, 60, 240, 360] as const

/** The state after a write that the device has acknowledged. */
export function afterCommand(
  state: KeepingState,
  command: { readonly time: number; readonly setpoint: number; readonly before: number | null },
): KeepingState {
  return {
    ...state,
    commanded: command.setpoint,
    commandedAt: command.time,
    before: command.before,
    outcome: 'pending',
    stoodAt: null,
    contradictions: 0,
    shown: null,
  }
}

export interface KeptOptions {
  readonly verifySeconds: number
  /** K; devices cut to their resolution, so that a full step may be missing. */
  readonly setpointStep: number
}

/**
 * The state after a reading. Readings taken less than `verifySeconds` after the command prove nothing: a device that
 * returns to its own value does so only in its next cycle.
 * @param shown setpoint in the device, °C; null when it could not be read
 */
export function afterReading(
  state: KeepingState,
  time: number,
  shown: number | null,
  { verifySeconds, setpointStep }: KeptOptions,
): KeepingState {
  const { commanded, commandedAt } = state
  if (commanded === null || commandedAt === null || shown === null) return state
  if (time < commandedAt + verifySeconds * SECOND_MS) return state
  if (sameSetpoint(shown, commanded, setpointStep)) {
    const kept = { outcome: 'kept', stoodAt: time, contradictions: 0, shown: null } as const
    // A device on trial is trusted again when the setpoint has stood for a while, not at the first glance.
    const trusted = state.notKeepingSince === null || time - commandedAt >= STANDS_MS
    return { ...state, ...kept, ...(trusted ? { lost: 0, notKeepingSince: null } : {}) }
  }
  const contradictions = state.contradictions + 1
  if (state.outcome === 'lost' || contradictions < CONTRADICTIONS_NEEDED) return { ...state, contradictions, shown }
  // What stood for long, or gave way to a value the device did not have before, was turned by hand: the device is sound.
  const { stoodAt, before } = state
  const stoodLong = stoodAt !== null && stoodAt - commandedAt >= STANDS_MS
  const newValue = stoodAt !== null && before !== null && !sameSetpoint(shown, before, setpointStep)
  const turnedByHand = stoodLong || newValue
  return {
    ...state,
    outcome: 'lost',
    contradictions,
    shown,
    lost: turnedByHand ? 0 : state.lost + 1,
    notKeepingSince: turnedByHand ? null : (state.notKeepingSince ?? time),
  }
}

/** True when the setpoint stood and was then turned to a value of somebody's own choice. */
export function wasTurnedByHand({ outcome, lost }: KeepingState): boolean {
  return outcome === 'lost' && lost === 0
}

/** Earliest time of the next command to a device that has lost the last one, epoch milliseconds; null when it may be at once. */
export function nextAttemptAt({ outcome, lost, commandedAt, notKeepingSince }: KeepingState): number | null {
  if (notKeepingSince === null || commandedAt === null || outcome === 'kept' || lost === 0) return null
  const minutes = BACK_OFF_MINUTES[Math.min(lost, BACK_OFF_MINUTES.length) - 1] ?? BACK_OFF_MINUTES[0]
  return commandedAt + minutes * MINUTE_MS
}

/** Whether two setpoints are the same for a device with this resolution, K. */
export function sameSetpoint(one: number, other: number, setpointStep: number): boolean {
  return Math.abs(one - other) < setpointStep * 1.01
}
