/** `bvpro house|building|zone …`: looks at the entities of a running BVPro, and tells them to pause, resume or poll. */

import type { z } from '@hono/zod-openapi'
import type { Command } from 'commander'
import type { EntityDetailSchema, EntityListSchema, FleetReportSchema } from '../api/entities/schemas.ts'
import { ENTITY_KINDS, type EntityKind, HEALTH_STATES, type Health } from '../domain/entity.ts'
import { addBuildingAdd } from './building-add.ts'
import type { ApiClient } from './client.ts'
import { addSetPasswordCommand } from './credentials.ts'
import { CommandFault } from './fault.ts'
import { addHouseAdd } from './house-add.ts'
import { addControlCommands } from './house-control.ts'
import { addExplainCommand } from './house-explain.ts'
import { addHouseForecastCommands } from './house-forecast.ts'
import { addInertiaCommand } from './house-inertia.ts'
import { addSavingsCommands } from './house-savings.ts'
import { addImportCommand } from './import.ts'
import { addRemovalCommands } from './removal.ts'
import { clientFor, type ServerOptions, serverOptions } from './server.ts'
import { ago, paint, printJson, renderTable, type Terminal, type Tone } from './terminal.ts'
import { addZoneCommands } from './zone.ts'

type EntityList = z.infer<typeof EntityListSchema>
type EntityDetail = z.infer<typeof EntityDetailSchema>
type FleetReport = z.infer<typeof FleetReportSchema>
type Entity = EntityList['entities'][number]

interface ListOptions extends ServerOptions {
  readonly health?: string
  readonly json?: boolean
}
interface ActOptions extends ServerOptions {
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

const HEALTH_TONE: Record<Health, Tone> = {
  ok: 'good',
  starting: 'quiet',
  offboarding: 'quiet',
  degraded: 'warning',
  offline: 'bad',
  misconfigured: 'bad',
  needs_credentials: 'bad',
}

const ACTIONS = {
  pause: { summary: 'stop reading until resumed', done: 'paused', fleet: true },
  resume: { summary: 'go on reading', done: 'resumed', fleet: true },
  poll: { summary: 'read now', done: 'asked to read now', fleet: false },
} as const
type Action = keyof typeof ACTIONS

/** Adds the three command groups to the program. */
export function addEntityCommands(program: Command, terminal: Terminal): void {
  for (const kind of ENTITY_KINDS) {
    const group = addKind(program, kind, terminal)
    if (kind === 'house') {
      addHouseAdd(group, terminal)
      addControlCommands(group, terminal)
      addExplainCommand(group, terminal)
      addInertiaCommand(group, terminal)
      addHouseForecastCommands(group, EXAMPLE_ID[kind], terminal)
      addSavingsCommands(group, EXAMPLE_ID[kind], terminal)
    } else if (kind === 'building') addBuildingAdd(group, terminal)
    else addZoneCommands(group, terminal)
    addRemovalCommands(group, kind, EXAMPLE_ID[kind], terminal)
    if (kind === 'zone') continue
    addImportCommand(group, kind, EXAMPLE_ID[kind], terminal)
    addSetPasswordCommand(group, kind, EXAMPLE_ID[kind], terminal)
  }
}

function addKind(program: Command, kind: EntityKind, terminal: Terminal): Command {
  const group = program.command(kind).description(`look at and steer ${kind}s of a running BVPro`)

  serverOptions(group.command('list'))
    .description(`every ${kind} with its health and last reading`)
    .option('--health <state>', `only those in this state: ${HEALTH_STATES.join(', ')}`)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n  bvpro ${kind} list --health offline\n  bvpro ${kind} list --json`)
    .action((options: ListOptions) => list(kind, options, terminal))

  serverOptions(group.command('show <id>'))
    .description(`one ${kind} with its configuration`)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  bvpro ${kind} show ${EXAMPLE_ID[kind]}\n  bvpro ${kind} show ${EXAMPLE_ID[kind]} --json`,
    )
    .action((id: string, options: ListOptions) => show(kind, id, options, terminal))

  for (const action of Object.keys(ACTIONS) as Action[]) {
    const { summary, fleet } = ACTIONS[action]
    const command = serverOptions(group.command(fleet ? `${action} [id]` : `${action} <id>`))
      .description(`tell a ${kind} to ${summary}`)
      .option('--dry-run', 'say what would be done, change nothing')
      .option('--json', 'print JSON')
    if (fleet) command.option('--all', `every ${kind}`)
    const examples = [
      `bvpro ${kind} ${action} ${EXAMPLE_ID[kind]}`,
      ...(fleet ? [`bvpro ${kind} ${action} --all`] : []),
    ]
    command
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
      .action((id: string | undefined, options: ActOptions) => act(kind, action, id, options, terminal))
  }
  return group
}

const EXAMPLE_ID: Record<EntityKind, string> = {
  house: 'HEM_FJV_Villa_901',
  building: 'TE901_KVARNEN',
  zone: 'living-room',
}

function path(kind: EntityKind, id: string): string {
  return `/api/v1/entities/${kind}/${encodeURIComponent(id)}`
}

