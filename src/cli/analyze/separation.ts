/** `bvpro analyze separation FILE.csv`: splits the energy in a file into space heating and hot water. */
import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { estimateHeatLoss } from '../../domain/energy/heat-loss.ts'
import { decideHeatLoss } from '../../domain/energy/heat-loss-acceptance.ts'
import { type Separation, type SplitHour, separateEnergy } from '../../domain/energy/separation.ts'
import { type SeparationScores, scoreSeparation } from '../../domain/energy/separation-score.ts'
import { paint, printJson, renderTable, type Terminal } from '../terminal.ts'
import { readSeries } from './csv.ts'
import { heatLossJson, rounded } from './heat-loss.ts'
import { type PlaceOptions, placeOf, placeOptions } from './place-options.ts'
import { energySeries } from './series-hours.ts'

interface SeparationCommandOptions extends PlaceOptions {
  readonly output?: string
  readonly json?: boolean
}

export function addSeparationCommand(group: Command, terminal: Terminal): void {
  placeOptions(group.command('separation <file>'))
    .description('split hourly energy into space heating and domestic hot water (DHW)')
    .option('--output <file>', 'write the hours as CSV: time, energy, heating, DHW with its interval')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The file: a header line, "time" (ISO 8601 with an offset, start of the period), "energy_kwh" and, where known,
"outdoor_temperature", "indoor_temperature", "global_irradiance" (W/m²), "wind_speed", "hot_water_temperature".
Hourly; finer periods are summed. Missing values empty. With "dhw_kwh_true" or "heating_kwh_true" the result is scored.

Examples:
  bvpro analyze separation villa.csv --lat 58.41 --lon 15.62
  bvpro analyze separation villa.csv --json --output hours.csv`,
    )
    .action((file: string, options: SeparationCommandOptions) => analyseSeparation(file, options, terminal))
}

async function analyseSeparation(file: string, options: SeparationCommandOptions, terminal: Terminal): Promise<void> {
  const where = placeOf(options)
  const { hours, trueDhwKwh, trueHeatingKwh } = energySeries(await readSeries(file), file)
  const separation = separateEnergy(hours, where)
  const found = estimateHeatLoss(hours, { ...where, separation })
  const decision = decideHeatLoss(found, { inForceKwPerK: null })
  const scores = scoreSeparation(separation, trueHeatingKwh, trueDhwKwh)
  if (options.output !== undefined) await writeFile(options.output, hoursCsv(separation.hours))
  if (options.json) {
    return printJson(terminal, { ...separationJson(separation), heatLoss: heatLossJson(found, decision), scores })
  }
  report(separation, scores, terminal)
  if (options.output !== undefined) terminal.print(`${separation.hours.length} hours written to ${options.output}`)
}

/** The keys other programs rely on. */
function separationJson(separation: Separation) {
  const { quality } = separation
  return {
    separable: separation.separable,
    reason: separation.reason,
    reasonCode: separation.reasonCode,
    method: separation.method,
    hours: separation.hours.length,
    days: separation.days.length,
    totalKwh: rounded(separation.totalKwh),
    heatingKwh: rounded(separation.heatingKwh),
    dhwKwh: rounded(separation.dhwKwh),
    dhwShare: rounded(separation.dhwShare),
    dhwShareLow: rounded(separation.dhwShareLow),
    dhwShareHigh: rounded(separation.dhwShareHigh),
    quality: {
      coverage: rounded(quality.coverage),
      cvrmse: rounded(quality.cvrmse),
      meterStepKwh: quality.meterStepKwh,
      warmDays: quality.warmDays,
      balanceTemperature: quality.balanceTemperature,
      baseKw: rounded(quality.baseKw),
    },
    modelVersion: separation.modelVersion,
  }
}

/** Empty where an hour is not split. Nine decimals, so that what is read back still adds up. */
function hoursCsv(hours: readonly SplitHour[]): string {
  const field = (value: number | null) => (value === null ? '' : String(Number(value.toFixed(9))))
  const lines = hours.map(({ time, energyKwh, heatingKwh, dhwKwh, dhwLowKwh, dhwHighKwh }) =>
    [
      new Date(time).toISOString().replace('.000Z', 'Z'),
      ...[energyKwh, heatingKwh, dhwKwh, dhwLowKwh, dhwHighKwh].map(field),
    ].join(','),
  )
  return `${['time,energy_kwh,heating_kwh,dhw_kwh,dhw_low,dhw_high', ...lines].join('\n')}\n`
}

function report(separation: Separation, scores: SeparationScores, terminal: Terminal): void {
  const { days, totalKwh, heatingKwh, dhwKwh, dhwShare, dhwShareLow, dhwShareHigh } = separation
  const kwh = (value: number) => `${value.toFixed(1)} kWh`
  const percent = (value: number | null) => ((value ?? 0) * 100).toFixed(1)
  const rows = [['total', kwh(totalKwh)]]
  if (heatingKwh !== null && dhwKwh !== null) {
    rows.push(
      ['space heating', kwh(heatingKwh)],
      ['hot water', kwh(dhwKwh)],
      ['share of hot water', `${percent(dhwShare)} % (95 %: ${percent(dhwShareLow)} to ${percent(dhwShareHigh)} %)`],
    )
  }
  rows.push(['method', separation.method], ['days', String(days.length)])
  for (const [name, value] of Object.entries(scores)) rows.push([`score: ${name}`, String(value)])
  terminal.print(renderTable(terminal, ['', 'value'], rows))
  if (!separation.separable) terminal.print(`${paint(terminal, 'warning', 'not separable')}: ${separation.reason}`)
}
