/**
 * The savings benchmark: simulated houses under control, richer than any model fitted to them, whose heat on their own
 * curve is known because they live it too. How close the told saving comes, and how often its interval holds the truth.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { evaluateSavings } from '../../src/domain/savings/evaluate.ts'
import { type Interval, type SavingsDay, totalOf } from '../../src/domain/savings/savings-day.ts'
import { type SteeredHouse, savingsTask, steeredHouse } from '../../src/domain/savings/testing/steered-house.ts'
import { seededRandom } from '../../src/domain/thermal/testing/random.ts'
import { percentile } from '../measure.ts'
import { trialOutcome } from './trials.ts'

const { values: options } = parseArgs({
  options: {
    houses: { type: 'string', default: '30' },
    trials: { type: 'string', default: '20' },
    output: { type: 'string' },
  },
})

const HOUR_MS = 3_600_000
/** Days on its own curve that show a model how the house answers, and days under control. */
const BEFORE = 21
const CONTROLLED = 14
/** Standard error of a day's metered space heating, share: the split from hot water. */
const METER_NOISE = 0.05

/** K of supply temperature by the time and the hours under control. */
type Shift = (time: number, hours: number) => number

const PATTERNS: Readonly<Record<string, (seed: number) => Shift>> = {
  /** The same all the time. */
  steady: () => () => -3,
  /** As plans are: deep at night and before sun, at times above. */
  planned: (seed) => {
    const random = seededRandom(seed)
    const moods = Array.from({ length: 400 }, () => 2.5 * random.normal())
    return (time, hours) =>
      Math.max(
        -8,
        Math.min(
          3,
          -2.5 - 2 * Math.cos((2 * Math.PI * (time / HOUR_MS - 3)) / 24) + (moods[Math.floor(hours / 6)] ?? 0),
        ),
      )
  },
  /** Two days lowered, two as it was. */
  alternating: () => (_, hours) => (Math.floor(hours / 48) % 2 === 0 ? -4 : 0),
}

interface Outcome {
  readonly pattern: string
  readonly seed: number
  readonly order: number
  readonly truth: number
  readonly saved: Interval
  readonly truthKwh: number
  readonly savedKwh: Interval
  readonly days: readonly { readonly truth: number; readonly saved: Interval }[]
  readonly evaluationMs: number
}

function run(pattern: string, seed: number): Outcome {
  const random = seededRandom(9000 + seed)
  const floor = random.uniform() < 0.5
  const steered = steeredHouse({
    seed,
    before: BEFORE,
    controlled: CONTROLLED,
    season: random.uniform(-5, 7),
    shift: (PATTERNS[pattern] as (seed: number) => Shift)(seed),
    // Nobody knows the exponent of a house: only what its kind usually has.
    change: { exponent: floor ? random.uniform(1, 1.2) : random.uniform(1.2, 1.45) },
  })
  const metered = Object.fromEntries(
    Array.from(steered.used, ([date, kwh]) => [
      date,
      { heatingKwh: kwh * (1 + METER_NOISE * random.normal()), error: METER_NOISE },
    ]),
  )
  const task = savingsTask(steered, { metered })
  const before = performance.now()
  const days = evaluateSavings(task)
  const evaluationMs = performance.now() - before
  const { saved, savedKwh } = totalOf(days)
  if (saved === null || savedKwh === null) throw new Error(`nothing is told of house ${seed}`)
  const [used, baseline] = [sum(steered, steered.used), sum(steered, steered.baseline)]
  return {
    pattern,
    seed,
    order: task.model.structure.order,
    truth: 1 - used / baseline,
    saved,
    truthKwh: baseline - used,
    savedKwh,
    days: days.map((day) => ofDay(day, steered)),
    evaluationMs,
  }
}

function sum({ dates }: SteeredHouse, byDate: ReadonlyMap<string, number>): number {
  return dates.reduce((total, date) => total + (byDate.get(date) ?? 0), 0)
}

