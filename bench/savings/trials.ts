/** A switch-back trial in a simulated house, and what control saves in the same house when it lasts for ever. */
import { evaluateSavings } from '../../src/domain/savings/evaluate.ts'
import type { Interval } from '../../src/domain/savings/savings-day.ts'
import { modelOf, savingsTask, steeredHouse } from '../../src/domain/savings/testing/steered-house.ts'
import { plannedEnd, type SavingsTrial, trialDay, usualWashOut } from '../../src/domain/savings/trial.ts'
import { trialResult } from '../../src/domain/savings/trial-result.ts'
import { seededRandom } from '../../src/domain/thermal/testing/random.ts'
import { dayLabel } from '../../src/domain/time/day.ts'

const BEFORE = 14
const PAIRS = 7
/** Of the supply temperature under control, K. */
const LOWERED = -4

export interface TrialOutcome {
  /** kWh a day. */
  readonly truth: number
  readonly saved: Interval
  readonly pValue: number
  /** Of a trial whose control leaves the curve as it is. */
  readonly placeboPValue: number
}

export function trialOutcome(blockDays: number, seed: number): TrialOutcome {
  const season = seededRandom(7000 + seed).uniform(-5, 4)
  const days = { seed, before: BEFORE, controlled: 2 * PAIRS * blockDays, season }
  const lasting = steeredHouse({ ...days, shift: () => LOWERED })
  const [start] = lasting.dates
  if (start === undefined) throw new Error('there are days')
  const trial: SavingsTrial = {
    seed: 11 * seed,
    start,
    blockDays,
    washOutDays: usualWashOut(blockDays),
    pairs: PAIRS,
    begunBy: 'bench',
    begunAt: '2026-01-01T00:00:00Z',
    stoppedOn: null,
    stopReason: null,
  }
  if (plannedEnd(trial) <= (lasting.dates.at(-1) ?? '')) throw new Error('the trial has all days')
  let model: ReturnType<typeof modelOf> | undefined
  const run = (lowered: number) => {
    const steered = steeredHouse({
      ...days,
      shift: (time) => (trialDay(trial, dayLabel(time))?.arm === 'control' ? lowered : 0),
    })
    const metered = Object.fromEntries(
      Array.from(steered.used, ([date, heatingKwh]) => [date, { heatingKwh, error: 0 }]),
    )
    model ??= modelOf(steered)
    return trialResult(trial, evaluateSavings(savingsTask(steered, { metered }, model)))
  }
  const { savedPerDay, pValue } = run(LOWERED)
  const placeboPValue = run(0).pValue
  if (savedPerDay === null || pValue === null || placeboPValue === null) throw new Error('a whole trial has a result')
  const truth = lasting.dates.reduce(
    (total, date) => total + (lasting.baseline.get(date) ?? 0) - (lasting.used.get(date) ?? 0),
    0,
  )
  return { truth: truth / lasting.dates.length, saved: savedPerDay, pValue, placeboPValue }
}
