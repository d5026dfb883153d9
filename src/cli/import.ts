/** `bvpro house|building import ID`: has a running BVPro fetch an entity's past from its vendor, and waits for it. */
import type { Command } from 'commander'
import { IMPORT_RESOLUTIONS } from '../domain/history/plan.ts'
import type { ImportProgress } from '../workflows/history-messages.ts'
import { wholeNumber } from './argument-readers.ts'
import type { ApiClient } from './client.ts'
import { CommandFault } from './fault.ts'
import { type ChangeOptions, changing, clientFor } from './server.ts'
import { paint, printJson, renderTable, type Terminal } from './terminal.ts'
import { type Accepted, watch } from './watch.ts'

interface ImportOptions extends ChangeOptions {
  readonly days: number
  readonly resolution: number
  readonly wait: boolean
}

const BAR_WIDTH = 30

export function addImportCommand(
  group: Command,
  kind: 'house' | 'building',
  exampleId: string,
  terminal: Terminal,
): void {
  changing(group.command('import <id>'), `fetch the past of a ${kind} from its vendor`, [
    `bvpro ${kind} import ${exampleId}`,
    `bvpro ${kind} import ${exampleId} --days 365 --resolution 60 --dry-run`,
    `bvpro ${kind} import ${exampleId} --no-wait --json`,
  ])
    .option('--days <number>', 'how far back', wholeNumber, 90)
    .option('--resolution <minutes>', `minutes between two points: ${IMPORT_RESOLUTIONS.join(', ')}`, wholeNumber, 60)
    .option('--no-wait', 'return at once; the import goes on')
    .action((id: string, options: ImportOptions) => importEntity(kind, id, options, terminal))
}

async function importEntity(
  kind: 'house' | 'building',
  id: string,
  options: ImportOptions,
  terminal: Terminal,
): Promise<void> {
  const { days, resolution } = options
  if (!IMPORT_RESOLUTIONS.some((known) => known === resolution)) {
    throw new CommandFault(`--resolution is one of ${IMPORT_RESOLUTIONS.join(', ')} minutes.`, 2)
  }
  if (days < 1) throw new CommandFault('--days is at least 1.', 2)
  const client = await clientFor(options, terminal)
  const accepted = await client.post<Accepted>(`/api/v1/entities/${kind}/${encodeURIComponent(id)}/import`, {
    days,
    resolutionMinutes: resolution,
    dryRun: options.dryRun === true,
  })
  if (!options.wait) {
    if (options.json) return printJson(terminal, accepted)
    return terminal.print(`${kind} ${id}: the import has begun as ${accepted.workflowId}`)
  }
  const progress = await follow(client, accepted, terminal)
  if (options.json) printJson(terminal, progress)
  else report(kind, id, progress, terminal)
  if (progress.state === 'cancelled') throw new CommandFault('The import was cancelled.')
  if (progress.state !== 'done') throw new CommandFault(progress.error?.message ?? 'The import failed.')
}

function follow(client: ApiClient, { progressUrl }: Accepted, terminal: Terminal): Promise<ImportProgress> {
  return watch(
    {
      look: () => client.get<ImportProgress>(progressUrl),
      ended: ({ state }) => state !== 'running',
      show: (progress) => {
        if (progress.state === 'running') terminal.status?.(progressLine(progress))
      },
    },
    terminal,
  )
}

/** `████████······  42 %  importing 2026-01-01 to 2026-01-08  5040 points` */
export function progressLine({ percent, step, rows }: Pick<ImportProgress, 'percent' | 'step' | 'rows'>): string {
  return `${progressBar(percent)} ${step}  ${rows} points`
}

/** `████████······  42 % ` */
export function progressBar(percent: number): string {
  const filled = Math.round((BAR_WIDTH * percent) / 100)
  return `${'█'.repeat(filled)}${'·'.repeat(BAR_WIDTH - filled)} ${String(percent).padStart(3)} % `
}

function report(kind: string, id: string, progress: ImportProgress, terminal: Terminal): void {
  const { state, rows, keptOut, from, to, fields, issues, dryRun } = progress
  if (from !== null && to !== null) {
    const would = dryRun ? 'would be ' : ''
    terminal.print(`${kind} ${id}: ${rows} points from ${from} to ${to} ${would}imported`)
  }
  if (keptOut > 0) terminal.print(`${keptOut} points were left out because readings were polled in their time`)
  const rowsOfTable = Object.entries(fields).map(([field, { values, outOfRange = 0, stuck = 0 }]) => [
    field,
    String(values),
    outOfRange === 0 ? '' : String(outOfRange),
    stuck === 0 ? '' : String(stuck),
  ])
  if (rowsOfTable.length > 0) {
    terminal.print(renderTable(terminal, ['field', 'values', 'implausible', 'stuck'], rowsOfTable))
  }
  for (const issue of issues) terminal.print(`${paint(terminal, 'warning', 'note')}: ${issue}`)
  if (state === 'done') terminal.print(paint(terminal, 'good', dryRun ? 'dry run: nothing was written' : 'done'))
}
