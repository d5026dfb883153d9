/** Writing one value to a device and looking what became of it. */
import { BvproError } from '../errors.ts'
import type { ModbusClient, RequestOptions } from './client.ts'
import { readPoints } from './read-points.ts'
import type { RegisterMap, RegisterPoint } from './register-map.ts'
import { WriteOrder } from './write-order.ts'

export interface WriteResult {
  /** What was asked for, to the nearest step of the register, in the unit of the point. */
  readonly intended: number
  /** What the device shows; null when it could not be read, or shows no value. */
  readonly applied: number | null
  readonly verified: boolean
  /** Why it is not verified, a sentence for an operator; null when it is. */
  readonly problem: string | null
}

/**
 * Writes a point that is declared writable and reads it back at once. A device may still return to its old value in its
 * next cycle: look again with {@link verifyRegister} after more than one of them. A failed read-back is a result, not
 * an error, because the device has acknowledged the write.
 * @param value in the unit of the point
 * @throws BadConfig, before a byte is sent, for what must not be written; and what `ModbusClient.write` throws: after
 * Unavailable and BadData nobody knows whether the value arrived
 */
export async function writeRegister<P extends string>(
  client: ModbusClient,
  map: RegisterMap<P>,
  name: P,
  value: number,
  options: RequestOptions = {},
): Promise<WriteResult> {
  const order = WriteOrder.of(map, name, value)
  await client.write(order, options)
  try {
    return await verifyRegister(client, map, name, order.intended, options)
  } catch (error) {
    if (!(error instanceof BvproError)) throw error
    return { intended: order.intended, applied: null, verified: false, problem: error.message }
  }
}

/**
 * Compares what the device shows now with what was written.
 * @param intended as in the result of {@link writeRegister}
 * @throws what `ModbusClient.read` throws
 */
export async function verifyRegister<P extends string>(
  client: ModbusClient,
  map: RegisterMap<P>,
  name: P,
  intended: number,
  options: RequestOptions = {},
): Promise<WriteResult> {
  const point: RegisterPoint = map[name]
  const { values, rejected, missing } = await readPoints(client, { [name]: point }, options)
  const applied = values[name] ?? rejected[0]?.value ?? null
  if (applied === intended) return { intended, applied, verified: true, problem: null }
  const shown = applied === null ? (missing[0]?.reason ?? 'no value') : `the device shows ${applied} ${point.unit}`
  return { intended, applied, verified: false, problem: `${client.name}, "${name}": ${shown.trimEnd()}` }
}
