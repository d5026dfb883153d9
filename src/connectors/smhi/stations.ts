/** Which weather stations speak for a place: suitable ones, best first. */
import type { Coordinates } from '../../domain/weather/place.ts'

/** Mean radius of the earth, km. */
const EARTH_RADIUS_KM = 6371
/** A hundred metres up or down count like ten kilometres away. */
const KM_PER_METRE_OF_HEIGHT = 0.1

export interface Station extends Coordinates {
  readonly id: string
  readonly name: string
  /** Metres above sea level. */
  readonly height: number | null
  /** Inspected by SMHI (`measuringStations` CORE); stations of others are not. */
  readonly core: boolean
}

/** A place whose height above sea level may be known. */
export interface ObservedPlace extends Coordinates {
  readonly heightMetres?: number
}

export interface RankedStation<S extends Station> {
  readonly station: S
  /** Great-circle distance, without the allowance for height. */
  readonly distanceKm: number
}

/** Great-circle distance, km (haversine). */
export function distanceKm(a: Coordinates, b: Coordinates): number {
  const radians = Math.PI / 180
  const dLat = ((b.latitude - a.latitude) * radians) / 2
  const dLon = ((b.longitude - a.longitude) * radians) / 2
  const h = Math.sin(dLat) ** 2 + Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * Math.sin(dLon) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/**
 * Stations within `limitKm`, CORE before others, then by distance plus 10 km per 100 m of height difference where both
 * heights are known. The limit applies to that sum.
 */
export function rankStations<S extends Station>(
  place: ObservedPlace,
  stations: readonly S[],
  limitKm: number,
): RankedStation<S>[] {
  return stations
    .map((station) => {
      const distance = distanceKm(place, station)
      return { station, distanceKm: distance, remoteness: distance + heightAllowanceKm(place, station) }
    })
    .filter(({ remoteness }) => remoteness <= limitKm)
    .sort((a, b) => Number(b.station.core) - Number(a.station.core) || a.remoteness - b.remoteness)
    .map(({ station, distanceKm: distance }) => ({ station, distanceKm: distance }))
}

function heightAllowanceKm(place: ObservedPlace, { height }: Station): number {
  if (place.heightMetres === undefined || height === null) return 0
  return Math.abs(place.heightMetres - height) * KM_PER_METRE_OF_HEIGHT
}
