/** A whole simulation: find the baseline, learn, live the days on the baseline, and live them again in the mode. */
import { indoorFloor } from '../../domain/control/curve-limits.ts'
import { mayPlan } from '../../domain/control/decide.ts'
import type { ControlLimits, TenPoints } from '../../domain/control/decision.ts'
import { shifted } from '../../domain/control/ten-points.ts'
import { type BaselineSearch, meanIndoorOf, searchBaseline, tryCurve } from './baseline.ts'
import { type Indices, indicesOf, powerPerKelvin } from './indices.ts'
import { type Learned, learnModel } from './learning.ts'
import type { Plant } from './plant.ts'
import type { PriceAt } from './price.ts'
import { PlantRun, type StepRecord } from './run.ts'
import { type SteeringTally, steer } from './steering.ts'

export type SimulatedMode = 'monitor' | 'shadow' | 'rules' | 'optimise'

export interface SimulationOptions {
  readonly mode: SimulatedMode
  readonly days: number
  readonly learnDays: number
  readonly stepSeconds: number
  readonly setpoint: number
  readonly band: { readonly low: number; readonly high: number }
  /** Null: the plant's own prices, or 1 per kWh. */
  readonly price: PriceAt | null
  /** Null: found by the search. */
  readonly baseline: TenPoints | null
  readonly start: string
  readonly maxSupply: number
  /** Milliseconds of some clock, for the time decisions take. */
  readonly now: () => number
  readonly progress: (text: string) => void
}

export interface SimulationReport {
  readonly mode: SimulatedMode
  readonly days: number
  readonly result: Indices
  readonly baseline: Indices
  readonly baselineCurve: TenPoints
  readonly baselineMeanIndoor: number | null
  readonly baselineGiven: boolean
  readonly learned: Learned | null
  readonly modelTrusted: boolean
  readonly tally: SteeringTally | null
  readonly plantKpis: Readonly<Record<string, unknown>>
  readonly series: { readonly baseline: readonly StepRecord[]; readonly result: readonly StepRecord[] }
  readonly notes: readonly string[]
}

const MIN_SUPPLY = 20
const HOUR_MS = 3_600_000
/** Multiples of it fill the unit interval evenly. */
const GOLDEN = 0.618034
/** K of supply per hour that a plan may move. */
const RAMP = 6

/** The part all modes of one plant share: the baseline, its days, and the model. */
export interface PreparedSimulation {
  readonly run: PlantRun
  readonly limits: ControlLimits
  readonly search: BaselineSearch
  readonly baselineDays: readonly StepRecord[]
  readonly baseline: Indices
  /** What the plant itself counted over the days on the baseline. */
  readonly baselineKpis: Readonly<Record<string, unknown>>
  /** Null when it was not asked for. */
  readonly learned: Learned | null
  readonly indices: (records: readonly StepRecord[]) => Indices
  readonly notes: readonly string[]
}

export async function simulate(plant: Plant, options: SimulationOptions): Promise<SimulationReport> {
  return simulateMode(plant, options, await prepareSimulation(plant, options))
}

/** Finds the baseline, lives its days, and learns (unless the mode is `monitor`). */
export async function prepareSimulation(plant: Plant, options: SimulationOptions): Promise<PreparedSimulation> {
  const { mode, days, setpoint, band, price } = options
  const tolerance = Math.max(0.1, Math.min(setpoint - band.low, band.high - setpoint))
  const limits: ControlLimits = {
    minSupply: MIN_SUPPLY,
    maxSupply: options.maxSupply,
    rampKPerH: RAMP,
    floor: indoorFloor(setpoint, tolerance),
  }
  const run = new PlantRun(plant, { start: options.start, stepSeconds: options.stepSeconds })
  const search = await findBaseline(run, options, limits)
  const learningDays = search.trials.at(-1)?.records ?? []
  options.progress('baseline')
  const baselineDays = await run.live(days, () => search.curve, true)
  const baselineKpis = await plant.kpis()
  const perKelvin = powerPerKelvin([...learningDays, ...baselineDays])
  const indices = (records: readonly StepRecord[]) => indicesOf(records, { ...band, price, perKelvin })
  const baseline = indices(baselineDays)
  if (mode !== 'monitor') options.progress('learning')
  const others = [search.ownCurve, ...search.trials.slice(0, -1).map(({ records }) => records)]
  const learned =
    mode === 'monitor' ? null : learnModel(learningDays, others, await shakenDays(run, options, search.curve))
  const notes = [...notesOn(search, baseline), ...(learned?.reason == null ? [] : [learned.reason])]
  return { run, limits, search, baselineDays, baseline, baselineKpis, learned, indices, notes }
}

