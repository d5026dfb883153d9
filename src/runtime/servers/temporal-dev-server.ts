/**
 * The Temporal dev server as a child process: started on one data file, looked after, ended; and taken over again
 * when the process that started it was killed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js'
import { untilAborted } from '../../connectors/until-aborted.ts'
import type { Logger } from '../log.ts'
import type { Environment } from './cache.ts'
import { lastLines } from './executable.ts'
import { withFileLock } from './file-lock.ts'
import { describePortHolder, isPortFree } from './ports.ts'
import { identityOf, isRunning, ownIdentity, type ProcessIdentity, terminate } from './process-identity.ts'
import {
  DataFileDamaged,
  DataFileInUse,
  DevServerFailed,
  damageIn,
  PortInUse,
  requireUsableDataFile,
} from './temporal-errors.ts'
import {
  findServerProcess,
  OWNER_VARIABLE,
  pidFilePath,
  readServerRecord,
  type ServerRecord,
  writeServerRecord,
} from './temporal-record.ts'

export interface DevServerOptions {
  /** Path of the `temporal` program; see `findTemporalBinary`. */
  readonly binary: string
  /** SQLite file; its folder is made when missing. */
  readonly dataFile: string
  readonly port: number
  readonly uiPort: number
  readonly namespace: string
  readonly log: Logger
  /** Name → type (`Keyword`, `Int` …). The server heeds them on a new data file only. */
  readonly searchAttributes?: Readonly<Record<string, string>>
  /** The server ended though nobody asked it to; called once. */
  readonly onExit?: (exit: DevServerExit) => void
  /** How long the server may take to answer; a big data file after a crash takes longest. */
  readonly startTimeoutMs?: number
  /** Breaks off a start: the server, if it runs already, is ended, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface DevServerExit {
  /** Null for an adopted server (not our child) and when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Last lines it wrote. */
  readonly output: string
}

export interface DevServer {
  readonly address: string
  readonly uiUrl: string
  readonly pid: number
  /** An orphan of an earlier process was taken over instead of starting a server. */
  readonly adopted: boolean
  /** Ends the server in order; resolves when it has ended. Calling it again is harmless. */
  stop(): Promise<void>
}

const HOST = '127.0.0.1'
/** Evidence of what a loop did is kept this long; the dev server's own default is a day. */
const RETENTION_MS = 72 * 3_600_000
const START_TIMEOUT_MS = 60_000
/** An orphan answers at once or is stuck. */
const ADOPTION_TIMEOUT_MS = 10_000
const ORPHAN_GRACE_MS = 5_000
/** It takes about a second; a kill loses nothing durable either, only answers under way. */
const STOP_GRACE_MS = 10_000
const LOG_LIMIT_BYTES = 5_000_000
const WATCH_MS = 1_000

/**
 * Starts the server, or adopts one that an earlier, killed BVPro process left running on the same data file and
 * ports. An orphan on other ports or one that does not answer is ended first: two servers on one file fight.
 *
 * Throws `PortInUse`, `DataFileDamaged`, `DataFileInUse` (another living process uses the file) or
 * `DevServerFailed`, each with a sentence for the operator.
 */
export async function startTemporalDevServer(options: DevServerOptions): Promise<DevServer> {
  mkdirSync(dirname(options.dataFile), { recursive: true })
  const dataFile = join(realpathSync(dirname(options.dataFile)), basename(options.dataFile))
  const settings: DevServerOptions = { ...options, dataFile }
  const start = async () => (await adoptOrEndOrphan(settings)) ?? (await startNew(settings))
  return withFileLock(`${dataFile}.lock`, start, { signal: options.signal })
}

/** @throws DataFileInUse when another living BVPro process looks after a server on this file */
export function refuseSecondLauncher(dataFile: string): void {
  const record = readServerRecord(dataFile)
  if (record !== undefined) refuseOwned(dataFile, record.owner)
}

async function adoptOrEndOrphan(options: DevServerOptions): Promise<DevServer | undefined> {
  const { dataFile, port, uiPort, log } = options
  const orphan = findOrphan(dataFile)
  if (orphan === undefined) return undefined
  const { server } = orphan
  if (orphan.port === port && orphan.uiPort === uiPort) {
    try {
      await untilAborted(
        waitUntilReady(options, ADOPTION_TIMEOUT_MS, () => isRunning(server)),
        options.signal,
      )
      await writeServerRecord({ server, owner: ownIdentity(), port, uiPort, dataFile })
      log.info('temporal_server.adopted', { pid: server.pid, port, ui_port: uiPort })
      return watchAdopted(options, server)
    } catch (error) {
      if (!options.signal?.aborted) {
        log.warn('temporal_server.orphan_does_not_answer', { pid: server.pid, reason: messageOf(error) })
      }
    }
  }
  log.info('temporal_server.ending_orphan', { pid: server.pid })
  await terminate(server, ORPHAN_GRACE_MS)
  await rm(pidFilePath(dataFile), { force: true })
  options.signal?.throwIfAborted()
  return undefined
}

