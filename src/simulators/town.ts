/**
 * The simulated town: houses on district heating behind a HomeSide portal, and the weather service that knows their
 * weather. Everything is served by one listener, under the documented paths of the real systems.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLogger, type Logger } from '../runtime/log.ts'
import { type Beside, type ControlTargets, handleControl } from './control.ts'
import {
  type HomesideFaults,
  type HouseFaults,
  homesideFaultsSchema,
  houseFaultsSchema,
  type SmhiFaults,
  smhiFaultsSchema,
} from './faults.ts'
import { HomesidePortal } from './homeside/routes.ts'
import { type HistoryFaults, HomesideHistory, historyFaultsSchema } from './homeside-history/routes.ts'
import { clientIdOf, DEFAULT_SEED, type HouseSpec, inventHouses } from './houses.ts'
import { openExchange, sendText } from './http.ts'
import { floorToStep } from './physics/house.ts'
import { type SavedHouse, SimulatedHouse } from './simulated-house.ts'
import { SmhiServer } from './smhi/server.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'

export { demoProfile, writeDemoHome } from './demo-home.ts'
export { type HouseSpec, type HouseTraits, inventHouse, inventHouses } from './houses.ts'

export interface TownOptions {
  /** A number of invented houses, or the houses themselves. */
  readonly houses: number | readonly HouseSpec[]
  /** Houses that stand there and are not looked after yet. They change nothing about the others, nor the weather. */
  readonly spareHouses?: readonly HouseSpec[]
  /** Where the state is kept over restarts; without it the town forgets. */
  readonly directory?: string
  readonly seed?: number
  /** 0 (default) takes a free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** The town's clock, epoch milliseconds; must not run backwards. */
  readonly now?: () => number
  /** How long values stay pending after a sign-in or a quiet spell; default 2 s, 0 switches it off. */
  readonly pendingMs?: number
  /** Life of querykeys and BMS tokens; default 3 h. */
  readonly tokenLifetimeMs?: number
  /** From an accepted write until a controller shows and obeys it; default 1 s. */
  readonly writeLatencyMs?: number
  readonly log?: Logger
}

export interface TownHouse {
  readonly id: string
  readonly name: string
  readonly username: string
  readonly password: string
  readonly clientId: string
  readonly latitude: number
  readonly longitude: number
  readonly specs: HouseSpec
}

export interface Town {
  readonly url: string
  /** Base URLs as the environment variables want them; all the same listener. */
  readonly homesideUrl: string
  readonly homesideHistoryUrl: string
  readonly smhiForecastUrl: string
  readonly smhiObservationsUrl: string
  readonly houses: readonly TownHouse[]
  readonly spareHouses: readonly TownHouse[]
  /** Replaces all faults of a house (by id) or of a server; `{}` clears. Throws on unknown houses and faults. */
  setFault(target: 'homeside', faults: HomesideFaults): void
  setFault(target: 'history', faults: HistoryFaults): void
  setFault(target: 'smhi', faults: SmhiFaults): void
  setFault(houseId: string, faults: HouseFaults): void
  /** What the house used in an hour of the last two months, had nobody ever touched it, kWh. Throws on other hours. */
  energyOfHour(houseId: string, start: number): Promise<{ spaceHeatingKwh: number; hotWaterKwh: number }>
  /** From now on `/town` also shows and switches what runs beside this listener. */
  control(beside: Beside): void
  /** Writes the state now; does nothing without a directory. */
  snapshot(): Promise<void>
  /** Ends all connections and writes the state. */
  close(): Promise<void>
}

const SNAPSHOT_INTERVAL_MS = 60_000
const DEFAULT_PENDING_MS = 2_000
const DEFAULT_TOKEN_LIFETIME_MS = 3 * 3_600_000
const DEFAULT_WRITE_LATENCY_MS = 1_000
/** Longer than clients keep idle connections, so that none meets a connection closed under its hands by accident. */
const KEEP_ALIVE_MS = 75_000

