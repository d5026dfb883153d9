/** `bvpro simulate`: a control mode on a building in closed loop, against the heat curve that building would have had. */
import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { decimal, wholeNumber } from './argument-readers.ts'
import { CommandFault } from './fault.ts'
import { builtInPlant } from './simulate/built-in.ts'
import type { Plant } from './simulate/plant.ts'
import { startPlantProcess } from './simulate/plant-process.ts'
import { simulationPlot } from './simulate/plot.ts'
import { readPrice } from './simulate/price.ts'
import { printSimulation } from './simulate/report.ts'
import { type SimulatedMode, simulate } from './simulate/simulation.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly plant?: string
  readonly building: 'radiator' | 'floor'
  readonly mode: SimulatedMode
  readonly days: number
  readonly step: number
  readonly setpoint: number
  readonly band?: { readonly low: number; readonly high: number }
  readonly learnDays: number
  readonly price?: string
  readonly baseline?: string
  readonly start: string
  readonly maxSupply?: number
  readonly seed: number
  readonly json?: true
  readonly plot?: string
}

/** K to either side of the setpoint where no band is given. */
const USUAL_TOLERANCE = 1
/** Supply limits where none is given, °C. */
const USUAL_MAX_SUPPLY = { radiator: 65, floor: 45 } as const

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
    .action((options: Options) => run(terminal, options))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  const { setpoint, days, learnDays, mode } = options
  const band = options.band ?? { low: setpoint - USUAL_TOLERANCE, high: setpoint + USUAL_TOLERANCE }
  if (!(band.low < setpoint && setpoint < band.high)) {
    throw new CommandFault(`The setpoint ${setpoint} °C is not inside the band ${band.low} to ${band.high} °C.`, 2)
  }
  const price = options.price === undefined ? null : await readPrice(options.price)
  const baseline = options.baseline === undefined ? null : await readCurve(options.baseline)
  const plant = choosePlant(options)
  try {
    const report = await simulate(plant, {
      mode,
      days,
      learnDays,
      stepSeconds: options.step,
      setpoint,
      band,
      price,
      baseline,
      start: options.start,
      maxSupply:
        options.maxSupply ??
        (options.plant === undefined ? USUAL_MAX_SUPPLY[options.building] : USUAL_MAX_SUPPLY.radiator),
      now: () => performance.now(),
      progress: (text) => terminal.status?.(`${text} …`),
    })
    terminal.status?.('')
    const name =
      options.plant ?? `built-in building with ${options.building === 'floor' ? 'floor heating' : 'radiators'}`
    if (options.plot !== undefined)
      await writeFileAtomic(options.plot, simulationPlot(`${name}, ${mode}`, report, band))
    printSimulation(
      terminal,
      report,
      { setpoint, band, learnDays, stepSeconds: options.step, plant: name },
      options.json === true,
    )
  } finally {
    terminal.status?.('')
    await plant.close()
  }
}

function choosePlant({ plant, building, seed }: Options): Plant {
  return plant === undefined ? builtInPlant({ seed, distribution: building }) : startPlantProcess(plant)
}

const points = z.array(z.number().min(5).max(100)).length(10)
const curveDocument = z.union([
  points,
  z
    .record(z.string(), z.number())
    .transform((keyed) => Array.from({ length: 10 }, (_, index) => keyed[`${index + 1}`]))
    .pipe(points),
])

/** JSON: ten numbers, or an object with the keys 1 … 10; or the ten numbers as plain text. */
async function readCurve(file: string): Promise<number[]> {
  const text = (await readFile(file, 'utf8')).trim()
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    given = text.split(/[\s,;]+/).map(Number)
  }
  const parsed = curveDocument.safeParse(given)
  if (parsed.success) return parsed.data
  throw new CommandFault(`${file} does not hold ten supply temperatures between 5 and 100 °C.`)
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
