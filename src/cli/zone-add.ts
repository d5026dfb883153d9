/** `bvpro zone add`: looks for thermostats, shows what they report, and takes them into service. */
import type { Command } from 'commander'
import type { z } from 'zod'
import type { ZoneListSchema } from '../api/zones/schemas.ts'
import { type Addition, type AddOptions, addEntities, addingOptions, withoutUndefined } from './adding.ts'
import { type ApiClient, SIGN_IN_MS } from './client.ts'
import { CommandFault } from './fault.ts'
import { ask, chooseMany } from './prompts.ts'
import { changing, clientFor } from './server.ts'
import { printJson, renderTable, type Terminal } from './terminal.ts'
import { asObject, type Document, type DocumentOptions, documentOf, withFields } from './zone-fields.ts'

interface ZoneAddOptions extends AddOptions, DocumentOptions {
  readonly scan?: string
}

interface Device {
  readonly host: string
  readonly port: number
  readonly unit: number
  readonly answers: boolean
  /** By name: temperature, setpoint and the like. */
  readonly registers?: Readonly<Record<string, number | boolean | null>>
  /** Why what it answers is of no use. */
  readonly reason?: string | null
}

type Zones = z.infer<typeof ZoneListSchema>

/** °C, of a room that nobody has said anything about. */
const USUAL_PREFERENCES = { occupied_temp: 21, unoccupied_temp: 18 }
const MODBUS_PORT = 502

export function addZoneAdd(group: Command, terminal: Terminal): void {
  const command = changing(group.command('add'), 'take a zone into service, whether its device is up yet or not', [
    'bvpro zone add',
    'bvpro zone add "Living Room" --host 192.168.1.20 --port 502 --occupied 21 --unoccupied 17',
    'bvpro zone add --file living-room.json --dry-run',
    'bvpro zone add --host 192.168.1.20 --scan 5020-5030',
    'bvpro zone add Room --host 192.168.1.20 --scan 5020-5030 --yes',
  ]).argument('[name]', 'display name; the id is made of it')
  withFields(command)
    .option('--file <file>', 'JSON file like those in zones/; flags go on top of it')
    .option('--scan <ports>', 'propose every device that answers on these ports; with --yes add all of them')
  addingOptions(command).action((name: string | undefined, options: ZoneAddOptions) =>
    addZones(name, options, command, terminal),
  )
}

async function addZones(
  name: string | undefined,
  options: ZoneAddOptions,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  const given = documentOf(options, command)
  if (name !== undefined && given.name !== undefined && options.file === undefined) {
    throw new CommandFault('Give the name once, as an argument or with --name.', 2)
  }
  const document = name === undefined ? given : { ...given, name }
  if (options.scan !== undefined) return scan(options.scan, document, options, terminal)
  const whole = await completed(document, terminal)
  const client = await clientFor(options, terminal)
  if (!options.json) await showDevice(client, whole, terminal)
  await addEntities(client, [additionOf(whole)], { ...options, several: false }, terminal)
}

function additionOf(document: Document): Addition {
  return { kind: 'zone', title: String(document.name), body: document }
}

/** Asks for what a zone cannot be without. */
async function completed(document: Document, terminal: Terminal): Promise<Document> {
  const host = document.modbus_host ?? (await ask(terminal, { question: 'Host of the device', flag: '--host' }))
  const port = document.modbus_port ?? (await askPort(terminal))
  const name = document.name ?? (await ask(terminal, { question: 'Name of the zone', flag: 'a name' }))
  return withPreferences({ ...document, name, modbus_host: host, modbus_port: port })
}

async function askPort(terminal: Terminal): Promise<number> {
  const text = await ask(terminal, {
    question: 'TCP port',
    flag: '--port',
    initial: String(MODBUS_PORT),
    check: (answer) => (/^\d{1,5}$/.test(answer) ? undefined : 'It is a whole number.'),
  })
  return Number(text)
}

function withPreferences(document: Document): Document {
  return { ...document, preferences: { ...USUAL_PREFERENCES, ...asObject(document.preferences) } }
}

