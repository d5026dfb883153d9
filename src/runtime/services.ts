/** Everything a process is made of besides Temporal: stores, configuration, credentials, connectors. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createBookkeepingActivities } from '../activities/bookkeeping.ts'
import { createBuildingActivities } from '../activities/building.ts'
import { noteDays } from '../activities/energy/due-days.ts'
import { asEnergyEntity, createEnergyActivities, listEnergyEntities } from '../activities/energy/energy.ts'
import { createEnergyImportActivities } from '../activities/energy-import/energy-import.ts'
import { createEntityHistories } from '../activities/entity-history.ts'
import { createFillActivities } from '../activities/fill-gaps.ts'
import { createHouseActivities } from '../activities/house.ts'
import { createImportActivities } from '../activities/import-history.ts'
import type { HouseLoops } from '../activities/inertia/activities.ts'
import {
  createOnboardingActivities,
  type OnboardingLoops,
  type OnboardingVendors,
} from '../activities/onboarding/index.ts'
import { type ConfiguredFacts, createReconcileActivities, type EntityLoops } from '../activities/reconcile.ts'
import { createSavingsActivities } from '../activities/savings/activities.ts'
import { listSavingsHouses } from '../activities/savings/savings-house.ts'
import { createSharedWeather, type SharedWeather } from '../activities/shared-weather.ts'
import { modelNow, readinessNow } from '../activities/thermal/steering-model.ts'
import { createThermalActivities, notePast } from '../activities/thermal/thermal.ts'
import { listThermalHouses, thermalHouse } from '../activities/thermal/thermal-house.ts'
import { configuredPlaces, createWeatherActivities } from '../activities/weather.ts'
import { createZoneActivities } from '../activities/zone.ts'
import type { ZoneProbe } from '../api/onboarding/ports.ts'
import type { ConfigStore, ConfiguredEntity, EntityConfigs } from '../config/catalogue.ts'
import { createConfigStore } from '../config/config-store.ts'
import { pollSecondsOf as configuredPollSeconds } from '../config/entity-fields.ts'
import type { Environment } from '../config/environment.ts'
import { coordinatesOf } from '../config/field.ts'
import { controlModeOf, type HouseConfig } from '../config/house.ts'
import { withLastKnown } from '../config/last-known.ts'
import type { LiveFile } from '../config/live-file.ts'
import type { Settings } from '../config/settings.ts'
import { createSettingsSource, createVariablesSource } from '../config/settings-source.ts'
import { overridesOf } from '../config/variables.ts'
import { type CredentialStore, createCredentialStore } from '../connectors/credentials/index.ts'
import { createFolderExchange } from '../connectors/energy-exchange/folder.ts'
import { createEnergyExchange, type EnergyExchange } from '../connectors/energy-exchange/index.ts'
import { createPastObservations } from '../connectors/smhi/past-observations.ts'
import type { WeatherProvider } from '../connectors/weather.ts'
import { createWeatherSource } from '../connectors/weather-source.ts'
import type { EntityKind, EntityRef } from '../domain/entity.ts'
import { daysInRange } from '../domain/time/day.ts'
import { placeKey } from '../domain/weather/place.ts'
import { type OpenApplicationStore, openApplicationStore } from '../store/application/index.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import { createReadingSpool } from '../store/spool.ts'
import { openInfluxTimeSeries } from '../store/timeseries/influx.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../store/timeseries/sqlite.ts'
import { createComputePool } from './compute-pool.ts'
import type { EnergyCheck } from './energy-deliveries.ts'
import { createHouseSteering, type HouseSteering } from './house-steering.ts'
import type { LearningCheck } from './learning-after-import.ts'
import type { Logger } from './log.ts'
import { createOnboardingVendors, createZoneProbe, type TownDirectory } from './onboarding-vendors.ts'
import { createRemovalActivities, type RemovalPorts } from './removal-activities.ts'
import { createVendorClients, type Origin } from './vendor-clients.ts'
import { createWorkerSharing } from './worker-sharing.ts'
import type { WorkerActivities } from './workers.ts'

/** The simulated town as the rest sees it: a second home folder and other vendor addresses. */
export interface DemoTown extends TownDirectory {
  /** Folder that holds the town's `profiles/`, `buildings/`, `zones/` and `.env`. */
  readonly home: string
  readonly smhiForecastUrl: string
  readonly smhiObservationsUrl: string
  /** Folder that the town's heat supplier delivers meter files to. */
  readonly meterFiles: string
}

