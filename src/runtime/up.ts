/** `bvpro up`: everything on this machine, from an empty folder to living houses, until Ctrl-C. */
import { constants, existsSync } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import Table from 'cli-table3'
import { Listr, type ListrTask } from 'listr2'
import type { RunningServer } from '../api/index.ts'
import { createConfigStore } from '../config/config-store.ts'
import { type Environment, loadEnvironment } from '../config/environment.ts'
import type { ControlMode } from '../domain/entity.ts'
import { type RunningDemoTown, startDemoTown } from '../simulators/demo-town.ts'
import type { EntityStatus } from '../store/application/port.ts'
import { apiTokenFile, ensureApiToken } from './api-token.ts'
import { connectTemporal, startApiSide, startWorkerSide } from './engine.ts'
import { createControlOperations } from './house-control-operations.ts'
import { createLearningCheck } from './learning-after-import.ts'
import { createLogger, type Logger, silentLogger } from './log.ts'
import { LogFile } from './log-file.ts'
import { dieOfHangUp, outliveTheTerminal } from './outlive-terminal.ts'
import { RunningParts, untilAskedToStop } from './parts.ts'
import { isErrno } from './servers/file-lock.ts'
import { describePortHolder, isPortFree } from './servers/ports.ts'
import { StartupFault } from './servers/startup-fault.ts'
import { findTemporalBinary } from './servers/temporal-binary.ts'
import { refuseSecondLauncher } from './servers/temporal-dev-server.ts'
import { createServices, type DemoTown, type Services } from './services.ts'
import { fleetSentence, showStatusLine } from './status-line.ts'
import { keepTemporalRunning } from './temporal-keeper.ts'
import { bringIntoModes, describeModes, type TownsModes } from './towns-modes.ts'
import { importTownsPast } from './towns-past.ts'

/** What the steps of the start hand to each other. */
interface Start {
  temporalAddress?: string
  temporalUiUrl?: string | null
  town?: DemoTown
  shownModes?: ReadonlyMap<string, ControlMode>
  /** Whether an import has begun with this start. */
  pastIsComing?: boolean
  modes?: TownsModes
  services?: Services
  client?: Client
  api?: RunningServer
  /** Why a step failed. It is told once, at the end, and not by the step as well. */
  failure?: unknown
}

/** How long the start waits for first readings before it shows the table anyway. */
const FIRST_READINGS_MS = 20_000

/** What a step of the start may take to let go when somebody wants to stop; ending a Temporal server takes longest. */
const BREAK_OFF_MS = 8_000

/** What may still be running after everything has ended: the bundling of workflow code, which nothing can break off. */
const LAST_WORK_MS = 1_000

/** Resolves when the process was asked to stop and all has ended. Rejects with a sentence when a part cannot start. */
export async function runUp(_options: object = {}): Promise<void> {
  const environment = loadEnvironment()
  const logFile = join(environment.home, 'data', 'logs', 'bvpro.log')
  await prepareHome(environment.home)
  const log = createLogger(environment.logLevel, new LogFile(logFile))
  const parts = new RunningParts(log)
  let hurried = false
  const asked = untilAskedToStop(() => {
    hurried = true
    parts.hurry()
  })
  const terminal = outliveTheTerminal(log)
  try {
    const start: Start = {}
    const started = new Listr<Start>(startSteps(environment, parts, log), {
      concurrent: false,
      fallbackRenderer: 'simple',
      // A terminal that does not tell its width would get one letter a line.
      fallbackRendererCondition: () => !process.stdout.isTTY || !process.stdout.columns,
      // The launcher stops its own parts on Ctrl-C; the renderer must not end the process before that.
      registerSignalListeners: false,
      ctx: start,
    })
      .run()
      .catch(() => {
        throw start.failure
      })
    const interrupted = await Promise.race([started.then(() => false), asked.then(() => true)])
    if (interrupted) {
      process.stdout.write('Stopping …\n')
      await parts.breakOff(started, BREAK_OFF_MS)
    } else {
      await runUntil(asked, environment, start, logFile, log)
      process.stdout.write('Stopping …\n')
    }
  } finally {
    await parts.stop()
    // What was not waited for must not keep the process alive.
    if (hurried) process.exit(130)
    if (terminal.hungUp) dieOfHangUp()
    setTimeout(() => process.exit(), LAST_WORK_MS).unref()
  }
  process.stdout.write('Stopped.\n')
}

