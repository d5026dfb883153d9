/** Reading a zone: its four values, unless the device shows that it has none yet. */
import { BadData } from '../errors.ts'
import type { ModbusClient, RequestOptions } from './client.ts'
import { type DeliveredWords, interpretWords, type PointReading, readWords } from './read-points.ts'
import type { ZoneMap, ZonePoint } from './register-map.ts'
import { decodeValue } from './register-values.ts'

export type ZoneReading = PointReading<ZonePoint>

/**
 * All values of a zone in °C, flags as 0 and 1.
 * @throws BadData for a table of zeros, and what `ModbusClient.read` throws
 */
export async function readZone(client: ModbusClient, map: ZoneMap, options: RequestOptions = {}): Promise<ZoneReading> {
  const delivered = await readWords(client, map, options)
  if (isTableOfZeros(map, delivered)) {
    const causes = 'the device has just started, or its values are in another table'
    throw new BadData(`${client.name}: temperature and setpoint read as bare zeros; ${causes}`)
  }
  return interpretWords(map, delivered)
}

/**
 * 0.0 °C may be a room, but no setpoint: a device before its first step, and one asked for a table it does not use,
 * show zeros throughout. The flags do not count, they may well be 0.
 */
function isTableOfZeros(map: ZoneMap, { words }: DeliveredWords<ZonePoint>): boolean {
  const setpointWords = words.get('setpoint')
  const temperatureWords = words.get('temperature')
  if (setpointWords === undefined || temperatureWords === undefined) return false
  if (![...setpointWords, ...temperatureWords].every((word) => word === 0)) return false
  const setpoint = decodeValue(map.setpoint, setpointWords)
  const [low, high] = map.setpoint.valid
  return setpoint === null || setpoint < low || setpoint > high
}
