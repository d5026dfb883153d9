import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { freePort } from '../../runtime/servers/ports.ts'
import { inventZones, startZoneTown, type TownZone, type ZoneTown, type ZoneTownOptions } from './zone-town.ts'

const START = Date.UTC(2026, 0, 15, 6, 10)
const HOUR = 3_600_000

let clock: number
let directory: string
const towns: ZoneTown[] = []
const sockets: Socket[] = []

beforeEach(async () => {
  clock = START
  directory = await mkdtemp(path.join(tmpdir(), 'zones-'))
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const town of towns.splice(0)) await town.close()
  await rm(directory, { recursive: true })
})

async function open(options: ZoneTownOptions = {}): Promise<ZoneTown> {
  const town = await startZoneTown({ now: () => clock, log: silentLogger, ...options })
  towns.push(town)
  return town
}

async function close(town: ZoneTown): Promise<void> {
  towns.splice(towns.indexOf(town), 1)
  await town.close()
}

function zoneOf(town: ZoneTown, index = 0): TownZone {
  const zone = town.zones[index]
  if (zone === undefined) throw new Error(`no zone ${index}`)
  return zone
}

/** Without any answer, and after one: how long to wait for more, milliseconds. */
const SILENCE_MS = { before: 400, after: 80 }

/** Bytes in, bytes out: no Modbus client of ours is involved. Resolves when nothing more has come for a moment. */
function exchange(zone: TownZone, ...segments: string[]): Promise<string> {
  return converse(zone, segments, Number.POSITIVE_INFINITY)
}

/** @param enough bytes after which there is nothing to wait for */
function converse({ host, port }: TownZone, segments: readonly string[], enough: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host)
    sockets.push(socket)
    let received = ''
    let quiet: NodeJS.Timeout | undefined
    const waitOn = () => {
      clearTimeout(quiet)
      quiet = setTimeout(() => resolve(received), received === '' ? SILENCE_MS.before : SILENCE_MS.after)
    }
    socket.setNoDelay(true)
    socket.on('connect', async () => {
      for (const segment of segments) {
        socket.write(Buffer.from(segment.replaceAll(' ', ''), 'hex'))
        await new Promise((next) => setTimeout(next, 15))
      }
      waitOn()
    })
    socket.on('data', (chunk) => {
      received += chunk.toString('hex')
      if (received.length / 2 >= enough) resolve(received)
      else waitOn()
    })
    socket.on('close', () => resolve(`${received}|closed`))
    socket.on('error', reject)
  })
}

/** Register words of a zone. */
async function registers(zone: TownZone): Promise<number[]> {
  const answer = Buffer.from(await converse(zone, ['0001 0000 0006 01 03 0000 0004'], 17), 'hex')
  return [0, 1, 2, 3].map((index) => answer.readInt16BE(9 + 2 * index))
}