export interface Services {
  readonly timeSeries: TimeSeriesStore
  readonly application: ApplicationStore
  readonly config: ConfigStore
  readonly settings: LiveFile<Settings>
  readonly credentials: CredentialStore
  readonly weather: SharedWeather
  readonly vendors: OnboardingVendors
  /** Where meter files come from, by name. */
  readonly energyExchanges: ReadonlyMap<string, EnergyExchange>
  /** The one that is not the town's. */
  readonly energyInbox: EnergyExchange
  readonly probeZone: ZoneProbe
  /** Gives back the heat curves whose lease has lapsed; resolves with the houses it has restored. */
  restoreLapsedControl(): Promise<readonly string[]>
  readonly control: Pick<HouseSteering, 'mayOptimise' | 'outcomeOf'>
  workerActivities(
    loops: EntityLoops,
    removal: RemovalPorts,
    onboarding: OnboardingLoops,
    energyCheck: Pick<EnergyCheck, 'soon'>,
    learningCheck: Pick<LearningCheck, 'soon'>,
    houseLoops: HouseLoops,
  ): WorkerActivities
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
  const credentials = createCredentialStore({
    real: {
      environmentFile: environment.environmentFile,
      lockFile: join(dataDirectory, 'environment-file.lock'),
    },
    // The town's passwords are nobody else's: the process environment is not asked.
    demo:
      town === undefined
        ? undefined
        : { environmentFile: join(town.home, '.env'), lockFile: join(dataDirectory, 'town-environment-file.lock') },
    sealed: {
      table: application.sealedCredentials,
      key: environment.secretsKey,
      previousKey: environment.secretsKeyPrevious,
    },
    configured: async () => (await config.list()).entities,
    log,
  })
  const credentialsOf = credentials.sourceOf
  if (environment.secretsKey === undefined) await warnOfLockedCredentials(application, log)

  const weather = createSharedWeather({
    providerOf: byPlace(
      config,
      environment,
      realWeather(environment, log),
      // The town has no other source, and its weather must never come from the real world.
      town === undefined
        ? undefined
        : createWeatherSource({
            smhiForecastUrl: town.smhiForecastUrl,
            smhiObservationsUrl: town.smhiObservationsUrl,
            openMeteoUrl: town.smhiForecastUrl,
            log,
          }),
    ),
    application,
    timeSeries,
    now,
  })
  const pastObservations = byPlace(
    config,
    environment,
    createPastObservations({ baseUrl: environment.smhiObservationsUrl }),
    town === undefined ? undefined : createPastObservations({ baseUrl: town.smhiObservationsUrl }),
  )
  const pollSecondsOf: PollSecondsOf = async (kind, entityConfig, origin) =>
    origin === 'demo' && kind !== 'zone' && environment.pollSeconds === undefined
      ? DEMO_POLL_SECONDS
      : configuredPollSeconds(kind, entityConfig, await settings.current(), environment.pollSeconds)
  const overridesOfHouse = async (house: HouseConfig) =>
    overridesOf(await variables.current(), house.variable_overrides)
  const sharing = createWorkerSharing(environment, application, log)
  const clients = createVendorClients({ environment, town, credentialsOf, sharing, log })
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

  const planning = createComputePool()
  const steering = createHouseSteering({
    ...polling,
    config,
    weather,
    homeSideClient: clients.homeSide,
    holder: sharing.holder,
    threads: planning,
    tariffs: async () => (await settings.current()).tariffs,
    meterIdsOf: async (id) => (await energyEntity({ kind: 'house', id }))?.meterIds ?? [],
    async modelOf(id, at) {
      const found = await config.get({ kind: 'house', id })
      if (found?.config == null) return null
      const house = thermalHouse(id, found.config as HouseConfig, environment.location)
      return modelNow({ timeSeries, application }, house, at)
    },
    mayOptimise: (id) => readinessNow({ timeSeries, application }, id, now()),
  })

  const removalActivities = (ports: RemovalPorts) =>
    createRemovalActivities(
      {
        ...polling,
        config,
        credentials,
        homes: { real: environment.home, demo: town?.home },
      },
      ports,
    )

