/** `bvpro building discover|add`: looks at what an Arrigo server offers, and takes a building into service. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Account, type AccountOptions, accountOf, accountOptions } from './account.ts'
import {
  type AddOptions,
  addEntities,
  addingOptions,
  type PlaceOptions,
  placeOf,
  placeOptions,
  withoutUndefined,
} from './adding.ts'
import { type ApiClient, DISCOVERY_MS } from './client.ts'
import { CommandFault } from './fault.ts'
import { ask, chooseMany } from './prompts.ts'
import { changing, clientFor, type ServerOptions, serverOptions } from './server.ts'
import { paint, printJson, renderTable, type Terminal } from './terminal.ts'

interface ConnectionOptions extends AccountOptions {
  readonly host?: string
  readonly account?: string
}
interface DiscoverOptions extends ConnectionOptions, ServerOptions {
  readonly json?: boolean
}
interface BuildingAddOptions extends AddOptions, ConnectionOptions, PlaceOptions {
  readonly id?: string
  readonly signals?: string
}

interface FoundSignal {
  readonly name: string
  readonly title: string | null
  readonly type: 'analog' | 'digital'
  readonly category: string
  readonly unit: string | null
  readonly value: number | string | boolean | null
  readonly fieldName: string | null
}
interface FoundBuilding {
  readonly buildingName: string
  readonly signals: readonly FoundSignal[]
  /** Null when they cannot be read. */
  readonly alarms: number | null
  readonly folders: readonly unknown[]
  /** What could not be read, or not be taken. */
  readonly problems?: readonly string[]
}

type Connection = Account & { readonly host: string; readonly account?: string }

export function addBuildingAdd(group: Command, terminal: Terminal): void {
  const discover = serverOptions(group.command('discover'))
    .description('show what a building offers, and change nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  bvpro building discover --host kvarnen.example.se --username operator --password-stdin < password.txt\n  bvpro building discover --host kvarnen.example.se --json',
    )
  connectionOptions(discover).action((options: DiscoverOptions) => discoverBuilding(options, terminal))

  const add = changing(group.command('add'), 'take a building into service: sign in, choose signals, read, import', [
    'bvpro building add',
    'bvpro building add --host kvarnen.example.se --username operator --password-stdin --signals all < password.txt',
    'bvpro building add --host kvarnen.example.se --username operator --signals category=heating,climate --no-wait',
    'bvpro building add --host kvarnen.example.se --username operator --signals @signals.txt --dry-run',
  ])
  placeOptions(connectionOptions(add))
    .option('--id <id>', 'id of the building (default: its name on the server)')
    .option(
      '--signals <choice>',
      'all, category=<one>,<another>, or @<file> with one name a line (default: asked for, else all)',
    )
  addingOptions(add).action((options: BuildingAddOptions) => addBuilding(options, terminal))
}

function connectionOptions(command: Command): Command {
  command
    .option('--host <host>', 'host name or address of the Arrigo server; asked for when left out')
    .option('--account <name>', 'project on the server, when it has several')
  return accountOptions(command)
}

async function connectionOf(options: ConnectionOptions, terminal: Terminal): Promise<Connection> {
  const host = options.host ?? (await ask(terminal, { question: 'Host of the Arrigo server', flag: '--host' }))
  const { account } = options
  return { host, ...(account === undefined ? {} : { account }), ...(await accountOf(options, terminal)) }
}

function look(client: ApiClient, connection: Connection): Promise<FoundBuilding> {
  return client.post<FoundBuilding>('/api/v1/buildings/discover', connection, DISCOVERY_MS)
}

async function discoverBuilding(options: DiscoverOptions, terminal: Terminal): Promise<void> {
  const connection = await connectionOf(options, terminal)
  const found = await look(await clientFor(options, terminal), connection)
  if (options.json) return printJson(terminal, found)
  terminal.print(
    `${found.buildingName}: ${found.signals.length} signals, ${found.alarms ?? 'unknown'} alarms, ${found.folders.length} folders`,
  )
  for (const problem of found.problems ?? []) terminal.print(`${paint(terminal, 'warning', 'note')}: ${problem}`)
  terminal.print(
    renderTable(
      terminal,
      ['category', 'signal', 'type', 'value', 'stored as'],
      [...found.signals]
        .sort((a, b) => compare(a.category, b.category) || compare(a.name, b.name))
        .map((signal) => [signal.category, signal.name, signal.type, shownValue(signal), signal.fieldName ?? '']),
    ),
  )
}

async function addBuilding(options: BuildingAddOptions, terminal: Terminal): Promise<void> {
  const place = placeOf(options)
  const given = options.signals === undefined ? undefined : signalChoice(options.signals)
  const connection = await connectionOf(options, terminal)
  const client = await clientFor(options, terminal)
  const asked = given === undefined && terminal.interactive === true && options.yes !== true
  const signals = asked ? await pickSignals(await look(client, connection), terminal) : given
  const addition = {
    kind: 'building' as const,
    title: options.id ?? connection.host,
    body: withoutUndefined({ ...connection, ...place, buildingId: options.id, signals }),
  }
  await addEntities(client, [addition], { ...options, several: false, limitMs: DISCOVERY_MS }, terminal)
}

/** What `--signals` says, as the API takes it. */
function signalChoice(text: string): string | readonly string[] {
  if (text === 'all' || /^category=./.test(text)) return text
  if (!text.startsWith('@')) throw new CommandFault('--signals is all, category=<one>,<another>, or @<file>.', 2)
  return namesIn(text.slice(1))
}

/** One name a line, or a JSON array of names. */
function namesIn(file: string): readonly string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new CommandFault(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const names = text.startsWith('[') ? parseNames(text) : text.split('\n').map((line) => line.trim())
  const wanted = names?.filter((name) => name !== '' && !name.startsWith('#'))
  if (wanted === undefined || wanted.length === 0) {
    throw new CommandFault(`${file} holds no names of signals: one a line, or a JSON array of them.`)
  }
  return wanted
}

function parseNames(text: string): readonly string[] | undefined {
  try {
    const names: unknown = JSON.parse(text)
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined
  } catch {
    // The caller says what the file should hold.
    return undefined
  }
}

/** A person picks among what can be stored; all of it is picked to begin with. */
async function pickSignals(found: FoundBuilding, terminal: Terminal): Promise<readonly string[]> {
  const storable = found.signals
    .filter(({ fieldName }) => fieldName !== null)
    .sort((a, b) => compare(a.category, b.category) || compare(a.name, b.name))
  const widest = (text: (signal: FoundSignal) => string) => Math.max(0, ...storable.map((one) => text(one).length))
  const widths = { category: widest(({ category }) => category), name: widest(({ name }) => name) }
  return chooseMany(terminal, {
    question: `Signals of ${found.buildingName} to store`,
    flag: '--signals',
    choices: storable.map((signal) => ({
      value: signal.name,
      label: `${signal.category.padEnd(widths.category)}  ${signal.name.padEnd(widths.name)}  ${shownValue(signal)}`,
      hint: `stored as ${signal.fieldName}`,
    })),
    initial: storable.map(({ name }) => name),
  })
}

function shownValue({ value, unit }: FoundSignal): string {
  if (value === null) return '–'
  // Some servers tell 32-bit numbers with all their digits.
  const shown = typeof value === 'number' ? Number(value.toFixed(2)) : value
  return `${shown}${unit ? ` ${unit.trim()}` : ''}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