describe('the zone town', () => {
  test('is five rooms on five ports of this machine, as they start', async () => {
    const town = await open()
    expect(town.zones.map(({ id, name, host, unitId }) => [id, name, host, unitId])).toEqual([
      ['living-room', 'Living Room', '127.0.0.1', 1],
      ['bedroom', 'Bedroom', '127.0.0.1', 1],
      ['kitchen', 'Kitchen', '127.0.0.1', 1],
      ['office', 'Office', '127.0.0.1', 1],
      ['guest-room', 'Guest Room', '127.0.0.1', 1],
    ])
    expect(new Set(town.zones.map(({ port }) => port)).size).toBe(5)
    const starts = [
      [19, 22, true],
      [21, 20, false],
      [18, 20, true],
      [19.5, 21, false],
      [17, 19, false],
    ] as const
    for (const [index, [temperature, setpoint, occupied]] of starts.entries()) {
      expect(town.inside(zoneOf(town, index).id)).toMatchObject({ temperature, setpoint, occupied })
      const words = await registers(zoneOf(town, index))
      expect(Math.abs((words[0] ?? 0) - temperature * 10)).toBeLessThanOrEqual(1)
      expect(words.slice(1)).toEqual([setpoint * 10, occupied ? 1 : 0, 0])
    }
  })

  test('takes the ports it is given, in a row or one by one, and leaves nothing behind when one is taken', async () => {
    const free = await freePort()
    const one = await open({ zones: 1, ports: free })
    expect(zoneOf(one).port).toBe(free)
    const others = [await freePort(), await freePort()]
    const two = await open({ zones: 2, ports: others })
    expect(two.zones.map(({ port }) => port)).toEqual(others)
    const again = await freePort()
    await expect(startZoneTown({ zones: 2, ports: [again, free], log: silentLogger })).rejects.toThrow(/EADDRINUSE/)
    expect(zoneOf(await open({ zones: 1, ports: again })).port).toBe(again)
    await expect(startZoneTown({ zones: 2, ports: [0], log: silentLogger })).rejects.toThrow('no port for zone 2')
  })

  test('has as many rooms as wanted, each with its own id', async () => {
    const zones = inventZones(40, 1)
    expect(new Set(zones.map(({ id }) => id)).size).toBe(40)
    expect(zones[5]?.physics.heaterKw).not.toBe(zones[0]?.physics.heaterKw)
    expect((await open({ zones: 12 })).zones).toHaveLength(12)
    const twin = inventZones(1, 1)
    await expect(startZoneTown({ zones: [...twin, ...twin], log: silentLogger })).rejects.toThrow('the same id')
  })

  test('the same seed makes the same life, another seed another', async () => {
    const life = async (seed: number) => {
      clock = START
      const town = await open({ seed })
      const seen: unknown[] = []
      for (let hour = 0; hour < 48; hour += 1) {
        clock += HOUR
        seen.push(town.zones.map(({ id }) => ({ ...town.inside(id), connections: 0 })))
      }
      return seen
    }
    const [one, two, other] = [await life(3), await life(3), await life(4)]
    expect(two).toEqual(one)
    expect(other).not.toEqual(one)
  })

  test('rooms warm to their setpoints, people come and go, and it is as cold outside as in the town', async () => {
    const town = await open()
    const comings = new Map(town.zones.map(({ id }) => [id, new Set<boolean>()]))
    for (let minute = 0; minute < 72 * 60; minute += 5) {
      clock += 5 * 60_000
      for (const { id } of town.zones) comings.get(id)?.add(town.inside(id).occupied)
    }
    for (const { id, spec } of town.zones) {
      const { temperature, weather } = town.inside(id)
      expect(temperature, id).toBeGreaterThan(spec.startSetpoint - 0.6)
      expect(temperature, id).toBeLessThan(spec.startSetpoint + 4)
      expect(weather.temperature).toBeLessThan(15)
    }
    expect(['living-room', 'bedroom', 'kitchen', 'office'].map((id) => comings.get(id)?.size)).toEqual([2, 2, 2, 2])
  })
})

describe('a zone device on the wire', () => {
  let town: ZoneTown
  let zone: TownZone
  beforeEach(async () => {
    town = await open()
    zone = zoneOf(town)
  })

  test.each([
    ['one register', '0007 0000 0006 01 03 0001 0001', '000700000005010302' + '00dc'],
    ['a write with function 06', '0008 0000 0006 01 06 0001 00d2', '000800000006010600' + '0100d2'],
    ['a write with function 16', '0009 0000 0009 01 10 0001 0001 02 00d2', '000900000006011000' + '010001'],
    ['an address beyond the last: exception 02', '0001 0000 0006 01 03 0004 0001', '000100000003018302'],
    ['a run beyond the last: exception 02', '0001 0000 0006 01 03 0002 0003', '000100000003018302'],
    ['no registers: exception 03', '0001 0000 0006 01 03 0000 0000', '000100000003018303'],
    ['126 registers: exception 03', '0001 0000 0006 01 03 0000 007e', '000100000003018303'],
    ['input registers: exception 01', '0001 0000 0006 01 04 0000 0004', '000100000003018401'],
    ['coils: exception 01', '0001 0000 0006 01 01 0000 0001', '000100000003018101'],
    ['an unknown function: exception 01', '0001 0000 0002 01 63', '00010000000301e301'],
    ['another unit: exception 0B', '0001 0000 0006 02 03 0000 0001', '00010000000302830b'],
    ['a write to the temperature: exception 02', '0001 0000 0006 01 06 0000 00d2', '000100000003018602'],
    ['a setpoint of 6553.5 °C: exception 03', '0001 0000 0006 01 06 0001 ffff', '000100000003018603'],
    ['a short write: exception 03', '0001 0000 0004 01 06 0001', '000100000003018603'],
    ['another protocol: closed', '0001 0005 0006 01 03 0000 0001', '|closed'],
    ['garbage: closed', 'ffffffffffffffffffffffffffffffffffffffff', '|closed'],
  ])('%s', async (_, request, answer) => {
    expect(await exchange(zone, request)).toBe(answer)
  })

  test('several requests in one segment, and one in two', async () => {
    const request = '0007 0000 0006 01 03 0001 0001'
    const answer = '00070000000501030200dc'
    expect(await exchange(zone, request + request + request)).toBe(answer.repeat(3))
    expect(await exchange(zone, '0007 0000 0006 01', '03 0001 0001')).toBe(answer)
  })

  test('a write of several registers is taken whole or not at all', async () => {
    expect(await exchange(zone, '0001 0000 000b 01 10 0001 0002 04 00d2 0001')).toBe('000100000003019002')
    expect(town.inside(zone.id).setpoint).toBe(22)
  })

  test('a written setpoint stays and steers the heater', async () => {
    await exchange(zone, '0001 0000 0006 01 06 0001 0096')
    clock += 60_000
    expect(town.inside(zone.id)).toMatchObject({ setpoint: 15, heaterOn: false })
    await exchange(zone, '0001 0000 0006 01 06 0001 00fa')
    clock += 60_000
    expect(await registers(zone)).toEqual([expect.any(Number), 250, 1, 1])
  })

  test('a room below zero is shown in two’s complement', async () => {
    const [model] = inventZones(1, 1)
    if (model === undefined) throw new Error('no zone')
    const cold = await open({ zones: [{ ...model, startTemperature: -0.55 }] })
    const [word] = await registers(zoneOf(cold))
    expect(word).toBeLessThanOrEqual(-5)
    expect(word).toBeGreaterThanOrEqual(-6)
  })
})

