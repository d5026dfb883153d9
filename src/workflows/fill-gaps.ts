/** Looks at every series for holes and fills them, batch by batch. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/common'
import {
  ActivityCancellationType,
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { FillActivities, FilledBatch } from '../activities/history-contract.ts'
import type { EntityRef } from '../domain/entity.ts'
import { addGaps } from '../domain/history/gaps.ts'
import { type FillGapsProgress, fillGapsProgress, type GapReport } from './history-messages.ts'
import { siblingQueue } from './queues.ts'

const MAX_EVENTS = 3_000
/** Holes are found in the data and not by the clock: after two weeks of standing still all of them are found. */
const DEFAULT_DAYS = 14
const WORST_TOLD = 20

export interface FillGapsInput {
  /** Only these entities and their places; all when absent. */
  readonly entities?: readonly EntityRef[]
  /** How far back to look; default 14. */
  readonly days?: number
  /** Look and count, write nothing. */
  readonly dryRun?: boolean
  /** Set by continue-as-new only. */
  readonly state?: { readonly after: string; readonly report: GapReport }
  /** Own event limit, for tests. */
  readonly maxEvents?: number
}

const NOTHING: GapReport = {
  looked: 0,
  withHoles: 0,
  before: { holes: 0, minutes: 0 },
  after: { holes: 0, minutes: 0 },
  fromHistory: 0,
  fromObservations: 0,
  worst: [],
}

export async function fillGaps(input: FillGapsInput = {}): Promise<GapReport> {
  const { entities, days = DEFAULT_DAYS, dryRun = false } = input
  let after = input.state?.after ?? null
  let report = input.state?.report ?? NOTHING
  let outcome: Pick<FillGapsProgress, 'state' | 'error'> = { state: 'running', error: null }
  setHandler(fillGapsProgress, () => ({ ...outcome, days, dryRun, report }))

  const { fillBatch } = proxyActivities<FillActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'imports'),
    startToCloseTimeout: '2 hours',
    heartbeatTimeout: '10 seconds',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // What has been filled stays filled, and the next run finds the rest: no reason to try for ever.
    retry: { initialInterval: '10 seconds', maximumInterval: '2 minutes', maximumAttempts: 8 },
  })
  try {
    for (;;) {
      const batch: FilledBatch = await fillBatch({
        after,
        days,
        dryRun,
        ...(entities === undefined ? {} : { entities }),
      })
      report = add(report, batch)
      if (batch.next === null) break
      after = batch.next
      const { continueAsNewSuggested, historyLength } = workflowInfo()
      if (continueAsNewSuggested || historyLength >= (input.maxEvents ?? MAX_EVENTS)) {
        await continueAsNew<typeof fillGaps>({ ...input, state: { after, report } })
      }
    }
  } catch (error) {
    if (isCancellation(error)) outcome = { state: 'cancelled', error: null }
    else if (error instanceof ActivityFailure) outcome = { state: 'failed', error: causeOf(error) }
    throw error
  }
  outcome = { state: 'done', error: null }
  log.info('gaps.done', {
    looked: report.looked,
    withHoles: report.withHoles,
    holesAfter: report.after.holes,
    fromHistory: report.fromHistory,
  })
  return report
}

function causeOf({ cause }: ActivityFailure): NonNullable<FillGapsProgress['error']> {
  return cause instanceof ApplicationFailure
    ? { code: cause.type ?? 'Unknown', message: cause.message }
    : { code: 'Unavailable', message: 'the store or the workers were out of reach for too long' }
}

function add(report: GapReport, { looked, series }: FilledBatch): GapReport {
  return {
    looked: report.looked + looked,
    withHoles: report.withHoles + series.length,
    before: series.reduce((sum, { before }) => addGaps(sum, before), report.before),
    after: series.reduce((sum, { after }) => addGaps(sum, after), report.after),
    fromHistory: series.reduce((sum, filled) => sum + filled.fromHistory, report.fromHistory),
    fromObservations: series.reduce((sum, filled) => sum + filled.fromObservations, report.fromObservations),
    worst: [...report.worst, ...series.filter(({ after }) => after.holes > 0)]
      .sort((a, b) => b.after.minutes - a.after.minutes || (a.key < b.key ? -1 : 1))
      .slice(0, WORST_TOLD),
  }
}
