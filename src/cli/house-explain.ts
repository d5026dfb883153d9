/** `bvpro house explain`: one decision about a house, made again from what was stored with it. */
import type { z } from '@hono/zod-openapi'
import type { Command } from 'commander'
import type { DecisionSchema, DecisionsSchema } from '../api/entities/control-schemas.ts'
import { decide } from '../domain/control/decide.ts'
import type { Decision, DecisionInputs, HeatPrice } from '../domain/control/decision.ts'
import { CommandFault } from './fault.ts'
import { clientFor, type ServerOptions, serverOptions } from './server.ts'
import { paint, printJson, renderTable, type Terminal } from './terminal.ts'

type Kept = z.infer<typeof DecisionSchema>

interface ExplainOptions extends ServerOptions {
  readonly at?: string
  readonly json?: boolean
}

const KEPT_MS = 90 * 86_400_000

export function addExplainCommand(group: Command, terminal: Terminal): void {
  serverOptions(group.command('explain <id>'))
    .description('why a decision came out as it did: makes it again from its stored inputs')
    .option('--at <time>', 'the last decision not later than this (default: the newest)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  bvpro house explain HEM_FJV_Villa_901\n  bvpro house explain HEM_FJV_Villa_901 --at 2026-01-10T07:05:00Z --json',
    )
    .action((id: string, options: ExplainOptions) => explain(id, options, terminal))
}

async function explain(id: string, options: ExplainOptions, terminal: Terminal): Promise<void> {
  const { at, json = false } = options
  const to = at === undefined ? terminal.now() : Date.parse(at)
  if (Number.isNaN(to)) throw new CommandFault(`"${at}" is not a time; give one such as 2026-01-10T07:05:00Z.`, 2)
  const client = await clientFor(options, terminal)
  const query = new URLSearchParams({
    from: new Date(to - KEPT_MS).toISOString(),
    to: new Date(to).toISOString(),
    limit: '1',
  })
  const path = `/api/v1/entities/house/${encodeURIComponent(id)}/decisions?${query}`
  const [kept] = (await client.get<z.infer<typeof DecisionsSchema>>(path)).decisions
  if (kept === undefined) throw new CommandFault(`Nothing was decided about ${id} until then.`)
  const again = decide(kept.inputs as DecisionInputs)
  const same = isSame(kept, again)
  if (json) printJson(terminal, { ...kept, recomputed: { ...again }, same })
  else show(id, kept, again, same, terminal)
  if (!same) throw new CommandFault('Made again, the decision comes out differently: this version decides otherwise.')
}

function isSame({ action, shiftK, curve, reason }: Kept, again: Decision): boolean {
  const told = (decision: Pick<Decision, 'action' | 'shiftK' | 'curve' | 'reason'>) =>
    JSON.stringify([decision.action, decision.shiftK, decision.curve, decision.reason.sv, decision.reason.en])
  return told({ action, shiftK, curve, reason }) === told(again)
}

function show(id: string, kept: Kept, again: Decision, same: boolean, terminal: Terminal): void {
  const { setpoint, tolerance, indoor, outdoor, forecast, price } = kept.inputs as DecisionInputs
  const outcome = kept.written ? (kept.verified ? 'written and read back' : 'written, not confirmed') : 'not written'
  const facts: [string, string][] = [
    ['time', kept.time],
    ['mode', kept.mode],
    ['decision', `${kept.action}, ${kept.shiftK.toFixed(1)} K against the baseline (${outcome})`],
    ['reason', kept.reason.en],
    ['orsak', kept.reason.sv],
    ['refused', kept.refused ?? ''],
    ['indoor', indoor === null ? 'not known' : `${indoor} °C, wanted ${setpoint} ± ${tolerance} °C`],
    ['outdoor', outdoor === null ? 'not known' : `${outdoor} °C`],
    [
      'forecast',
      forecast === null
        ? 'none'
        : `${forecast.points.length} values, issued ${new Date(forecast.issuedAt).toISOString()}`,
    ],
    ['price', price === null ? '' : describePrice(price)],
    ['model', kept.modelVersion ?? 'none'],
    ['follows from', `${again.by}${again.degraded === 'none' ? '' : `, ${again.degraded}`}`],
    ['curve', kept.curve.join(' ')],
    ['made again', same ? paint(terminal, 'good', 'the same') : paint(terminal, 'bad', 'different')],
  ]
  terminal.print(
    renderTable(
      terminal,
      ['house', id],
      facts.filter(([, value]) => value !== ''),
    ),
  )
  if (again.alternatives.length === 0) return
  terminal.print(
    renderTable(
      terminal,
      ['looked at', 'supply', 'heat', 'lowest indoor'],
      again.alternatives.map(({ name, shiftK, heat, lowestIndoor }) => [
        name,
        `${shiftK.toFixed(1)} K`,
        heat === null ? '–' : `${(100 * heat).toFixed(1)} %`,
        lowestIndoor === null ? '–' : `${lowestIndoor.toFixed(1)} °C`,
      ]),
    ),
  )
}

/** Prices are in the currency of the tariff. */
function describePrice({ points, perPeakKw, peakKw, perReturnK }: HeatPrice): string {
  const prices = points.map(({ perKwh }) => perKwh)
  const [lowest, highest] = [Math.min(...prices), Math.max(...prices)]
  const perKwh = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`
  const fee = peakKw === null || perPeakKw === 0 ? '' : `, ${perPeakKw.toFixed(2)} per kW above ${peakKw.toFixed(1)} kW`
  const warmth = perReturnK === 0 ? '' : `, ${perReturnK} per kWh and K of warmer return water`
  return `${perKwh} per kWh${fee}${warmth}`
}