/** The server an earlier process left on the file. Ports are 0 when the pid file was lost, so that it is not adopted. */
function findOrphan(dataFile: string): Pick<ServerRecord, 'server' | 'port' | 'uiPort'> | undefined {
  const record = readServerRecord(dataFile)
  if (record !== undefined) {
    refuseOwned(dataFile, record.owner)
    return record
  }
  const found = findServerProcess(dataFile)
  if (found === undefined) return undefined
  if (found.owner === null) {
    throw new DataFileInUse(
      `Another Temporal server (process ${found.server.pid}), not started by BVPro, uses ${dataFile}. ` +
        'Stop it, or set TEMPORAL_ADDRESS so that BVPro uses that server.',
    )
  }
  refuseOwned(dataFile, found.owner)
  return { server: found.server, port: 0, uiPort: 0 }
}

function refuseOwned(dataFile: string, owner: ProcessIdentity): void {
  if (owner.pid === process.pid || !isRunning(owner)) return
  throw new DataFileInUse(
    `BVPro already runs here: process ${owner.pid} uses ${dataFile}. Stop it first, or set BVPRO_HOME to another folder.`,
  )
}

async function startNew(options: DevServerOptions): Promise<DevServer> {
  const { binary, dataFile, port, uiPort, log } = options
  await requireUsableDataFile(dataFile)
  await requireFreePort(port, 'BVPRO_TEMPORAL_PORT', 'the Temporal server')
  await requireFreePort(uiPort, 'BVPRO_TEMPORAL_UI_PORT', 'the Temporal Web UI')

  const output = openOutput(`${dataFile}.log`)
  const owner = ownIdentity()
  const child = spawn(binary, serverArguments(options), {
    // Its own process group: Ctrl-C in the terminal reaches BVPro alone, which ends the server last and in order.
    detached: true,
    // A file, not a pipe: with the reader gone, the next line written to a pipe would kill the orphan.
    stdio: ['ignore', output.descriptor, output.descriptor],
    env: serverEnvironment(process.env, owner),
  })
  closeSync(output.descriptor)
  const exited = exitOf(child)
  const pid = await spawned(child, binary)
  child.unref()
  const server = identityOf(pid)
  try {
    await writeServerRecord({ server, owner, port, uiPort, dataFile })
    const alive = () => child.exitCode === null && child.signalCode === null
    const ready = waitUntilReady(options, options.startTimeoutMs ?? START_TIMEOUT_MS, alive)
    await untilAborted(ready, options.signal)
  } catch (error) {
    await terminate(server, ORPHAN_GRACE_MS)
    await rm(pidFilePath(dataFile), { force: true })
    options.signal?.throwIfAborted()
    throw explainFailure(options, await output.read(), error)
  }
  log.info('temporal_server.started', { pid, port, ui_port: uiPort, file: dataFile })
  return watchChild(options, server, exited, output.read)
}

async function requireFreePort(port: number, variable: string, purpose: string): Promise<void> {
  if (!(await isPortFree(port, HOST))) throw new PortInUse(port, variable, purpose, describePortHolder(port))
}

function serverArguments(options: DevServerOptions): string[] {
  return [
    'server',
    'start-dev',
    ...['--db-filename', options.dataFile],
    ...['--ip', HOST, '--port', String(options.port), '--ui-port', String(options.uiPort), '--headless=false'],
    ...['--namespace', options.namespace],
    ...['--log-level', 'error'],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    ...Object.entries(options.searchAttributes ?? {}).flatMap(([key, type]) => [
      '--search-attribute',
      `${key}=${type}`,
    ]),
  ]
}

/** Only what a program needs to run: passwords of ours do not belong into a process that may outlive us. */
function serverEnvironment(env: Environment, owner: ProcessIdentity): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = { [OWNER_VARIABLE]: JSON.stringify(owner) }
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL']) {
    if (env[name] !== undefined) kept[name] = env[name]
  }
  return kept
}

interface ServerOutput {
  readonly descriptor: number
  /** What this run wrote so far. */
  readonly read: () => Promise<string>
}

