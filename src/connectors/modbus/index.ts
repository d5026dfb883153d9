/** The Modbus TCP connector: reads and steers devices through register maps, one connection per TCP endpoint. */
export type { CircuitView } from './circuit.ts'
export {
  createModbusClient,
  type ModbusClient,
  type ModbusClientOptions,
  type RegisterRange,
  type RequestOptions,
} from './client.ts'
export { exceptionCodeOf } from './faults.ts'
export { type MissingPoint, type PointReading, type RejectedPoint, readPoints } from './read-points.ts'
export {
  DEFAULT_ZONE_MAP,
  type RegisterMap,
  type RegisterPoint,
  type ZoneMap,
  type ZonePoint,
  zoneMapOf,
} from './register-map.ts'
export type { TakeTurn, Turn } from './turns.ts'
export { verifyRegister, type WriteResult, writeRegister } from './write-register.ts'
export { readZone, type ZoneReading } from './zone.ts'
