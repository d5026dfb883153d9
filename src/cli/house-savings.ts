/** `bvpro house savings` and `bvpro house trial`: what steering has saved, and the trial that proves it. */
import type { z } from '@hono/zod-openapi'
import type { Command } from 'commander'
import type { SavingsSchema, TrialSchema } from '../api/savings/schemas.ts'
import { TRIAL_DEFAULTS } from '../domain/savings/trial.ts'
import { wholeNumber } from './argument-readers.ts'
import { CommandFault } from './fault.ts'
import { type ChangeOptions, changing, clientFor, type ServerOptions, serverOptions } from './server.ts'
import { paint, printJson, renderTable, type Terminal } from './terminal.ts'

type Savings = z.infer<typeof SavingsSchema>
type Trial = z.infer<typeof TrialSchema>
type Interval = NonNullable<Savings['days'][number]['savedPercent']>

interface SavingsOptions extends ServerOptions {
  readonly days: number
  readonly json?: boolean
}

interface TrialOptions extends ChangeOptions {
  readonly blockDays: number
  readonly washOutDays?: number
  readonly pairs: number
  readonly seed?: number
}

const ACTIONS = ['start', 'stop', 'show'] as const

export function addSavingsCommands(group: Command, exampleId: string, terminal: Terminal): void {
  serverOptions(group.command('savings <id>'))
    .description('what steering has saved, day by day, against its own heat curve')
    .option('--days <n>', 'days to look back', wholeNumber, 30)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  bvpro house savings ${exampleId}\n  bvpro house savings ${exampleId} --days 90 --json`,
    )
    .action((id: string, options: SavingsOptions) => showSavings(id, options, terminal))

  changing(group.command('trial <id> [action]'), `switch-back trial: ${ACTIONS.join(', ')} (default show)`, [
    `bvpro house trial ${exampleId} start --dry-run`,
    `bvpro house trial ${exampleId} start --block-days 4 --pairs 6`,
    `bvpro house trial ${exampleId} show --json`,
    `bvpro house trial ${exampleId} stop`,
  ])
    .option('--block-days <n>', 'length of a block', wholeNumber, TRIAL_DEFAULTS.blockDays)
    .option('--wash-out-days <n>', 'first days of a block that do not count (default: half of it)', wholeNumber)
    .option('--pairs <n>', 'pairs of blocks', wholeNumber, TRIAL_DEFAULTS.pairs)
    .option('--seed <n>', 'draws the order of the blocks (default: drawn itself)', wholeNumber)
    .action((id: string, action: string | undefined, options: TrialOptions) =>
      trial(id, action ?? 'show', options, terminal),
    )
}

function pathOf(id: string): string {
  return `/api/v1/houses/${encodeURIComponent(id)}/savings`
}

async function showSavings(id: string, options: SavingsOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const answer = await client.get<Savings>(`${pathOf(id)}?days=${options.days}`)
  if (options.json) return printJson(terminal, answer)
  const { total, days, reason, basis, sureness } = answer
  if (total === null) return terminal.print(`${id}: no savings to tell. ${reason ?? ''}`)
  terminal.print(
    renderTable(
      terminal,
      ['day', 'saved %', 'saved kWh', 'used kWh', 'curve K', 'indoor °C', 'own curve °C', 'cold K·h', 'own curve K·h'],
      days.map((day) => [
        day.date,
        ranged(day.savedPercent, 0),
        ranged(day.savedKwh, 1),
        day.usedKwh?.toFixed(1) ?? '–',
        day.meanShiftK.toFixed(1),
        day.indoor.toFixed(1),
        day.baselineIndoor.toFixed(1),
        day.coldKh.toFixed(1),
        day.baselineColdKh.toFixed(1),
      ]),
    ),
  )
  const kwh = total.savedKwh === null ? '' : `, ${ranged(total.savedKwh, 0)} kWh`
  terminal.print(`${id}: ${ranged(total.savedPercent, 1)} % saved over ${total.days} days${kwh} (90 % intervals)`)
  terminal.print(sureness ?? '')
  terminal.print(
    `Too cold ${total.coldKh.toFixed(1)} K·h, ${total.baselineColdKh.toFixed(1)} on its own curve; ` +
      `too warm ${total.warmKh.toFixed(1)} K·h, ${total.baselineWarmKh.toFixed(1)} on its own curve.`,
  )
  terminal.print(BASIS[basis ?? 'percent'])
}

const BASIS = {
  meter: 'kWh are metered space heating.',
  'heat-loss': 'Not every day is metered: kWh rest on the heat loss coefficient too.',
  percent: 'There is no meter and no heat loss coefficient for some of the days: shown in per cent.',
} as const

function ranged(found: Interval | null, digits: number): string {
  if (found === null) return '–'
  return `${found.value.toFixed(digits)} (${found.low.toFixed(digits)} to ${found.high.toFixed(digits)})`
}

async function trial(id: string, action: string, options: TrialOptions, terminal: Terminal): Promise<void> {
  const wanted = ACTIONS.find((known) => known === action)
  if (wanted === undefined) throw new CommandFault(`There is no "${action}"; there is ${ACTIONS.join(', ')}.`, 2)
  const { dryRun = false, json = false, blockDays, washOutDays, pairs, seed } = options
  const client = await clientFor(options, terminal)
  const path = `${pathOf(id)}/trial${dryRun && wanted !== 'show' ? '?dryRun=true' : ''}`
  const answer = await {
    show: () => client.get<Trial>(path),
    stop: () => client.delete<Trial>(path),
    start: () =>
      client.post<Trial>(path, {
        blockDays,
        pairs,
        ...(washOutDays === undefined ? {} : { washOutDays }),
        ...(seed === undefined ? {} : { seed }),
      }),
  }[wanted]()
  if (json) return printJson(terminal, answer)
  if (dryRun && wanted !== 'show') terminal.print('Dry run: nothing is changed.')
  describeTrial(id, answer, terminal)
}

function describeTrial(id: string, { state, plan, today, result }: Trial, terminal: Terminal): void {
  if (plan === null || result === null) {
    terminal.print(`${id}: there was no trial yet.`)
    return
  }
  const { start, end, blockDays, washOutDays, pairs, leastPairs, seed, stopReason } = plan
  const facts: [string, string][] = [
    ['state', stopReason === null ? state : `${state}: ${stopReason}`],
    ['days', `${start} to ${end}, ${pairs} pairs of blocks of ${blockDays} days, ${washOutDays} of them not counted`],
    ['order', `drawn from ${seed}`],
    ['today', today === null ? '–' : today === 'baseline' ? 'on its own curve' : 'under control'],
    ['pairs so far', `${result.pairs}, ${result.enough ? 'enough' : `at least ${leastPairs} are needed`}`],
  ]
  if (result.savedPerDay !== null) {
    facts.push(
      ['saved a day', `${ranged(result.savedPerDay, 1)} ${result.unit} at equal effective temperature`],
      ['saved', `${ranged(result.savedPercent, 1)} %`],
      ['chance of that by order alone', result.pValue?.toFixed(3) ?? '–'],
      ['indoor', `${signed(result.indoorDifference)} K against its own curve`],
      ['too cold', `${signed(result.coldDifferenceKh)} K·h a day against its own curve`],
      ['too warm', `${signed(result.warmDifferenceKh)} K·h a day against its own curve`],
    )
  }
  terminal.print(renderTable(terminal, ['trial', id], facts))
  if (!result.enough) terminal.print(paint(terminal, 'warning', 'Too few pairs yet to say anything.'))
}

function signed(value: number | null): string {
  if (value === null) return '–'
  return `${value > 0 ? '+' : ''}${value.toFixed(2)}`
}
