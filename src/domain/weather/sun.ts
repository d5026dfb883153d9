/**
 * Where the sun stands over a place; the one wrapper around the astronomy library, so that its conventions stay here.
 */
import { getPosition } from 'suncalc'
import type { Coordinates } from './place.ts'

export interface SunPosition {
  /** Apparent (refraction-corrected) elevation above the horizon, degrees; negative while the sun is down. */
  readonly elevation: number
  /** Degrees clockwise from north: 90 east, 180 south. */
  readonly azimuth: number
}

/**
 * Meeus, *Astronomical Algorithms*, ch. 25 (position) and 16 (refraction), as implemented by suncalc 2.
 * @param time epoch milliseconds
 */
export function sunPosition(time: number, place: Coordinates): SunPosition {
  const { altitude, azimuth } = getPosition(new Date(time), place.latitude, place.longitude)
  return { elevation: altitude, azimuth }
}
