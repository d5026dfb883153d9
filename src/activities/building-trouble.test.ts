/**
 * Everything an Arrigo server may do to a building: a typed error and a reason on that building alone, nothing invented,
 * and back in order by itself.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parseBuilding } from '../config/building.ts'
import { createArrigoClient, createSessionRegistry } from '../connectors/arrigo/index.ts'
import { resetCircuitBreakers } from '../connectors/http.ts'
import { silentLogger } from '../runtime/log.ts'
import { freePort } from '../runtime/servers/ports.ts'
import type { OfficeDocument } from '../simulators/arrigo/demo-building.ts'
import type { ArrigoFaults } from '../simulators/arrigo/faults.ts'
import { type ArrigoTown, startArrigoTown } from '../simulators/arrigo/town.ts'
import { createBuildingActivities } from './building.ts'
import { type CycleFailure, openPollBench, type PollBench } from './testing/poll-bench.ts'

const START = Date.UTC(2026, 0, 14, 9, 5)
const POLL_MS = 300_000
const TROUBLED = 'TE901_KVARNEN'
/** A building on a server of its own. */
const NEIGHBOUR = 'TE902_ANNAN'
/** Two sensors of one name on two controllers. */
const OUTDOOR = 'KVARNEN1.GT_UTE'
const TWIN = 'KVARNEN3.GT_UTE'
const OUTDOOR_FIELD = 'outdoor_temp_fvc'
const TWIN_FIELD = 'outdoor_temp_third'

let bench: PollBench
let towns: Map<string, ArrigoTown>
let town: ArrigoTown
/** Changes of the configuration of the troubled building; a changed host needs another client. */
let host: string
let pollBuilding: ReturnType<typeof createBuildingActivities>['pollBuilding']
let minimum: number | undefined
/** As discovered; what it takes is the most expensive thing here. */
let documents: Map<string, OfficeDocument>
let password: string | undefined
let listMs: number | undefined

beforeEach(async () => {
  bench = await openPollBench(START)
  // Small pages, so that a list takes several calls.
  const options = { now: () => bench.time, rowsPerCall: 40, log: silentLogger }
  town = await startArrigoTown(options)
  towns = new Map([
    [TROUBLED, town],
    [NEIGHBOUR, await startArrigoTown(options)],
  ])
  host = town.url
  minimum = undefined
  password = undefined
  listMs = undefined
  documents = new Map()
  const sessions = createSessionRegistry()
  ;({ pollBuilding } = createBuildingActivities({
    ...bench.dependencies,
    config: {
      get: async ({ id }) => {
        const { config } = parseBuilding(documentOf(id), { id })
        const found = { ref: { kind: 'building', id }, origin: 'real', config, problems: [], unknownKeys: [] } as const
        return { ...found, file: '', etag: '' }
      },
    },
    arrigoClient: ({ id, config }) => {
      const { username, password: right } = townOf(id)
      const given = id === TROUBLED ? (password ?? right) : right
      return createArrigoClient({
        host: config.connection.host ?? '',
        credentials: async () => ({ username, password: given }),
        ...(id === TROUBLED && listMs !== undefined ? { timing: { listMs } } : {}),
        sessions,
      })
    },
    pollSecondsOf: async () => POLL_MS / 1000,
    defaultPosition: undefined,
  }))
})
afterEach(async () => {
  for (const each of towns.values()) await each.close()
  await bench.close()
  resetCircuitBreakers()
})

function townOf(id: string): ArrigoTown {
  const found = towns.get(id)
  if (found === undefined) throw new Error(`no town for ${id}`)
  return found
}

function documentOf(id: string) {
  const document = documents.get(id) ?? townOf(id).demoBuilding()
  documents.set(id, document)
  const { [OUTDOOR]: outdoor, [TWIN]: twin } = document.analog_signals
  const signals = {
    ...document.analog_signals,
    [OUTDOOR]: { ...outdoor, ...(minimum === undefined ? {} : { min_value: minimum }) },
    [TWIN]: { ...twin, fetch: true, field_name: TWIN_FIELD },
  }
  return {
    ...document,
    building_id: id,
    connection: { ...document.connection, ...(id === TROUBLED ? { host } : {}) },
    analog_signals: signals,
  }
}

