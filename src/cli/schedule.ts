/** `bvpro schedule …`: what BVPro does by the clock, and running, pausing or resuming it by hand. */
import type { z } from '@hono/zod-openapi'
import type { Command } from 'commander'
import type { ScheduleActionSchema, ScheduleListSchema } from '../api/schedule-routes.ts'
import { type ChangeOptions, changing, clientFor, type ServerOptions, serverOptions } from './server.ts'
import { ago, paint, printJson, renderTable, type Terminal, type Tone } from './terminal.ts'

type ScheduleList = z.infer<typeof ScheduleListSchema>
type ScheduleAction = z.infer<typeof ScheduleActionSchema>
type Schedule = ScheduleList['schedules'][number]
type RunState = Schedule['lastRuns'][number]['state']

interface ListOptions extends ServerOptions {
  readonly json?: boolean
}
interface ActOptions extends ChangeOptions {
  readonly note?: string
}

const ACTIONS = {
  trigger: { summary: 'run it now, paused or not', done: 'triggered', takesNote: false },
  pause: { summary: 'let its times pass until it is resumed', done: 'paused', takesNote: true },
  resume: { summary: 'let it run by the clock again', done: 'resumed', takesNote: true },
} as const
type Action = keyof typeof ACTIONS

const EXAMPLE_ID = 'fillGaps'

export function addScheduleCommands(program: Command, terminal: Terminal): void {
  const group = program.command('schedule').description('what BVPro does by the clock')
  serverOptions(group.command('list'))
    .description('every schedule with its next time and last run')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  bvpro schedule list\n  bvpro schedule list --json')
    .action((options: ListOptions) => list(options, terminal))

  for (const action of Object.keys(ACTIONS) as Action[]) {
    const { summary, takesNote } = ACTIONS[action]
    const command = changing(group.command(`${action} <id>`), summary, [
      `bvpro schedule ${action} ${EXAMPLE_ID}`,
      ...(takesNote ? [`bvpro schedule ${action} ${EXAMPLE_ID} --note "the history server is rebuilt"`] : []),
    ])
    if (takesNote) command.option('--note <text>', 'why, for whoever looks next')
    command.action((id: string, options: ActOptions) => act(action, id, options, terminal))
  }
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const answer = await (await clientFor(options, terminal)).get<ScheduleList>('/api/v1/schedules')
  if (options.json) return printJson(terminal, answer)
  if (answer.schedules.length === 0) return terminal.print('There is no schedule: no worker has started yet.')
  terminal.print(
    renderTable(
      terminal,
      ['id', 'next', 'last run', 'note'],
      answer.schedules.map((schedule) => [
        schedule.id,
        nextOf(schedule, terminal),
        lastOf(schedule, terminal),
        schedule.note ?? '',
      ]),
    ),
  )
  for (const { id, does } of answer.schedules) terminal.print(`${id}: ${does}`)
}

function nextOf({ paused, nextTimes }: Schedule, terminal: Terminal): string {
  if (paused) return paint(terminal, 'warning', 'paused')
  return nextTimes[0] ?? 'when triggered'
}

const TONE_OF: Record<Exclude<RunState, null>, Tone> = {
  running: 'quiet',
  done: 'good',
  failed: 'bad',
  cancelled: 'warning',
  terminated: 'warning',
  'timed out': 'bad',
}

function lastOf({ lastRuns: [last] }: Schedule, terminal: Terminal): string {
  if (last === undefined) return 'never'
  const when = ago(terminal, last.startedAt)
  return last.state === null ? when : `${paint(terminal, TONE_OF[last.state], last.state)} ${when}`
}

async function act(action: Action, id: string, options: ActOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const query = options.dryRun ? '?dryRun=true' : ''
  const path = `/api/v1/schedules/${encodeURIComponent(id)}/${action}${query}`
  const answer = await (options.note === undefined
    ? client.post<ScheduleAction>(path)
    : client.post<ScheduleAction>(path, { note: options.note }))
  if (options.json) return printJson(terminal, answer)
  terminal.print(`schedule ${id}: ${options.dryRun ? 'would be ' : ''}${ACTIONS[action].done}`)
}
