/**
 * The control benchmark: every scenario in every mode, into `bench/results/control.json`, `control.md` and pictures.
 * `npm run bench:control [-- --only NAME] [--validate]`; `--validate` runs buildings drawn at random instead, into
 * `control-validation.md`. Two processes (`--processes`).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { simulationPlot } from '../../src/cli/simulate/plot.ts'
import { drawnScenarios } from './drawn.ts'
import { BAND, runScenario } from './scenario-run.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { overview, type Row, table } from './table.ts'

const RESULTS = new URL('../results/', import.meta.url)
const MODES = ['rules', 'optimise'] as const
/** Pictures are drawn of these. */
const DRAWN = [0, 1, 5, 9]
const VALIDATION_COUNT = 21

/** Every `of`-th scenario from `first` on, in this process. */
async function runSome(chosen: readonly Scenario[], first: number, of: number, done: (rows: Row[]) => void) {
  for (let index = first; index < chosen.length; index += of) {
    const scenario = chosen[index] as Scenario
    const picture = DRAWN.includes(SCENARIOS.indexOf(scenario)) ? SCENARIOS.indexOf(scenario) : null
    const rows = await runScenario(scenario, modes, async (report) => {
      if (picture === null || report.mode !== 'optimise') return
      const drawing = simulationPlot(`${scenario.name}: ${report.mode}`, report, BAND)
      await writeFile(new URL(`control-${picture}.svg`, RESULTS), drawing)
    })
    done(rows)
  }
}

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index === -1 ? undefined : process.argv[index + 1]
}

const only = argument('--only')
const share = argument('--share')
const processes = Number(argument('--processes') ?? 2)
const validate = process.argv.includes('--validate')
const modes = process.argv.includes('--optimise-only') ? (['optimise'] as const) : MODES
const scenarios = validate ? drawnScenarios(VALIDATION_COUNT) : SCENARIOS
const chosen = scenarios.filter(({ name }) => only === undefined || name.includes(only))
const output = validate ? 'control-validation' : 'control'
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
    if (only !== undefined || modes !== MODES) return
    await writeFile(new URL(`${output}.json`, RESULTS), `${JSON.stringify(rows, null, 1)}\n`)
    await writeFile(new URL(`${output}.md`, RESULTS), `${overview(rows)}\n\n${table(rows, true)}\n`)
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