const poll = (id: string) => bench.cycle(pollBuilding, id)
const status = (id: string) => bench.application.rows.get(`building:${id}`)
const readings = (id: string) =>
  bench.written.filter(({ measurement, tags }) => measurement === 'building_system' && tags.building_id === id)

async function nextCycle() {
  bench.time += POLL_MS
  return { trouble: await poll(TROUBLED), other: await poll(NEIGHBOUR) }
}

async function settle() {
  await nextCycle()
  expect([status(TROUBLED)?.health, status(NEIGHBOUR)?.health]).toEqual(['ok', 'ok'])
}

/** A server that answers, and is no Arrigo. */
async function startStranger(): Promise<string> {
  const server: Server = createServer((_, response) => response.writeHead(404).end())
  onTestFinished(() => {
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function failsAlone(type: string, reason: RegExp, health: string) {
  const before = readings(TROUBLED).length
  const { trouble, other } = await nextCycle()
  expect(trouble).toMatchObject({ type, message: expect.stringMatching(reason) })
  expect((trouble as CycleFailure).message).not.toContain(town.password)
  expect(status(TROUBLED)).toMatchObject({ failures: 1, reasonCode: type, health, failingSince: bench.time })
  expect(status(TROUBLED)?.reason).toMatch(reason)
  expect(readings(TROUBLED)).toHaveLength(before)
  expect(other).toMatchObject({ concern: null })
  expect(status(NEIGHBOUR)).toMatchObject({ failures: 0, reason: null, health: 'ok', lastGoodAt: bench.time })
}

async function isWellAgain() {
  const { trouble } = await nextCycle()
  expect(trouble).toMatchObject({ concern: null })
  expect(status(TROUBLED)).toMatchObject({ failures: 0, reason: null, health: 'ok', lastGoodAt: bench.time })
  expect(readings(TROUBLED).at(-1)?.time).toBe(bench.time)
}

describe('a wrong host', () => {
  test.each<[where: string, wrong: () => Promise<string>, type: string, reason: RegExp, health: string]>([
    [
      'where nobody listens',
      async () => `http://127.0.0.1:${await freePort()}`,
      'Unavailable',
      /ECONNREFUSED/,
      'degraded',
    ],
    ['that is no Arrigo server', startStranger, 'BadConfig', /no Arrigo server/, 'misconfigured'],
    ['without encryption', async () => 'http://bms.example.com', 'BadConfig', /unencrypted/, 'misconfigured'],
  ])('%s is told, and a corrected one is used at once', async (_, wrong, type, reason, health) => {
    await settle()
    host = await wrong()
    await failsAlone(type, reason, health)
    host = town.url
    await isWellAgain()
  })
})

describe.each<[cause: string, faults: ArrigoFaults, type: string, reason: RegExp, health: string]>([
  [
    'a query that comes back with errors and nothing else',
    { partial: ['analogs'] },
    'Unavailable',
    /Timeout/,
    'degraded',
  ],
  ['a page of HTML with 500', { htmlError: true }, 'Unavailable', /HTTP 500/, 'degraded'],
  ['a token that is refused however new it is', { unauthorized: true }, 'Unavailable', /own token/, 'degraded'],
  ['a connection torn down', { connectionReset: true }, 'Unavailable', /cannot be reached/, 'degraded'],
  ['a list whose pages lead nowhere', { repeatedCursor: ['analogs'] }, 'BadData', /analogs/, 'degraded'],
])('%s', (_, faults, type, reason, health) => {
  test('is told on that building alone, and is over when it is over', async () => {
    await settle()
    town.setFault(faults)
    await failsAlone(type, reason, health)
    town.setFault({})
    await isWellAgain()
  })
})

test('a server that hangs costs its time limit, and no other building anything', async () => {
  await settle()
  town.setFault({ slowMs: 60_000 })
  listMs = 300
  await failsAlone('Unavailable', /did not answer within 0.3 s/, 'degraded')
  town.setFault({})
  listMs = undefined
  await isWellAgain()
})

test('a refused password: offline at once, with the reason, and a corrected one is taken without a restart', async () => {
  await settle()
  password = 'not the word'
  await failsAlone('CredentialsRejected', /refused user name and password/, 'offline')
  password = undefined
  await isWellAgain()
})

describe('a token', () => {
  test('that expires between two pages of a list costs nothing: the list is complete, and read once', async () => {
    await settle()
    const complete = Object.keys(readings(TROUBLED)[0]?.fields ?? {})
    town.setFault({ expireAfterCalls: 2 })
    const { trouble } = await nextCycle()
    expect(trouble).toMatchObject({ concern: null })
    expect(Object.keys(readings(TROUBLED)[1]?.fields ?? {})).toEqual(complete)
    expect(readings(TROUBLED)).toHaveLength(2)
    expect(town.counts()).toMatchObject({ login: 1, refresh: 1 })
  })

  test('that rotated away, with a refresh that is refused, is replaced by signing in', async () => {
    await settle()
    town.setFault({ expireAfterCalls: 1, refreshRefused: true })
    await isWellAgain()
    expect(town.counts()).toMatchObject({ login: 2 })
  })
})

describe('partial data', () => {
  test('alarms that are not delivered cost no reading', async () => {
    await settle()
    town.setFault({ partial: ['alarms'] })
    const { trouble } = await nextCycle()
    expect(trouble).toMatchObject({ concern: null })
    expect(readings(TROUBLED).at(-1)?.time).toBe(bench.time)
    const counts = bench.written.filter(
      ({ measurement, time }) => measurement === 'building_alarms' && time === bench.time,
    )
    expect(counts.map(({ tags }) => tags.building_id)).toEqual([NEIGHBOUR])
    expect(bench.logged.events('building.alarms_not_read')).toMatchObject([{ id: TROUBLED }])
  })

  test('signals without a value and signals that have gone are left out, and the others are stored', async () => {
    await settle()
    const complete = readings(TROUBLED)[0]?.fields ?? {}
    town.setFault({ withoutValue: [OUTDOOR], vanished: [TWIN] })
    await nextCycle()
    const fields = readings(TROUBLED).at(-1)?.fields ?? {}
    expect(
      Object.keys(complete)
        .filter((field) => !(field in fields))
        .sort(),
    ).toEqual([OUTDOOR_FIELD, TWIN_FIELD].sort())
  })
})

test('one name on two controllers is two signals: each is stored in its own field with its own value', async () => {
  await settle()
  const fields = readings(TROUBLED)[0]?.fields ?? {}
  // The sensor of the third controller hangs in the sun: 0.4 K more.
  expect(Number(fields[TWIN_FIELD]) - Number(fields[OUTDOOR_FIELD])).toBeCloseTo(0.4, 1)
})

describe('a dead sensor that reads 0', () => {
  test('is left out where the configuration says that 0 cannot be', async () => {
    minimum = 0.5
    town.setFault({ deadSensors: [OUTDOOR] })
    await nextCycle()
    expect(status(TROUBLED)).toMatchObject({ health: 'ok' })
    expect(readings(TROUBLED)[0]?.fields).not.toHaveProperty(OUTDOOR_FIELD)
  })

  test('is stored as 0 where it may be: 0 and no value stay apart', async () => {
    town.setFault({ deadSensors: [OUTDOOR] })
    await nextCycle()
    expect(readings(TROUBLED)[0]?.fields[OUTDOOR_FIELD]).toBe(0)
    town.setFault({ withoutValue: [OUTDOOR] })
    await nextCycle()
    expect(readings(TROUBLED)[1]?.fields).not.toHaveProperty(OUTDOOR_FIELD)
  })
})

test('alarm times without a zone are UTC, and no event is told twice because of it', async () => {
  const events = () => bench.written.filter(({ measurement }) => measurement === 'building_alarm_event')
  const [name = ''] = town.alarmNames
  town.raiseAlarm(name)
  const raisedAt = Math.floor(bench.time / 1000) * 1000
  await nextCycle()
  const seen = events().length
  expect(events().some(({ time, tags }) => time === raisedAt && tags.building_id === TROUBLED)).toBe(true)
  town.setFault({ bareTimes: true })
  await nextCycle()
  expect(events().filter(({ tags }) => tags.building_id === TROUBLED).length).toBeLessThanOrEqual(seen)
  expect(events().every(({ time }) => time > Date.UTC(2025, 0, 1) && time <= bench.time)).toBe(true)
})

test('rooms whose registers were numbered anew go on under their names', async () => {
  await settle()
  const before = readings(TROUBLED)[0]?.fields ?? {}
  town.setFault({ renumbered: true })
  await nextCycle()
  expect(Object.keys(readings(TROUBLED)[1]?.fields ?? {})).toEqual(Object.keys(before))
})