async function list(kind: EntityKind, options: ListOptions, terminal: Terminal): Promise<void> {
  const { health } = options
  if (health !== undefined && !(HEALTH_STATES as readonly string[]).includes(health)) {
    throw new CommandFault(`There is no health state "${health}"; the states are ${HEALTH_STATES.join(', ')}.`, 2)
  }
  const query = new URLSearchParams({ kind, ...(health === undefined ? {} : { health }) })
  const answer = await (await clientFor(options, terminal)).get<EntityList>(`/api/v1/entities?${query}`)
  if (options.json) return printJson(terminal, answer)
  const { entities } = answer
  const steers = kind === 'house'
  if (entities.length === 0) return terminal.print(`No ${kind}${health === undefined ? '' : ` is ${health}`}.`)
  terminal.print(
    renderTable(
      terminal,
      ['id', 'name', 'health', 'mode', ...(steers ? ['mode changed'] : []), 'last poll', 'last reading', 'reason'],
      entities.map((entity) => [
        entity.id,
        entity.name,
        paintHealth(terminal, entity),
        entity.mode,
        ...(steers ? [entity.modeSince == null ? '' : ago(terminal, entity.modeSince)] : []),
        ago(terminal, entity.lastPollAt),
        describeReading(entity),
        entity.reason ?? '',
      ]),
    ),
  )
}

async function show(kind: EntityKind, id: string, options: ListOptions, terminal: Terminal): Promise<void> {
  const entity = await (await clientFor(options, terminal)).get<EntityDetail>(path(kind, id))
  if (options.json) return printJson(terminal, entity)
  const facts: [string, string][] = [
    ['id', entity.id],
    ['name', entity.name],
    ['health', paintHealth(terminal, entity) + (entity.since === null ? '' : ` since ${entity.since}`)],
    ['reason', entity.reason ?? ''],
    ['mode', entity.mode + (entity.modeSince == null ? '' : ` since ${entity.modeSince}`)],
    ['control', entity.control.state],
    ['last poll', ago(terminal, entity.lastPollAt)],
    ['workflow', entity.workflowId],
    ['place', entity.place?.key ?? ''],
    ...(entity.problems ?? []).map(({ path: where, message }): [string, string] => ['problem', `${where}: ${message}`]),
    ...Object.entries(entity.lastReading ?? {}).map(([field, value]): [string, string] => [
      field,
      String(value ?? '–'),
    ]),
  ]
  terminal.print(
    renderTable(
      terminal,
      [kind, ''],
      facts.filter(([, value]) => value !== ''),
    ),
  )
  if (entity.config !== null) terminal.print(`configuration:\n${JSON.stringify(entity.config, null, 2)}`)
}

async function act(
  kind: EntityKind,
  action: Action,
  id: string | undefined,
  options: ActOptions,
  terminal: Terminal,
): Promise<void> {
  if ((id === undefined) !== (options.all === true)) {
    throw new CommandFault(`Give the id of one ${kind}, or --all for every ${kind}.`, 2)
  }
  const client = await clientFor(options, terminal)
  const report =
    id === undefined ? await actOnAll(client, kind, action, options) : await actOnOne(client, kind, action, id, options)
  if (options.json) {
    printJson(terminal, { action, dryRun: options.dryRun === true, ...report })
  } else {
    const done = options.dryRun ? `would be ${ACTIONS[action].done}` : ACTIONS[action].done
    if (report.accepted.length === 0 && report.refused.length === 0) terminal.print(`There is no ${kind}.`)
    for (const { id: accepted } of report.accepted) terminal.print(`${kind} ${accepted}: ${done}`)
    for (const { id: refused, reason } of report.refused) {
      terminal.print(`${kind} ${refused}: ${paint(terminal, 'bad', 'refused')}: ${reason}`)
    }
  }
  if (report.refused.length > 0) {
    throw new CommandFault(`${report.refused.length} of ${report.refused.length + report.accepted.length} refused.`)
  }
}

async function actOnOne(
  client: ApiClient,
  kind: EntityKind,
  action: Action,
  id: string,
  options: ActOptions,
): Promise<FleetReport> {
  if (options.dryRun) await client.get(path(kind, id))
  else await client.post(`${path(kind, id)}/${action}`)
  return { accepted: [{ kind, id }], refused: [] }
}

async function actOnAll(
  client: ApiClient,
  kind: EntityKind,
  action: Action,
  options: ActOptions,
): Promise<FleetReport> {
  if (!options.dryRun) return client.post<FleetReport>(`/api/v1/entities/${action}?kind=${kind}`)
  const { entities } = await client.get<EntityList>(`/api/v1/entities?kind=${kind}`)
  return { accepted: entities.map(({ id }) => ({ kind, id })), refused: [] }
}

function paintHealth(terminal: Terminal, { health, paused }: Pick<Entity, 'health' | 'paused'>): string {
  return paint(terminal, HEALTH_TONE[health], health) + (paused ? ' (paused)' : '')
}

/** The two or three values a person looks for first. */
function describeReading({ lastReading }: Entity): string {
  if (lastReading === null) return ''
  const labels: [field: string, label: string][] = [
    ['room_temperature', 'indoor'],
    ['temperature', 'indoor'],
    ['outdoor_temperature', 'outdoor'],
    ['supply_temp', 'supply'],
  ]
  return labels
    .flatMap(([field, label]) => {
      const value = lastReading[field]
      return typeof value === 'number' ? [`${label} ${value.toFixed(1)} °C`] : []
    })
    .join(', ')
}
