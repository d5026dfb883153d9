/**
 * "Model C": the rule-of-thumb forecast of the indoor temperature that houses had before there was a building model. Kept
 * to be scored beside it, and selectable.
 */

export type ThermalResponse = 'slow' | 'medium' | 'fast'

/** K/h that a house warms and cools by, as the rules have it. */
const RATES: Readonly<Record<ThermalResponse, { heating: number; cooling: number }>> = {
  slow: { heating: 0.3, cooling: 0.1 },
  medium: { heating: 0.5, cooling: 0.2 },
  fast: { heating: 0.8, cooling: 0.3 },
}

export interface ReferenceRules {
  readonly response: ThermalResponse
  /** °C. */
  readonly setpoint: number
  /** Accepted deviation from the setpoint, K. */
  readonly tolerance: number
}

/** Indoor temperature an hour later, °C, before the final limits. */
export function referenceStep(rules: ReferenceRules, indoor: number, outdoor: number): number {
  const { setpoint, tolerance } = rules
  const { heating, cooling } = RATES[rules.response]
  const pull = 0.02 * (indoor - outdoor)
  if (indoor < setpoint - tolerance) return Math.min(setpoint, indoor + Math.max(0.1, heating - pull))
  if (indoor < setpoint) return indoor + Math.min(0.5 * heating, setpoint - indoor)
  if (indoor <= setpoint + tolerance) {
    return Math.max(setpoint - 0.5 * tolerance, outdoor < indoor - 10 ? indoor - 0.1 : indoor)
  }
  return Math.max(setpoint, indoor - (cooling + 0.5 * pull))
}

/**
 * Forecast of the hours to come, each from the one before, limited to a band around the setpoint.
 * @param outdoor forecast outdoor temperature of each hour to come, °C
 * @param correction K to be added at each hour, such as a learned bias by hour of the day
 */
export function referenceForecast(
  rules: ReferenceRules,
  indoor: number,
  outdoor: readonly number[],
  correction: (step: number) => number = () => 0,
): number[] {
  const low = rules.setpoint - rules.tolerance - 1
  const high = rules.setpoint + rules.tolerance + 0.5
  let now = indoor
  return outdoor.map((air, step) => {
    now = Math.min(high, Math.max(low, referenceStep(rules, now, air) + correction(step)))
    return now
  })
}
