/**
 * The control benchmark: every scenario in every mode, into `bench/results/control.json`, `control.md` and pictures.
 * `npm run bench:control [-- --only NAME]`; takes some 20 minutes of one core, in two processes (`--processes`).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { simulationPlot } from '../../src/cli/simulate/plot.ts'
import { prepareSimulation, type SimulatedMode, simulateMode } from '../../src/cli/simulate/simulation.ts'
import { benchPlant, type Truth } from './buildings.ts'
import { withFault } from './faults.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { overview, type Row, table } from './table.ts'

const RESULTS = new URL('../results/', import.meta.url)
const MODES = ['rules', 'optimise'] as const
const LEARN_DAYS = 14
const DAYS = 10
const BAND = { low: 20, high: 22 }
const SETPOINT = 21
const FLOOR = 19
/** Pictures are drawn of these. */
const DRAWN = [0, 1, 5, 9]

async function runScenario(scenario: Scenario, index: number): Promise<Row[]> {
  const counted = { learnDays: LEARN_DAYS, ...BAND, floor: FLOOR }
  const plant = withFault(benchPlant(scenario.building, scenario.climate, counted), scenario.fault, LEARN_DAYS)
  const options = (mode: SimulatedMode) => ({
    mode,
    days: DAYS,
    learnDays: LEARN_DAYS,
    stepSeconds: 900,
    setpoint: SETPOINT,
    band: BAND,
    // The cost counts by the tariff also where the forecast that tells it is gone.
    price: null,
    baseline: null,
    start: scenario.start,
    maxSupply: 65,
    now: () => performance.now(),
    progress: () => undefined,
  })
  const prepared = await prepareSimulation(plant, options('optimise'))
  const rows: Row[] = []
  for (const mode of MODES) {
    const report = await simulateMode(plant, options(mode), prepared)
    rows.push({
      scenario: scenario.name,
      mode,
      priced: scenario.priced,
      fault: scenario.fault,
      baseline: { ...(prepared.baselineKpis as unknown as Truth), ...costOf(prepared.baseline) },
      result: { ...(report.plantKpis as unknown as Truth), ...costOf(report.result) },
      rmse24h: report.learned?.learned?.rmse24h ?? null,
      persistence24h: report.learned?.learned?.persistence24h ?? null,
      order: report.learned?.learned?.model.structure.order ?? null,
      decisionMs: (report.tally?.totalMs ?? 0) / Math.max(1, report.tally?.decisions ?? 0),
    })
    if (DRAWN.includes(index) && mode === 'optimise') {
      const name = `control-${index}.svg`
      await writeFile(new URL(name, RESULTS), simulationPlot(`${scenario.name}: ${mode}`, report, BAND))
    }
  }
  return rows
}

function costOf({ cost, peakKw, moves }: { cost: number | null; peakKw: number | null; moves: number }) {
  return { cost, peakKw, moves }
}

/** Every `of`-th scenario from `first` on, in this process. */
async function runSome(chosen: readonly Scenario[], first: number, of: number, done: (rows: Row[]) => void) {
  for (let index = first; index < chosen.length; index += of) {
    const scenario = chosen[index] as Scenario
    done(await runScenario(scenario, SCENARIOS.indexOf(scenario)))
  }
}

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index === -1 ? undefined : process.argv[index + 1]
}

const only = argument('--only')
const share = argument('--share')
const processes = Number(argument('--processes') ?? 2)
const chosen = SCENARIOS.filter(({ name }) => only === undefined || name.includes(only))
await mkdir(RESULTS, { recursive: true })
if (share !== undefined) {
  await runSome(chosen, Number(share), processes, (rows) => process.send?.(rows))
  process.disconnect?.()
} else {
  const order = chosen.map(({ name }) => name)
  const rows: Row[] = []
  /** After each scenario, so that a run that is stopped leaves what it has. */
  const add = async (found: Row[]) => {
    rows.push(...found)
    rows.sort((one, other) => order.indexOf(one.scenario) - order.indexOf(other.scenario))
    console.log(table(found, false))
    if (only !== undefined) return
    await writeFile(new URL('control.json', RESULTS), `${JSON.stringify(rows, null, 1)}\n`)
    await writeFile(new URL('control.md', RESULTS), `${overview(rows)}\n\n${table(rows, true)}\n`)
  }
  let writing = Promise.resolve()
  const helpers = Array.from({ length: processes }, (_, index) => {
    const helper = fork(new URL(import.meta.url), [...process.argv.slice(2), '--share', `${index}`])
    helper.on('message', (found) => {
      writing = writing.then(() => add(found as Row[]))
    })
    return once(helper, 'exit')
  })
  const codes = (await Promise.all(helpers)).map(([code]) => code)
  await writing
  console.log(overview(rows))
  if (codes.some((code) => code !== 0)) throw new Error(`the processes ended with ${codes.join(', ')}`)
}
