/**
 * The law `pi`: trims the device's setpoint until the room has the wanted temperature. The device's thermostat holds the room
 * somewhat below its setpoint and its sensor may hang in a warm corner; the integral finds out by how much.
 */

const HOUR_MS = 3_600_000

/** Small and serialisable. */
export interface PiState {
  /** The part of the trim that has been learned, K. */
  readonly integral: number
  readonly time: number
}

/** K of trim per K of error, and the time in which the integral adds as much, h. */
const GAIN = 0.2
const INTEGRAL_HOURS = 1
/** The setpoint never leaves the wanted temperature by more, K. */
export const LARGEST_TRIM = 1.5
/** Beyond this error the room is warming up or cooling down, which is no lasting offset, K. */
const INTEGRATION_BAND = 1
const LONGEST_STEP_HOURS = 0.5

/**
 * The trim (K, added to the wanted temperature) at an error. Anti-windup by conditional integration: Åström & Hägglund (1995),
 * "PID Controllers", section 3.5.
 * @param error wanted minus measured temperature, K
 * @param room what the limits of the zone leave: lowest and highest trim, K
 */
export function piTrim(
  state: PiState | null,
  now: number,
  error: number,
  room: { readonly lowest: number; readonly highest: number },
): { readonly trim: number; readonly state: PiState } {
  const lowest = Math.max(-LARGEST_TRIM, room.lowest)
  const highest = Math.min(LARGEST_TRIM, room.highest)
  const integral = state?.integral ?? 0
  const hours = state === null ? 0 : Math.min(LONGEST_STEP_HOURS, Math.max(0, (now - state.time) / HOUR_MS))
  const output = GAIN * error + integral
  const saturated = (output >= highest && error > 0) || (output <= lowest && error < 0)
  const grown =
    saturated || Math.abs(error) > INTEGRATION_BAND ? integral : integral + (GAIN * error * hours) / INTEGRAL_HOURS
  const kept = clamp(grown, lowest, highest)
  return { trim: clamp(GAIN * error + kept, lowest, highest), state: { integral: kept, time: now } }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