describe('trouble of a zone', () => {
  let town: ZoneTown
  let zone: TownZone
  const READ = '0007 0000 0006 01 03 0001 0001'
  const RIGHT = '00070000000501030200dc'
  beforeEach(async () => {
    town = await open()
    zone = zoneOf(town)
  })

  test.each([
    ['exception-function', '000700000003' + '01800b'],
    ['transaction-zero', '000000000003' + '01a801'],
    ['transaction', '03ef00000005' + '01030200dc'],
    ['protocol', '000700050005' + '01030200dc'],
    ['length-zero', '000700000000' + '01030200dc'],
    ['length-huge', '00070000ffff' + '01030200dc'],
    ['unit', '000700000005' + '02030200dc'],
    ['function', '000700000005' + '01040200dc'],
    ['byte-count', '000700000003' + '010300'],
    ['short', '000700000004' + '01030200'],
    ['echo', RIGHT],
    ['garbage', 'ff'.repeat(20)],
  ] as const)('bad frame %s', async (badFrame, answer) => {
    await town.setFault(zone.id, { badFrame })
    expect(await exchange(zone, READ)).toBe(answer)
    await town.setFault(zone.id, {})
    expect(await exchange(zone, READ)).toBe(RIGHT)
  })

  test('a wrong echo', async () => {
    await town.setFault(zone.id, { badFrame: 'echo' })
    expect(await exchange(zone, '0007 0000 0006 01 06 0001 00d2')).toBe('00070000000601060001002d')
  })

  test('exceptions, silence for a number of requests, doubled and fragmented answers', async () => {
    await town.setFault(zone.id, { exception: 6 })
    expect(await exchange(zone, READ)).toBe('000700000003018306')
    await town.setFault(zone.id, { silent: 1 })
    expect(await exchange(zone, READ)).toBe('')
    expect(await exchange(zone, READ)).toBe(RIGHT)
    await town.setFault(zone.id, { duplicated: true })
    expect(await exchange(zone, READ)).toBe(RIGHT + RIGHT)
    await town.setFault(zone.id, { fragmented: true })
    expect(await exchange(zone, READ)).toBe(RIGHT)
  })

  test('resets, in the middle and before', async () => {
    await town.setFault(zone.id, { resetMidFrame: true })
    await expect(exchange(zone, READ)).rejects.toThrow('ECONNRESET')
    await town.setFault(zone.id, { resetBeforeAnswer: true })
    await expect(exchange(zone, READ)).rejects.toThrow('ECONNRESET')
  })

  test('slow answers come, and a slow device does not hold up its neighbours or the end', async () => {
    await town.setFault(zone.id, { slowMs: 60 })
    const startedAt = performance.now()
    expect(await exchange(zone, READ)).toBe(RIGHT)
    expect(performance.now() - startedAt).toBeGreaterThan(60)
    await town.setFault(zone.id, { slowMs: 600_000 })
    expect(await exchange(zone, READ)).toBe('')
    expect((await registers(zoneOf(town, 1)))[1]).toBe(200)
    await close(town)
  })

  test('a closed port refuses, ends what was open, and comes back on the same port', async () => {
    const held = connect(zone.port, zone.host)
    sockets.push(held)
    await new Promise((resolve) => held.once('connect', resolve))
    const ended = new Promise((resolve) => held.once('close', resolve))
    await town.setFault(zone.id, { closed: true })
    await ended
    await expect(exchange(zone, READ)).rejects.toThrow('ECONNREFUSED')
    await town.setFault(zone.id, { closed: true })
    await town.setFault(zone.id, {})
    expect(await exchange(zone, READ)).toBe(RIGHT)
  })

  test('a frozen sensor stands still while the room goes on', async () => {
    await town.setFault(zone.id, { frozen: true })
    const [before] = await registers(zone)
    clock += 3 * HOUR
    const [frozen] = await registers(zone)
    expect(frozen).toBe(before)
    expect(town.inside(zone.id).temperature).toBeGreaterThan(21)
    await town.setFault(zone.id, {})
    expect((await registers(zone))[0]).toBeGreaterThan(205)
  })

  test('a setpoint that does not stick shows for the rest of the device cycle; the room never knew it', async () => {
    await town.setFault(zone.id, { setpointReverts: true })
    await exchange(zone, '0001 0000 0006 01 06 0001 00aa')
    expect((await registers(zone))[1]).toBe(170)
    clock += 4_999
    expect((await registers(zone))[1]).toBe(170)
    clock += 1
    expect((await registers(zone))[1]).toBe(220)
    expect(town.inside(zone.id).setpoint).toBe(22)
  })

  test('once it sticks again, a new setpoint shows at once', async () => {
    await town.setFault(zone.id, { setpointReverts: true })
    await exchange(zone, '0001 0000 0006 01 06 0001 00aa')
    await town.setFault(zone.id, {})
    await exchange(zone, '0001 0000 0006 01 06 0001 00b4')
    expect((await registers(zone))[1]).toBe(180)
  })

  test('lost writes and a table of zeros', async () => {
    await town.setFault(zone.id, { lostWrites: true })
    expect(await exchange(zone, '0001 0000 0006 01 06 0001 00aa')).toBe('000100000006010600' + '0100aa')
    expect((await registers(zone))[1]).toBe(220)
    await town.setFault(zone.id, { zeros: true })
    expect(await registers(zone)).toEqual([0, 0, 0, 0])
  })

  test('lenient, as measured: other tables and addresses are zero, any count and any write is taken', async () => {
    await town.setFault(zone.id, { lenient: true })
    expect(await exchange(zone, '0001 0000 0006 01 03 0064 0001')).toBe('0001000000050103020000')
    expect(await exchange(zone, '0001 0000 0006 01 03 0000 0000')).toBe('000100000003010300')
    expect(await exchange(zone, '0001 0000 0006 01 04 0000 0001')).toBe('0001000000050104020000')
    expect(await exchange(zone, '0001 0000 0006 01 01 0000 0001')).toBe('00010000000401010100')
    expect(await exchange(zone, '0001 0000 0006 01 06 0007 0001')).toBe('000100000006010600070001')
    expect(await exchange(zone, '0001 0000 0006 02 03 0000 0001')).toBe('00010000000302800b')
    expect((await exchange(zone, '0001 0000 0006 01 03 0000 007e')).length).toBe(2 * (9 + 2 * 126))
  })

  test('an unknown zone or fault is refused', async () => {
    await expect(town.setFault('attic', {})).rejects.toThrow('no zone attic')
    await expect(town.setFault(zone.id, { badFrame: 'pink' as 'echo' })).rejects.toThrow()
    expect(() => town.inside('attic')).toThrow('no zone attic')
  })
})

