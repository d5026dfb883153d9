/** Worker side and API side on top of the services; `up` runs both in one process, production one of them in each. */
import { Client, Connection } from '@temporalio/client'
import { createApi, type RunningServer, serveApi } from '../api/index.ts'
import type { Environment } from '../config/environment.ts'
import { Unavailable } from '../connectors/errors.ts'
import { untilAborted } from '../connectors/until-aborted.ts'
import { declaredSchedules } from './declared-schedules.ts'
import { createEnergyOperations } from './energy.ts'
import { createEnergyCheck, watchDeliveries } from './energy-deliveries.ts'
import { startHealthWatch } from './health-watch.ts'
import { createControlOperations } from './house-control-operations.ts'
import { keepRestoring } from './house-steering.ts'
import { createGapOperations, createImportOperations } from './imports.ts'
import { createHouseLoops, createInertiaOperations } from './inertia.ts'
import { keepSchedules } from './keep-schedules.ts'
import { createLearningCheck } from './learning-after-import.ts'
import type { Logger } from './log.ts'
import { createEntityEnd, createRemovalOperations, createRemovalWorkflows } from './offboarding.ts'
import { createOnboardingLoops, createOnboardingOperations } from './onboarding.ts'
import { createScheduleOperations, ensureSchedule } from './schedules.ts'
import type { Services } from './services.ts'
import { keepSystemLoops } from './system-loops.ts'
import {
  createEntityLoops,
  createOperations,
  registerSearchAttributes,
  restartSystemLoops,
  startSystemLoops,
} from './temporal.ts'
import { bvproVersion } from './version.ts'
import { type RunningWorkers, startWorkers } from './workers.ts'
import { workflowBundlePath } from './workflow-bundle.ts'

/**
 * @param signal ends the waiting; a connection that comes up afterwards is closed
 * @throws Unavailable with a sentence when nothing answers at the address
 */
export async function connectTemporal(address: string, namespace: string, signal?: AbortSignal): Promise<Client> {
  const connecting = Connection.connect({ address, connectTimeout: '10 seconds' })
  try {
    return new Client({ connection: await untilAborted(connecting, signal), namespace })
  } catch (error) {
    if (signal?.aborted) {
      void connecting.then(
        (connection) => connection.close(),
        () => undefined,
      )
      throw error
    }
    throw new Unavailable(`no Temporal server answers at ${address}; check TEMPORAL_ADDRESS`, { cause: error })
  }
}

/** @param signal breaks off a start that waits for the server or for the bundling of workflow code */
export async function startWorkerSide(
  environment: Environment,
  address: string,
  client: Client,
  services: Services,
  log: Logger,
  signal?: AbortSignal,
): Promise<RunningWorkers> {
  const { namespace, taskQueuePrefix } = environment.temporal
  const codePath = await untilAborted(workflowBundlePath(environment.cache), signal)
  await untilAborted(registerSearchAttributes(client), signal)
  const loops = createEntityLoops(client, taskQueuePrefix)
  const energyCheck = createEnergyCheck(client, taskQueuePrefix, log)
  const learningCheck = createLearningCheck(client, taskQueuePrefix, log)
  const workers = await startWorkers({
    address,
    namespace,
    queuePrefix: taskQueuePrefix,
    workflowBundlePath: codePath,
    activities: services.workerActivities(
      loops,
      {
        end: createEntityEnd(client, loops),
        workflows: createRemovalWorkflows(client, taskQueuePrefix),
      },
      createOnboardingLoops(
        client,
        loops,
        createOperations(client, taskQueuePrefix),
        createRemovalOperations(client, taskQueuePrefix),
      ),
      energyCheck,
      learningCheck,
      createHouseLoops(client),
    ),
    log,
  })
  let endKeeping: () => void
  try {
    await startSystemLoops(client, taskQueuePrefix)
    endKeeping = await keepSchedules({
      declared: async () => declaredSchedules(await services.settings.current()),
      ensure: (declaration) => ensureSchedule(client, taskQueuePrefix, declaration),
      log,
    })
  } catch (error) {
    await workers.stop()
    throw error
  }
  const endWatching = watchDeliveries(services.energyExchanges, energyCheck)
  const endRestoring = keepRestoring(() => services.restoreLapsedControl(), log)
  const endLooking = keepSystemLoops(() => restartSystemLoops(client, taskQueuePrefix), log)
  return {
    async stop() {
      endWatching()
      learningCheck.end()
      endLooking()
      endRestoring()
      endKeeping()
      await workers.stop()
    },
  }
}

export async function startApiSide(
  environment: Environment,
  client: Client,
  services: Services,
  log: Logger,
  { apiToken, temporalUiUrl }: { readonly apiToken: string; readonly temporalUiUrl: string | null },
): Promise<RunningServer> {
  const { namespace, taskQueuePrefix } = environment.temporal
  const imports = createImportOperations(client, taskQueuePrefix)
  const app = createApi({
    timeSeries: services.timeSeries,
    application: services.application,
    config: services.config,
    credentials: services.credentials,
    weather: services.weather,
    operations: createOperations(client, taskQueuePrefix),
    control: createControlOperations(client, services.control),
    inertia: createInertiaOperations(client, taskQueuePrefix),
    imports,
    removals: createRemovalOperations(client, taskQueuePrefix),
    onboarding: createOnboardingOperations(client, taskQueuePrefix, imports),
    vendors: services.vendors,
    probeZone: services.probeZone,
    gaps: createGapOperations(client, taskQueuePrefix),
    schedules: createScheduleOperations(client, taskQueuePrefix, async () =>
      declaredSchedules(await services.settings.current()),
    ),
    energy: createEnergyOperations(client, taskQueuePrefix),
    energyInbox: services.energyInbox,
    log,
    apiToken,
    version: bvproVersion(),
    temporalUiUrl,
    temporalNamespace: namespace,
    modbusHosts: environment.modbusHosts,
    now: Date.now,
  })
  const server = await serveApi(app, { host: environment.bind, port: environment.port })
  // Beside the API, not the worker: it has to tell when no worker runs.
  const stopWatching = startHealthWatch({ application: services.application, log, now: Date.now })
  return {
    url: server.url,
    async close() {
      stopWatching()
      await server.close()
    },
  }
}
