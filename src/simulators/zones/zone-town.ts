/**
 * The simulated zones: rooms with thermostats that speak Modbus TCP, one server and one port for each, on top of a
 * physical model of the room and the town's climate.
 */
import type { Coordinates } from '../../domain/weather/place.ts'
import { createLogger, type Logger } from '../../runtime/log.ts'
import { DEFAULT_SEED } from '../houses.ts'
import { type Weather, weatherAt } from '../physics/climate.ts'
import { DeviceServer } from './device-server.ts'
import { type ZoneFaults, zoneFaultsSchema } from './faults.ts'
import { type RoomState, STEP_MS } from './room.ts'
import { SimulatedZone } from './simulated-zone.ts'
import { readZoneSnapshot, writeZoneSnapshot } from './snapshot.ts'
import { inventZones, type ZoneSpec } from './specs.ts'

export { BAD_FRAMES, type BadFrame, type ZoneFaults } from './faults.ts'
export { inventZones, ZONE_SPECS, type ZoneSpec } from './specs.ts'

export interface ZoneTownOptions {
  /** A number of zones, or the zones themselves; default the five. */
  readonly zones?: number | readonly ZoneSpec[]
  /** The first of a row of ports, or one for each zone; 0 (default) takes free ones. */
  readonly ports?: number | readonly number[]
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Where the state is kept over restarts; without it the town forgets. */
  readonly directory?: string
  readonly seed?: number
  /** The town's clock, epoch milliseconds; must not run backwards. */
  readonly now?: () => number
  readonly log?: Logger
}

export interface TownZone {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly port: number
  readonly unitId: number
  readonly spec: ZoneSpec
}

/** The truth behind the registers. */
export interface ZoneInside extends Readonly<RoomState> {
  readonly weather: Weather
  /** Open TCP connections. */
  readonly connections: number
}

export interface ZoneTown {
  readonly zones: readonly TownZone[]
  /**
   * Replaces all faults of a zone; `{}` clears. Throws on an unknown zone or fault, and when a reopened port is taken.
   */
  setFault(zoneId: string, faults: ZoneFaults): Promise<void>
  /** What has been switched on. Throws on an unknown zone. */
  faults(zoneId: string): ZoneFaults
  /** How it really is in the room. Throws on an unknown zone. */
  inside(zoneId: string): ZoneInside
  /** Writes the state now; does nothing without a directory. */
  snapshot(): Promise<void>
  /** Ends all connections and writes the state. */
  close(): Promise<void>
}

interface Device {
  readonly zone: SimulatedZone
  readonly server: DeviceServer
  readonly port: number
}

const UNIT_ID = 1
const SNAPSHOT_INTERVAL_MS = 60_000
const PLACE: Coordinates = { latitude: 56.67, longitude: 12.86 }

/** Starts the zones. Throws, leaving nothing behind, when a port is taken or two zones have the same id. */
export async function startZoneTown(options: ZoneTownOptions = {}): Promise<ZoneTown> {
  const { seed = DEFAULT_SEED, host = '127.0.0.1', now = Date.now, directory } = options
  const log = options.log ?? createLogger('warn')
  const wanted = options.zones ?? 5
  const specs = typeof wanted === 'number' ? inventZones(wanted, seed) : wanted
  if (new Set(specs.map(({ id }) => id)).size !== specs.length)
    throw new Error('two zones of the town have the same id')
  const saved = directory === undefined ? new Map<string, RoomState>() : await readZoneSnapshot(directory, seed, log)

  const devices = new Map<string, Device>()
  const closeAll = async () => {
    await Promise.all([...devices.values()].map(({ server }) => server.close()))
  }
  try {
    for (const [index, spec] of specs.entries()) {
      const zone = new SimulatedZone(spec, seed, PLACE, now(), notAhead(saved.get(spec.id), now()))
      const server = new DeviceServer(zone, now, log)
      devices.set(spec.id, { zone, server, port: await server.listen(portOf(options.ports, index), host) })
    }
  } catch (error) {
    await closeAll()
    throw error
  }

  const snapshot = async (): Promise<void> => {
    if (directory === undefined) return
    const states = new Map(saved)
    for (const [id, { zone }] of devices) states.set(id, zone.saved())
    await writeZoneSnapshot(directory, seed, states)
  }
  const timer = setInterval(() => {
    snapshot().catch((error: unknown) => log.error('town.snapshot_failed', { reason: String(error) }))
  }, SNAPSHOT_INTERVAL_MS)
  timer.unref()

  const deviceOf = (zoneId: string): Device => {
    const device = devices.get(zoneId)
    if (device === undefined) throw new Error(`the town has no zone ${zoneId}`)
    return device
  }

  return {
    zones: [...devices.values()].map(({ zone: { spec }, port }) => {
      return { id: spec.id, name: spec.name, host, port, unitId: UNIT_ID, spec }
    }),
    async setFault(zoneId, faults) {
      const { zone, server, port } = deviceOf(zoneId)
      zone.setFaults(zoneFaultsSchema.parse(faults), now())
      if (faults.closed) await server.stopListening()
      else if (!server.isListening) await server.listen(port, host)
    },
    faults: (zoneId) => deviceOf(zoneId).zone.faults,
    inside(zoneId) {
      const { zone, server } = deviceOf(zoneId)
      const state = zone.stateAt(now())
      return { ...state, weather: weatherAt(seed, PLACE, state.time), connections: server.connections }
    },
    snapshot,
    async close() {
      clearInterval(timer)
      await closeAll()
      await snapshot()
    },
  }
}

function portOf(ports: ZoneTownOptions['ports'], index: number): number {
  if (typeof ports === 'object') {
    const port = ports[index]
    if (port === undefined) throw new Error(`there is no port for zone ${index + 1}`)
    return port
  }
  return ports === undefined || ports === 0 ? 0 : ports + index
}

/**
 * A state saved by a clock that was ahead would stand still until that time is reached; it goes on from now instead.
 */
function notAhead(saved: RoomState | undefined, now: number): RoomState | undefined {
  if (saved === undefined || saved.time <= now) return saved
  return { ...saved, time: Math.floor(now / STEP_MS) * STEP_MS }
}
