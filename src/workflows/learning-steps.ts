/** The steps of learning that the nightly run and the hourly look have in common. */
import { defineSignal, isCancellation, log, proxyActivities, workflowInfo } from '@temporalio/workflow'
import type { EvaluatedSavings, SavingsActivities } from '../activities/savings-contract.ts'
import type { HousesToLearn, LearnedHouse, ThermalActivities } from '../activities/thermal-contract.ts'
import { messageOf } from './energy-steps.ts'
import { inParallel } from './in-parallel.ts'
import { siblingQueue } from './queues.ts'

export interface LearningInput {
  /** These houses; all of them when absent. */
  readonly houses?: readonly string[]
  /** Only houses without a model, with a first coarse one, or whose past has changed. */
  readonly onlyNew?: boolean
  /** Where the run before, whose history grew long, has ended, and what it had done. */
  readonly after?: string
  readonly done?: LearningReport
}

export interface LearningReport {
  readonly fitted: number
  readonly kept: number
  readonly none: number
  readonly forecasts: number
  /** What went wrong for single houses, the first few; the others went on. */
  readonly failures: readonly { readonly house: string; readonly message: string }[]
}

/** Something was imported: look again before ending. */
export const pastImported = defineSignal('imported')

/** As many as there are threads on a small machine; more would only wait. */
const FITS_AT_ONCE = 2
const FAILURES_TOLD = 20

export interface LearningRound {
  readonly report: LearningReport
  /** The house it ended with because the history grew long or time was up; null when all are done. */
  readonly after: string | null
}

const NOTHING: LearningReport = { fitted: 0, kept: 0, none: 0, forecasts: 0, failures: [] }

/**
 * Learns every house that is asked for; one that fails keeps no other one waiting.
 * @param endsAt no house is begun with from then on, epoch milliseconds; a later look finds the rest
 */
export async function learnHouses(
  { houses, onlyNew = false, after: begin, done = NOTHING }: LearningInput,
  endsAt = Number.POSITIVE_INFINITY,
): Promise<LearningRound> {
  const { housesToLearn, learnHouse, forecastIndoor } = activities()
  const counts = { fitted: done.fitted, kept: done.kept, none: done.none }
  const failures = [...done.failures]
  let forecasts = done.forecasts
  let after: string | null = begin ?? null
  do {
    const page: HousesToLearn =
      houses === undefined ? await housesToLearn(onlyNew, after) : { houses: [...houses], next: null }
    await inParallel(page.houses, FITS_AT_ONCE, async (house) => {
      if (Date.now() >= endsAt) return
      try {
        const { outcome }: LearnedHouse = await learnHouse(house)
        counts[outcome] += 1
        // Nobody waits for the other houses to see what is foreseen for this one.
        if (outcome !== 'fitted') return
        const { issued } = await forecastIndoor([house])
        forecasts += issued
      } catch (error) {
        if (isCancellation(error)) throw error
        const message = messageOf(error)
        log.warn('thermal.not_learned', { house, reason: message })
        if (failures.length < FAILURES_TOLD) failures.push({ house, message })
      }
    })
    after = page.next
  } while (after !== null && Date.now() < endsAt && !workflowInfo().continueAsNewSuggested)
  return { report: { ...counts, forecasts, failures }, after }
}

/** Tells what steering has saved, all houses. What fails is told by the next run: the days are still there. */
export async function evaluateSavings(): Promise<void> {
  try {
    let after: string | null = null
    do {
      const told: EvaluatedSavings = await activities().evaluateSavings(after)
      after = told.next
    } while (after !== null)
  } catch (error) {
    if (isCancellation(error)) throw error
    log.warn('savings.not_told', { reason: messageOf(error) })
  }
}

export function activities() {
  return proxyActivities<ThermalActivities & SavingsActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'learning'),
    startToCloseTimeout: '30 minutes',
    heartbeatTimeout: '10 seconds',
    // What is missed is found by the next look: it is all in the data.
    retry: { initialInterval: '5 seconds', maximumInterval: '1 minute', maximumAttempts: 4 },
  })
}
