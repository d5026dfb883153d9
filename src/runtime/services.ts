/** Everything a process is made of besides Temporal: stores, configuration, credentials, connectors. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createBookkeepingActivities } from '../activities/bookkeeping.ts'
import { createBuildingActivities } from '../activities/building.ts'
import { createEntityHistories } from '../activities/entity-history.ts'
import { createFillActivities } from '../activities/fill-gaps.ts'
import { createHouseActivities } from '../activities/house.ts'
import { createImportActivities } from '../activities/import-history.ts'
import { type ConfiguredFacts, createReconcileActivities, type EntityLoops } from '../activities/reconcile.ts'
import { createSharedWeather, type SharedWeather } from '../activities/shared-weather.ts'
import { configuredPlaces, createWeatherActivities } from '../activities/weather.ts'
import { createZoneActivities } from '../activities/zone.ts'
import type { ConfigStore, ConfiguredEntity, EntityConfigs } from '../config/catalogue.ts'
import { createConfigStore } from '../config/config-store.ts'
import { pollSecondsOf as configuredPollSeconds } from '../config/entity-fields.ts'
import type { Environment } from '../config/environment.ts'
import { coordinatesOf } from '../config/field.ts'
import { controlModeOf, type HouseConfig } from '../config/house.ts'
import { withLastKnown } from '../config/last-known.ts'
import { createSettingsSource, createVariablesSource } from '../config/settings-source.ts'
import { overridesOf } from '../config/variables.ts'
import { type CredentialSource, createCredentialSource } from '../connectors/credentials.ts'
import { createPastObservations } from '../connectors/smhi/past-observations.ts'
import type { WeatherProvider } from '../connectors/weather.ts'
import { createWeatherSource } from '../connectors/weather-source.ts'
import type { EntityKind, EntityRef } from '../domain/entity.ts'
import { placeKey } from '../domain/weather/place.ts'
import { openApplicationStore } from '../store/application/index.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import { createReadingSpool } from '../store/spool.ts'
import { openInfluxTimeSeries } from '../store/timeseries/influx.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../store/timeseries/sqlite.ts'
import type { Logger } from './log.ts'
import { createVendorClients, type Origin, type TownAddresses } from './vendor-clients.ts'
import type { WorkerActivities } from './workers.ts'

/** The simulated town as the rest sees it: a second home folder and other vendor addresses. */
export interface DemoTown extends TownAddresses, TownWeather {
  /** Folder that holds the town's `profiles/`, `buildings/`, `zones/` and `.env`. */
  readonly home: string
}

interface TownWeather {
  readonly smhiForecastUrl: string
  readonly smhiObservationsUrl: string
}

export interface Services {
  readonly timeSeries: TimeSeriesStore
  readonly application: ApplicationStore
  readonly config: ConfigStore
  readonly weather: SharedWeather
  workerActivities(loops: EntityLoops): WorkerActivities
  close(): Promise<void>
}

/** The town is there to be watched: nobody waits five minutes to see whether something lives. */
const DEMO_POLL_SECONDS = 15

type PollSecondsOf = <K extends EntityKind>(kind: K, config: EntityConfigs[K], origin: Origin) => Promise<number>

