/** `bvpro house inertia ID propose|approve|abort|show`: a test of how slowly a house cools down. */
import type { z } from '@hono/zod-openapi'
import { Argument, type Command } from 'commander'
import type { InertiaAcceptedSchema, InertiaDryRunSchema, InertiaTestSchema } from '../api/entities/inertia-schemas.ts'
import { WISH_LIMITS } from '../domain/inertia/wish.ts'
import { decimal } from './argument-readers.ts'
import type { ApiClient } from './client.ts'
import { CommandFault } from './fault.ts'
import { ask } from './prompts.ts'
import { type ChangeOptions, changing, clientFor } from './server.ts'
import { paint, printJson, renderTable, type Terminal, type Tone } from './terminal.ts'

type Test = z.infer<typeof InertiaTestSchema>
type Accepted = z.infer<typeof InertiaAcceptedSchema>
type DryRun = z.infer<typeof InertiaDryRunSchema>

const ACTIONS = ['show', 'propose', 'approve', 'abort'] as const
type Action = (typeof ACTIONS)[number]

interface InertiaCommandOptions extends ChangeOptions {
  readonly hours?: number
  readonly drop?: number
  readonly cut?: number
  readonly approvalHours?: number
  readonly earliest?: string
  readonly force?: boolean
  readonly yes?: boolean
}

/** What a proposal takes: a reading of the house. */
const FOLLOW_MS = 5 * 60_000
const LOOK_EVERY_MS = 1_000

const TONE: Partial<Record<Test['state'], Tone>> = {
  proposed: 'warning',
  lowered: 'warning',
  restoring: 'warning',
  done: 'good',
  refused: 'bad',
  failed: 'bad',
  lost: 'bad',
}

export function addInertiaCommand(group: Command, terminal: Terminal): void {
  const { hours, dropK, cutK, approvalHours } = WISH_LIMITS
  changing(group.command('inertia <id>'), 'measure how slowly a house cools down, once somebody has approved it', [
    'bvpro house inertia HEM_FJV_Villa_901 propose',
    'bvpro house inertia HEM_FJV_Villa_901 propose --hours 8 --drop 0.6 --json',
    'bvpro house inertia HEM_FJV_Villa_901 approve --yes',
    'bvpro house inertia HEM_FJV_Villa_901 abort',
    'bvpro house inertia HEM_FJV_Villa_901 show',
  ])
    .addArgument(new Argument('[action]', 'what to do').choices(ACTIONS).default('show'))
    .option('--hours <hours>', `longest time the supply stays lowered (default: ${hours.usual})`, decimal)
    .option('--drop <kelvin>', `fall of the room temperature that is enough (default: ${dropK.usual})`, decimal)
    .option('--cut <kelvin>', `how far the heat curve is lowered at most (default: ${cutK.usual})`, decimal)
    .option('--approval-hours <hours>', `how long it waits for approval (default: ${approvalHours.usual})`, decimal)
    .option('--earliest <time>', 'not before this time')
    .option('--force', 'past what only makes the result worse, such as sun and wind; this is audited')
    .option('--yes', 'approve without being asked')
    .action((id: string, action: Action, options: InertiaCommandOptions) => run(id, action, options, terminal))
}

async function run(id: string, action: Action, options: InertiaCommandOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const path = `/api/v1/entities/house/${encodeURIComponent(id)}/inertia-test`
  if (action === 'show') return print(await client.get<Test>(path), options, terminal)
  if (action === 'approve' && options.dryRun !== true && options.yes !== true) {
    const test = await client.get<Test>(path)
    if (options.json !== true) print(test, options, terminal)
    await ask(terminal, {
      question: `Type ${id} to let its heat curve be lowered`,
      flag: '--yes',
      check: (answer) => (answer === id ? undefined : `It is ${id}; Ctrl-C leaves everything as it is.`),
    })
  }
  const query = options.dryRun === true ? '?dryRun=true' : ''
  const url = action === 'propose' ? `${path}${query}` : `${path}/${action}${query}`
  const answer = await client.post<Accepted | DryRun>(url, action === 'propose' ? wishOf(options) : undefined)
  if ('would' in answer) {
    if (options.json) return printJson(terminal, answer)
    return terminal.print(`house ${id}: ${answer.would}`)
  }
  if (action === 'propose') return proposed(await settled(client, answer), options, terminal)
  if (options.json) return printJson(terminal, answer)
  terminal.print(`house ${id}: the inertia test is ${action === 'approve' ? 'approved' : 'being ended'}`)
}