describe('the snapshot', () => {
  const FILE = 'zone-town.json'

  test('carries rooms and written setpoints over a restart, as if there had been none', async () => {
    const kept = await open({ directory })
    const forgetful = await open()
    for (const town of [kept, forgetful]) await exchange(zoneOf(town), '0001 0000 0006 01 06 0001 00aa')
    clock += 2 * HOUR
    kept.inside('kitchen')
    await close(kept)
    clock += HOUR
    const back = await open({ directory })
    for (const { id } of back.zones) {
      expect({ ...back.inside(id), connections: 0 }).toEqual({ ...forgetful.inside(id), connections: 0 })
    }
    expect(back.inside('living-room').setpoint).toBe(17)
  })

  test('is written on demand, and keeps rooms that this town does not have', async () => {
    const town = await open({ directory, zones: 5 })
    await town.snapshot()
    await close(await open({ directory, zones: 1 }))
    const document = JSON.parse(await readFile(path.join(directory, FILE), 'utf8'))
    expect(Object.keys(document.zones)).toHaveLength(5)
  })

  test.each([
    ['no JSON', '{'],
    ['another form', '{"version":1,"seed":20260115,"zones":{"kitchen":{}}}'],
    ['another seed', '{"version":1,"seed":4,"zones":{}}'],
  ])('%s: it is set aside, and the town starts afresh', async (_, text) => {
    await writeFile(path.join(directory, FILE), text)
    const town = await open({ directory })
    expect(town.inside('living-room').temperature).toBe(19)
    expect((await readdir(directory)).some((name) => name.startsWith(`${FILE}.unusable-`))).toBe(true)
  })

  test('one of a clock that was ahead goes on from now', async () => {
    clock = START + 100 * HOUR
    await close(await open({ directory }))
    clock = START
    const town = await open({ directory })
    const before = town.inside('living-room').temperature
    clock += HOUR
    expect(town.inside('living-room').temperature).not.toBe(before)
  })
})
