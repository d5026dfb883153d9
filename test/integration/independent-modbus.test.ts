/** Five zones on a Modbus server that is not ours, through its death and return. */
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ServerTCP } from 'modbus-serial'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../src/runtime/servers/ports.ts'
import { Installation } from '../support/bvpro-process.ts'

/** Registers as the reference device has them: temperature, target, occupancy, heater; °C × 10. */
class ThermostatServer {
  readonly registers: number[]
  readonly writes: number[] = []
  readonly port: number
  readonly #start: readonly number[]
  #server: ServerTCP | undefined

  constructor(port: number, start: readonly number[]) {
    this.port = port
    this.#start = start
    this.registers = [...start]
  }

  /** A device that was switched off comes back with the setpoint it was made with. */
  async start(): Promise<void> {
    this.registers.splice(0, this.registers.length, ...this.#start)
    const server = new ServerTCP(
      {
        getHoldingRegister: (address: number) => this.registers[address] ?? 0,
        setRegister: (address: number, value: number) => {
          this.registers[address] = value
          this.writes.push(address)
        },
      },
      { host: '127.0.0.1', port: this.port, unitID: 1 },
    )
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.on('initialized', () => resolve())
      server.on('serverError', reject)
    })
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()))
  }
}

const NAMES = ['Living Room', 'Bedroom', 'Kitchen', 'Office', 'Guest Room']
const idOf = (name: string) => name.toLowerCase().replace(' ', '-')

let devices: ThermostatServer[]
let bvpro: Installation

beforeAll(async () => {
  devices = []
  for (const [index] of NAMES.entries()) {
    const device = new ThermostatServer(await freePort(), [194 + index, 220, 1, 1])
    await device.start()
    devices.push(device)
  }
  bvpro = await Installation.create({ BVPRO_POLL_SECONDS: '2' })
  await mkdir(join(bvpro.home, 'zones'))
  for (const [index, name] of NAMES.entries()) {
    const document = {
      name,
      modbus_host: '127.0.0.1',
      modbus_port: devices[index]?.port,
      preferences: { occupied_temp: 20.5, unoccupied_temp: 20.5 },
      control_seconds: 5,
      control: { verify_seconds: 5 },
    }
    await writeFile(join(bvpro.home, 'zones', `${idOf(name)}.json`), JSON.stringify(document))
  }
  await bvpro.start()
})
afterAll(async () => {
  await bvpro?.remove()
  await Promise.all((devices ?? []).map((device) => device.stop()))
})

const allHold = (raw: number) => async () => devices.every(({ registers }) => registers[1] === raw)

interface LogLine {
  readonly event: string
  readonly id?: string
}

const logLines = () =>
  readFileSync(bvpro.logFile, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine)

/**
 * Cycles a zone needs to write its setpoint, the one that writes it included, and one that was under way at the start;
 * undefined while the log does not tell of it.
 */
function cyclesUntilCommanded(id: string, lines: readonly LogLine[]): number | undefined {
  const own = lines.filter((line) => line.id === id).map(({ event }) => event)
  const commanded = own.indexOf('zone.commanded')
  if (commanded < 0) return undefined
  return 1 + own.slice(0, commanded).filter((event) => event === 'poll.done' || event === 'cycle.failed').length
}

test('all five are polled, and controlled to the setpoint of their preferences', async () => {
  await bvpro.until('all ok', async () => {
    const zones = await bvpro.entities()
    return zones.length === 5 && zones.every(({ health }) => health === 'ok')
  })
  expect((await bvpro.entity('living-room'))?.lastReading).toMatchObject({
    temperature: 19.4,
    occupancy: 1,
    heater_status: 1,
  })
  await bvpro.until('setpoints written', allHold(205))
  for (const { writes } of devices) expect(writes.every((address) => address === 1)).toBe(true)
})

test('a server that dies and comes back with its own setpoint has the right one within two cycles', async () => {
  await Promise.all(devices.map((device) => device.stop()))
  // Long enough for the pauses between attempts to have grown.
  await bvpro.until('noticed', async () => (await bvpro.entities()).every(({ health }) => health === 'offline'))
  const logged = logLines().length
  for (const device of devices) await device.start()
  expect(devices.every(({ registers }) => registers[1] === 220)).toBe(true)
  await bvpro.until('right again', allHold(205))
  const cycles = () => NAMES.map((name) => cyclesUntilCommanded(idOf(name), logLines().slice(logged)))
  await bvpro.until('told', async () => !cycles().includes(undefined))
  expect(cycles().every((count) => count !== undefined && count <= 2)).toBe(true)
  await bvpro.until('all ok', async () => (await bvpro.entities()).every(({ health }) => health === 'ok'))
})

test('a wish for a setpoint reaches the device, and its end brings the schedule back', async () => {
  const until = new Date(Date.now() + 12_000).toISOString()
  const response = await bvpro.request('/api/v1/zones/kitchen/commands', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ temperature: 22.5, until }),
  })
  expect(response.status).toBe(202)
  const kitchen = devices[2]
  await bvpro.until('the wish is written', async () => kitchen?.registers[1] === 225)
  await bvpro.until('the schedule is back', async () => kitchen?.registers[1] === 205)
  const { commands } = await bvpro.get<{ commands: { source: string }[] }>('/api/v1/zones/kitchen/commands')
  expect(commands.map(({ source }) => source)).toEqual(expect.arrayContaining(['person', 'control']))
})
