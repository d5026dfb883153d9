/**
 * `node --import tsx bench/import.ts -- --days N --signals M --resolution MINUTES`: imports the history of one building
 * into an empty embedded store, from a source in the same process, chunk by chunk as the workflow does. Prints a table
 * and, as the last thing, one JSON document; `--output FILE` keeps that too.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import Table from 'cli-table3'
import { createEntityHistories } from '../src/activities/entity-history.ts'
import type { EntityWithHistory, ImportedChunk, ImportPlan } from '../src/activities/history-contract.ts'
import { createImportActivities } from '../src/activities/import-history.ts'
import { type FakeSignal, fakeHistory } from '../src/activities/testing/fake-history.ts'
import { parseBuilding } from '../src/config/building.ts'
import type { ConfiguredEntity } from '../src/config/catalogue.ts'
import { chunkAt, chunkCount } from '../src/domain/history/plan.ts'
import { silentLogger } from '../src/runtime/log.ts'
import { openSqliteTimeSeries } from '../src/store/timeseries/sqlite.ts'
import { residentMegabytes } from './measure.ts'

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '365' },
    signals: { type: 'string', default: '90' },
    resolution: { type: 'string', default: '60' },
    output: { type: 'string' },
  },
})
const days = positive('days', values.days)
const signalCount = positive('signals', values.signals)
const resolutionMinutes = positive('resolution', values.resolution)

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`--${name} wants a whole number from 1, not "${text}"`)
  return value
}

const BUILDING: EntityWithHistory = { kind: 'building', id: 'TE901_KVARNEN' }

function signals(): FakeSignal[] {
  return Array.from({ length: signalCount }, (_, index) => ({
    id: `id-${index}`,
    name: `K1.Signal_${index}`,
    unit: index % 3 === 0 ? 'kW' : '°C',
    value: (time) => 20 + 5 * Math.sin(time / 9_000_000 + index) + ((time / 300_000) % 11) / 100,
  }))
}

interface Round {
  readonly seconds: number
  readonly rows: number
  readonly values: number
  readonly longestBlockMs: number
}

async function importAll(store: ReturnType<typeof openSqliteTimeSeries>): Promise<Round> {
  const source = fakeHistory(signals())
  // A real server is waited for; without that the event loop would never turn.
  source.onQuery = () => setImmediate()
  const analogSignals = Object.fromEntries(
    signals().map(({ id, name, unit }) => [name, { signal_id: id, unit, fetch: true }]),
  )
  const document = { building_id: BUILDING.id, connection: { host: 'bms.example' }, analog_signals: analogSignals }
  const { config, problems } = parseBuilding(document, { id: BUILDING.id })
  if (config === null) throw new Error(JSON.stringify(problems))
  const histories = createEntityHistories({
    config: {
      get: async (ref) => ({ ref, config, origin: 'real', problems: [], etag: '1' }) as unknown as ConfiguredEntity,
    },
    houseHistory: () => source,
    buildingHistory: () => source,
    overridesOf: async () => ({}),
    housePollSeconds: async () => 300,
    buildingPollSeconds: async () => 300,
    defaultPosition: undefined,
    now: Date.now,
  })
  const activities = createImportActivities({
    histories,
    timeSeries: store,
    pastObservations: async () => undefined,
    log: silentLogger,
    now: Date.now,
  })
  const run = <A, R>(activity: (input: A) => Promise<R>, input: A): Promise<R> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(activity, input)

  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const startedAt = performance.now()
  const plan: ImportPlan = await run(activities.planImport, { entity: BUILDING, days, resolutionMinutes })
  let rows = 0
  let values = 0
  for (let index = 0; index < chunkCount(plan.range); index += 1) {
    const range = chunkAt(plan.range, index)
    const chunk: ImportedChunk = await run(activities.importChunk, {
      entity: BUILDING,
      range,
      resolutionMinutes,
      dryRun: false,
    })
    rows += chunk.rows
    values += Object.values(chunk.fields).reduce((sum, count) => sum + count.values, 0)
  }
  const seconds = (performance.now() - startedAt) / 1000
  delay.disable()
  return { seconds: round(seconds), rows, values, longestBlockMs: Math.round(delay.max / 1e6) }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bvpro-import-bench-'))
  const store = openSqliteTimeSeries(join(directory, 'timeseries.db'))
  let memoryMb = residentMegabytes(process.pid)
  const sampling = setInterval(() => {
    memoryMb = Math.max(memoryMb, residentMegabytes(process.pid))
  }, 100)
  try {
    const first = await importAll(store)
    const again = await importAll(store)
    const result = { days, signals: signalCount, resolutionMinutes, first, again, memoryMb }
    const table = new Table({ head: ['', 'time', 'points', 'values', 'longest block'] })
    for (const [name, round] of [
      ['first import', first],
      ['the same again', again],
    ] as const) {
      table.push([name, `${round.seconds} s`, round.rows, round.values, `${round.longestBlockMs} ms`])
    }
    process.stdout.write(`${table.toString()}\nmost memory: ${memoryMb} MB\n${JSON.stringify(result)}\n`)
    if (values.output !== undefined) await writeFile(values.output, `${JSON.stringify(result, null, 2)}\n`)
  } finally {
    clearInterval(sampling)
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
