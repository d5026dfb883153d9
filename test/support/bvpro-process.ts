/** A whole BVPro as a user has it: `bvpro up` as a process of its own, on free ports, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { freePort } from '../../src/runtime/servers/ports.ts'
import { readServerRecord } from '../../src/runtime/servers/temporal-record.ts'
import { serverPath } from './servers.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface EntityAnswer {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly health: string
  readonly reason: string | null
  readonly reasonCode: string | null
  readonly mode: string
  readonly paused: boolean
  readonly workflowId: string
  readonly lastPollAt: string | null
  readonly lastReading: Record<string, number> | null
  readonly problems?: readonly { readonly path: string; readonly message: string }[]
}

/** One installation; its process may be started and killed several times. */
export class Installation {
  readonly home: string
  readonly #env: Record<string, string>
  #child: ChildProcess | undefined
  #output = ''

  private constructor(home: string, env: Record<string, string>) {
    this.home = home
    this.#env = env
  }

  /** Throws when the Temporal dev server cannot be had. */
  static async create(env: Record<string, string> = {}): Promise<Installation> {
    const temporal = await serverPath('temporal')
    const home = await mkdtemp(join(tmpdir(), 'bvpro-home-'))
    return new Installation(home, {
      BVPRO_HOME: home,
      TEMPORAL_CLI_PATH: temporal,
      BVPRO_PORT: String(await freePort()),
      BVPRO_TEMPORAL_PORT: String(await freePort()),
      BVPRO_TEMPORAL_UI_PORT: String(await freePort()),
      ...env,
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#env.BVPRO_PORT}`
  }

  get port(): string {
    return this.#env.BVPRO_PORT ?? ''
  }

  get temporalAddress(): string {
    return `127.0.0.1:${this.#env.BVPRO_TEMPORAL_PORT}`
  }

  get output(): string {
    return this.#output
  }

  get logFile(): string {
    return join(this.home, 'data', 'logs', 'bvpro.log')
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('BVPro does not run')
    return this.#child.pid
  }

  /** Process id of the embedded Temporal server. */
  get temporalPid(): number {
    const record = readServerRecord(join(this.home, 'data', 'temporal.db'))
    if (record === undefined) throw new Error('no Temporal server runs')
    return record.server.pid
  }

  /** Starts the process and waits until it says that all is ready. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, ['bin/bvpro.js', 'up'], {
      cwd: ROOT,
      // Nothing of the developer's own environment may decide how a test goes.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-50_000)
      })
    }
    await this.until('ready', async () => {
      if (child.exitCode !== null) throw new Error(`bvpro up ended with ${child.exitCode}:\n${this.#output}`)
      return this.#output.includes('Web page')
    })
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    return child.exitCode
  }

  async stop(): Promise<number | null> {
    return this.kill('SIGTERM')
  }

  /** Ends the process and what it left behind, and removes the folder. */
  async remove(): Promise<void> {
    await this.stop()
    const left = readServerRecord(join(this.home, 'data', 'temporal.db'))
    if (left !== undefined) process.kill(left.server.pid, 'SIGKILL')
    await rm(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  get token(): string {
    return readFileSync(join(this.home, 'data', 'api-token'), 'utf8').trim()
  }

  async request(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      ...init,
      // A test that computes for seconds would meet a kept connection the server has given up meanwhile.
      headers: {
        connection: 'close',
        authorization: `Bearer ${this.token}`,
        ...(init.headers as Record<string, string> | undefined),
      },
    })
  }

  async get<T>(path: string): Promise<T> {
    const response = await this.request(path)
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async entities(): Promise<EntityAnswer[]> {
    return (await this.get<{ entities: EntityAnswer[] }>('/api/v1/entities')).entities
  }

  async entity(id: string): Promise<EntityAnswer | undefined> {
    return (await this.entities()).find((entity) => entity.id === id)
  }

  async temporal<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const connection = await Connection.connect({ address: this.temporalAddress })
    try {
      return await work(new Client({ connection }))
    } finally {
      await connection.close()
    }
  }

  /** Waits for a condition; the error tells what BVPro printed. */
  async until(what: string, holds: () => Promise<boolean>, seconds = 90): Promise<void> {
    const deadline = Date.now() + seconds * 1000
    let last: unknown
    while (Date.now() < deadline) {
      try {
        if (await holds()) return
        last = undefined
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('bvpro up ended')) throw error
        last = error
      }
      await delay(200)
    }
    throw new Error(`not ${what} within ${seconds} s (${String(last)})\n${this.#output}`)
  }
}