function wishOf({ hours, drop, cut, approvalHours, earliest, force }: InertiaCommandOptions): object {
  return Object.fromEntries(
    Object.entries({ hours, dropK: drop, cutK: cut, approvalHours, earliest, force }).filter(
      ([, value]) => value !== undefined,
    ),
  )
}

/** The proposal, once the house was looked at. Until its workflow has begun, the test before it stands there, or none. */
async function settled(client: ApiClient, { testId, statusUrl }: Accepted): Promise<Test> {
  const giveUpAt = Date.now() + FOLLOW_MS
  for (;;) {
    const test = await client.get<Test>(statusUrl).catch((error: unknown) => {
      if (error instanceof CommandFault && Date.now() < giveUpAt) return null
      throw error
    })
    if (test !== null && test.testId === testId && test.state !== 'preparing') return test
    if (Date.now() > giveUpAt) throw new CommandFault(`The house was not looked at yet; see ${statusUrl}.`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

function proposed(test: Test, options: InertiaCommandOptions, terminal: Terminal): void {
  print(test, options, terminal)
  if (test.state === 'refused' || test.state === 'failed') {
    throw new CommandFault(`No test is proposed: ${test.end?.detail ?? test.state}.`)
  }
}

function print(test: Test, { json }: InertiaCommandOptions, terminal: Terminal): void {
  if (json) {
    printJson(terminal, test)
    return
  }
  const { plan, result, end } = test
  const tone = TONE[test.state]
  const facts: [string, string | null][] = [
    ['state', tone === undefined ? test.state : paint(terminal, tone, test.state)],
    ['asked for', `${test.requestedAt} by ${test.requestedBy}`],
    ['speaks against it', test.objections.map(({ sentence }) => sentence).join('\n') || null],
    ...(plan === null ? [] : planFacts(plan)),
    ['waits for', test.waitingFor === null || test.expiresAt === null ? test.waitingFor : waiting(test)],
    ['approved', test.approvedAt === null ? null : `${test.approvedAt} by ${test.approvedBy}`],
    ['lowered since', test.begunAt],
    ['held', test.held ? `supply ${(test.shiftK ?? 0).toFixed(1)} K, indoor ${test.indoor ?? '–'} °C` : null],
    ['ended', test.endedAt === null ? null : `${test.endedAt}: ${end?.detail ?? end?.reason ?? ''}`],
    ['reason', test.endedAt === null ? (end?.detail ?? null) : null],
    ...(result === null ? [] : resultFacts(result)),
  ]
  terminal.print(
    renderTable(
      terminal,
      ['inertia test', test.house],
      facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    ),
  )
}

function waiting({ waitingFor, expiresAt, approvedAt }: Test): string {
  return approvedAt === null ? `${waitingFor}, until ${expiresAt}` : `${waitingFor}`
}

function planFacts(plan: NonNullable<Test['plan']>): [string, string][] {
  const expected = plan.expectedBy === 'model' ? 'foreseen by its model' : 'at most, in any house'
  return [
    ['lowered', `${plan.startAt} to ${plan.endAt} at the longest`],
    ['heat curve', `up to ${plan.cutK} K lower at ${plan.lowered.join(', ')} °C outdoors`],
    ['room', `${plan.indoor} °C, falls by ${plan.expectedDropK} K (${expected}), never below ${plan.lowestIndoor} °C`],
    ['outdoors', `${plan.coldest.toFixed(1)} to ${plan.mildest.toFixed(1)} °C foreseen`],
  ]
}

function resultFacts(result: NonNullable<Test['result']>): [string, string | null][] {
  const { timeConstantHours, standardErrorHours, low, high, grade, why } = result
  const measured =
    timeConstantHours === null ? 'none' : `${timeConstantHours} ± ${standardErrorHours} h (95 %: ${low} to ${high} h)`
  return [
    ['time constant', measured],
    ['grade', why === null ? grade : `${grade}: ${why}`],
    ['fall of the room', `${result.dropK} K in ${result.hours} h`],
  ]
}
