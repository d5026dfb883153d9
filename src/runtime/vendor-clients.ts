/** The clients of outside systems, one per entity for the life of the process, so that sessions and connections are reused. */
import type { ConfiguredBuilding } from '../activities/building.ts'
import type { ConfiguredHouse } from '../activities/house.ts'
import type { ConfiguredZone } from '../activities/zone.ts'
import type { Environment } from '../config/environment.ts'
import { arrigoHistorySource } from '../connectors/arrigo/history-source.ts'
import { type ArrigoClient, createArrigoClient } from '../connectors/arrigo/index.ts'
import type { CredentialSource, Credentials } from '../connectors/credentials/index.ts'
import { BadConfig, CredentialsMissing } from '../connectors/errors.ts'
import type { HistorySource } from '../connectors/history-source.ts'
import { createHomeSideHistory } from '../connectors/homeside/history.ts'
import { createHomeSideClient, type HomeSideClient } from '../connectors/homeside/index.ts'
import { createModbusClient, type ModbusClient } from '../connectors/modbus/index.ts'
import type { EntityRef } from '../domain/entity.ts'
import type { Logger } from './log.ts'
import type { WorkerSharing } from './worker-sharing.ts'

export type Origin = 'real' | 'demo'

/** Where the simulated town answers for its own entities. */
export interface TownAddresses {
  readonly homesideUrl: string
  readonly homesideHistoryUrl: string
  readonly arrigoUrl: string
  /** By zone id; the usual ports may have been taken. */
  readonly zonePorts: ReadonlyMap<string, number>
}

export interface VendorClients {
  homeSide(house: Pick<ConfiguredHouse, 'id' | 'origin'>): HomeSideClient
  arrigo(building: ConfiguredBuilding): ArrigoClient
  modbus(zone: ConfiguredZone): ModbusClient
  houseHistory(house: ConfiguredHouse): HistorySource
  buildingHistory(building: ConfiguredBuilding): HistorySource
}

/** Failing Modbus endpoints are asked at least this often while somebody wants to know. */
const LONGEST_PAUSE_MS = 30_000

export function createVendorClients(options: {
  readonly environment: Environment
  readonly town: TownAddresses | undefined
  readonly credentialsOf: (origin: Origin) => CredentialSource
  readonly sharing: WorkerSharing
  readonly log: Logger
}): VendorClients {
  const { environment, town, credentialsOf, sharing, log } = options
  const allowHttpHosts = environment.allowHttp

  const credentials = (entity: EntityRef, origin: Origin, credentialRef?: string) => async (): Promise<Credentials> => {
    const found = await credentialsOf(origin).lookUp(entity, { credentialRef })
    if (found !== undefined) return found
    const remedy =
      credentialRef === undefined
        ? `give them with "bvpro ${entity.kind} set-password ${entity.id} --username …"`
        : `set ${credentialRef}_USERNAME and ${credentialRef}_PASSWORD in .env`
    throw new CredentialsMissing(`no user name and password are known for ${entity.id}; ${remedy}`)
  }

  const homeSide = perEntity(({ id, origin }: Configured) =>
    createHomeSideClient({
      baseUrl: origin === 'demo' ? townOrNothing(town).homesideUrl : environment.homesideUrl,
      houseId: id,
      allowHttpHosts,
      credentials: credentials({ kind: 'house', id }, origin),
      log: log.child({ kind: 'house', id }),
    }),
  )

  const arrigo = perEntity(
    ({ id, origin, config }: ConfiguredBuilding) =>
      createArrigoClient({
        host: origin === 'demo' ? townOrNothing(town).arrigoUrl : (config.connection.host ?? ''),
        account: config.connection.account,
        allowHttpHosts,
        credentials: credentials({ kind: 'building', id }, origin, config.connection.credential_ref),
        // The town forgets its tokens with its process; a real server does not.
        ...(origin === 'demo' ? {} : { sessions: sharing.arrigoSessions }),
        log: log.child({ kind: 'building', id }),
      }),
    // Another server, account or reference to credentials needs another client.
    ({ config }) => JSON.stringify(config.connection),
  )
  const modbus = perEntity(
    (zone: ConfiguredZone) => createModbusClient({ ...deviceOf(zone), takeTurn: sharing.endpointTurns }),
    (zone) => JSON.stringify(deviceOf(zone)),
    (client) => client.close(),
  )
  /** Where its device is, and how long it may be left alone: a device that is back must be found by the next poll. */
  function deviceOf(zone: ConfiguredZone) {
    const pollSeconds = environment.pollSeconds ?? zone.config.poll_seconds
    return { ...addressOf(zone, town), longestPauseMs: Math.min(LONGEST_PAUSE_MS, pollSeconds * 500) }
  }
  const houseHistory = perEntity(({ id, origin }: ConfiguredHouse) =>
    createHomeSideHistory({
      portalUrl: origin === 'demo' ? townOrNothing(town).homesideUrl : environment.homesideUrl,
      historyUrl: origin === 'demo' ? townOrNothing(town).homesideHistoryUrl : environment.homesideHistoryUrl,
      houseId: id,
      allowHttpHosts,
      credentials: credentials({ kind: 'house', id }, origin),
      log: log.child({ kind: 'house', id }),
    }),
  )
  return {
    homeSide,
    arrigo,
    modbus,
    houseHistory,
    buildingHistory: (building) => arrigoHistorySource(arrigo(building)),
  }
}

/** An entity of the town is never looked for at a real vendor. */
function townOrNothing(town: TownAddresses | undefined): TownAddresses {
  if (town === undefined) throw new BadConfig('the simulated town does not run; its entities exist nowhere else')
  return town
}

function addressOf({ id, origin, config }: ConfiguredZone, town: TownAddresses | undefined) {
  const townPort = origin === 'demo' ? townOrNothing(town).zonePorts.get(id) : undefined
  return { host: config.modbus_host, port: townPort ?? config.modbus_port, unitId: config.unit_id }
}

interface Configured {
  readonly id: string
  readonly origin: Origin
}

/** Keeps what was made for an entity until its `version` changes. */
function perEntity<E extends Configured, C>(
  make: (entity: E) => C,
  version: (entity: E) => string = () => '',
  discard: (client: C) => void = () => undefined,
): (entity: E) => C {
  const made = new Map<string, { readonly client: C; readonly version: string }>()
  return (entity) => {
    const key = `${entity.origin}:${entity.id}`
    const present = version(entity)
    const known = made.get(key)
    if (known?.version === present) return known.client
    if (known !== undefined) discard(known.client)
    const client = make(entity)
    made.set(key, { client, version: present })
    return client
  }
}
