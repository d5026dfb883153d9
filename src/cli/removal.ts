/** `bvpro house|building|zone remove|restore ID`: takes an entity out of service, and brings it back. */
import { type Command, Option } from 'commander'
import type { EntityKind } from '../domain/entity.ts'
import { decimal } from './argument-readers.ts'
import { CommandFault } from './fault.ts'
import { faultOf, followOperation } from './operations.ts'
import { ask } from './prompts.ts'
import { type ChangeOptions, changing, clientFor } from './server.ts'
import { paint, printJson, renderTable, type Terminal } from './terminal.ts'
import type { Accepted } from './watch.ts'

interface RemoveOptions extends ChangeOptions {
  readonly mode: 'soft' | 'hard'
  readonly graceDays?: number
  readonly abandonControl?: boolean
  readonly yes?: boolean
  readonly wait: boolean
}
interface RestoreOptions extends ChangeOptions {
  readonly wait: boolean
}

/** What would go. */
interface Removal {
  readonly files: readonly string[]
  /** Names, never values. */
  readonly credentials: readonly string[]
  readonly series: readonly {
    readonly measurement: string
    readonly rows: number
    readonly oldest: string | null
    readonly newest: string | null
  }[]
  readonly purgeAfter: string | null
}

export function addRemovalCommands(group: Command, kind: EntityKind, exampleId: string, terminal: Terminal): void {
  const remove = changing(group.command('remove <id>'), `take a ${kind} out of service, and delete its data`, [
    `bvpro ${kind} remove ${exampleId} --dry-run`,
    `bvpro ${kind} remove ${exampleId}`,
    `bvpro ${kind} remove ${exampleId} --mode hard --yes`,
    `bvpro ${kind} remove ${exampleId} --grace-days 90 --yes --no-wait`,
  ])
    .addOption(
      new Option('--mode <mode>', 'soft: the data are deleted after the days of grace; hard: at once, for ever')
        .choices(['soft', 'hard'])
        .default('soft'),
    )
    .option('--grace-days <days>', 'how long a soft removal can be undone (default: 30)', decimal)
    .option('--yes', 'do not ask for the id')
    .option('--no-wait', 'return at once with the id of the workflow; the removal goes on')
  if (kind === 'house') {
    remove.option('--abandon-control', 'go on even when the heat curve cannot be given back to the controller')
  }
  remove.action((id: string, options: RemoveOptions) => removeEntity(kind, id, options, terminal))

  changing(group.command('restore <id>'), `bring a ${kind} back whose data are not deleted yet`, [
    `bvpro ${kind} restore ${exampleId}`,
  ])
    .option('--no-wait', 'return at once with the id of the workflow')
    .action((id: string, options: RestoreOptions) => restoreEntity(kind, id, options, terminal))
}

function entityPath(kind: EntityKind, id: string): string {
  return `/api/v1/entities/${kind}/${encodeURIComponent(id)}`
}

async function removeEntity(kind: EntityKind, id: string, options: RemoveOptions, terminal: Terminal): Promise<void> {
  const { mode, graceDays, abandonControl = false } = options
  if (mode === 'hard' && graceDays !== undefined) {
    throw new CommandFault('A hard removal has no days of grace; leave --grace-days out.', 2)
  }
  const query = new URLSearchParams({
    mode,
    ...(graceDays === undefined ? {} : { graceDays: String(graceDays) }),
    ...(abandonControl ? { abandonControl: 'true' } : {}),
  })
  const path = `${entityPath(kind, id)}?${query}`
  const client = await clientFor(options, terminal)
  if (options.dryRun || (options.yes !== true && terminal.interactive === true)) {
    const removal = await client.delete<Removal>(`${path}&dryRun=true`)
    if (options.dryRun && options.json) return printJson(terminal, { dryRun: true, ...removal })
    if (!options.json) describeRemoval(removal, mode, terminal)
    if (options.dryRun) return
  }
  if (options.yes !== true) {
    await ask(terminal, {
      question: `Type ${id} to remove it`,
      flag: '--yes',
      check: (answer) => (answer === id ? undefined : `It is ${id}; Ctrl-C leaves everything as it is.`),
    })
  }
  const accepted = await client.delete<Accepted>(path)
  if (!options.wait) {
    if (options.json) return printJson(terminal, accepted)
    return terminal.print(`removal has begun as ${accepted.workflowId}`)
  }
  const progress = await followOperation(client, accepted, terminal, {
    quiet: options.json === true,
    // The data are deleted by a timer, at the end of the days of grace.
    enough: ({ dueAt }) => dueAt !== null,
  })
  if (options.json) printJson(terminal, { workflowId: accepted.workflowId, ...progress })
  const fault = faultOf(progress, 'The removal')
  if (fault !== undefined) throw fault
  if (options.json) return
  terminal.print(
    progress.dueAt === null
      ? `${kind} ${id}: deleted`
      : `${kind} ${id}: removed; its data are deleted at ${progress.dueAt}, and until then "bvpro ${kind} restore ${id}" brings it back`,
  )
}

function describeRemoval({ files, credentials, series, purgeAfter }: Removal, mode: string, terminal: Terminal): void {
  for (const file of files) terminal.print(`${file}: would be ${mode === 'hard' ? 'deleted' : 'set aside'}`)
  for (const name of credentials) terminal.print(`${name}: would be deleted`)
  if (series.length === 0) {
    terminal.print('Nothing is stored of it.')
    return
  }
  terminal.print(
    renderTable(
      terminal,
      ['measurement', 'rows', 'oldest', 'newest'],
      series.map(({ measurement, rows, oldest, newest }) => [measurement, String(rows), oldest ?? '', newest ?? '']),
    ),
  )
  terminal.print(
    purgeAfter === null
      ? paint(terminal, 'bad', 'All of it would be deleted at once.')
      : `All of it would be deleted at ${purgeAfter}.`,
  )
}

async function restoreEntity(kind: EntityKind, id: string, options: RestoreOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const path = `${entityPath(kind, id)}/restore`
  if (options.dryRun) {
    await client.post(`${path}?dryRun=true`)
    if (options.json) return printJson(terminal, { dryRun: true, id })
    return terminal.print(`${kind} ${id}: would be restored`)
  }
  const accepted = await client.post<Accepted>(path)
  if (!options.wait) {
    if (options.json) return printJson(terminal, accepted)
    return terminal.print(`restoring has begun as ${accepted.workflowId}`)
  }
  const progress = await followOperation(client, accepted, terminal, { quiet: options.json === true, onlyNew: true })
  if (options.json) printJson(terminal, { workflowId: accepted.workflowId, ...progress })
  // What is called off by a restore ends as cancelled; that is the good end here.
  if (progress.state === 'failed') throw faultOf(progress, 'The restore')
  if (options.json) return
  const credentials =
    kind === 'zone'
      ? ''
      : `; if its credentials were deleted, "bvpro ${kind} set-password ${id} --username …" gives them`
  terminal.print(`${kind} ${id}: ${paint(terminal, 'good', 'restored')}${credentials}`)
}