function openOutput(path: string): ServerOutput {
  const descriptor = openSync(path, 'a', 0o600)
  const size = statSync(path).size
  if (size > LOG_LIMIT_BYTES) {
    closeSync(descriptor)
    return { descriptor: openSync(path, 'w', 0o600), read: () => readFrom(path, 0) }
  }
  return { descriptor, read: () => readFrom(path, size) }
}

/** At most the last 64 kB that were written after `offset`. */
async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const from = Math.max(offset, size - 65_536)
    const buffer = Buffer.alloc(Math.max(0, size - from))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

function exitOf(child: ChildProcess): Promise<Pick<DevServerExit, 'code' | 'signal'>> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
}

function spawned(child: ChildProcess, binary: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new DevServerFailed(`${binary} cannot be started: ${error.message}`)))
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new DevServerFailed(`${binary} was started without a process id`))
      else resolve(child.pid)
    })
  })
}

/** Waits until the namespace is served, and sets its retention. Throws when `alive` says no or the time is up. */
async function waitUntilReady(options: DevServerOptions, timeoutMs: number, alive: () => boolean): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let lastProblem = 'no answer'
  while (Date.now() < deadline) {
    if (!alive()) throw new DevServerFailed('it ended while starting')
    try {
      await setRetention(`${HOST}:${options.port}`, options.namespace)
      return
    } catch (error) {
      lastProblem = messageOf(error)
    }
    await sleep(100)
  }
  throw new DevServerFailed(`it does not answer after ${Math.round(timeoutMs / 1000)} s: ${lastProblem}`)
}

/** Sets the namespace's retention to 72 h when it is another; throws when the server or the namespace is not there. */
async function setRetention(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 })
  try {
    await connection.withDeadline(Date.now() + 5_000, async () => {
      const { config } = await connection.workflowService.describeNamespace({ namespace })
      const present = config?.workflowExecutionRetentionTtl
      if (present && tsToMs(present) === RETENTION_MS) return
      await connection.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: msToTs(RETENTION_MS) },
      })
    })
  } finally {
    await connection.close()
  }
}

function explainFailure(options: DevServerOptions, output: string, error: unknown): Error {
  const damage = damageIn(output)
  if (damage !== undefined) return new DataFileDamaged(options.dataFile, damage)
  const taken = /:(\d+): bind: address already in use/.exec(output)?.[1]
  if (taken !== undefined) {
    const isUi = Number(taken) === options.uiPort
    return new PortInUse(
      Number(taken),
      isUi ? 'BVPRO_TEMPORAL_UI_PORT' : 'BVPRO_TEMPORAL_PORT',
      isUi ? 'the Temporal Web UI' : 'the Temporal server',
      describePortHolder(Number(taken)),
    )
  }
  const said = lastLines(output)
  return new DevServerFailed(
    `The Temporal dev server did not start: ${messageOf(error)}${said === '' ? '' : `. Its last words: ${said}`}`,
  )
}

/** The handle both kinds of server share; `ended` resolves when the process is gone. */
function handle(
  options: DevServerOptions,
  server: ProcessIdentity,
  adopted: boolean,
  ended: Promise<DevServerExit>,
): DevServer {
  const { dataFile, log, port, uiPort } = options
  let stopping: Promise<void> | undefined
  void ended.then((exit) => {
    if (stopping !== undefined) return
    log.error('temporal_server.ended', { pid: server.pid, code: exit.code, signal: exit.signal, output: exit.output })
    options.onExit?.(exit)
  })
  const stopServer = async () => {
    await terminate(server, STOP_GRACE_MS)
    await rm(pidFilePath(dataFile), { force: true })
    log.info('temporal_server.stopped', { pid: server.pid })
  }
  return {
    address: `${HOST}:${port}`,
    uiUrl: `http://${HOST}:${uiPort}`,
    pid: server.pid,
    adopted,
    stop: () => {
      stopping ??= stopServer()
      return stopping
    },
  }
}

function watchChild(
  options: DevServerOptions,
  server: ProcessIdentity,
  exited: Promise<Pick<DevServerExit, 'code' | 'signal'>>,
  readOutput: () => Promise<string>,
): DevServer {
  const ended = exited.then(async (exit) => ({
    ...exit,
    output: await readOutput().then(
      (text) => lastLines(text),
      (error) => `its log cannot be read: ${messageOf(error)}`,
    ),
  }))
  return handle(options, server, false, ended)
}

/** The exit of a process that is not our child can only be seen by looking. */
function watchAdopted(options: DevServerOptions, server: ProcessIdentity): DevServer {
  const ended = new Promise<DevServerExit>((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(server)) return
      clearInterval(timer)
      resolve({ code: null, signal: null, output: '' })
    }, WATCH_MS)
    timer.unref()
  })
  return handle(options, server, true, ended)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