export async function createServices(
  environment: Environment,
  log: Logger,
  town: DemoTown | undefined,
): Promise<Services> {
  const dataDirectory = join(environment.home, 'data')
  // Its files hold readings, status and hashes of credentials: nobody else's to read.
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const now = Date.now
  const timeSeries =
    environment.influx === undefined
      ? openSqliteTimeSeries(join(dataDirectory, 'timeseries.db'))
      : openInfluxTimeSeries(environment.influx)
  const application = await openApplicationStore(
    environment.databaseUrl === undefined
      ? { sqlitePath: join(dataDirectory, 'bvpro.db') }
      : { databaseUrl: environment.databaseUrl },
  )
  const config = createConfigStore({
    roots: [
      { origin: 'real', directory: environment.home },
      ...(town === undefined ? [] : [{ origin: 'demo' as const, directory: town.home }]),
    ],
    log,
  })
  const settings = createSettingsSource({ home: environment.home, log })
  const variables = createVariablesSource({ home: environment.home, log })
  const isConfigured = async (entity: EntityRef) => (await config.get(entity)) !== undefined
  const realCredentials = createCredentialSource({
    environmentFiles: [environment.environmentFile],
    fingerprintKey: environment.secretsKey,
    isConfigured,
    log,
  })
  const townCredentials =
    town === undefined
      ? undefined
      : // The town's passwords are nobody else's: the process environment is not asked.
        createCredentialSource({ environmentFiles: [join(town.home, '.env')], env: {}, isConfigured, log })
  const credentialsOf = (origin: Origin): CredentialSource =>
    origin === 'demo' && townCredentials !== undefined ? townCredentials : realCredentials

  const weather = createSharedWeather({
    providerOf: byPlace(
      config,
      environment,
      weatherOf(environment, environment.openMeteoUrl, log),
      // The town has no second source, and its weather must never come from the real world.
      town === undefined ? undefined : weatherOf(town, town.smhiForecastUrl, log),
    ),
    application,
    timeSeries,
    now,
  })
  const pollSecondsOf: PollSecondsOf = async (kind, entityConfig, origin) =>
    origin === 'demo' && kind !== 'zone' && environment.pollSeconds === undefined
      ? DEMO_POLL_SECONDS
      : configuredPollSeconds(kind, entityConfig, await settings.current(), environment.pollSeconds)
  const overridesOfHouse = async (house: HouseConfig) =>
    overridesOf(await variables.current(), house.variable_overrides)
  const clients = createVendorClients({ environment, town, credentialsOf, log })
  const polling = {
    config: withLastKnown(config, log),
    timeSeries,
    application,
    spool: createReadingSpool(join(dataDirectory, 'spool')),
    defaultPosition: environment.location,
    log,
    now,
  }

  const histories = createEntityHistories({
    config,
    houseHistory: clients.houseHistory,
    buildingHistory: clients.buildingHistory,
    overridesOf: overridesOfHouse,
    housePollSeconds: (house, origin) => pollSecondsOf('house', house, origin),
    buildingPollSeconds: (building, origin) => pollSecondsOf('building', building, origin),
    defaultPosition: environment.location,
    now,
  })
  const bookkeeping = createBookkeepingActivities({
    application,
    configured: async (entity) => {
      const found = await config.get(entity)
      return found?.config == null ? undefined : configuredFacts(found, environment, pollSecondsOf)
    },
    log,
    now,
  })

  return {
    timeSeries,
    application,
    config,
    weather,
    workerActivities: (loops) => ({
      homeside: {
        ...createHouseActivities({
          ...polling,
          weather,
          homeSideClient: clients.homeSide,
          pollSecondsOf: (house, origin) => pollSecondsOf('house', house, origin),
          overridesOf: overridesOfHouse,
        }),
        ...bookkeeping,
      },
      arrigo: {
        ...createBuildingActivities({
          ...polling,
          arrigoClient: clients.arrigo,
          pollSecondsOf: (building, origin) => pollSecondsOf('building', building, origin),
        }),
        ...bookkeeping,
      },
      modbus: {
        ...createZoneActivities({
          ...polling,
          weather,
          modbusClient: clients.modbus,
          pollSecondsOf: (zone, origin) => pollSecondsOf('zone', zone, origin),
        }),
        ...bookkeeping,
      },
      imports: {
        ...createImportActivities({ histories, timeSeries, log, now }),
        ...createFillActivities({
          config,
          application,
          histories,
          pastObservations: byPlace(
            config,
            environment,
            createPastObservations({ baseUrl: environment.smhiObservationsUrl }),
            town === undefined ? undefined : createPastObservations({ baseUrl: town.smhiObservationsUrl }),
          ),
          timeSeries,
          defaultPosition: environment.location,
          log,
          now,
        }),
      },
      pipelines: {
        ...createReconcileActivities({
          config,
          application,
          loops,
          credentialFingerprint: (entity, origin) => credentialsOf(origin).fingerprint(entity),
          factsOf: (entity) => configuredFacts(entity, environment, pollSecondsOf),
          log,
          now,
        }),
        ...createWeatherActivities({ config, weather, defaultPosition: environment.location, log }),
      },
    }),
    async close() {
      await Promise.all([timeSeries.close(), application.close()])
    },
  }
}

/** What answers for a place: the town where only its own entities stand, the real services everywhere else. */
function byPlace<T>(
  config: ConfigStore,
  environment: Environment,
  real: T,
  simulated: T | undefined,
): (place: string) => Promise<T> {
  return async (place) => {
    if (simulated === undefined) return real
    const { entities } = await config.list()
    const origins = entities
      .filter((entity) => configuredPlaces([entity], environment.location).includes(place))
      .map(({ origin }) => origin)
    return origins.includes('demo') && !origins.includes('real') ? simulated : real
  }
}

function weatherOf(
  { smhiForecastUrl, smhiObservationsUrl }: TownWeather,
  openMeteoUrl: string,
  log: Logger,
): WeatherProvider {
  return createWeatherSource({ smhiForecastUrl, smhiObservationsUrl, openMeteoUrl, log })
}

async function configuredFacts(
  { ref, origin, config }: ConfiguredEntity,
  environment: Environment,
  pollSecondsOf: PollSecondsOf,
): Promise<ConfiguredFacts> {
  if (config === null) throw new Error(`${ref.id} has no valid configuration`)
  const position = coordinatesOf(config) ?? environment.location
  return {
    name: nameOf(config, ref.id),
    mode: ref.kind === 'house' ? controlModeOf(config as HouseConfig) : 'monitor',
    pollSeconds: await pollSecondsOf(ref.kind, config, origin),
    place: position === undefined ? null : placeKey(position),
  }
}

function nameOf(config: object, id: string): string {
  const { friendly_name, name } = config as { friendly_name?: string; name?: string }
  return friendly_name || name || id
}
