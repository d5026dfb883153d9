/**
 * `npm run bench:fleet -- --houses N --minutes M`: N simulated houses on the whole embedded stack at the five-minute
 * cadence. The town runs in a process of its own; what is measured is one ordinary `bvpro up`. Prints a table and, as
 * the last thing, one JSON document; `--output FILE` keeps that too.
 */
import type { ChildProcess } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { freePort } from '../src/runtime/servers/ports.ts'
import { readServerRecord } from '../src/runtime/servers/temporal-record.ts'
import { firstLine, start, stop } from './children.ts'
import { cpuSeconds, percentile, residentMegabytes } from './measure.ts'

const SAMPLE_MS = 5_000
/** The first polls of all houses come at once, whatever the cadence; the figures start when they are through. */
const WARM_UP_LIMIT_MS = 15 * 60_000

const { values } = parseArgs({
  options: {
    houses: { type: 'string', default: '200' },
    minutes: { type: 'string', default: '10' },
    'poll-seconds': { type: 'string', default: '300' },
    output: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const houses = positive('houses', values.houses)
const minutes = positive('minutes', values.minutes)
const pollSeconds = positive('poll-seconds', values['poll-seconds'])

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`--${name} wants a whole number from 1, not "${text}"`)
  return value
}

interface Poll {
  readonly id: string
  readonly due: number
  readonly latenessMs: number
  readonly unstored: number
}

interface Log {
  readonly polls: Poll[]
  readonly failed: number
}

async function readLog(file: string): Promise<Log> {
  const polls: Poll[] = []
  let failed = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const entry = JSON.parse(line) as Record<string, unknown>
    if (entry.event === 'poll.failed') failed += 1
    if (entry.event !== 'poll.done') continue
    polls.push({
      id: String(entry.id),
      due: Date.parse(String(entry.due)),
      latenessMs: Number(entry.latenessMs),
      unstored: Number(entry.unstored),
    })
  }
  return { polls, failed }
}

async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'bvpro-fleet-'))
  let town: ChildProcess | undefined
  let bvpro: ChildProcess | undefined
  try {
    town = start(
      ['--import', 'tsx', 'src/simulators/server.ts', '--houses', String(houses), '--home', home, '--exit-with-parent'],
      process.env,
      'pipe',
    )
    const urls = JSON.parse(await firstLine(town)) as { homesideUrl: string; smhiForecastUrl: string }
    const environment = {
      ...process.env,
      BVPRO_HOME: home,
      BVPRO_DEMO: '0',
      BVPRO_PORT: String(await freePort()),
      BVPRO_TEMPORAL_PORT: String(await freePort()),
      BVPRO_TEMPORAL_UI_PORT: String(await freePort()),
      BVPRO_POLL_SECONDS: String(pollSeconds),
      HOMESIDE_URL: urls.homesideUrl,
      SMHI_FORECAST_URL: urls.smhiForecastUrl,
      SMHI_OBSERVATIONS_URL: urls.smhiForecastUrl,
    }
    const startedAt = Date.now()
    bvpro = start(['bin/bvpro.js', 'up'], environment, 'ignore')
    const logFile = join(home, 'data', 'logs', 'bvpro.log')

    const warmUpMs = await warmUp(logFile, startedAt, bvpro)
    process.stderr.write(
      `all ${houses} houses polled ${Math.round(warmUpMs / 1000)} s after the start; measuring ${minutes} min\n`,
    )
    // A whole interval later every house is on its own phase.
    await delay(15_000)
    const workerPid = bvpro.pid ?? 0
    const temporalPid = temporalPidOf(home)
    const from = Date.now()
    const before = { worker: cpuSeconds(workerPid), temporal: cpuSeconds(temporalPid), town: cpuSeconds(town.pid ?? 0) }
    const memory = { worker: [] as number[], temporal: [] as number[] }
    while (Date.now() - from < minutes * 60_000) {
      await delay(SAMPLE_MS)
      memory.worker.push(residentMegabytes(workerPid))
      memory.temporal.push(residentMegabytes(temporalPid))
    }
    const to = Date.now()
    const used = (after: number, earlier: number) => Math.round(((after - earlier) / ((to - from) / 1000)) * 1000) / 10
    const cpuPercent = {
      worker: used(cpuSeconds(workerPid), before.worker),
      temporal: used(cpuSeconds(temporalPid), before.temporal),
      town: used(cpuSeconds(town.pid ?? 0), before.town),
    }
    // Cycles due near the end are given time to finish before they may count as missed.
    await delay(30_000)
    const { polls, failed } = await readLog(logFile)
    const measured = polls.filter(({ due }) => due >= from && due < to - 1000)
    const lateness = measured.map(({ latenessMs }) => latenessMs).sort((a, b) => a - b)
    const result = {
      houses,
      minutes,
      pollSeconds,
      polls: measured.length,
      missedPolls: missedPolls(polls, from, to - 1000),
      failedAttempts: failed,
      unstoredReadings: measured.filter(({ unstored }) => unstored > 0).length,
      latenessMs: { p50: percentile(lateness, 0.5), p99: percentile(lateness, 0.99), max: lateness.at(-1) ?? null },
      cpuPercentOfOneCore: cpuPercent,
      memoryMb: {
        workerMax: Math.max(...memory.worker),
        temporalMax: Math.max(...memory.temporal),
      },
      firstPollOfAllHousesSeconds: Math.round(warmUpMs / 1000),
      machine: { cores: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version },
      note: 'Town, Temporal and BVPro share the cores. The worker is the one BVPro process, API and stores included.',
    }
    printTable(result)
    const json = JSON.stringify(result, null, 2)
    process.stdout.write(`${json}\n`)
    if (values.output !== undefined) await writeFile(values.output, `${json}\n`)
  } finally {
    await stop(bvpro)
    await stop(town)
    if (values.keep) process.stderr.write(`kept ${home}\n`)
    else await rm(home, { recursive: true, force: true })
  }
}