/** What the device reports now. A device that is not up yet, or may not be dialled, keeps nobody from going on. */
async function showDevice(client: ApiClient, document: Document, terminal: Terminal): Promise<void> {
  const { modbus_host: host, modbus_port: port } = document
  let device: Device | undefined
  try {
    ;[device] = await probe(client, { host, ports: [port], ...mapOf(document) })
  } catch (error) {
    if (!(error instanceof CommandFault)) throw error
    return terminal.print(`${host}:${port} cannot be looked at: ${error.message}`)
  }
  if (device === undefined) terminal.print(`${host}:${port} does not answer yet; it is read as soon as it does.`)
  else terminal.print(deviceTable([device], terminal))
}

/** How the device is to be read, as far as the document says. */
function mapOf({ unit_id: unit, registers }: Document): object {
  return withoutUndefined({ unit, registers })
}

/** Those that answer. */
async function probe(client: ApiClient, wanted: object): Promise<readonly Device[]> {
  const { devices } = await client.post<{ devices: Device[] }>('/api/v1/zones/probe', wanted, SIGN_IN_MS)
  return devices.filter(({ answers }) => answers)
}

function deviceTable(devices: readonly Device[], terminal: Terminal): string {
  const names = [...new Set(devices.flatMap(({ registers = {} }) => Object.keys(registers)))]
  const notes = devices.some(({ reason }) => reason) ? ['note'] : []
  return renderTable(
    terminal,
    ['device', 'unit', ...names, ...notes],
    devices.map(({ host, port, unit, registers = {}, reason }) => [
      `${host}:${port}`,
      String(unit),
      ...names.map((register) => String(registers[register] ?? '–')),
      ...notes.map(() => reason ?? ''),
    ]),
  )
}

async function scan(ports: string, document: Document, options: ZoneAddOptions, terminal: Terminal): Promise<void> {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(ports) ?? []
  if (first === undefined || last === undefined || Number(first) > Number(last)) {
    throw new CommandFault('--scan is a range of ports such as 5020-5024.', 2)
  }
  if (document.modbus_port !== undefined) throw new CommandFault('Give --port or --scan, not both.', 2)
  const host = String(document.modbus_host ?? (await ask(terminal, { question: 'Host to scan', flag: '--host' })))
  const client = await clientFor(options, terminal)
  const wanted = { host, portFrom: Number(first), portTo: Number(last), ...mapOf(document) }
  const [answering, { zones }] = await Promise.all([probe(client, wanted), client.get<Zones>('/api/v1/zones')])
  const known = new Set(zones.map((zone) => `${zone.modbus_host}:${zone.modbus_port}:${zone.unit_id}`))
  const found = answering.filter((device) => !known.has(`${device.host}:${device.port}:${device.unit}`))
  if (found.length === 0) {
    throw new CommandFault(
      `No device on ${host}, ports ${ports}, waits to be added; ${answering.length} answer and are in service.`,
    )
  }
  if (options.yes !== true && terminal.interactive !== true) {
    if (options.json) return printJson(terminal, { devices: found })
    terminal.print(deviceTable(found, terminal))
    return terminal.print('Nothing was added: give --yes to add all of them, or --port for one.')
  }
  const additions: Addition[] = []
  for (const device of options.yes === true ? found : await pick(found, terminal)) {
    const name = await nameOf(device, document, options, terminal)
    const whole = { ...document, name, modbus_host: host, modbus_port: device.port, unit_id: device.unit }
    additions.push(additionOf(withPreferences(whole)))
  }
  await addEntities(client, additions, { ...options, several: true }, terminal)
}

async function pick(devices: readonly Device[], terminal: Terminal): Promise<readonly Device[]> {
  const chosen = await chooseMany(terminal, {
    question: 'Devices to add',
    flag: '--yes',
    choices: devices.map(({ host, port, registers = {} }) => ({
      value: String(port),
      label: `${host}:${port}`,
      hint: Object.entries(registers)
        .map(([register, value]) => `${register} ${value ?? '–'}`)
        .join(', '),
    })),
  })
  return devices.filter(({ port }) => chosen.includes(String(port)))
}

/** With --yes the port makes the name unique: "Room 5025". */
async function nameOf(
  { host, port }: Device,
  { name }: Document,
  { yes }: ZoneAddOptions,
  terminal: Terminal,
): Promise<string> {
  if (yes === true) return `${name ?? 'Zone'} ${port}`
  return ask(terminal, { question: `Name of the zone at ${host}:${port}`, flag: '--yes' })
}
