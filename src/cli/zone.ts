/** `bvpro zone add|set|remove|restore`: configures the zones of a running BVPro. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { ConfigProblem } from '../domain/entity.ts'
import { decimal, onOrOff, wholeNumber } from './argument-readers.ts'
import { CommandFault } from './fault.ts'
import { type ChangeOptions, changing, clientFor } from './server.ts'
import { printJson, renderTable, type Terminal } from './terminal.ts'
import { addSetpointCommands, zonePath } from './zone-setpoint.ts'

interface DocumentOptions extends ChangeOptions {
  readonly file?: string
}
interface RemoveOptions extends ChangeOptions {
  readonly hard?: boolean
}

type Document = Record<string, unknown>

interface Field {
  readonly flags: string
  readonly meaning: string
  readonly path: readonly [string] | readonly [string, string]
  /** Text when left out. Limits are those of the configuration; BVPro judges them. */
  readonly read?: (text: string) => unknown
}

/** Flags of the fields people set most; `--file` and the configuration itself have all of them. */
const FIELDS: readonly Field[] = [
  { flags: '--name <name>', meaning: 'display name; the id of a new zone is made of it', path: ['name'] },
  { flags: '--host <host>', meaning: 'host name or address of the device', path: ['modbus_host'] },
  { flags: '--port <number>', meaning: 'TCP port of the device', path: ['modbus_port'], read: wholeNumber },
  { flags: '--unit <number>', meaning: 'Modbus unit behind a gateway', path: ['unit_id'], read: wholeNumber },
  {
    flags: '--occupied <celsius>',
    meaning: 'setpoint when occupied',
    path: ['preferences', 'occupied_temp'],
    read: decimal,
  },
  {
    flags: '--unoccupied <celsius>',
    meaning: 'setpoint when not',
    path: ['preferences', 'unoccupied_temp'],
    read: decimal,
  },
  {
    flags: '--min <celsius>',
    meaning: 'lowest setpoint ever written',
    path: ['preferences', 'min_temp'],
    read: decimal,
  },
  {
    flags: '--max <celsius>',
    meaning: 'highest setpoint ever written',
    path: ['preferences', 'max_temp'],
    read: decimal,
  },
  { flags: '--poll <seconds>', meaning: 'time between polls', path: ['poll_seconds'], read: wholeNumber },
  { flags: '--control <on|off>', meaning: 'off: BVPro reads only', path: ['control_enabled'], read: onOrOff },
]

const LEAST = ['--name', '--host', '--port', '--occupied', '--unoccupied']

export function addZoneCommands(group: Command, terminal: Terminal): void {
  const add = changing(group.command('add'), 'add a zone, whether its device is up yet or not', [
    'bvpro zone add --name "Living Room" --host 192.168.1.20 --port 502 --occupied 21 --unoccupied 17',
    'bvpro zone add --file living-room.json --dry-run',
  ])
  withFields(add)
    .option('--file <file>', 'JSON file like those in zones/; flags go on top of it')
    .action((options: DocumentOptions) => addZone(options, add, terminal))

  const set = changing(group.command('set <id>'), 'change the configuration of a zone', [
    'bvpro zone set living-room --occupied 20.5',
    'bvpro zone set living-room --control off --dry-run',
  ])
  withFields(set)
    .option('--file <file>', 'merge patch (RFC 7396) in a JSON file; flags go on top of it')
    .action((id: string, options: DocumentOptions) => setZone(id, options, set, terminal))

  changing(group.command('remove <id>'), 'take a zone out of service; its data are kept', [
    'bvpro zone remove living-room --dry-run',
    'bvpro zone remove living-room',
    'bvpro zone remove living-room --hard',
  ])
    .option('--hard', 'delete its data, too; this cannot be undone')
    .action((id: string, options: RemoveOptions) => removeZone(id, options, terminal))

  changing(group.command('restore <id>'), 'bring a removed zone back', ['bvpro zone restore living-room']).action(
    (id: string, options: ChangeOptions) => restoreZone(id, options, terminal),
  )

  addSetpointCommands(group, terminal)
}

function withFields(command: Command): Command {
  for (const { flags, meaning, read } of FIELDS) {
    if (read === undefined) command.option(flags, meaning)
    else command.option(flags, meaning, read)
  }
  return command
}

/** The file, with the flags on top. */
function documentOf({ file }: DocumentOptions, command: Command): Document {
  const document: Document = file === undefined ? {} : readDocument(file)
  for (const { flags, path } of FIELDS) {
    const option = command.options.find((candidate) => candidate.flags === flags)
    const value: unknown = option === undefined ? undefined : command.getOptionValue(option.attributeName())
    if (value === undefined) continue
    const [key, inner] = path
    document[key] = inner === undefined ? value : { ...asObject(document[key]), [inner]: value }
  }
  return document
}