/** Lives the learning days again on the baseline, then the days that count in the mode. */
export async function simulateMode(
  plant: Plant,
  options: SimulationOptions,
  prepared: PreparedSimulation,
): Promise<SimulationReport> {
  const { mode, days, learnDays, setpoint, band, price } = options
  const { run, search, limits, learned, indices, baseline, baselineDays } = prepared
  const shared = {
    mode,
    days,
    baseline,
    baselineCurve: search.curve,
    baselineMeanIndoor: search.meanIndoor,
    baselineGiven: options.baseline !== null,
    learned,
    modelTrusted: learned?.learned != null && mayPlan({ ...learned.learned, recentRmse6h: null }),
    notes: prepared.notes,
  }
  if (mode === 'monitor') {
    const series = { baseline: baselineDays, result: baselineDays }
    return { ...shared, result: baseline, tally: null, plantKpis: prepared.baselineKpis, series }
  }
  options.progress(mode)
  await run.begin()
  await run.live(learnDays, () => search.curve)
  const steering = { mode, baseline: search.curve, setpoint, band, limits, learned: learned?.learned ?? null, price }
  const { choose, tally } = steer(steering, run.records, options.now)
  const resultDays = await run.live(days, choose, true)
  return {
    ...shared,
    result: indices(resultDays),
    tally,
    plantKpis: await plant.kpis(),
    series: { baseline: baselineDays, result: resultDays },
  }
}

/** Days of the learning days that are lived once more for the model alone. */
const SHAKEN_DAYS = 10
/** K the baseline is moved by meanwhile: around where a plan will be, which is below the baseline. */
const SHAKEN_LOW = -7
const SHAKEN_HIGH = 1
/** h that one height stands at least and at most. */
const SHAKEN_HOURS = [3, 12] as const

/**
 * A life on the baseline whose height jumps. On the baseline itself the supply follows the weather, so that nobody could
 * tell which of the two warms the room, nor how late.
 */
async function shakenDays(run: PlantRun, options: SimulationOptions, curve: TenPoints): Promise<StepRecord[]> {
  await run.begin()
  let until = Number.NEGATIVE_INFINITY
  let jumps = 0
  const [least, most] = SHAKEN_HOURS
  return run.live(Math.min(SHAKEN_DAYS, options.learnDays), ({ time }) => {
    if (time >= until) {
      jumps += 1
      until = time + HOUR_MS * (least + (most - least) * ((jumps * GOLDEN) % 1))
    }
    return shifted(curve, jumps % 2 === 0 ? SHAKEN_HIGH : SHAKEN_LOW)
  })
}

function notesOn(search: BaselineSearch, baseline: Indices): string[] {
  const notes: string[] = []
  if (search.meanIndoor === null) {
    notes.push('The plant shows no indoor temperature; nothing could be tuned or steered.')
  } else if (!search.withinTolerance) {
    notes.push(
      `The baseline holds ${search.meanIndoor.toFixed(2)} °C in the mean: nearer to the setpoint was not found.`,
    )
  }
  if (baseline.energyKwh === null) notes.push('The plant shows no heating power: energy, peak and cost are unknown.')
  if (baseline.powerEstimated) notes.push('Where power was missing it was told from supply less return temperature.')
  return notes
}

async function findBaseline(run: PlantRun, options: SimulationOptions, limits: ControlLimits): Promise<BaselineSearch> {
  const { baseline, learnDays, setpoint } = options
  if (baseline === null) {
    options.progress('searching the baseline curve')
    return searchBaseline(run, { setpoint, learnDays, limits })
  }
  const trial = await tryCurve(run, baseline, learnDays)
  const meanIndoor = meanIndoorOf(trial.records)
  return { curve: baseline, meanIndoor, withinTolerance: true, ownCurve: [], trials: [trial] }
}
