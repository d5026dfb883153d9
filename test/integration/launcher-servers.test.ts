/** The Temporal dev server as the launcher handles it: with real processes, real ports and real data files. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Connection } from '@temporalio/client'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/runtime/log.ts'
import { freePort } from '../../src/runtime/servers/ports.ts'
import { identityOf, isRunning, terminate } from '../../src/runtime/servers/process-identity.ts'
import {
  type DevServer,
  type DevServerExit,
  type DevServerOptions,
  startTemporalDevServer,
} from '../../src/runtime/servers/temporal-dev-server.ts'
import {
  DataFileDamaged,
  DataFileInUse,
  DevServerFailed,
  PortInUse,
} from '../../src/runtime/servers/temporal-errors.ts'
import { testServer } from '../support/servers.ts'

const binary = await testServer('temporal')
const OWNER = fileURLToPath(new URL('../support/dev-server-owner.ts', import.meta.url))

describe.skipIf(binary === undefined)('the Temporal dev server of the launcher', () => {
  let folder: string
  let options: DevServerOptions
  let stopped: (() => Promise<void>)[]

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bvpro-launcher-'))
    stopped = []
    options = {
      binary: binary ?? '',
      dataFile: join(folder, 'temporal.db'),
      port: await freePort(),
      uiPort: await freePort(),
      namespace: 'default',
      log: silentLogger,
    }
  })

  afterEach(async () => {
    for (const stop of stopped.reverse()) await stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(overrides: Partial<DevServerOptions> = {}): Promise<DevServer> {
    const server = await startTemporalDevServer({ ...options, ...overrides })
    stopped.push(() => server.stop())
    return server
  }

  /** Another process starts the server; resolves when the server answers. */
  async function startInAnotherProcess(): Promise<{ owner: ChildProcess; serverPid: number }> {
    const { log: _, ...plain } = options
    const owner = spawn(process.execPath, ['--import', 'tsx', OWNER, JSON.stringify(plain)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    stopped.push(() => end(owner))
    const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string]
    const { pid } = JSON.parse(line) as { pid: number }
    stopped.push(() => terminate(identityOf(pid), 5_000))
    return { owner, serverPid: pid }
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  test('starts, keeps histories for 72 hours, writes its own log, and ends in order', async () => {
    const server = await start({ namespace: 'plant' })
    expect(server).toMatchObject({ adopted: false, address: `127.0.0.1:${options.port}` })
    const connection = await Connection.connect({ address: server.address })
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'plant' })
    await connection.close()
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(72 * 3600)

    await server.stop()
    expect(isRunning({ pid: server.pid, startedAt: null })).toBe(false)
    expect(existsSync(`${options.dataFile}.pid`)).toBe(false)
  })

  test('hands no secret of ours to the server', async () => {
    process.env.BVPRO_API_TOKEN = 'planted-secret'
    try {
      const server = await start()
      if (process.platform === 'linux') {
        expect(readFileSync(`/proc/${server.pid}/environ`, 'utf8')).not.toContain('planted-secret')
      }
    } finally {
      delete process.env.BVPRO_API_TOKEN
    }
  })

  test('is adopted after its BVPro was killed, and not started a second time', async () => {
    const { owner, serverPid } = await startInAnotherProcess()
    await end(owner)
    const server = await start()
    expect(server).toMatchObject({ adopted: true, pid: serverPid })
    await server.stop()
    expect(isRunning({ pid: serverPid, startedAt: null })).toBe(false)
  })

  test('an orphan on another port is ended before a new server takes its data file', async () => {
    const { owner, serverPid } = await startInAnotherProcess()
    await end(owner)
    const server = await start({ port: await freePort() })
    expect(server.adopted).toBe(false)
    expect(isRunning({ pid: serverPid, startedAt: null })).toBe(false)
  })

  test.runIf(process.platform === 'linux')('an orphan whose pid file is lost is found by its data file', async () => {
    const { owner, serverPid } = await startInAnotherProcess()
    await end(owner)
    rmSync(`${options.dataFile}.pid`)
    const server = await start()
    expect(server.pid).not.toBe(serverPid)
    expect(isRunning({ pid: serverPid, startedAt: null })).toBe(false)
  })

  test('a pid file that names another, later process with the same id is not believed', async () => {
    const stranger = spawn('sleep', ['60'])
    stopped.push(() => end(stranger))
    const server = { pid: stranger.pid, startedAt: 'long ago' }
    const record = { server, owner: server, port: options.port, uiPort: options.uiPort, dataFile: options.dataFile }
    writeFileSync(`${options.dataFile}.pid`, JSON.stringify(record))
    expect((await start()).adopted).toBe(false)
    expect(stranger.exitCode).toBeNull()
    expect(stranger.signalCode).toBeNull()
  })

  test('a second BVPro on the same data is refused while the first lives', async () => {
    const { owner } = await startInAnotherProcess()
    await expect(start()).rejects.toThrow(DataFileInUse)
    await expect(start({ port: await freePort() })).rejects.toThrow(new RegExp(`process ${owner.pid} uses`))
  })

  test('a port in use is named with its holder and the variable that changes it', async () => {
    const stranger = createServer()
    stranger.listen(options.port, '127.0.0.1')
    await once(stranger, 'listening')
    stopped.push(() => new Promise((resolve) => stranger.close(() => resolve())))
    const failure = await start().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(PortInUse)
    expect(String(failure)).toContain(`Port ${options.port}`)
    expect(String(failure)).toContain('BVPRO_TEMPORAL_PORT')
    if (process.platform === 'linux') expect(String(failure)).toContain(`process ${process.pid} (`)
  })

  test('a port of the Web UI in use is named with its own variable', async () => {
    const stranger = createServer()
    stranger.listen(options.uiPort, '127.0.0.1')
    await once(stranger, 'listening')
    stopped.push(() => new Promise((resolve) => stranger.close(() => resolve())))
    await expect(start()).rejects.toThrow('BVPRO_TEMPORAL_UI_PORT')
  })

  test('a data file that is no database is refused by name and left as it is', async () => {
    writeFileSync(options.dataFile, 'these are somebody’s notes, kept in the wrong place')
    const failure = await start().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(DataFileDamaged)
    expect(String(failure)).toContain(options.dataFile)
    expect(readFileSync(options.dataFile, 'utf8')).toContain('notes')
  })

  test('a database file that lost its second half is reported as damaged, not as a server that does not start', async () => {
    await (await start()).stop()
    // Recent pages are in the -wal file, from which SQLite would heal the loss.
    const database = new Database(options.dataFile)
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.close()
    const whole = readFileSync(options.dataFile)
    writeFileSync(options.dataFile, whole.subarray(0, Math.floor(whole.length / 2)))
    await expect(start()).rejects.toThrow(/Temporal data file .* is damaged .*Move it away/)
    expect(existsSync(`${options.dataFile}.pid`)).toBe(false)
  })

  test('a program that cannot be run is said so', async () => {
    await expect(start({ binary: join(folder, 'nothing-here') })).rejects.toThrow(DevServerFailed)
  })

  test('an unexpected end is told, and the next start works on the same data', async () => {
    const exits: DevServerExit[] = []
    const ended = new Promise<void>((resolve) => {
      stopped.push(async () => resolve())
      void start({
        onExit: (exit) => {
          exits.push(exit)
          resolve()
        },
      }).then(({ pid }) => process.kill(pid, 'SIGKILL'))
    })
    await ended
    expect(exits).toEqual([expect.objectContaining({ signal: 'SIGKILL' })])
    expect((await start()).adopted).toBe(false)
  })

  test('stopping on purpose is no unexpected end', async () => {
    const exits: DevServerExit[] = []
    const server = await start({ onExit: (exit) => exits.push(exit) })
    await server.stop()
    await server.stop()
    expect(exits).toEqual([])
  })
})
