/**
 * Everything a Modbus device may do to a zone: a typed error and a reason on that zone alone, nothing written twice,
 * nothing invented, and back in order by itself.
 */
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseZone } from '../config/zone.ts'
import { createModbusClient, type ModbusClient } from '../connectors/modbus/index.ts'
import { silentLogger } from '../runtime/log.ts'
import { startZoneTown, type ZoneFaults, type ZoneTown } from '../simulators/zones/zone-town.ts'
import type { PollResult } from './contract.ts'
import { type CycleFailure, openPollBench, type PollBench } from './testing/poll-bench.ts'
import { createZoneActivities } from './zone.ts'

const START = Date.UTC(2026, 0, 14, 9, 3)
const POLL_MS = 30_000

let town: ZoneTown
let bench: PollBench
let clients: Map<string, ModbusClient>
let pollZone: ReturnType<typeof createZoneActivities>['pollZone']
/** The zone in trouble, and one that has nothing to do with it. */
let troubled: string
let neighbour: string

beforeEach(async () => {
  bench = await openPollBench(START)
  town = await startZoneTown({ zones: 2, now: () => bench.time, log: silentLogger })
  ;[troubled = '', neighbour = ''] = town.zones.map(({ id }) => id)
  clients = new Map()
  ;({ pollZone } = createZoneActivities({
    ...bench.dependencies,
    config: {
      get: async ({ id }) => {
        const { config } = parseZone(documentOf(id), { id })
        return { ref: { kind: 'zone', id }, origin: 'real', file: '', config, problems: [], unknownKeys: [], etag: '' }
      },
    },
    weather: { forecast: async () => undefined, observation: async () => undefined, refresh: async () => false },
    modbusClient: ({ id, config }) => {
      const { modbus_host: host, modbus_port: port } = config
      const circuit = { now: () => bench.time }
      const options = { host, port, timeoutMs: 1_000, longestPauseMs: POLL_MS / 2, circuit }
      const client = clients.get(id) ?? createModbusClient(options)
      clients.set(id, client)
      return client
    },
    pollSecondsOf: async () => POLL_MS / 1000,
    defaultPosition: undefined,
  }))
})
afterEach(async () => {
  for (const client of clients.values()) client.close()
  await town.close()
  await bench.close()
})

function documentOf(id: string) {
  const zone = town.zones.find((one) => one.id === id)
  return {
    name: zone?.name,
    modbus_host: zone?.host,
    modbus_port: zone?.port,
    preferences: { occupied_temp: 20.5, unoccupied_temp: 20.5 },
  }
}

const poll = (id: string) => bench.cycle(pollZone, id)
const status = (id: string) => bench.application.rows.get(`zone:${id}`)
const setpoint = (id: string) => town.inside(id).setpoint
const pointsOf = (id: string, measurement: string) =>
  bench.written.filter((point) => point.measurement === measurement && point.tags.zone_id === id)
const commands = (id: string) => pointsOf(id, 'zone_command').filter(({ fields }) => fields.status === 'written')

async function nextCycle(): Promise<{ trouble: PollResult | CycleFailure; other: PollResult | CycleFailure }> {
  bench.time += POLL_MS
  return { trouble: await poll(troubled), other: await poll(neighbour) }
}

/** Two cycles in which all is well and the setpoint gets written. */
async function settle() {
  await nextCycle()
  await nextCycle()
  expect([status(troubled)?.health, status(neighbour)?.health]).toEqual(['ok', 'ok'])
  expect([setpoint(troubled), setpoint(neighbour)]).toEqual([20.5, 20.5])
}

const CAUSES: [cause: string, faults: ZoneFaults, type: string, reason: RegExp, health: string][] = [
  ['a silent peer', { silent: true }, 'Unavailable', /no answer within/, 'degraded'],
  ['a connection reset in mid-frame', { resetMidFrame: true }, 'Unavailable', /connection broke/, 'degraded'],
  ['exception 1', { exception: 1 }, 'BadConfig', /exception 01/, 'misconfigured'],
  ['exception 2', { exception: 2 }, 'BadConfig', /exception 02|none of/, 'misconfigured'],
  ['exception 3', { exception: 3 }, 'BadConfig', /exception 03/, 'misconfigured'],
  ['exception 4', { exception: 4 }, 'Unavailable', /exception 04/, 'degraded'],
  ['exception 6', { exception: 6 }, 'RateLimited', /exception 06/, 'degraded'],
  ['a wrong transaction id', { badFrame: 'transaction' }, 'BadData', /transaction/, 'degraded'],
  ['a short frame', { badFrame: 'short' }, 'BadData', /malformed answer/, 'degraded'],
  ['the answer of another unit', { badFrame: 'unit' }, 'BadData', /unit/, 'degraded'],
  ['bytes of nothing', { badFrame: 'garbage' }, 'BadData', /malformed answer/, 'degraded'],
  ['a table of zeros', { zeros: true }, 'BadData', /bare zeros/, 'degraded'],
  ['a closed port', { closed: true }, 'Unavailable', /ECONNREFUSED/, 'degraded'],
]

