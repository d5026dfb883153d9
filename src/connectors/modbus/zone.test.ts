/** The connector against the simulated zones: real sockets, a real Modbus server, every kind of trouble it can make. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { BAD_FRAMES, startZoneTown, type ZoneTown } from '../../simulators/zones/zone-town.ts'
import { createModbusClient, type ModbusClient, type ModbusClientOptions } from './client.ts'
import { processEndpoints } from './endpoints.ts'
import { DEFAULT_ZONE_MAP, type RegisterPoint, type ZoneMap } from './register-map.ts'
import { verifyRegister, writeRegister } from './write-register.ts'
import { readZone } from './zone.ts'

const ZONE = 'living-room'
const SECOND = 1_000

let clock: number
let town: ZoneTown
let client: ModbusClient

beforeEach(async () => {
  clock = Date.UTC(2026, 0, 15, 6, 10)
  town = await startZoneTown({ now: () => clock, log: silentLogger })
  client = open()
})
afterEach(async () => {
  client.close()
  expect(processEndpoints.inUse()).toEqual([])
  await town.close()
})

function open(options: Partial<ModbusClientOptions> = {}, zone = 0): ModbusClient {
  const { host, port, unitId } = town.zones[zone] ?? { host: '', port: 0, unitId: 0 }
  return createModbusClient({ host, port, unitId, timeoutMs: 2_000, circuit: { threshold: 100 }, ...options })
}

const withPoint = (name: keyof ZoneMap, changes: Partial<RegisterPoint>): ZoneMap => ({
  ...DEFAULT_ZONE_MAP,
  [name]: { ...DEFAULT_ZONE_MAP[name], ...changes },
})

describe('reading a zone', () => {
  test('gives its four values in one request', async () => {
    const { values, rejected, missing } = await readZone(client, DEFAULT_ZONE_MAP)
    expect(values).toEqual({ temperature: expect.closeTo(19, 0), setpoint: 22, occupancy: 1, heater: 0 })
    expect([rejected, missing]).toEqual([[], []])
  })

  test('a register the device does not have is missing and costs no other', async () => {
    const { values, missing } = await readZone(client, withPoint('heater', { address: 4 }))
    expect(Object.keys(values)).toEqual(['temperature', 'setpoint', 'occupancy'])
    expect(missing).toEqual([
      { point: 'heater', reason: `${client.name}, holding register 4: the device has no such address (exception 02)` },
    ])
  })

  test('a table the device does not have is missing as well', async () => {
    const { values, missing } = await readZone(
      client,
      withPoint('occupancy', { table: 'coil', address: 0, type: 'bit' }),
    )
    expect(Object.keys(values)).toEqual(['temperature', 'setpoint', 'heater'])
    expect(missing.map(({ point }) => point)).toEqual(['occupancy'])
  })

  test('a map of which nothing fits is a fault of the configuration', async () => {
    const elsewhere = Object.entries(DEFAULT_ZONE_MAP).map(([name, point]) => [
      name,
      { ...point, address: point.address + 100 },
    ])
    await expect(readZone(client, Object.fromEntries(elsewhere) as ZoneMap)).rejects.toMatchObject({
      type: 'BadConfig',
      message: expect.stringContaining('holding register 100: the device has no such address'),
    })
  })

  test('a value outside its range is rejected and named', async () => {
    const { values, rejected } = await readZone(client, withPoint('temperature', { scale: 1 }))
    expect(rejected).toEqual([{ point: 'temperature', value: expect.closeTo(190, -1) }])
    expect(values).not.toHaveProperty('temperature')
    expect(values.setpoint).toBe(22)
  })

  test('a sentinel is no value', async () => {
    const { missing } = await readZone(client, withPoint('setpoint', { invalid: [220] }))
    expect(missing).toEqual([{ point: 'setpoint', reason: 'the device says it has no value' }])
  })

  test('a device before its first step is no room of 0.0 °C', async () => {
    await town.setFault(ZONE, { zeros: true })
    await expect(readZone(client, DEFAULT_ZONE_MAP)).rejects.toMatchObject({
      type: 'BadData',
      message: `${client.name}: temperature and setpoint read as bare zeros; the device has just started, or its values are in another table`,
    })
    await town.setFault(ZONE, {})
    expect((await readZone(client, DEFAULT_ZONE_MAP)).values.setpoint).toBe(22)
  })

  test('a device that answers for a table it does not use shows zeros, too', async () => {
    await town.setFault(ZONE, { lenient: true })
    const input = Object.entries(DEFAULT_ZONE_MAP).map(([name, point]) => [name, { ...point, table: 'input' }])
    await expect(readZone(client, Object.fromEntries(input) as ZoneMap)).rejects.toMatchObject({ type: 'BadData' })
  })

  test('zeros are fine where zero is a value', async () => {
    await town.setFault(ZONE, { zeros: true })
    const offset = withPoint('setpoint', { offset: 20 })
    expect((await readZone(client, offset)).values).toEqual({ temperature: 0, setpoint: 20, occupancy: 0, heater: 0 })
  })

  test('a unit that is not there is Unavailable, and the gateway is not to blame', async () => {
    const other = open({ unitId: 9 })
    await expect(readZone(other, DEFAULT_ZONE_MAP)).rejects.toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining('unit 9, holding registers 0 to 3: the gateway lives'),
    })
    expect(other.circuit().failures).toBe(0)
    other.close()
  })
})

describe('trouble of the device', () => {
  test.each(BAD_FRAMES.filter((kind) => kind !== 'echo'))(
    'bad frame %s: BadData, and the next one is read',
    async (kind) => {
      await town.setFault(ZONE, { badFrame: kind })
      await expect(readZone(client, DEFAULT_ZONE_MAP)).rejects.toMatchObject({ type: 'BadData' })
      await vi.waitFor(() => expect(town.inside(ZONE).connections).toBe(0))
      await town.setFault(ZONE, {})
      expect((await readZone(client, DEFAULT_ZONE_MAP)).values.setpoint).toBe(22)
    },
  )

  test('the measured answer to a foreign unit id is survived', async () => {
    await town.setFault(ZONE, { lenient: true })
    const other = open({ unitId: 2 })
    await expect(readZone(other, DEFAULT_ZONE_MAP)).rejects.toMatchObject({
      type: 'BadData',
      cause: { fault: 'function' },
    })
    other.close()
  })

  test('silence', async () => {
    await town.setFault(ZONE, { silent: 1 })
    const quick = open({ timeoutMs: 60 })
    await expect(readZone(quick, DEFAULT_ZONE_MAP)).rejects.toMatchObject({ type: 'Unavailable' })
    expect((await readZone(client, DEFAULT_ZONE_MAP)).values.setpoint).toBe(22)
    quick.close()
  })

  test('a reset in the middle of a frame', async () => {
    await town.setFault(ZONE, { resetMidFrame: 1 })
    await expect(readZone(client, DEFAULT_ZONE_MAP)).rejects.toMatchObject({ type: 'Unavailable' })
    expect((await readZone(client, DEFAULT_ZONE_MAP)).values.setpoint).toBe(22)
  })

  test('a kept connection reset before the answer is not even noticed', async () => {
    await readZone(client, DEFAULT_ZONE_MAP)
    await town.setFault(ZONE, { resetBeforeAnswer: 1 })
    expect((await readZone(client, DEFAULT_ZONE_MAP)).values.setpoint).toBe(22)
  })

  test('a closed port, and the way back', async () => {
    await readZone(client, DEFAULT_ZONE_MAP)
    await town.setFault(ZONE, { closed: true })
    await expect(readZone(client, DEFAULT_ZONE_MAP)).rejects.toMatchObject({
      message: /cannot be reached: ECONNREFUSED/,
    })
    await town.setFault(ZONE, {})
    expect((await readZone(client, DEFAULT_ZONE_MAP)).values.setpoint).toBe(22)
  })

  test.each([
    [1, 'BadConfig'],
    [2, 'BadConfig'],
    [3, 'BadConfig'],
    [4, 'Unavailable'],
    [6, 'RateLimited'],
  ])('exception %i is %s', async (exception, type) => {
    await town.setFault(ZONE, { exception })
    await expect(readZone(client, DEFAULT_ZONE_MAP)).rejects.toMatchObject({ type })
  })

  test('slow, in pieces, and twice: the values are the same', async () => {
    for (const faults of [{ slowMs: 100 }, { fragmented: true }, { duplicated: true }]) {
      await town.setFault(ZONE, faults)
      for (let round = 0; round < 3; round += 1) {
        expect((await readZone(client, DEFAULT_ZONE_MAP)).values.setpoint).toBe(22)
      }
    }
    expect(town.inside(ZONE).connections).toBe(1)
  })

  test('five silent zones take one time limit, not five', async () => {
    const clients = town.zones.map((_, index) => open({ timeoutMs: 500 }, index))
    for (const { id } of town.zones) await town.setFault(id, { silent: true })
    const startedAt = performance.now()
    const outcomes = await Promise.allSettled(clients.map((each) => readZone(each, DEFAULT_ZONE_MAP)))
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    for (const each of clients) each.close()
  })
})

describe('writing to a zone', () => {
  test('sets the setpoint, reads it back, and it stays', async () => {
    expect(await writeRegister(client, DEFAULT_ZONE_MAP, 'setpoint', 20.5)).toEqual({
      intended: 20.5,
      applied: 20.5,
      verified: true,
      problem: null,
    })
    clock += 3_600 * SECOND
    expect(await verifyRegister(client, DEFAULT_ZONE_MAP, 'setpoint', 20.5)).toMatchObject({ verified: true })
    expect(town.inside(ZONE).setpoint).toBe(20.5)
  })

  test('what the register cannot show is rounded to its step', async () => {
    expect(await writeRegister(client, DEFAULT_ZONE_MAP, 'setpoint', 20.57)).toMatchObject({
      intended: 20.6,
      verified: true,
    })
  })

  test.each([
    ['a point that is not declared writable', 'temperature', 20, DEFAULT_ZONE_MAP],
    ['another one', 'heater', 1, DEFAULT_ZONE_MAP],
    ['a point the map does not have', 'valve' as 'heater', 1, DEFAULT_ZONE_MAP],
    ['a name every object has', 'toString' as 'heater', 1, DEFAULT_ZONE_MAP],
    ['a value above the limit', 'setpoint', 25.1, DEFAULT_ZONE_MAP],
    ['a value below the limit', 'setpoint', 14.9, DEFAULT_ZONE_MAP],
    ['no number', 'setpoint', Number.NaN, DEFAULT_ZONE_MAP],
    [
      'a value that would be rounded over the limit',
      'setpoint',
      24.6,
      withPoint('setpoint', { scale: 1, writable: [15, 24.8] }),
    ],
    ['a register of another table', 'setpoint', 20, withPoint('setpoint', { table: 'input' })],
  ] as const)('%s is refused before a byte is sent', async (_, name, value, map) => {
    await expect(writeRegister(client, map, name, value)).rejects.toMatchObject({ type: 'BadConfig' })
    expect(town.inside(ZONE)).toMatchObject({ connections: 0, setpoint: 22 })
  })

  test('two words go out with function 16, and a device that has only one refuses both', async () => {
    const map = withPoint('setpoint', { type: 'int32' })
    await expect(writeRegister(client, map, 'setpoint', 20)).rejects.toMatchObject({ type: 'BadConfig' })
    expect(town.inside(ZONE).setpoint).toBe(22)
  })

  test('a lost write is acknowledged and not verified', async () => {
    await town.setFault(ZONE, { lostWrites: true })
    expect(await writeRegister(client, DEFAULT_ZONE_MAP, 'setpoint', 20)).toEqual({
      intended: 20,
      applied: 22,
      verified: false,
      problem: `${client.name}, "setpoint": the device shows 22 °C`,
    })
  })

  test('a setpoint that does not stick looks fine at first and is gone after the device cycle', async () => {
    await town.setFault(ZONE, { setpointReverts: true })
    const written = await writeRegister(client, DEFAULT_ZONE_MAP, 'setpoint', 17)
    expect(written.verified).toBe(true)
    clock += 10 * SECOND
    const later = await verifyRegister(client, DEFAULT_ZONE_MAP, 'setpoint', written.intended)
    expect(later).toMatchObject({ intended: 17, applied: 22, verified: false })
    expect(town.inside(ZONE).setpoint).toBe(22)
  })

  test('another value acknowledged is BadData: what stands in the device is open', async () => {
    await town.setFault(ZONE, { badFrame: 'echo' })
    await expect(writeRegister(client, DEFAULT_ZONE_MAP, 'setpoint', 20)).rejects.toMatchObject({
      type: 'BadData',
      cause: { fault: 'echo' },
    })
  })

  test('a read-back that fails is a result, because the write was acknowledged', async () => {
    const absent = open({ unitId: 9 })
    const losesItsVoice: ModbusClient = { ...client, read: (range) => absent.read(range) }
    const result = await writeRegister(losesItsVoice, DEFAULT_ZONE_MAP, 'setpoint', 20)
    absent.close()
    expect(result).toMatchObject({ intended: 20, applied: null, verified: false })
    expect(result.problem).toContain('the gateway lives')
    expect(town.inside(ZONE).setpoint).toBe(20)
  })
})