/** Starts the town. Throws when the port is taken or two houses have the same id. */
export async function startTown(options: TownOptions): Promise<Town> {
  const seed = options.seed ?? DEFAULT_SEED
  const now = options.now ?? Date.now
  const log = options.log ?? createLogger('warn')
  const specs = typeof options.houses === 'number' ? inventHouses(options.houses, seed) : options.houses
  const spare = options.spareHouses ?? []
  const saved =
    options.directory === undefined ? new Map<string, SavedHouse>() : await readSnapshot(options.directory, seed, log)
  const houses = new Map(
    [...specs, ...spare].map((spec) => [spec.id, new SimulatedHouse(spec, seed, notAhead(saved.get(spec.id), now()))]),
  )
  if (houses.size !== specs.length + spare.length) throw new Error('two houses of the town have the same id')

  const homeside = new HomesidePortal({
    houses: [...houses.values()],
    now,
    pendingMs: options.pendingMs ?? DEFAULT_PENDING_MS,
    tokenLifetimeMs: options.tokenLifetimeMs ?? DEFAULT_TOKEN_LIFETIME_MS,
    writeLatencyMs: options.writeLatencyMs ?? DEFAULT_WRITE_LATENCY_MS,
    remember: () => snapshotOrSay(),
  })
  const history = new HomesideHistory({ houseOfToken: (token) => homeside.houseOfToken(token), now })
  const smhi = new SmhiServer(seed, specs, now)
  let beside: Beside = {}
  const targets = (): ControlTargets => ({ seed, houses, now, homeside, history, smhi, beside })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const exchange = openExchange(request, response)
    if (await handleControl(exchange, targets())) return
    if (await homeside.handle(exchange)) return
    if (await history.handle(exchange)) return
    if (await smhi.handle(exchange)) return
    sendText(exchange, 404, 'Not Found', 'text/plain')
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A client that leaves in the middle of its request is its own business.
      if (request.destroyed && !request.complete) return
      log.error('town.request_failed', { path: request.url, reason: String(error) })
      if (!response.headersSent) response.writeHead(500).end()
    })
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  const write = async (): Promise<void> => {
    if (options.directory === undefined) return
    const states = new Map(saved)
    for (const [id, house] of houses) {
      const state = house.saved()
      if (state !== undefined) states.set(id, state)
    }
    await writeSnapshot(options.directory, seed, states)
  }
  let writing = Promise.resolve()
  let next: Promise<void> | undefined
  /** Those who ask while one is being written share the next one. */
  const snapshot = (): Promise<void> => {
    next ??= writing.then(() => {
      next = undefined
      const written = write()
      writing = written.catch(() => undefined)
      return written
    })
    return next
  }
  const snapshotOrSay = () =>
    snapshot().catch((error: unknown) => log.error('town.snapshot_failed', { reason: String(error) }))
  const timer = setInterval(() => void snapshotOrSay(), SNAPSHOT_INTERVAL_MS)
  timer.unref()

  return {
    url,
    homesideUrl: url,
    homesideHistoryUrl: url,
    smhiForecastUrl: url,
    smhiObservationsUrl: url,
    houses: specs.map(townHouse),
    spareHouses: spare.map(townHouse),
    setFault(target: string, faults: object) {
      if (target === 'homeside') homeside.faults = homesideFaultsSchema.parse(faults)
      else if (target === 'history') history.faults = historyFaultsSchema.parse(faults)
      else if (target === 'smhi') smhi.faults = smhiFaultsSchema.parse(faults)
      else {
        const house = houses.get(target)
        if (house === undefined) throw new Error(`the town has no house ${target}`)
        house.setFaults(houseFaultsSchema.parse(faults), now())
      }
    },
    control(others) {
      beside = others
    },
    snapshot,
    async energyOfHour(houseId, start) {
      const house = houses.get(houseId)
      if (house === undefined) throw new Error(`the town has no house ${houseId}`)
      return (await history.pastOf(house)).energyOfHour(start)
    },
    async close() {
      clearInterval(timer)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await snapshot()
    },
  }
}

/** A state saved by a clock that was ahead would stand still until the time is reached; it goes on from now instead. */
function notAhead(saved: SavedHouse | undefined, now: number): SavedHouse | undefined {
  if (saved === undefined || saved.state.time <= now) return saved
  return { state: { ...saved.state, time: floorToStep(now) }, queue: saved.queue.map((w) => ({ ...w, dueAt: now })) }
}

/** How a house is shown to those who use the town. */
function townHouse(specs: HouseSpec): TownHouse {
  const { id, name, username, password, latitude, longitude } = specs
  return { id, name, username, password, clientId: clientIdOf(specs), latitude, longitude, specs }
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
