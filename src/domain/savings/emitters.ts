/** How the heat of the usual emitters grows with the temperature difference from water to room. */

/**
 * Exponents: radiators EN 442 (1.2 to 1.4, mostly 1.3), heated floors EN 1264 (1.1), air heaters in proportion.
 */
export const EMITTER_EXPONENT = { radiator: 1.3, floor: 1.1, ventilation: 1 } as const

export type Emitter = keyof typeof EMITTER_EXPONENT

/** @param distribution `distribution_type` of a profile: of several the first counts */
export function emitterExponent(distribution: string): number {
  const first = distribution.split(/[,+]/)[0]?.trim() ?? ''
  return Object.hasOwn(EMITTER_EXPONENT, first) ? EMITTER_EXPONENT[first as Emitter] : EMITTER_EXPONENT.floor
}
