/** What `bvpro simulate` does; loaded when the command is run, since plants and schemas take a while to load. */
import { readFile } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { CommandFault } from '../fault.ts'
import type { Terminal } from '../terminal.ts'
import { builtInPlant } from './built-in.ts'
import type { Plant } from './plant.ts'
import { startPlantProcess } from './plant-process.ts'
import { simulationPlot } from './plot.ts'
import { readPrice } from './price.ts'
import { printSimulation } from './report.ts'
import { type SimulatedMode, simulate } from './simulation.ts'

export interface SimulateOptions {
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

/** Runs the baseline and the mode, and prints or draws what came of them. */
export async function simulateBuilding(terminal: Terminal, options: SimulateOptions): Promise<void> {
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

function choosePlant({ plant, building, seed }: SimulateOptions): Plant {
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
