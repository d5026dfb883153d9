/** Lives one scenario of the control benchmark: the baseline once, then every mode from the same learning days. */
import {
  prepareSimulation,
  type SimulatedMode,
  type SimulationReport,
  simulateMode,
} from '../../src/cli/simulate/simulation.ts'
import { benchPlant, type Truth } from './buildings.ts'
import { withFault } from './faults.ts'
import type { Scenario } from './scenarios.ts'
import type { Row } from './table.ts'

export const LEARN_DAYS = 14
export const DAYS = 10
export const BAND = { low: 20, high: 22 }
const SETPOINT = 21
const FLOOR = 19

/** @param seen called with each report, for pictures */
export async function runScenario(
  scenario: Scenario,
  modes: readonly ('rules' | 'optimise')[],
  seen: (report: SimulationReport) => Promise<void>,
): Promise<Row[]> {
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
  for (const mode of modes) {
    const report = await simulateMode(plant, options(mode), prepared)
    const { tally, learned } = report
    rows.push({
      scenario: scenario.name,
      mode,
      month: scenario.month,
      priced: scenario.priced,
      fault: scenario.fault,
      uaKwPerK: scenario.building.ua,
      baseline: { ...(prepared.baselineKpis as unknown as Truth), ...costOf(prepared.baseline) },
      result: { ...(report.plantKpis as unknown as Truth), ...costOf(report.result) },
      rmse24h: learned?.learned?.rmse24h ?? null,
      persistence24h: learned?.learned?.persistence24h ?? null,
      order: learned?.learned?.model.structure.order ?? null,
      decisions: tally?.decisions ?? 0,
      planned: tally?.by.plan ?? 0,
      heldBack: tally?.heldBack ?? {},
      decisionMs: (tally?.totalMs ?? 0) / Math.max(1, tally?.decisions ?? 0),
      slowestMs: tally?.slowestMs ?? 0,
    })
    await seen(report)
  }
  return rows
}

function costOf({ cost, peakKw, moves }: { cost: number | null; peakKw: number | null; moves: number }) {
  return { cost, peakKw, moves }
}
