/** Everything a process is made of besides Temporal: stores, configuration, credentials, connectors. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createBookkeepingActivities } from '../activities/bookkeeping.ts'
import { type ConfiguredHouse, createHouseActivities } from '../activities/house.ts'
import { createReconcileActivities, type EntityLoops } from '../activities/reconcile.ts'
import { createSharedWeather, type SharedWeather } from '../activities/shared-weather.ts'
import { configuredPlaces, createWeatherActivities } from '../activities/weather.ts'
import type { ConfigStore, ConfiguredEntity } from '../config/catalogue.ts'
import { createConfigStore } from '../config/config-store.ts'
import { pollSecondsOf } from '../config/entity-fields.ts'
import type { Environment } from '../config/environment.ts'
import { coordinatesOf } from '../config/field.ts'
import { controlModeOf, type HouseConfig } from '../config/house.ts'
import { createSettingsSource, createVariablesSource } from '../config/settings-source.ts'
import { overridesOf } from '../config/variables.ts'
import { type CredentialSource, createCredentialSource } from '../connectors/credentials.ts'
import { BadConfig, CredentialsMissing } from '../connectors/errors.ts'
import { createHomeSideClient, type HomeSideClient } from '../connectors/homeside/index.ts'
import type { WeatherProvider } from '../connectors/weather.ts'
import { createWeatherSource } from '../connectors/weather-source.ts'
import { placeKey } from '../domain/weather/place.ts'
import { openApplicationStore } from '../store/application/index.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import { createReadingSpool } from '../store/spool.ts'
import { openInfluxTimeSeries } from '../store/timeseries/influx.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../store/timeseries/sqlite.ts'
import type { Logger } from './log.ts'
import type { WorkerActivities } from './workers.ts'

/** The simulated town as the rest sees it: a second home folder and other vendor addresses. */
export interface DemoTown {
  /** Folder that holds the town's `profiles/` and `.env`. */
  readonly home: string
  readonly homesideUrl: string
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
  const realCredentials = createCredentialSource({
    environmentFiles: [environment.environmentFile],
    fingerprintKey: environment.secretsKey,
    log,
  })
  const townCredentials =
    town === undefined
      ? undefined
      : // The town's passwords are nobody else's: the process environment is not asked.
        createCredentialSource({ environmentFiles: [join(town.home, '.env')], env: {}, log })
  const credentialsOf = (origin: 'real' | 'demo'): CredentialSource =>
    origin === 'demo' && townCredentials !== undefined ? townCredentials : realCredentials

  const weather = createSharedWeather({
    providerOf: weatherProviders(environment, log, town, config),
    application,
    timeSeries,
    now,
  })
  const secondsBetweenPolls = async (house: HouseConfig, origin: 'real' | 'demo') =>
    origin === 'demo' && environment.pollSeconds === undefined
      ? DEMO_POLL_SECONDS
      : pollSecondsOf('house', house, await settings.current(), environment.pollSeconds)
  const homeSideClient = homeSideClients(environment, log, town, credentialsOf)

  const bookkeeping = createBookkeepingActivities({
    application,
    configured: async (entity) => {
      const found = await config.get(entity)
      return found?.config == null ? undefined : configuredFacts(found, environment, secondsBetweenPolls)
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
          config,
          timeSeries,
          application,
          weather,
          spool: createReadingSpool(join(dataDirectory, 'spool')),
          homeSideClient,
          pollSecondsOf: secondsBetweenPolls,
          overridesOf: async (house) => overridesOf(await variables.current(), house.variable_overrides),
          defaultPosition: environment.location,
          log,
          now,
        }),
        ...bookkeeping,
      },
      pipelines: {
        ...createReconcileActivities({
          config,
          application,
          loops,
          credentialFingerprint: (entity, origin) => credentialsOf(origin).fingerprint(entity),
          factsOf: (entity) => configuredFacts(entity, environment, secondsBetweenPolls),
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

/** One client per house for the life of the process, so that a session is signed in once and reused. */
function homeSideClients(
  environment: Environment,
  log: Logger,
  town: DemoTown | undefined,
  credentialsOf: (origin: 'real' | 'demo') => CredentialSource,
): (house: ConfiguredHouse) => HomeSideClient {
  const clients = new Map<string, HomeSideClient>()
  return ({ id, origin }) => {
    const key = `${origin}:${id}`
    const known = clients.get(key)
    if (known !== undefined) return known
    const client = createHomeSideClient({
      baseUrl: origin === 'demo' ? townOrNothing(town).homesideUrl : environment.homesideUrl,
      houseId: id,
      allowHttpHosts: environment.allowHttp,
      log: log.child({ kind: 'house', id }),
      credentials: async () => {
        const found = await credentialsOf(origin).lookUp({ kind: 'house', id })
        if (found === undefined) {
          throw new CredentialsMissing(`no user name and password are known for ${id}; set them in .env`)
        }
        return found
      },
    })
    clients.set(key, client)
    return client
  }
}

/** A house of the town is never looked for at a real vendor. */
function townOrNothing(town: DemoTown | undefined): DemoTown {
  if (town === undefined) throw new BadConfig('the simulated town does not run; its houses exist nowhere else')
  return town
}

/** The town answers for places where only its own houses stand; real services answer for all others. */
function weatherProviders(
  environment: Environment,
  log: Logger,
  town: DemoTown | undefined,
  config: ConfigStore,
): (place: string) => Promise<WeatherProvider> {
  const { smhiForecastUrl, smhiObservationsUrl, openMeteoUrl } = environment
  const real = createWeatherSource({ smhiForecastUrl, smhiObservationsUrl, openMeteoUrl, log })
  if (town === undefined) return async () => real
  const simulated = createWeatherSource({
    smhiForecastUrl: town.smhiForecastUrl,
    smhiObservationsUrl: town.smhiObservationsUrl,
    // The town has no second source, and its weather must never come from the real world.
    openMeteoUrl: town.smhiForecastUrl,
    log,
  })
  return async (place) => {
    const { entities } = await config.list()
    const origins = entities
      .filter((entity) => configuredPlaces([entity], environment.location).includes(place))
      .map(({ origin }) => origin)
    return origins.includes('demo') && !origins.includes('real') ? simulated : real
  }
}

async function configuredFacts(
  entity: ConfiguredEntity,
  environment: Environment,
  secondsBetweenPolls: (house: HouseConfig, origin: 'real' | 'demo') => Promise<number>,
) {
  const config = entity.config
  if (config === null) throw new Error(`${entity.ref.id} has no valid configuration`)
  const position = coordinatesOf(config) ?? environment.location
  const place = position === undefined ? null : placeKey(position)
  if (entity.ref.kind !== 'house')
    return { name: nameOf(config, entity.ref.id), mode: 'monitor' as const, pollSeconds: 300, place }
  const house = config as HouseConfig
  return {
    name: nameOf(config, entity.ref.id),
    mode: controlModeOf(house),
    pollSeconds: await secondsBetweenPolls(house, entity.origin),
    place,
  }
}

function nameOf(config: object, id: string): string {
  const { friendly_name, name } = config as { friendly_name?: string; name?: string }
  return friendly_name || name || id
}
