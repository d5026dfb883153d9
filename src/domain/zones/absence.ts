/** A device that was out of reach may have restarted, with a setpoint of its own. */
import { NOTHING_COMMANDED } from './keeping.ts'
import type { ZoneState } from './state.ts'

/**
 * The state when contact was lost since the last reading. What the device shows now is neither a command it did not keep nor
 * one turned by hand, so it is commanded again without waiting. A record of not keeping setpoints stays.
 */
export function afterAbsence(state: ZoneState): ZoneState {
  const { lost, notKeepingSince } = state.keeping
  return { ...state, keeping: { ...NOTHING_COMMANDED, lost, notKeepingSince } }
}
