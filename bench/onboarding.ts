/**
 * On-boards houses with a loop of command lines, each a process of its own that does not wait for the import, against
 * an ordinary `bvpro up` and a town of as many houses nobody has configured. Tells when all calls had returned, when
 * all houses were polled, and when the history of all was imported.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { freePort } from '../src/runtime/servers/ports.ts'
import { type HouseSpec, inventHouses } from '../src/simulators/houses.ts'
import type { OperationProgress } from '../src/workflows/progress-messages.ts'
import { firstLine, start, stop } from './children.ts'
import { percentile } from './measure.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LIMIT_MS = 30 * 60_000
const LOOK_MS = 2_000

const { values } = parseArgs({
  options: {
    houses: { type: 'string', default: '100' },
    'import-days': { type: 'string', default: '90' },
    output: { type: 'string' },
  },
})
const count = Number(values.houses)
if (!Number.isInteger(count) || count < 1) throw new RangeError('--houses wants a whole number from 1')

interface Call {
  readonly workflowId: string
  readonly milliseconds: number
}

/** One `bvpro house add`, as a script would call it. */
async function addHouse({ username, password }: HouseSpec, env: NodeJS.ProcessEnv): Promise<Call> {
  const begun = performance.now()
  const child = spawn(
    process.execPath,
    [
      'bin/bvpro.js',
      ...['house', 'add', '--username', username, '--password-stdin', '--no-wait', '--json'],
      ...['--import-days', values['import-days']],
    ],
    { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'inherit'] },
  )
  child.stdin.end(password)
  const [answer, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`bvpro house add ended with ${code}`)
  return { workflowId: (JSON.parse(answer) as Call).workflowId, milliseconds: performance.now() - begun }
}

class Api {
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  async get<T>(path: string): Promise<T> {
    const headers = { authorization: `Bearer ${this.#token}`, connection: 'close' }
    const answer = await fetch(`${this.#url}${path}`, { headers })
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`)
    return (await answer.json()) as T
  }
}

/** Resolves with the seconds since `begun` when it holds. */
async function untilTrue(what: string, begun: number, holds: () => Promise<boolean>): Promise<number> {
  while (!(await holds())) {
    if (performance.now() - begun > LIMIT_MS) throw new Error(`not ${what} within ${LIMIT_MS / 60_000} minutes`)
    await delay(LOOK_MS)
  }
  return Math.round((performance.now() - begun) / 1000)
}

async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'bvpro-bench-onboarding-'))
  const loadBefore = loadavg()[0] ?? null
  let town: ChildProcess | undefined
  let bvpro: ChildProcess | undefined
  try {
    town = start(
      ['--import', 'tsx', 'src/simulators/server.ts', '--houses', String(count), '--exit-with-parent'],
      process.env,
      'pipe',
    )
    const urls = JSON.parse(await firstLine(town)) as Record<string, string>
    const port = await freePort()
    const env = {
      ...process.env,
      BVPRO_HOME: home,
      BVPRO_DEMO: '0',
      BVPRO_PORT: String(port),
      BVPRO_TEMPORAL_PORT: String(await freePort()),
      BVPRO_TEMPORAL_UI_PORT: String(await freePort()),
      HOMESIDE_URL: urls.homesideUrl,
      HOMESIDE_HISTORY_URL: urls.homesideHistoryUrl,
      SMHI_FORECAST_URL: urls.smhiForecastUrl,
      SMHI_OBSERVATIONS_URL: urls.smhiObservationsUrl,
    }
    bvpro = start(['bin/bvpro.js', 'up'], env, 'ignore')
    const url = `http://127.0.0.1:${port}`
    await untilTrue('ready', performance.now(), async () =>
      fetch(`${url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    const api = new Api(url, (await readFile(join(home, 'data', 'api-token'), 'utf8')).trim())

    const begun = performance.now()
    const polled = untilTrue('polled', begun, async () => {
      const { entities } = await api.get<{ entities: { health: string }[] }>('/api/v1/entities?kind=house')
      return entities.length === count && entities.every(({ health }) => health === 'ok')
    })
    // A failure of the calls is told first.
    polled.catch(() => undefined)
    const calls: Call[] = []
    for (const house of inventHouses(count)) calls.push(await addHouse(house, env))
    const callsSeconds = Math.round((performance.now() - begun) / 1000)
    process.stderr.write(`${count} calls returned after ${callsSeconds} s\n`)
    const polledSeconds = await polled
    process.stderr.write(`all houses polled after ${polledSeconds} s\n`)

    const open = new Set(calls.map(({ workflowId }) => workflowId))
    const failed: string[] = []
    const importedSeconds = await untilTrue('imported', begun, async () => {
      for (const id of open) {
        const { state, steps } = await api.get<OperationProgress>(`/api/v1/operations/${encodeURIComponent(id)}`)
        if (state === 'running') continue
        open.delete(id)
        if (state !== 'done' || steps.some((step) => step.state !== 'done')) failed.push(id)
      }
      return open.size === 0
    })
    const milliseconds = calls.map((call) => call.milliseconds).sort((a, b) => a - b)
    const result = {
      houses: count,
      importDays: Number(values['import-days']),
      callsSeconds,
      polledSeconds,
      importedSeconds,
      failed,
      callMs: {
        p50: Math.round(percentile(milliseconds, 0.5) ?? 0),
        p99: Math.round(percentile(milliseconds, 0.99) ?? 0),
      },
      // Above the number of cores, others were at work too, and the figures say little.
      loadAverage: { before: loadBefore, after: loadavg()[0] ?? null },
      machine: { cores: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version },
      note: 'One call after the other, each a process that signs in twice. Town, Temporal and BVPro share the cores.',
    }
    const table = new Table({
      head: ['houses', 'all calls', 'all polled', 'all imported', 'call p50', 'call p99', 'failed'],
      style: { head: [], border: [] },
    })
    const { p50, p99 } = result.callMs
    table.push([
      count,
      `${callsSeconds} s`,
      `${polledSeconds} s`,
      `${importedSeconds} s`,
      `${p50} ms`,
      `${p99} ms`,
      failed.length,
    ])
    const json = JSON.stringify(result, null, 2)
    process.stdout.write(`${table.toString()}\n${json}\n`)
    if (values.output !== undefined) await writeFile(values.output, `${json}\n`)
    if (failed.length > 0) process.exitCode = 1
  } finally {
    await stop(bvpro)
    await stop(town)
    await rm(home, { recursive: true, force: true })
  }
}

await main()