async function runUntil(
  asked: Promise<unknown>,
  environment: Environment,
  start: Start,
  logFile: string,
  log: Logger,
): Promise<void> {
  const { services } = start
  if (services === undefined) throw new Error('the start ended without services')
  const rows = await services.application.listStatus('house')
  process.stdout.write(`${readyTable(environment, start, rows, logFile)}\n`)
  log.info('up.ready', { api: start.api?.url, temporal: start.temporalAddress, demo: start.town !== undefined })
  const hideStatusLine = showStatusLine(() => services.application.listStatus(), process.stdout)
  await asked
  hideStatusLine()
}

/**
 * Makes the folders of a new home. Those for configuration are made at the first start only: a folder that is missing
 * later may be a volume that was not mounted, and must not look like one that was emptied.
 */
async function prepareHome(home: string): Promise<void> {
  const data = join(home, 'data')
  try {
    if (!existsSync(data)) {
      for (const folder of ['profiles', 'buildings', 'zones']) await mkdir(join(home, folder), { recursive: true })
    }
    await mkdir(data, { recursive: true, mode: 0o700 })
    await access(data, constants.W_OK | constants.X_OK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    throw new StartupFault(
      `The folder ${data} cannot be used (${code}). Let this user write to it, or set BVPRO_HOME to another folder.`,
      { cause: error },
    )
  }
}

function startSteps(environment: Environment, parts: RunningParts, log: Logger): ListrTask<Start>[] {
  const steps: ListrTask<Start>[] = [
    {
      title: 'Ports and folders',
      task: async () => {
        if (environment.temporal.address === undefined) refuseSecondLauncher(temporalDataFile(environment))
        await checkPort(environment)
      },
    },
    {
      title: 'Temporal server',
      task: async (start, task) => {
        const { address, cliPath, port, uiPort, namespace } = environment.temporal
        if (address !== undefined) {
          start.temporalAddress = address
          start.temporalUiUrl = null
          task.title = `Temporal server at ${address}`
          return
        }
        const binary = await findTemporalBinary({
          env: { ...process.env, ...(cliPath === undefined ? {} : { TEMPORAL_CLI_PATH: cliPath }) },
          cacheDirectory: environment.cache,
          signal: parts.signal,
          report: (sentence) => {
            task.output = sentence
          },
        })
        task.output = 'starting'
        const server = await keepTemporalRunning(
          {
            binary: binary.path,
            dataFile: temporalDataFile(environment),
            port,
            uiPort,
            namespace,
          },
          log,
          parts.signal,
        )
        parts.add('temporal server', () => server.stop())
        start.temporalAddress = server.address
        start.temporalUiUrl = server.uiUrl
        task.title = server.adopted
          ? 'Temporal server (taken over from a process that was killed)'
          : `Temporal server (${binary.version})`
      },
    },
    {
      title: 'Simulated town',
      skip: async () => ((await wantsTown(environment)) ? false : 'Simulated town: not needed'),
      task: async (start) => {
        const home = join(environment.home, 'data', 'demo')
        const town = await startTown(home, environment.townPort, log)
        parts.add('town', () => town.close())
        start.shownModes = town.modes
        const { homesideUrl, homesideHistoryUrl, smhiForecastUrl, smhiObservationsUrl } = town.houses
        start.town = {
          home,
          homesideUrl,
          homesideHistoryUrl,
          smhiForecastUrl,
          smhiObservationsUrl,
          meterFiles: town.meterFiles,
          arrigoUrl: town.office.url,
          zonePorts: new Map(town.demoZones.map((zone) => [zone.id, zone.port])),
          accounts: new Set([...town.houses.houses, ...town.houses.spareHouses].map(({ username }) => username)),
          devicePorts: new Set(town.zones.zones.map(({ port }) => port)),
        }
      },
    },
    {
      title: 'Stores',
      task: async (start) => {
        const services = await createServices(environment, log, start.town)
        parts.add('stores', () => services.close())
        await Promise.all([services.timeSeries.check(), services.application.check()])
        start.services = services
      },
    },
    {
      title: 'Workers',
      task: async (start) => {
        const { services, temporalAddress } = start
        if (services === undefined || temporalAddress === undefined) throw new Error('the start is out of order')
        const client = await connectTemporal(temporalAddress, environment.temporal.namespace, parts.signal)
        parts.add('temporal client', () => client.connection.close())
        const workers = await startWorkerSide(environment, temporalAddress, client, services, log, parts.signal)
        parts.add('workers', () => workers.stop())
        start.client = client
      },
    },
    {
      title: 'API and web page',
      task: async (start) => {
        const { services, client } = start
        if (services === undefined || client === undefined) throw new Error('the start is out of order')
        const apiToken = await ensureApiToken(environment)
        const api = await startApiSide(environment, client, services, log, {
          apiToken,
          temporalUiUrl: start.temporalUiUrl ?? null,
        })
        parts.add('api', () => api.close())
        start.api = api
      },
    },
    {
      title: "The town's past",
      skip: (start) => start.town === undefined,
      task: async (start) => {
        const { services, client } = start
        if (services === undefined || client === undefined) throw new Error('the start is out of order')
        start.pastIsComing = await importTownsPast(services, client, environment)
      },
    },
    {
      title: "The town's modes",
      skip: (start) => start.town === undefined,
      task: async (start) => {
        const { services, client, shownModes = new Map() } = start
        if (services === undefined || client === undefined) throw new Error('the start is out of order')
        const learning = createLearningCheck(client, environment.temporal.taskQueuePrefix, log)
        // An import has its houses learned; where a crash came between the two, they are without a model.
        if (start.pastIsComing !== true) learning.soon()
        const modes = bringIntoModes({
          ...services,
          control: createControlOperations(client, services.control),
          wanted: new Map([...shownModes].filter(([, mode]) => mode !== 'monitor')),
          log,
        })
        parts.add('modes of the town', async () => {
          learning.end()
          modes.stop()
        })
        start.modes = modes
      },
    },
    {
      title: 'First readings',
      task: async ({ services }, task) => {
        if (services === undefined) throw new Error('the start is out of order')
        task.title = await firstReadings(services, parts.signal)
      },
    },
  ]
  return steps.map((step) => ({
    ...step,
    task: async (start, task) => {
      try {
        parts.signal.throwIfAborted()
        await step.task(start, task)
        parts.signal.throwIfAborted()
      } catch (error) {
        start.failure = error
        throw new Error('')
      }
    },
  }))
}

function temporalDataFile({ home }: Environment): string {
  return join(home, 'data', 'temporal.db')
}

async function checkPort({ bind, port }: Environment): Promise<void> {
  if (port === 0 || (await isPortFree(port, bind))) return
  throw new StartupFault(
    `Port ${port} on ${bind} is in use by ${describePortHolder(port)}. End it, or choose another port with BVPRO_PORT.`,
  )
}

/** The town runs when asked for, or when nobody has configured anything real. */
async function wantsTown({ demo, home }: Environment): Promise<boolean> {
  if (demo !== 'auto') return demo
  // Faults of the files are reported by the store that the rest uses.
  const store = createConfigStore({ roots: [{ origin: 'real', directory: home }], log: silentLogger })
  const { entities } = await store.list()
  return entities.length === 0
}

async function startTown(directory: string, port: number, log: Logger): Promise<RunningDemoTown> {
  try {
    return await startDemoTown({ directory, port, log })
  } catch (error) {
    if (!isErrno(error, 'EADDRINUSE')) throw error
    throw new StartupFault(
      `Port ${port}, wanted for the simulated town, is in use by ${describePortHolder(port)}. Stop that program, or set BVPRO_TOWN_PORT to another port or to 0.`,
    )
  }
}

/** Waits until every valid entity was read once, for a while; the title says how it stands. */
async function firstReadings({ application, config }: Services, signal: AbortSignal): Promise<string> {
  const deadline = Date.now() + FIRST_READINGS_MS
  for (;;) {
    const [{ entities }, rows] = await Promise.all([config.list(), application.listStatus()])
    const valid = entities.filter((entity) => entity.config !== null).length
    const read = rows.filter((row) => row.lastPollAt !== null || row.reasonCode !== null).length
    if (read >= valid || Date.now() > deadline) return `First readings: ${fleetSentence(rows, Date.now())}`
    await delay(250)
    signal.throwIfAborted()
  }
}

function readyTable(environment: Environment, start: Start, houses: readonly EntityStatus[], logFile: string): string {
  const table = new Table({ head: ['What', 'Where'], style: { head: [], border: [] } })
  const shown = (path: string) => relative(process.cwd(), path) || '.'
  table.push(['Web page', start.api?.url ?? ''])
  table.push(['API reference', `${start.api?.url}/api/docs`])
  table.push(['API token', shown(apiTokenFile(environment.home))])
  if (start.temporalUiUrl) table.push(['Temporal Web UI', start.temporalUiUrl])
  table.push(['Temporal server', start.temporalAddress ?? ''])
  if (start.town !== undefined) {
    table.push(['Simulated town', `${start.town.homesideUrl}/town (no real house is configured)`])
    table.push(['Houses and devices to add', shown(join(start.town.home, 'spare.env'))])
  }
  if (start.modes !== undefined) {
    table.push(['Modes of houses', describeModes(houses, start.modes.waiting()).join('\n')])
  }
  table.push([
    'Time series',
    environment.influx === undefined ? shown(join(environment.home, 'data', 'timeseries.db')) : environment.influx.url,
  ])
  table.push(['Log', shown(logFile)])
  return table.toString()
}
