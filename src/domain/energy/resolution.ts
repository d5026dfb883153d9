/** The step a meter counts in, read off its values. */

const STEPS = [1000, 100, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.01, 0.001] as const

/**
 * The coarsest usual step of which (nearly) all values are multiples, kWh. A value in a hundred may be off: estimates
 * and corrections come between. 0 when nothing is known or no step fits.
 */
export function meterStep(energyKwh: readonly number[]): number {
  const used = energyKwh.filter((value) => value > 0)
  if (used.length === 0) return 0
  for (const step of STEPS) {
    let off = 0
    for (const value of used) if (Math.abs(value / step - Math.round(value / step)) > 1e-6) off += 1
    if (off <= used.length * 0.01) return step
  }
  return 0
}

/**
 * Standard deviation of the error a counting step makes in an hour, kWh. Differences of a register that drops what is
 * below its step have a triangular error, variance step²/6; values rounded one by one a uniform one, step²/12, which
 * the larger covers.
 */
export function stepDeviation(step: number): number {
  return step / Math.sqrt(6)
}
