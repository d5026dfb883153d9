/** `bvpro analyze heat-loss FILE.csv`: the heat loss coefficient k from a file of measurements. */
import type { Command } from 'commander'
import { estimateHeatLoss, type HeatLoss } from '../../domain/energy/heat-loss.ts'
import { decideHeatLoss, type HeatLossDecision } from '../../domain/energy/heat-loss-acceptance.ts'
import { decimal } from '../argument-readers.ts'
import { CommandFault } from '../fault.ts'
import { paint, printJson, renderTable, type Terminal } from '../terminal.ts'
import { readSeries } from './csv.ts'
import { type PlaceOptions, placeOf, placeOptions } from './place-options.ts'
import { energySeries } from './series-hours.ts'

interface HeatLossCommandOptions extends PlaceOptions {
  readonly inForce?: number
  readonly floorArea?: number
  readonly json?: boolean
}

export function addHeatLossCommand(group: Command, terminal: Terminal): void {
  placeOptions(group.command('heat-loss <file>'))
    .description('estimate the heat loss coefficient k (kW/K) with its 95 % interval')
    .option('--in-force <kW/K>', 'value used so far: a step of more than 20 % is not accepted at once', decimal)
    .option('--floor-area <m2>', 'heated floor area, for a check of what is possible', decimal)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The file: a header line, "time" (ISO 8601 with an offset, start of the period), "energy_kwh", "outdoor_temperature" and,
where known, "indoor_temperature", "global_irradiance" (W/m²), "wind_speed", "hot_water_temperature". Missing values empty.

Examples:
  bvpro analyze heat-loss villa.csv --lat 58.41 --lon 15.62
  bvpro analyze heat-loss villa.csv --in-force 0.16 --floor-area 140 --json`,
    )
    .action((file: string, options: HeatLossCommandOptions) => analyseHeatLoss(file, options, terminal))
}

async function analyseHeatLoss(file: string, options: HeatLossCommandOptions, terminal: Terminal): Promise<void> {
  const where = placeOf(options)
  for (const [flag, value] of [
    ['--in-force', options.inForce],
    ['--floor-area', options.floorArea],
  ] as const) {
    if (value !== undefined && value <= 0) throw new CommandFault(`${flag} is above 0.`, 2)
  }
  const { hours } = energySeries(await readSeries(file), file)
  const found = estimateHeatLoss(hours, where)
  const decision = decideHeatLoss(found, {
    inForceKwPerK: options.inForce ?? null,
    floorAreaM2: options.floorArea ?? null,
  })
  if (options.json) return printJson(terminal, heatLossJson(found, decision))
  report(found, decision, terminal)
}

/** The keys other programs rely on. */
export function heatLossJson(found: HeatLoss, decision: HeatLossDecision) {
  return {
    kwPerK: rounded(found.kwPerK),
    low: rounded(found.low),
    high: rounded(found.high),
    accepted: decision.accepted,
    reason: decision.reason,
    days: found.daysUsed,
    daysSeen: found.daysSeen,
    solarApertureM2: rounded(found.solarApertureM2),
    windSensitivity: rounded(found.windSensitivity),
    internalGainsKw: rounded(found.internalGainsKw),
    heatCapacityKwhPerK: rounded(found.heatCapacityKwhPerK),
    differenceSpreadK: rounded(found.differenceSpread),
    meanOutdoor: rounded(found.meanOutdoor),
    inForceKwPerK: rounded(decision.kwPerK),
    method: found.method,
    modelVersion: found.modelVersion,
  }
}

/** Six significant digits. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6))
}

function report(found: HeatLoss, decision: HeatLossDecision, terminal: Terminal): void {
  if (found.kwPerK !== null && found.low !== null && found.high !== null) {
    const watts = (kw: number) => (kw * 1000).toFixed(kw < 1 ? 1 : 0)
    const rows = [
      ['heat loss', `${watts(found.kwPerK)} W/K (95 %: ${watts(found.low)} to ${watts(found.high)})`],
      ['days used', `${found.daysUsed} of ${found.daysSeen}`],
      ['solar aperture', found.solarApertureM2 === null ? 'unknown' : `${found.solarApertureM2.toFixed(1)} m²`],
      ['free heat', found.internalGainsKw === null ? 'unknown' : `${found.internalGainsKw.toFixed(2)} kW`],
      ['method', found.method],
    ]
    terminal.print(renderTable(terminal, ['', 'value'], rows))
  }
  terminal.print(
    decision.accepted
      ? paint(terminal, 'good', 'accepted')
      : `${paint(terminal, 'warning', 'not accepted')}: ${decision.reason}`,
  )
}
