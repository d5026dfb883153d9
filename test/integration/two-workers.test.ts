/**
 * Two `bvpro worker` and a `bvpro api` on one Temporal, PostgreSQL and InfluxDB, as in production: both poll, and kill -9
 * of the one that is writing to a house leaves the other to go on, without a write made twice.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../src/runtime/servers/ports.ts'
import { startTown, type Town, writeDemoHome } from '../../src/simulators/town.ts'
import { type InfluxServer, startInfluxd } from '../support/influx.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { testServer } from '../support/servers.ts'
import { startDevServer, type TestDevServer } from '../support/temporal.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TOKEN = 'token-of-two-workers'
const STEERED = 'HEM_FJV_Villa_901'
const servers = await Promise.all((['temporal', 'postgres', 'influxd'] as const).map(testServer))
const missing = servers.includes(undefined)

interface Entity {
  readonly id: string
  readonly health: string
  readonly lastPollAt: string | null
}
interface Control {
  readonly state: string
  readonly leaseUntil: string | null
  readonly baselineAt: string | null
}
interface LogLine {
  readonly event: string
  readonly epoch?: number
}

/** A process of BVPro, and what it has logged. */
class BvproProcess {
  readonly name: string
  readonly lines: LogLine[] = []
  readonly #child: ChildProcess
  #rest = ''
  #errors = ''

