/** What a simulation prints: a table for people, fixed keys for programs. */
import { printJson, renderTable, type Terminal } from '../terminal.ts'
import type { Indices } from './indices.ts'
import type { SimulationReport } from './simulation.ts'

export interface SimulationContext {
  readonly setpoint: number
  readonly band: { readonly low: number; readonly high: number }
  readonly learnDays: number
  readonly stepSeconds: number
  readonly plant: string
}

export function printSimulation(
  terminal: Terminal,
  report: SimulationReport,
  context: SimulationContext,
  asJson: boolean,
): void {
  if (asJson) printJson(terminal, summaryOf(report, context))
  else terminal.print(describe(terminal, report, context))
}

/** JSON; the keys `mode`, `days`, `baselineRule`, `result`, `baseline` and `plantKpis` are fixed. */
export function summaryOf(report: SimulationReport, context: SimulationContext) {
  const { result, baseline, learned, tally } = report
  return {
    mode: report.mode,
    days: report.days,
    baselineRule: baselineRule(report, context),
    baselineCurve: report.baselineCurve,
    result,
    baseline,
    saved: {
      energy: share(result.energyKwh, baseline.energyKwh),
      cost: share(result.cost, baseline.cost),
    },
    plantKpis: report.plantKpis,
    setpoint: context.setpoint,
    band: [context.band.low, context.band.high],
    learnDays: context.learnDays,
    stepSeconds: context.stepSeconds,
    model:
      learned?.learned == null
        ? null
        : {
            trusted: report.modelTrusted,
            order: learned.learned.model.structure.order,
            rmse24h: rounded(learned.learned.rmse24h),
            persistence24h: rounded(learned.learned.persistence24h),
          },
    decisions:
      tally === null
        ? null
        : {
            count: tally.decisions,
            by: tally.by,
            degraded: tally.degraded,
            meanMs: tally.decisions === 0 ? null : rounded(tally.totalMs / tally.decisions),
            slowestMs: rounded(tally.slowestMs),
            lastReason: tally.lastReason,
          },
    notes: report.notes,
  }
}

function baselineRule(report: SimulationReport, { setpoint, learnDays }: SimulationContext): string {
  const points = report.baselineCurve.map((supply) => supply.toFixed(1)).join(' ')
  const curve = `ten-point curve ${points} °C at -30, -25 … +15 °C outdoors`
  if (report.baselineGiven) return `${curve}, as given`
  const mean = report.baselineMeanIndoor
  const held = mean === null ? 'no indoor temperature was shown' : `mean indoor ${mean.toFixed(2)} °C`
  return `${curve}, found over ${learnDays} learning days for a setpoint of ${setpoint} °C: ${held}`
}

function share(result: number | null, baseline: number | null): number | null {
  return result === null || baseline === null || baseline <= 0 ? null : rounded(1 - result / baseline)
}

function rounded(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toFixed(4))
}

function describe(terminal: Terminal, report: SimulationReport, context: SimulationContext): string {
  const { baseline, result } = report
  const rows: readonly (readonly [string, (indices: Indices) => number | null, string])[] = [
    ['heat', ({ energyKwh }) => energyKwh, 'kWh'],
    ['below the band', ({ underKh }) => underKh, 'K·h'],
    ['above the band', ({ overKh }) => overKh, 'K·h'],
    ['peak power', ({ peakKw }) => peakKw, 'kW'],
    ['cost', ({ cost }) => cost, ''],
    ['curve changes', ({ moves }) => moves, ''],
    ['mean indoor', ({ meanIndoor }) => meanIndoor, '°C'],
  ]
  const show = (value: number | null, unit: string) => (value === null ? 'unknown' : `${value} ${unit}`.trim())
  const { energy, cost } = summaryOf(report, context).saved
  const percent = (value: number | null) => (value === null ? 'unknown' : `${(100 * value).toFixed(1)} %`)
  return [
    `${context.plant}: ${report.days} days after ${context.learnDays} learning days, setpoint ${context.setpoint} °C, band ${context.band.low} to ${context.band.high} °C.`,
    renderTable(
      terminal,
      ['', 'baseline', report.mode],
      rows.map(([name, read, unit]) => [name, show(read(baseline), unit), show(read(result), unit)]),
    ),
    `Saved: heat ${percent(energy)}, cost ${percent(cost)}.`,
    `Baseline: ${baselineRule(report, context)}.`,
    ...(report.learned?.learned == null
      ? []
      : [
          `Model: ${report.learned.learned.model.structure.order} temperature(s), error a day ahead ${report.learned.learned.rmse24h?.toFixed(2) ?? 'unknown'} K${report.modelTrusted ? '' : '; not good enough to plan by, so the rules steered'}.`,
        ]),
    ...report.notes,
  ].join('\n')
}
