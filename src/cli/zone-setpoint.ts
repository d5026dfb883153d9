/** `bvpro zone readings|command`: what zones reported, what they were sent, and another setpoint for a while. */
import type { z } from '@hono/zod-openapi'
import type { Command } from 'commander'
import type { ZoneCommandsSchema, ZoneOverrideAcceptedSchema } from '../api/zones/commands.ts'
import type { ZoneReadingsSchema } from '../api/zones/readings.ts'
import type { ZoneDetailSchema } from '../api/zones/schemas.ts'
import { decimal, wholeNumber } from './argument-readers.ts'
import { CommandFault } from './fault.ts'
import { type ChangeOptions, changing, clientFor, type ServerOptions, serverOptions } from './server.ts'
import { printJson, renderTable, type Terminal } from './terminal.ts'

interface ListOptions extends ServerOptions {
  readonly limit: number
  readonly from?: string
  readonly to?: string
  readonly json?: boolean
}

interface CommandOptions extends ChangeOptions, ListOptions {
  readonly hours?: number
  readonly until?: string
  readonly cancel?: boolean
}

const HOUR_MS = 3_600_000

export function addSetpointCommands(group: Command, terminal: Terminal): void {
  listing(serverOptions(group.command('readings <id>')))
    .description('what a zone reported, the newest first')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  bvpro zone readings living-room\n  bvpro zone readings living-room --from 2026-01-10T00:00:00Z --limit 1000 --json',
    )
    .action((id: string, options: ListOptions) => showReadings(id, options, terminal))

  const command = changing(
    group.command('command <id>'),
    'hold another setpoint for a while; without a temperature, show what the zone was sent',
    [
      'bvpro zone command living-room 21.5',
      'bvpro zone command living-room 21.5 --hours 4',
      'bvpro zone command living-room --cancel',
      'bvpro zone command living-room --limit 10',
    ],
  )
  listing(command)
    .argument('[celsius]', 'the setpoint, within the limits of the zone', decimal)
    .option('--hours <number>', 'how long (default: 2)', decimal)
    .option('--until <time>', 'how long, as a time such as 2026-01-10T22:00:00Z')
    .option('--cancel', 'go back to the own decisions of the zone now')
    .action((id: string, celsius: number | undefined, options: CommandOptions) =>
      commandZone(id, celsius, options, terminal),
    )
}

function listing(command: Command): Command {
  return command
    .option('--limit <number>', 'how many to show at most', wholeNumber, 20)
    .option('--from <time>', 'not older than this')
    .option('--to <time>', 'older than this')
}

export function zonePath(id: string): string {
  return `/api/v1/zones/${encodeURIComponent(id)}`
}

function queryOf({ limit, from, to }: ListOptions): URLSearchParams {
  return new URLSearchParams({
    limit: String(limit),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  })
}

function celsiusText(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(1)} °C`
}

function flagText(value: boolean | null, yes: string, no: string): string {
  return value === null ? '–' : value ? yes : no
}

async function showReadings(id: string, options: ListOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const path = `${zonePath(id)}/readings?${queryOf(options)}`
  const answer = await client.get<z.infer<typeof ZoneReadingsSchema>>(path)
  if (options.json) return printJson(terminal, answer)
  if (answer.readings.length === 0) return terminal.print(`Zone ${id} has no readings.`)
  terminal.print(
    renderTable(
      terminal,
      ['time', 'temperature', 'setpoint', 'occupancy', 'heater', 'source'],
      answer.readings.map((reading) => [
        reading.time,
        celsiusText(reading.temperature),
        celsiusText(reading.target_temperature),
        flagText(reading.occupancy, 'occupied', 'vacant'),
        flagText(reading.heater_status, 'on', 'off'),
        reading.source,
      ]),
    ),
  )
}

async function showCommands(id: string, options: ListOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const path = `${zonePath(id)}/commands?${queryOf(options)}`
  const answer = await client.get<z.infer<typeof ZoneCommandsSchema>>(path)
  if (options.json) return printJson(terminal, answer)
  if (answer.commands.length === 0) return terminal.print(`Zone ${id} was sent nothing.`)
  terminal.print(
    renderTable(
      terminal,
      ['time', 'intended', 'applied', 'verified', 'status', 'source', 'reason'],
      answer.commands.map((command) => [
        command.time,
        celsiusText(command.intended),
        celsiusText(command.applied),
        celsiusText(command.verified),
        command.status ?? '',
        command.user ?? command.source ?? '',
        command.reason ?? '',
      ]),
    ),
  )
}

async function commandZone(
  id: string,
  celsius: number | undefined,
  options: CommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { cancel = false, hours, until } = options
  const lasts = hours !== undefined || until !== undefined
  if (cancel && (celsius !== undefined || lasts)) throw new CommandFault('--cancel goes alone.', 2)
  if (hours !== undefined && until !== undefined) throw new CommandFault('Give --hours or --until, not both.', 2)
  if (celsius === undefined && lasts) throw new CommandFault('Give the setpoint, too: bvpro zone command <id> 21.5', 2)
  if (cancel) return cancelOverride(id, options, terminal)
  if (celsius === undefined) return showCommands(id, options, terminal)

  const end = hours === undefined ? until : new Date(terminal.now() + hours * HOUR_MS).toISOString()
  const body = { temperature: celsius, ...(end === undefined ? {} : { until: end }) }
  const client = await clientFor(options, terminal)
  const path = `${zonePath(id)}/commands`
  if (options.dryRun) {
    await client.post(`${path}?dryRun=true`, body)
    if (options.json) return printJson(terminal, { dryRun: true, id, ...body })
    return terminal.print(`zone ${id}: would be held at ${celsiusText(celsius)}`)
  }
  const answer = await client.post<z.infer<typeof ZoneOverrideAcceptedSchema>>(path, body)
  if (options.json) return printJson(terminal, { dryRun: false, id, ...answer })
  terminal.print(`zone ${id}: will be held at ${celsiusText(celsius)} until ${answer.expiresAt}`)
}

async function cancelOverride(id: string, options: ChangeOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const dryRun = options.dryRun === true
  if (dryRun) await client.get<z.infer<typeof ZoneDetailSchema>>(zonePath(id))
  else await client.delete(`${zonePath(id)}/override`)
  if (options.json) return printJson(terminal, { dryRun, id })
  terminal.print(`zone ${id}: ${dryRun ? 'would go' : 'goes'} back to its own decisions`)
}
