/** What is told of a house's switch-back trial: its plan, what today is for, and what it has shown so far. */
import type { z } from '@hono/zod-openapi'
import { readSavings } from '../../activities/savings/savings-rows.ts'
import { LEAST_PAIRS, plannedEnd, type SavingsTrial, stateOf, trialDay } from '../../domain/savings/trial.ts'
import { type TrialResult, trialResult } from '../../domain/savings/trial-result.ts'
import { dayLabel } from '../../domain/time/day.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { inPercent, rounded, roundedInterval } from './savings-answer.ts'
import type { TrialSchema } from './schemas.ts'

type Answer = z.infer<typeof TrialSchema>

export async function trialAnswer(
  { timeSeries, now }: Pick<ApiDependencies, 'timeSeries' | 'now'>,
  id: string,
  trial: SavingsTrial | undefined,
): Promise<Answer> {
  if (trial === undefined) return { state: 'none', plan: null, today: null, result: null }
  const today = dayLabel(now())
  const days = await readSavings(timeSeries, id, trial.start, plannedEnd(trial))
  return {
    state: stateOf(trial, today),
    plan: { ...trial, end: trial.stoppedOn ?? plannedEnd(trial), leastPairs: LEAST_PAIRS },
    today: trialDay(trial, today)?.arm ?? null,
    result: describe(trialResult(trial, days)),
  }
}

function describe({ savedShare, savedPerDay, ...result }: TrialResult): Answer['result'] {
  const short = (value: number | null) => (value === null ? null : rounded(value))
  return {
    ...result,
    savedPerDay: roundedInterval(savedPerDay),
    savedPercent: inPercent(savedShare),
    indoorDifference: short(result.indoorDifference),
    coldDifferenceKh: short(result.coldDifferenceKh),
    warmDifferenceKh: short(result.warmDifferenceKh),
  }
}
