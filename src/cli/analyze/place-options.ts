/** Where the measured house stands, as flags of `bvpro analyze`. */
import type { Command } from 'commander'
import { isZone, SWEDISH_ZONE } from '../../domain/time/day.ts'
import type { Coordinates } from '../../domain/weather/place.ts'
import { decimal } from '../argument-readers.ts'
import { CommandFault } from '../fault.ts'

export interface PlaceOptions {
  readonly lat?: number
  readonly lon?: number
  readonly zone: string
}

export function placeOptions(command: Command): Command {
  return command
    .option('--lat <degrees>', 'latitude, for the sun where no irradiance is in the file', decimal)
    .option('--lon <degrees>', 'longitude', decimal)
    .option('--zone <name>', 'time zone of its days', SWEDISH_ZONE)
}

/** @throws CommandFault (wrong usage) for half a place, one off the globe, or an unknown zone */
export function placeOf({ lat, lon, zone }: PlaceOptions): { place: Coordinates | null; zone: string } {
  if (!isZone(zone)) throw new CommandFault(`--zone: "${zone}" is not a time zone.`, 2)
  if (lat === undefined && lon === undefined) return { place: null, zone }
  if (lat === undefined || lon === undefined) throw new CommandFault('--lat and --lon go together.', 2)
  if (Math.abs(lat) > 90) throw new CommandFault('--lat is between -90 and 90.', 2)
  if (Math.abs(lon) > 180) throw new CommandFault('--lon is between -180 and 180.', 2)
  return { place: { latitude: lat, longitude: lon }, zone }
}
