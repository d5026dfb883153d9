/** What a fitted building model says about sun and wind, as coefficients of the effective outdoor temperature. */

import type { EffectiveTemperatureCoefficients } from '../weather/effective-temperature.ts'
import { clearSkyIrradiance } from '../weather/irradiance.ts'
import type { Identification } from './identify.ts'

/** Limits of what is believed: K at full sun, and K per √(m/s). */
const SOLAR_RANGE = [0, 60] as const
const WIND_RANGE = [0, 2] as const
/** Temperature difference at which the wind's extra loss is expressed as a temperature, K. */
const USUAL_DIFFERENCE = 20

/**
 * The coefficients of a house, or the given ones where its model cannot tell. The sun's is the lift of the room by the
 * clear-sky irradiance of a sun in the zenith; the wind's is its extra loss at the usual wind and 20 K difference, made to
 * follow the root of the wind around that point.
 */
export function learnedCoefficients(
  identification: Identification,
  otherwise: EffectiveTemperatureCoefficients,
): EffectiveTemperatureCoefficients {
  if (!identification.accepted) return otherwise
  const { solarLift, windPerMetrePerSecond } = identification.parameters
  const wind = identification.model.reference.wind
  return {
    humidity: otherwise.humidity,
    solar: known(solarLift)
      ? clamp((solarLift as { value: number }).value * clearSkyIrradiance(90), SOLAR_RANGE)
      : otherwise.solar,
    wind:
      known(windPerMetrePerSecond) && wind > 0.5
        ? clamp((windPerMetrePerSecond as { value: number }).value * USUAL_DIFFERENCE * 2 * Math.sqrt(wind), WIND_RANGE)
        : otherwise.wind,
  }
}

/** Sure to a factor of two or so. */
function known(estimate: { relativeError: number | null } | null): boolean {
  return estimate !== null && estimate.relativeError !== null && estimate.relativeError < 0.5
}

function clamp(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value))
}