/** Every due time a house should have had between two instants, on the phase it was seen at; those without a poll. */
function missedPolls(polls: readonly Poll[], from: number, to: number): number {
  const interval = pollSeconds * 1000
  const byHouse = groupById(polls)
  let missed = 0
  for (const own of byHouse.values()) {
    const seen = new Set(own.map(({ due }) => due))
    const anchor = own.at(-1)?.due ?? 0
    const first = anchor - Math.floor((anchor - from) / interval) * interval
    for (let due = first; due < to; due += interval) if (!seen.has(due)) missed += 1
  }
  return missed + (houses - byHouse.size) * Math.floor((to - from) / interval)
}

function groupById(polls: readonly Poll[]): Map<string, Poll[]> {
  const groups = new Map<string, Poll[]>()
  for (const poll of polls) {
    const own = groups.get(poll.id)
    if (own === undefined) groups.set(poll.id, [poll])
    else own.push(poll)
  }
  return groups
}

async function warmUp(logFile: string, startedAt: number, bvpro: ChildProcess): Promise<number> {
  for (;;) {
    await delay(2_000)
    if (bvpro.exitCode !== null) throw new Error(`bvpro ended with exit code ${bvpro.exitCode}`)
    const seen = await readLog(logFile).then(
      ({ polls }) => new Set(polls.map(({ id }) => id)).size,
      () => 0,
    )
    if (seen >= houses) return Date.now() - startedAt
    if (Date.now() - startedAt > WARM_UP_LIMIT_MS) throw new Error(`only ${seen} of ${houses} houses were polled`)
  }
}

function temporalPidOf(home: string): number {
  const record = readServerRecord(join(home, 'data', 'temporal.db'))
  if (record === undefined) throw new Error('no Temporal server runs')
  return record.server.pid
}

function printTable(result: {
  houses: number
  polls: number
  missedPolls: number
  latenessMs: { p50: number | null; p99: number | null; max: number | null }
  cpuPercentOfOneCore: { worker: number; temporal: number; town: number }
  memoryMb: { workerMax: number; temporalMax: number }
}): void {
  const table = new Table({
    head: [
      'houses',
      'polls',
      'missed',
      'late p50',
      'late p99',
      'late max',
      'CPU worker',
      'CPU Temporal',
      'CPU town',
      'RSS worker',
      'RSS Temporal',
    ],
    style: { head: [], border: [] },
  })
  table.push([
    result.houses,
    result.polls,
    result.missedPolls,
    `${result.latenessMs.p50} ms`,
    `${result.latenessMs.p99} ms`,
    `${result.latenessMs.max} ms`,
    `${result.cpuPercentOfOneCore.worker} %`,
    `${result.cpuPercentOfOneCore.temporal} %`,
    `${result.cpuPercentOfOneCore.town} %`,
    `${result.memoryMb.workerMax} MB`,
    `${result.memoryMb.temporalMax} MB`,
  ])
  process.stdout.write(`${table.toString()}\n`)
}

await main()
