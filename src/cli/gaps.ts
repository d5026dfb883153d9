/** `bvpro gaps fill`: has a running BVPro find holes in the data and fill them, and waits for it. */
import type { Command } from 'commander'
import { ENTITY_KINDS } from '../domain/entity.ts'
import type { GapSummary } from '../domain/history/gaps.ts'
import type { FillGapsProgress } from '../workflows/history-messages.ts'
import { wholeNumber } from './argument-readers.ts'
import { CommandFault } from './fault.ts'
import { type ChangeOptions, changing, clientFor } from './server.ts'
import { paint, printJson, renderTable, type Terminal } from './terminal.ts'
import { type Accepted, watch } from './watch.ts'

interface FillOptions extends ChangeOptions {
  readonly kind?: string
  readonly id?: string
  readonly days: number
  readonly wait: boolean
}

export function addGapCommands(program: Command, terminal: Terminal): void {
  const group = program.command('gaps').description('holes in the data')
  changing(group.command('fill'), 'find holes and fill them from what vendors and weather stations keep', [
    'bvpro gaps fill',
    'bvpro gaps fill --days 60 --dry-run',
    'bvpro gaps fill --kind house --id HEM_FJV_Villa_901 --json',
  ])
    .option('--kind <kind>', `only one entity (with --id): ${ENTITY_KINDS.join(', ')}`)
    .option('--id <id>', 'its id')
    .option('--days <number>', 'how far back to look', wholeNumber, 14)
    .option('--no-wait', 'return at once; the filling goes on')
    .action((options: FillOptions) => fill(options, terminal))
}

async function fill(options: FillOptions, terminal: Terminal): Promise<void> {
  const { kind, id, days } = options
  if ((kind === undefined) !== (id === undefined)) throw new CommandFault('Give --kind and --id together.', 2)
  if (kind !== undefined && !ENTITY_KINDS.some((known) => known === kind)) {
    throw new CommandFault(`There is no kind "${kind}"; the kinds are ${ENTITY_KINDS.join(', ')}.`, 2)
  }
  if (days < 1) throw new CommandFault('--days is at least 1.', 2)
  const client = await clientFor(options, terminal)
  const accepted = await client.post<Accepted>('/api/v1/gaps/fill', {
    ...(kind === undefined ? {} : { entities: [{ kind, id }] }),
    days,
    dryRun: options.dryRun === true,
  })
  if (!options.wait) {
    if (options.json) return printJson(terminal, accepted)
    return terminal.print(`the filling has begun as ${accepted.workflowId}`)
  }
  const progress = await watch(
    {
      look: () => client.get<FillGapsProgress>(accepted.progressUrl),
      ended: ({ state }) => state !== 'running',
      show: (seen) => {
        if (seen.state === 'running') terminal.status?.(fillLine(seen))
      },
    },
    terminal,
  )
  if (options.json) printJson(terminal, progress)
  else report(progress, terminal)
  if (progress.state === 'cancelled') throw new CommandFault('The filling was cancelled.')
  if (progress.state !== 'done') throw new CommandFault(progress.error?.message ?? 'The filling failed.')
}

/** `25 series looked at, 3 with holes, 412 points put in` */
export function fillLine({ report: { looked, withHoles, fromHistory, fromObservations } }: FillGapsProgress): string {
  return `${looked} series looked at, ${withHoles} with holes, ${fromHistory + fromObservations} points put in`
}

function report(progress: FillGapsProgress, terminal: Terminal): void {
  const { days, dryRun, state } = progress
  const { looked, withHoles, before, after, fromHistory, fromObservations, worst } = progress.report
  terminal.print(`${looked} series looked at over ${days} days, ${withHoles} with holes`)
  const would = dryRun ? 'would be ' : ''
  terminal.print(
    renderTable(
      terminal,
      ['', 'holes', 'minutes'],
      [
        ['before', String(before.holes), String(before.minutes)],
        [`${would}after`, String(after.holes), String(after.minutes)],
      ],
    ),
  )
  terminal.print(`${fromHistory} points ${would}put in from vendors, ${fromObservations} from weather stations`)
  if (worst.length > 0) {
    terminal.print(
      renderTable(
        terminal,
        ['left in', 'before', 'after', 'why'],
        worst.map((series) => [series.key, extent(series.before), extent(series.after), series.reason ?? '']),
      ),
    )
  }
  if (state === 'done') terminal.print(paint(terminal, 'good', dryRun ? 'dry run: nothing was written' : 'done'))
}

function extent({ holes, minutes }: GapSummary): string {
  return `${holes} (${minutes} min)`
}