  constructor(name: string, command: string, env: Record<string, string>) {
    this.name = name
    this.#child = spawn(process.execPath, ['bin/bvpro.js', command], {
      cwd: ROOT,
      // Nothing of the developer's own environment may decide how a test goes.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString()).split('\n')
      this.#rest = lines.pop() ?? ''
      this.lines.push(...lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine))
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString()
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  has(event: string): boolean {
    if (this.#child.exitCode !== null)
      throw new Error(`${this.name} ended with ${this.#child.exitCode}: ${this.#errors}`)
    return this.lines.some((line) => line.event === event)
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    await ended
  }
}

let folder: string
let town: Town
let temporal: TestDevServer
let postgres: PostgresServer
let influx: InfluxServer
let api: BvproProcess
let url: string
let workers: BvproProcess[] = []

beforeAll(async () => {
  if (missing) return
  folder = await mkdtemp(join(tmpdir(), 'bvpro-two-workers-'))
  await mkdir(join(folder, 'data'))
  ;[town, temporal, postgres, influx] = await Promise.all([
    startTown({ houses: 4, pendingMs: 0 }),
    startDevServer(),
    startPostgres(),
    startInfluxd(),
  ])
  await writeDemoHome(folder, town.houses)
  const port = String(await freePort())
  url = `http://127.0.0.1:${port}`
  const env = {
    BVPRO_HOME: folder,
    BVPRO_PORT: port,
    BVPRO_API_TOKEN: TOKEN,
    BVPRO_POLL_SECONDS: '3',
    BVPRO_DEMO: '0',
    TEMPORAL_ADDRESS: temporal.address,
    DATABASE_URL: postgres.databaseUrl,
    INFLUX_URL: influx.url,
    INFLUX_TOKEN: influx.token,
    INFLUX_ORG: influx.org,
    INFLUX_BUCKET: influx.bucket,
    HOMESIDE_URL: town.homesideUrl,
    HOMESIDE_HISTORY_URL: town.homesideHistoryUrl,
    SMHI_FORECAST_URL: town.smhiForecastUrl,
    SMHI_OBSERVATIONS_URL: town.smhiObservationsUrl,
    OPENMETEO_URL: town.smhiForecastUrl,
  }
  workers = ['one', 'two'].map((name) => new BvproProcess(`worker ${name}`, 'worker', env))
  api = new BvproProcess('api', 'api', env)
  await until('all up', async () => api.has('api.ready') && workers.every((worker) => worker.has('worker.ready')))
})
afterAll(async () => {
  await Promise.all([...workers, ...(api === undefined ? [] : [api])].map((one) => one.end('SIGTERM')))
  await Promise.all([town?.close(), temporal?.remove(), postgres?.stop(), influx?.stop()])
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

async function until(what: string, holds: () => Promise<boolean>, seconds = 120): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not ${what} within ${seconds} s`)
    await delay(100)
  }
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}${path}`, { ...init, headers })
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

const put = (path: string, body: object) =>
  ask<object>(`/api/v1/entities/house/${STEERED}/${path}`, { method: 'PUT', body: JSON.stringify(body) })

const houses = async () => (await ask<{ entities: Entity[] }>('/api/v1/entities?kind=house')).entities

const control = async () => (await ask<{ control: Control }>(`/api/v1/entities/house/${STEERED}`)).control

async function controller() {
  const answer = await fetch(`${town.url}/town/houses/${STEERED}`)
  return (await answer.json()) as {
    state: { registers: { baseCurve: number[]; adaptation: boolean } }
    writes: { at: string; name: string; text: string }[]
  }
}

/** The process that has the turn to write to the house; undefined when nobody has. */
async function writer(): Promise<BvproProcess | undefined> {
  const database = new pg.Client({ connectionString: postgres.databaseUrl })
  await database.connect()
  try {
    const { rows } = await database.query<{ holder: string; expires_at: string }>(
      'SELECT holder, expires_at FROM lease WHERE name = $1',
      [`house-write:${STEERED}`],
    )
    const [lease] = rows
    if (lease === undefined || Number(lease.expires_at) < Date.now()) return undefined
    return workers.find(({ pid }) => lease.holder.split(':')[1] === String(pid))
  } finally {
    await database.end()
  }
}

/** Process ids that have read a house, from the history of its loop. */
async function readers(): Promise<Set<number>> {
  const connection = await Connection.connect({ address: temporal.address })
  try {
    const client = new Client({ connection })
    const pids = new Set<number>()
    for (const { id } of await houses()) {
      const { events } = await client.workflow.getHandle(`house:${id}`).fetchHistory()
      for (const { activityTaskStartedEventAttributes: started } of events ?? []) {
        if (started?.identity) pids.add(Number(started.identity.split('@')[0]))
      }
    }
    return pids
  } finally {
    await connection.close()
  }
}

describe.skipIf(missing)('two workers and an API on shared servers', () => {
  test('share the polling of all houses', async () => {
    await until('all read', async () => {
      const all = await houses()
      return all.length === 4 && all.every(({ health }) => health === 'ok')
    })
    await until('both read', async () => {
      const pids = await readers()
      return workers.every(({ pid }) => pids.has(pid))
    })
  })

  test('when the one that writes to a house is killed, the other goes on from there', async () => {
    const { registers: found } = (await controller()).state
    await put('setpoint', { temperature: 17.5 })
    await put('mode', { mode: 'rules' })
    const { baselineAt } = await control()
    const taken = (await controller()).state.registers.baseCurve
    // The write is in the controller, and was not read back yet.
    let killed: BvproProcess | undefined
    await until('a write under way', async () => {
      const { baseCurve } = (await controller()).state.registers
      if (baseCurve.join() !== taken.join()) killed = await writer()
      return killed !== undefined
    })
    await killed?.end('SIGKILL')
    const survivor = workers.find((worker) => worker !== killed)
    if (survivor === undefined) throw new Error('both workers were killed')
    const at = new Date().toISOString()

    // The turn of the dead ends 30 s after its last sign of life; until then nobody writes.
    await until('written by the other', async () => survivor.lines.some(({ event }) => event === 'control.written'))
    expect(await control()).toMatchObject({ state: 'held', baselineAt })
    await until('all read by the other', async () =>
      (await houses()).every(({ health, lastPollAt }) => health === 'ok' && (lastPollAt ?? '') > at),
    )

    const epochs = workers.flatMap(({ lines }) =>
      lines.flatMap(({ event, epoch }) => (event === 'control.written' ? [epoch] : [])),
    )
    expect(new Set(epochs).size).toBe(epochs.length)
    const { state, writes } = await controller()
    for (const [index] of state.registers.baseCurve.entries()) {
      const values = writes.filter(({ name }) => name.endsWith(`_Yref${index + 1}`)).map(({ text }) => text)
      // The write that was cut off is made once more; after that no value comes back, as it would with two at it.
      const changes = values.filter((value, position) => value !== values[position - 1])
      expect(new Set(changes).size).toBe(changes.length)
      for (const value of changes) expect(values.filter((other) => other === value).length).toBeLessThanOrEqual(2)
    }
    await put('mode', { mode: 'monitor' })
    const { registers } = (await controller()).state
    expect([registers.baseCurve, registers.adaptation]).toEqual([found.baseCurve, found.adaptation])
  })
})