function asObject(value: unknown): Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function readDocument(file: string): Document {
  let document: unknown
  try {
    document = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CommandFault(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new CommandFault(`${file} holds no JSON object.`)
  }
  return { ...document }
}

async function addZone(options: DocumentOptions, command: Command, terminal: Terminal): Promise<void> {
  const document = documentOf(options, command)
  if (options.file === undefined) {
    const missing = FIELDS.filter(({ flags, path: [key, inner] }) => {
      const value = inner === undefined ? document[key] : asObject(document[key])[inner]
      return value === undefined && LEAST.includes(flags.split(' ')[0] ?? '')
    })
    if (missing.length > 0) {
      throw new CommandFault(`Give ${missing.map(({ flags }) => flags).join(', ')}, or a --file with all of it.`, 2)
    }
  }
  const client = await clientFor(options, terminal)
  if (options.dryRun) {
    const answer = await client.post<{ id: string; config: Document }>('/api/v1/zones?dryRun=true', document)
    if (options.json) return printJson(terminal, { dryRun: true, ...answer })
    return terminal.print(`zone ${answer.id}: would be added:\n${JSON.stringify(answer.config, null, 2)}`)
  }
  const answer = await client.post<{ id: string }>('/api/v1/zones', document)
  if (options.json) return printJson(terminal, { dryRun: false, ...answer })
  terminal.print(`zone ${answer.id}: added; "bvpro zone show ${answer.id}" tells how it is`)
}

async function setZone(id: string, options: DocumentOptions, command: Command, terminal: Terminal): Promise<void> {
  const change = documentOf(options, command)
  if (Object.keys(change).length === 0) throw new CommandFault('Give at least one field to change; see --help.', 2)
  const client = await clientFor(options, terminal)
  const configPath = `/api/v1/entities/zone/${encodeURIComponent(id)}/config`
  if (options.dryRun) {
    const problems = await faultsAfter(await client.get<Document>(configPath), change, id)
    if (options.json) printJson(terminal, { dryRun: true, id, change, problems })
    else {
      terminal.print(`zone ${id}: would be changed:\n${JSON.stringify(change, null, 2)}`)
      for (const { path, message } of problems) terminal.print(`${path}: ${message}`)
    }
    if (problems.length > 0) throw new CommandFault(`Zone ${id} would not be valid any more.`)
    return
  }
  const config = await client.patch<Document>(configPath, change)
  if (options.json) return printJson(terminal, { dryRun: false, id, config })
  terminal.print(`zone ${id}: changed`)
}

/** What would be wrong with the configuration after the change. Whether its device may be dialled, only BVPro knows. */
async function faultsAfter(present: Document, change: Document, id: string): Promise<readonly ConfigProblem[]> {
  const [{ applyMergePatch }, { parseZone }] = await Promise.all([
    import('../config/merge-patch.ts'),
    import('../config/zone.ts'),
  ])
  return parseZone(applyMergePatch(present, change), { id }).problems
}

interface Removal {
  readonly files: readonly string[]
  readonly series: readonly {
    readonly measurement: string
    readonly rows: number
    readonly oldest: string
    readonly newest: string
  }[]
}

async function removeZone(id: string, options: RemoveOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const mode = options.hard ? 'hard' : 'soft'
  const dryRun = options.dryRun === true
  const removal = await client.delete<Removal>(`${zonePath(id)}?mode=${mode}&dryRun=${dryRun}`)
  if (options.json) return printJson(terminal, { dryRun, ...removal })
  const would = dryRun ? 'would be ' : ''
  for (const file of removal.files) terminal.print(`${file}: ${would}${options.hard ? 'deleted' : 'set aside'}`)
  if (removal.series.length > 0) {
    terminal.print(
      renderTable(
        terminal,
        ['measurement', 'rows', 'oldest', 'newest', ''],
        removal.series.map(({ measurement, rows, oldest, newest }) => [
          measurement,
          String(rows),
          oldest,
          newest,
          options.hard ? `${would}deleted` : 'kept',
        ]),
      ),
    )
  }
  if (!dryRun) {
    terminal.print(
      options.hard ? `zone ${id}: deleted` : `zone ${id}: removed; "bvpro zone restore ${id}" brings it back`,
    )
  }
}

async function restoreZone(id: string, options: ChangeOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const dryRun = options.dryRun === true
  await client.post(`/api/v1/entities/zone/${encodeURIComponent(id)}/restore?dryRun=${dryRun}`)
  if (options.json) return printJson(terminal, { dryRun, id })
  terminal.print(`zone ${id}: ${dryRun ? 'would be ' : ''}restored`)
}
