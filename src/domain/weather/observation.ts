/** How soon observations come, and whether one still tells the present weather. */
import type { WeatherObservation } from './record.ts'

/**
 * The value of a full hour appears almost an hour later, and with the time between two fetches is known for sure after
 * this long. What is older has a successor by then, or has been missed by it.
 */
export const OBSERVATION_SETTLED_AFTER_MS = 2.5 * 3_600_000

/** Measured air temperature that stands for the present, °C; null when there is none, or it is too old. */
export function freshTemperature(observation: WeatherObservation | undefined, now: number): number | null {
  if (observation === undefined || now - observation.record.validAt > OBSERVATION_SETTLED_AFTER_MS) return null
  return observation.record.temperature
}