function ofDay(day: SavingsDay, { used, baseline }: SteeredHouse) {
  const { savedKwh } = totalOf([day])
  if (savedKwh === null) throw new Error(`${day.date} is metered`)
  return { truth: (baseline.get(day.date) ?? 0) - (used.get(day.date) ?? 0), saved: savedKwh }
}

const holds = (truth: number, { low, high }: Interval) => truth >= low && truth <= high
const share = (flags: readonly boolean[]) => round(flags.filter(Boolean).length / flags.length)
const round = (value: number, digits = 3) => Number(value.toPrecision(digits))
const median = (values: readonly number[]) =>
  round(
    percentile(
      [...values].sort((one, other) => one - other),
      0.5,
    ) ?? Number.NaN,
  )

function summary(outcomes: readonly Outcome[]) {
  const days = outcomes.flatMap((outcome) => outcome.days)
  return {
    houses: outcomes.length,
    savedPercent: median(outcomes.map(({ truth }) => 100 * truth)),
    toldPercent: median(outcomes.map(({ saved }) => 100 * saved.value)),
    errorPercentagePoints: median(outcomes.map(({ truth, saved }) => 100 * Math.abs(saved.value - truth))),
    /** Half the interval, percentage points. */
    halfIntervalPercentagePoints: median(outcomes.map(({ saved }) => 50 * (saved.high - saved.low))),
    /** Shares of 90 % intervals that hold the truth. */
    coveragePercent: share(outcomes.map(({ truth, saved }) => holds(truth, saved))),
    coverageKwh: share(outcomes.map(({ truthKwh, savedKwh }) => holds(truthKwh, savedKwh))),
    coverageSingleDays: share(days.map(({ truth, saved }) => holds(truth, saved))),
    evaluationMs: median(outcomes.map(({ evaluationMs }) => evaluationMs)),
  }
}

const houses = Number(options.houses)
const outcomes = Object.keys(PATTERNS).flatMap((pattern) =>
  Array.from({ length: houses }, (_, seed) => run(pattern, seed + 1)),
)
const byPattern = Object.fromEntries(
  [...Object.keys(PATTERNS), 'all'].map((name) => [
    name,
    summary(name === 'all' ? outcomes : outcomes.filter(({ pattern }) => pattern === name)),
  ]),
)
const table = new Table({ head: ['', ...Object.keys(byPattern)] })
for (const figure of Object.keys(byPattern.all ?? {})) {
  table.push([figure, ...Object.values(byPattern).map((one) => String(one[figure as keyof typeof one]))])
}
process.stdout.write(`${table.toString()}\n`)

const trials = [2, 4].map((blockDays) => {
  const found = Array.from({ length: Number(options.trials) }, (_, seed) => trialOutcome(blockDays, seed + 1))
  return {
    blockDays,
    houses: found.length,
    truthPerDayKwh: median(found.map(({ truth }) => truth)),
    toldPerDayKwh: median(found.map(({ saved }) => saved.value)),
    halfIntervalKwh: median(found.map(({ saved }) => (saved.high - saved.low) / 2)),
    coverage: share(found.map(({ truth, saved }) => holds(truth, saved))),
    significant: share(found.map(({ pValue }) => pValue < 0.1)),
    /** The same with control that changes nothing: should be about one in ten. */
    significantPlacebos: share(found.map(({ placeboPValue }) => placeboPValue < 0.1)),
  }
})
const trialTable = new Table({ head: ['trial', ...trials.map(({ blockDays }) => `blocks of ${blockDays} days`)] })
for (const figure of Object.keys(trials[0] ?? {})) {
  trialTable.push([figure, ...trials.map((one) => String(one[figure as keyof typeof one]))])
}
process.stdout.write(`${trialTable.toString()}\n`)
if (options.output !== undefined) {
  const single = outcomes.map(({ pattern, seed, order, truth, saved }) => ({
    pattern,
    seed,
    order,
    truthPercent: round(100 * truth, 4),
    toldPercent: round(100 * saved.value, 4),
    low: round(100 * saved.low, 4),
    high: round(100 * saved.high, 4),
  }))
  writeFileSync(options.output, `${JSON.stringify({ interval: '90 %', byPattern, trials, houses: single }, null, 2)}\n`)
}