  const compute = createComputePool()
  const energyInbox = createEnergyExchange({ environment, log })
  const energyExchanges = new Map<string, EnergyExchange>([
    ['main', energyInbox],
    ...(town === undefined ? [] : [['town', createFolderExchange({ directory: town.meterFiles })] as const]),
  ])
  const energyEntities = async () => listEnergyEntities(await config.list(), credentialsOf, environment.location)
  const energyEntity = async (entity: EntityRef) => {
    const found = await config.get(entity)
    return found === undefined ? undefined : asEnergyEntity(found, credentialsOf, environment.location)
  }

  const vendors = createOnboardingVendors({ environment, town, sharing, log })
  const onboardingActivities = (adding: OnboardingLoops) =>
    createOnboardingActivities({ config, application, credentials, vendors, loops: adding, log, now })

  return {
    timeSeries,
    application,
    config,
    settings,
    credentials,
    weather,
    vendors,
    energyExchanges,
    energyInbox,
    probeZone: createZoneProbe({ sharing }),
    restoreLapsedControl: () => steering.restoreLapsed(),
    control: steering,
    workerActivities: (loops, removal, adding, energyCheck, learningCheck, houseLoops) => ({
      homeside: {
        ...onboardingActivities(adding).homeside,
        ...removalActivities(removal).homeside,
        ...steering.activities,
        ...steering.inertiaActivities(houseLoops),
        ...createHouseActivities({
          ...polling,
          weather,
          homeSideClient: clients.homeSide,
          pollSecondsOf: (house, origin) => pollSecondsOf('house', house, origin),
          overridesOf: overridesOfHouse,
          control: steering.cycle,
        }),
        ...bookkeeping,
      },
      arrigo: {
        ...onboardingActivities(adding).arrigo,
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
        ...createImportActivities({
          histories,
          timeSeries,
          pastObservations,
          // The temperatures of the past change what is made of its energy.
          imported: async (entity, range) => {
            if (entity.kind === 'house') {
              await notePast(application, entity.id)
              learningCheck.soon()
            }
            if (!(await energyEntity(entity))?.separates) return
            await noteDays(application, entity, daysInRange(range.from, range.to))
            energyCheck.soon()
          },
          log,
          now,
        }),
        ...createFillActivities({
          config,
          application,
          histories,
          pastObservations,
          timeSeries,
          defaultPosition: environment.location,
          log,
          now,
        }),
      },
      energy: {
        ...createEnergyImportActivities({
          exchanges: energyExchanges,
          timeSeries,
          application,
          meteredEntities: energyEntities,
          log,
          now,
        }),
        ...createEnergyActivities({
          energyEntities,
          energyEntity,
          timeSeries,
          application,
          config,
          compute,
          calibration: async () => (await settings.current()).calibration,
          weather,
          log,
          now,
        }),
      },
      learning: {
        ...createThermalActivities({
          thermalHouses: async () => listThermalHouses(await config.list(), environment.location),
          timeSeries,
          application,
          compute,
          weather,
          log,
          now,
        }),
        ...createSavingsActivities({
          savingsHouses: async () => listSavingsHouses(await config.list(), environment.location),
          timeSeries,
          application,
          compute,
          log,
          now,
        }),
      },
      pipelines: {
        ...removalActivities(removal).pipelines,
        ...onboardingActivities(adding).pipelines,
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
      await Promise.all([timeSeries.close(), application.close(), compute.close(), planning.close()])
    },
  }
}

async function warnOfLockedCredentials({ sealedCredentials }: OpenApplicationStore, log: Logger): Promise<void> {
  const { length: kept } = await sealedCredentials.list()
  if (kept === 0) return
  log.warn('credentials.locked', { kept, hint: 'set BVPRO_SECRETS_KEY as it was when they were given' })
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

function realWeather(environment: Environment, log: Logger): WeatherProvider {
  const { smhiForecastUrl, smhiObservationsUrl, openMeteoUrl, weatherApi } = environment
  const { url, key } = weatherApi
  return createWeatherSource({
    smhiForecastUrl,
    smhiObservationsUrl,
    openMeteoUrl,
    weatherApi: key === undefined ? undefined : { url, key },
    log,
  })
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
