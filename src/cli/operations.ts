/** `bvpro operations show ID`, and the steps of a coming or going as they happen, for the commands that wait for one. */
import type { Command } from 'commander'
import type { OperationProgress, OperationStep, StepState } from '../workflows/progress-messages.ts'
import type { ApiClient } from './client.ts'
import { CommandFault } from './fault.ts'
import { progressBar } from './import.ts'
import { clientFor, type ServerOptions, serverOptions } from './server.ts'
import { paint, printJson, renderTable, type Terminal, type Tone } from './terminal.ts'
import { type Accepted, watch } from './watch.ts'

interface ShowOptions extends ServerOptions {
  readonly json?: boolean
}

const SHOWN: Record<StepState, { readonly mark: string; readonly tone: Tone }> = {
  pending: { mark: '·', tone: 'quiet' },
  running: { mark: '…', tone: 'warning' },
  done: { mark: '✓', tone: 'good' },
  failed: { mark: '✗', tone: 'bad' },
  undone: { mark: '↺', tone: 'warning' },
  skipped: { mark: '–', tone: 'quiet' },
}

export function addOperationCommands(program: Command, terminal: Terminal): void {
  const group = program.command('operations').description('look at on-boardings and off-boardings')
  serverOptions(group.command('show <workflow-id>'))
    .description('how far an on-boarding or off-boarding is, also after its end')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  bvpro operations show offboard:house:HEM_FJV_Villa_901\n  bvpro operations show onboard:house:c0123456789abcdef --json',
    )
    .action((workflowId: string, options: ShowOptions) => showOperation(workflowId, options, terminal))
}

async function showOperation(workflowId: string, options: ShowOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const progress = await client.get<OperationProgress>(`/api/v1/operations/${encodeURIComponent(workflowId)}`)
  if (options.json) return printJson(terminal, progress)
  const { state, steps, entityId, waitingFor, dueAt, error } = progress
  const facts: [string, string | null][] = [
    ['state', state],
    ['id', entityId],
    ['waits for', waitingFor],
    ['goes on by itself at', dueAt],
    ['reason', error?.message ?? null],
  ]
  terminal.print(
    renderTable(
      terminal,
      ['operation', workflowId],
      facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    ),
  )
  for (const step of steps) terminal.print(stepLine(step, terminal))
}

function stepLine({ name, state, detail }: OperationStep, terminal: Terminal): string {
  const { mark, tone } = SHOWN[state]
  return `  ${paint(terminal, tone, mark)} ${name}${detail === null ? '' : `: ${detail}`}`
}

export interface FollowOptions {
  /** Prints nothing: the caller prints JSON. */
  readonly quiet?: boolean
  /** Leaves out what was settled before the first look. */
  readonly onlyNew?: boolean
  /** When it need not be waited for any longer, although it goes on. */
  readonly enough?: (progress: OperationProgress) => boolean
}

/** Prints each step when it is settled, and waits for the end. Whether it ended well, the caller judges. */
export async function followOperation(
  client: ApiClient,
  { workflowId, progressUrl }: Accepted,
  terminal: Terminal,
  { quiet = false, onlyNew = false, enough = () => false }: FollowOptions = {},
): Promise<OperationProgress> {
  const told = new Map<string, StepState>()
  let waited: string | null = null
  let looks = 0
  return watch(
    {
      workflowId,
      look: () => client.get<OperationProgress>(progressUrl),
      ended: (progress) => progress.state !== 'running' || enough(progress),
      show(progress) {
        if (quiet) return
        const settled = progress.steps.filter(({ name, state }) => {
          return state !== 'pending' && state !== 'running' && told.get(name) !== state
        })
        looks += 1
        const news = onlyNew && looks === 1 ? [] : settled
        if (news.length > 0) terminal.status?.('')
        for (const step of news) terminal.print(stepLine(step, terminal))
        for (const { name, state } of settled) told.set(name, state)
        if (progress.waitingFor !== null && progress.waitingFor !== waited) {
          terminal.status?.('')
          terminal.print(`  ${paint(terminal, 'warning', 'waiting')}: ${progress.waitingFor}`)
        }
        waited = progress.waitingFor
        if (progress.state === 'running') terminal.status?.(statusOf(progress))
      },
    },
    terminal,
  )
}

/** One line about the step being taken. */
function statusOf({ step, steps, percent }: OperationProgress): string {
  const detail = steps.find(({ name }) => name === step)?.detail ?? null
  return `${progressBar(percent)} ${step}${detail === null ? '' : `: ${detail}`}`
}

/** Why an operation did not end well; undefined when it did, or goes on. */
export function faultOf({ state, error }: OperationProgress, what: string): CommandFault | undefined {
  if (state === 'failed') return new CommandFault(error?.message ?? `${what} failed.`)
  return state === 'cancelled' ? new CommandFault(`${what} was cancelled.`) : undefined
}