describe.each(CAUSES)('%s', (_, faults, type, reason, health) => {
  test('is told on that zone alone, writes and invents nothing, and is over when it is over', async () => {
    await settle()
    const [readings, written] = [pointsOf(troubled, 'zone_reading').length, commands(troubled).length]
    await town.setFault(troubled, faults)
    for (let cycle = 1; cycle <= 2; cycle += 1) {
      const { trouble, other } = await nextCycle()
      expect(trouble).toMatchObject({ type, message: expect.stringMatching(reason) })
      expect(status(troubled)).toMatchObject({ failures: cycle, reasonCode: type, health })
      expect(status(troubled)?.reason).toMatch(reason)
      expect(status(troubled)?.lastGoodAt).toBe(START + 2 * POLL_MS)
      expect(other).toMatchObject({ concern: null })
      expect(status(neighbour)).toMatchObject({ failures: 0, reason: null, health: 'ok', lastGoodAt: bench.time })
    }
    expect(pointsOf(troubled, 'zone_reading')).toHaveLength(readings)
    expect(commands(troubled)).toHaveLength(written)

    await town.setFault(troubled, {})
    const { trouble } = await nextCycle()
    expect(trouble).toMatchObject({ concern: null })
    expect(status(troubled)).toMatchObject({ failures: 0, reason: null, health: 'ok', lastGoodAt: bench.time })
    expect(pointsOf(troubled, 'zone_reading')).toHaveLength(readings + 1)
    expect(pointsOf(troubled, 'zone_reading').at(-1)).toMatchObject({ time: bench.time })
    expect(setpoint(troubled)).toBe(20.5)
    // The device has kept its setpoint: what was not lost is not written again.
    expect(commands(troubled)).toHaveLength(written)
  })
})

test('a port closed for ten minutes: one failure a cycle, offline in between, found by the first poll after it', async () => {
  await settle()
  await town.setFault(troubled, { closed: true })
  const seen = new Set<string | undefined>()
  for (let cycle = 0; cycle < 20; cycle += 1) {
    const { trouble } = await nextCycle()
    expect(trouble).toMatchObject({ type: 'Unavailable' })
    seen.add(status(troubled)?.health)
  }
  expect(seen).toEqual(new Set(['degraded', 'offline']))
  expect(status(troubled)).toMatchObject({ failures: 20, health: 'offline', failingSince: START + 3 * POLL_MS })
  await town.setFault(troubled, {})
  expect((await nextCycle()).trouble).toMatchObject({ concern: null })
  expect(status(troubled)).toMatchObject({ failures: 0, health: 'ok' })
})

describe('a device that comes back with a setpoint of its own', () => {
  test('has the right one after the first cycle', async () => {
    await settle()
    await town.setFault(troubled, { closed: true })
    await nextCycle()
    await town.setFault(troubled, {})
    await turnByHand(22)
    await nextCycle()
    expect(setpoint(troubled)).toBe(20.5)
  })

  test('has it also when another worker process meets it first', async () => {
    await settle()
    await town.setFault(troubled, { closed: true })
    await nextCycle()
    await town.setFault(troubled, {})
    await turnByHand(22)
    // What a process remembers of its connections is gone; the store is not.
    for (const client of clients.values()) client.close()
    clients.clear()
    await nextCycle()
    expect(setpoint(troubled)).toBe(20.5)
    expect(status(troubled)).toMatchObject({ health: 'ok', reason: null })
  })
})

/** Somebody else writes the setpoint of the troubled zone, °C. */
async function turnByHand(temperature: number) {
  const { host = '', port = 0 } = town.zones.find(({ id }) => id === troubled) ?? {}
  const raw = Math.round(temperature * 10)
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, host, () =>
      socket.write(Buffer.from([0, 1, 0, 0, 0, 6, 1, 6, 0, 1, raw >> 8, raw & 0xff])),
    )
    socket.once('data', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}

test('two writers: a program that wants another setpoint is told of and not fought', async () => {
  await settle()
  const before = commands(troubled).length
  for (let cycle = 0; cycle < 120; cycle += 1) {
    await turnByHand(23)
    await nextCycle()
  }
  // An hour of 60 decisions: at once, after 5 and after 15 minutes, and perhaps once more.
  expect(commands(troubled).length - before).toBeLessThanOrEqual(5)
  expect(status(troubled)).toMatchObject({ failures: 0 })
  expect(commands(neighbour)).toHaveLength(1)
})

test('a write whose acknowledgement cannot be believed is not repeated when the device shows that it arrived', async () => {
  await town.setFault(troubled, { badFrame: 'echo' })
  const { trouble, other } = await nextCycle()
  expect(trouble).toMatchObject({ type: 'BadData' })
  expect(other).toMatchObject({ concern: null })
  expect(pointsOf(troubled, 'zone_command').map(({ fields }) => fields.status)).toEqual(['failed'])
  await town.setFault(troubled, {})
  await nextCycle()
  await nextCycle()
  expect(setpoint(troubled)).toBe(20.5)
  expect(commands(troubled)).toEqual([])
  expect(status(troubled)).toMatchObject({ failures: 0, health: 'ok' })
})
