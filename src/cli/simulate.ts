/** `bvpro simulate`: a control mode on a building in closed loop, against the heat curve that building would have had. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { decimal, wholeNumber } from './argument-readers.ts'
import type { SimulateOptions } from './simulate/command.ts'
import type { Terminal } from './terminal.ts'

const EXAMPLES = `
Examples:
  bvpro simulate --mode rules --days 7
  bvpro simulate --building floor --setpoint 21 --band 20,22 --plot floor.svg
  bvpro simulate --plant "python3 my_building.py" --learn-days 28 --price prices.csv --json`

export function addSimulateCommand(program: Command, terminal: Terminal): void {
  program
    .command('simulate')
    .description('steer a simulated building in closed loop and compare with its heat curve')
    .option('--plant <command>', 'a program that is the building: JSON lines on its standard input and output')
    .addOption(
      new Option('--building <kind>', 'the built-in building, when there is no --plant')
        .choices(['radiator', 'floor'])
        .default('radiator'),
    )
    .addOption(
      new Option('--mode <mode>', 'how it is steered')
        .choices(['monitor', 'shadow', 'rules', 'optimise'])
        .default('optimise'),
    )
    .option('--days <days>', 'days that count', positive, 14)
    .option('--learn-days <days>', 'days on the baseline curve before, from which the model is learned', positive, 21)
    .option(
      '--step <time>',
      'between two decisions: 15m, 900s, 1h; a bare number is minutes up to 60, else seconds',
      stepLength,
      900,
    )
    .option('--setpoint <°C>', 'indoor temperature wanted', decimal, 21)
    .option('--band <low,high>', 'comfort band, °C (default: setpoint ± 1)', bandOf)
    .option('--price <flat|file>', "price per kWh: flat, or a CSV or JSON file (default: the plant's own, else flat)")
    .option('--baseline <file>', 'ten supply temperatures at -30, -25 … +15 °C outdoors, instead of finding them')
    .option('--start <time>', 'where the plant begins, ISO 8601', instant, '2026-01-12T00:00:00Z')
    .option('--max-supply <°C>', 'highest supply temperature', decimal)
    .option('--seed <number>', 'of the built-in building and its weather', wholeNumber, 1)
    .option('--json', 'print JSON')
    .option('--plot <file>', 'write a picture (SVG)')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SimulateOptions) => {
      const { simulateBuilding } = await import('./simulate/command.ts')
      await simulateBuilding(terminal, options)
    })
}

function positive(text: string): number {
  const value = decimal(text)
  if (value > 0) return value
  throw new InvalidArgumentError('It is a number above 0.')
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 }
const SHORTEST_STEP = 60
const LONGEST_STEP = 6 * 3600

/** Seconds. */
function stepLength(text: string): number {
  const [, digits = '', unit] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(text.trim()) ?? []
  const value = Number(digits)
  const seconds = value * (unit === undefined ? (value <= 60 ? 60 : 1) : (UNITS[unit] ?? Number.NaN))
  if (digits !== '' && seconds >= SHORTEST_STEP && seconds <= LONGEST_STEP) return Math.round(seconds)
  throw new InvalidArgumentError('It is a time between 1 minute and 6 hours, such as 15m or 900s.')
}

function bandOf(text: string): { low: number; high: number } {
  const [low, high, ...rest] = text.split(',').map(Number)
  if (low !== undefined && high !== undefined && rest.length === 0 && Number.isFinite(low + high) && low < high) {
    return { low, high }
  }
  throw new InvalidArgumentError('It is two temperatures, such as 20,22.')
}

function instant(text: string): string {
  const time = Date.parse(text)
  if (Number.isFinite(time)) return new Date(time).toISOString().replace('.000Z', 'Z')
  throw new InvalidArgumentError('It is a time such as 2026-01-12T00:00:00Z.')
}
