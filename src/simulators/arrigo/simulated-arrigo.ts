/**
 * One office building behind an Arrigo server, without a listener: any server of the town can answer for it. All of it
 * is a function of seed and time; nothing but setpoints, tokens and faults is remembered.
 */
import type { Coordinates } from '../../domain/weather/place.ts'
import { DEFAULT_SEED } from '../houses.ts'
import type { Exchange } from '../http.ts'
import { type OfficeDocument, officeDocument } from './demo-building.ts'
import { type ArrigoFaults, arrigoFaultsSchema } from './faults.ts'
import { type ArrigoCall, ArrigoServer } from './server.ts'
import { KVARNEN, type SiteNames } from './signals.ts'
import { Site } from './site.ts'

export interface SimulatedArrigoOptions {
  /** Default the office Kvarnen. */
  readonly names?: SiteNames
  readonly seed?: number
  /** The town's clock, epoch milliseconds. */
  readonly now?: () => number
  readonly username?: string
  readonly password?: string
  /** Project the server opens; a client that names another is refused. */
  readonly account?: string
  /** Default 600 s, as documented by the vendor. */
  readonly tokenLifeSeconds?: number
  /** So many room sensors more, for a big server; default 0. */
  readonly extraRooms?: number
  /** Rows of a page at most; default 20,000. */
  readonly rowsPerCall?: number
  readonly rootType?: 'Account' | 'RootArea'
  /** From the first question for a published value until it is there; default 1 s. */
  readonly pendingMs?: number
  /** From an accepted write until the building obeys it; default 1 s. */
  readonly writeLatencyMs?: number
}

export interface ArrigoBuilding {
  readonly id: string
  readonly name: string
  readonly account: string
  readonly place: Coordinates
}

export interface SimulatedArrigo {
  readonly username: string
  readonly password: string
  readonly building: ArrigoBuilding
  /** Names of the alarms that can be raised by hand. */
  readonly alarmNames: readonly string[]
  /** Whether a request is meant for this site: it signs in as its user, or shows one of its tokens. */
  serves(exchange: Exchange, body: unknown): boolean
  /** Answers when the path is one of the API's; false otherwise. @param body the JSON of a POST */
  handle(exchange: Exchange, body: unknown): Promise<boolean>
  faults(): ArrigoFaults
  /** Replaces all faults; `{}` clears. Throws on unknown faults. */
  setFault(faults: ArrigoFaults): void
  /** From then on this alarm no longer comes by itself. Throws when there is no such alarm. */
  raiseAlarm(name: string): void
  clearAlarm(name: string): void
  acknowledgeAlarm(name: string): void
  /** All auth tokens are over now; refresh tokens live on. */
  expireTokens(): void
  /** Heat used in an hour and what the supplier's meter shows, for its files. */
  energyOfHour(start: number): ReturnType<Site['energyOfHour']>
  /** How often each call has been made. */
  counts(): Readonly<Record<ArrigoCall, number>>
  /** The building's configuration as discovery would write it now. @param host for `connection.host` */
  demoBuilding(host: string): OfficeDocument
}

const PLACE: Coordinates = { latitude: 56.6745, longitude: 12.8568 }

export function simulateArrigo(options: SimulatedArrigoOptions = {}): SimulatedArrigo {
  const now = options.now ?? Date.now
  const username = options.username ?? 'kvarnen operator'
  // `#` on purpose: a password that only survives quoting.
  const password = options.password ?? 'Kvarn#hjulet 901'
  const account = options.account ?? 'KvarnenLocal'
  const names = options.names ?? KVARNEN
  const site = new Site({
    names,
    seed: options.seed ?? DEFAULT_SEED,
    place: PLACE,
    now,
    extraRooms: options.extraRooms ?? 0,
    rootType: options.rootType ?? 'Account',
    rowsPerCall: options.rowsPerCall ?? 20_000,
    pendingMs: options.pendingMs ?? 1_000,
    writeLatencyMs: options.writeLatencyMs ?? 1_000,
  })
  const tokenLifeSeconds = options.tokenLifeSeconds ?? 600
  const server = new ArrigoServer({ site, username, password, account, tokenLifeSeconds, now })
  return {
    username,
    password,
    building: { id: names.root.name, name: names.root.title, account, place: PLACE },
    alarmNames: site.alarmBoard.names,
    serves: (exchange, body) => server.serves(exchange, body),
    handle: (exchange, body) => server.handle(exchange, body),
    faults: () => site.faults,
    setFault(faults) {
      site.faults = arrigoFaultsSchema.parse(faults)
    },
    raiseAlarm: (name) => site.alarmBoard.raise(name, now()),
    clearAlarm: (name) => site.alarmBoard.clear(name, now()),
    acknowledgeAlarm: (name) => site.alarmBoard.acknowledge(name, now()),
    expireTokens: () => server.expireTokens(),
    energyOfHour: (start) => site.energyOfHour(start),
    counts: () => server.counts(),
    demoBuilding: (host) =>
      officeDocument({ host, account, place: PLACE, discoveredAt: now(), ...site.discoveredSignals() }),
  }
}
