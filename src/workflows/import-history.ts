/** Imports the past of one house or building from its vendor, a week at a time, newest first. */
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
import type { EntityWithHistory, ImportActivities, ImportedChunk, ImportPlan } from '../activities/history-contract.ts'
import { addCounts } from '../domain/history/grid.ts'
import { importIssues } from '../domain/history/issues.ts'
import { chunkAt, chunkCount } from '../domain/history/plan.ts'
import { type ImportProgress, importProgress } from './history-messages.ts'
import { siblingQueue } from './queues.ts'

const MAX_EVENTS = 3_000
const PROBLEMS_TOLD = 10

export interface ImportHistoryInput {
  readonly kind: EntityWithHistory['kind']
  readonly id: string
  /** How far back. */
  readonly days: number
  /** Step of the points, one of `IMPORT_RESOLUTIONS`; default 60. */
  readonly resolutionMinutes?: number
  /** Look and count, write nothing. */
  readonly dryRun?: boolean
  /** Set by continue-as-new only. */
  readonly state?: ImportState
  /** Own event limit, for tests. */
  readonly maxEvents?: number
}

/** What is known of the chunks done so far. */
export interface ImportState extends ImportedChunk {
  readonly plan: ImportPlan
  readonly chunksDone: number
}

export async function importHistory(input: ImportHistoryInput): Promise<ImportProgress> {
  const { kind, id, days, resolutionMinutes = 60, dryRun = false } = input
  const entity: EntityWithHistory = { kind, id }
  let state: ImportState | undefined = input.state
  let outcome: Pick<ImportProgress, 'state' | 'error'> = { state: 'running', error: null }
  setHandler(importProgress, () => describe(state, outcome, resolutionMinutes, dryRun))

  const taskQueue = siblingQueue(workflowInfo().taskQueue, 'imports')
  const common = {
    taskQueue,
    heartbeatTimeout: '10 seconds',
    // A cancelled import is over when nothing writes any more, not a moment before.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '5 minutes' },
  } as const
  const { planImport } = proxyActivities<ImportActivities>({
    ...common,
    startToCloseTimeout: '5 minutes',
    // A server that is away may come back; one that is still away then has to be told about.
    scheduleToCloseTimeout: '1 hour',
  })
  const { importChunk } = proxyActivities<ImportActivities>({
    ...common,
    startToCloseTimeout: '1 hour',
    scheduleToCloseTimeout: '12 hours',
  })

  try {
    state ??= opening(await planImport({ entity, days, resolutionMinutes }))
    const { range } = state.plan
    while (state.chunksDone < chunkCount(range)) {
      const chunk: ImportedChunk = await importChunk({
        entity,
        range: chunkAt(range, state.chunksDone),
        resolutionMinutes,
        dryRun,
      })
      state = add(state, chunk)
      if (state.chunksDone < chunkCount(range) && shouldContinueAsNew(input.maxEvents)) {
        await continueAsNew<typeof importHistory>({ ...input, state })
      }
    }
  } catch (error) {
    if (isCancellation(error)) {
      outcome = { state: 'cancelled', error: null }
      log.info('import.cancelled', { ...entity })
      throw error
    }
    const failure = causeOf(error)
    if (failure === undefined) throw error
    outcome = { state: 'failed', error: { code: failure.type ?? 'Unknown', message: failure.message } }
    throw failure
  }
  outcome = { state: 'done', error: null }
  return describe(state, outcome, resolutionMinutes, dryRun)
}

function opening(plan: ImportPlan): ImportState {
  return { plan, chunksDone: 0, rows: 0, keptOut: 0, fields: {}, problems: plan.problems }
}

function add(state: ImportState, chunk: ImportedChunk): ImportState {
  return {
    plan: state.plan,
    chunksDone: state.chunksDone + 1,
    rows: state.rows + chunk.rows,
    keptOut: state.keptOut + chunk.keptOut,
    fields: addCounts(state.fields, chunk.fields),
    problems: [...new Set([...state.problems, ...chunk.problems])].slice(0, PROBLEMS_TOLD),
  }
}

function describe(
  state: ImportState | undefined,
  outcome: Pick<ImportProgress, 'state' | 'error'>,
  resolutionMinutes: number,
  dryRun: boolean,
): ImportProgress {
  const known = state === undefined ? undefined : rangesOf(state)
  return {
    ...outcome,
    step: stepOf(outcome.state, known),
    percent: known === undefined ? 0 : Math.floor((100 * known.done) / Math.max(1, known.total)),
    chunksDone: known?.done ?? 0,
    chunksTotal: known?.total ?? 0,
    rows: state?.rows ?? 0,
    keptOut: state?.keptOut ?? 0,
    fields: state?.fields ?? {},
    from: known === undefined ? null : isoSeconds(known.from),
    to: known === undefined ? null : isoSeconds(known.to),
    resolutionMinutes,
    dryRun,
    issues:
      state === undefined || known === undefined
        ? []
        : importIssues({
            counts: state.fields,
            missing: state.plan.missing,
            problems: state.problems,
            steps: known.lookedAtMs / (resolutionMinutes * 60_000),
            resolutionMinutes,
          }),
  }
}

interface Known {
  readonly from: number
  readonly to: number
  readonly done: number
  readonly total: number
  readonly lookedAtMs: number
  readonly next: { readonly from: number; readonly to: number }
}

function rangesOf({ plan: { range }, chunksDone }: ImportState): Known {
  const total = chunkCount(range)
  const lookedAtMs = chunksDone === 0 ? 0 : range.to - chunkAt(range, Math.min(chunksDone, total) - 1).from
  return { ...range, done: chunksDone, total, lookedAtMs, next: chunkAt(range, Math.min(chunksDone, total - 1)) }
}

function stepOf(state: ImportProgress['state'], known: Known | undefined): string {
  if (state !== 'running') return state
  if (known === undefined) return 'finding the signals'
  return `importing ${isoSeconds(known.next.from).slice(0, 10)} to ${isoSeconds(known.next.to).slice(0, 10)}`
}

function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}

/** The typed failure of an activity, or that it ran out of time; undefined for what is not an activity's. */
function causeOf(error: unknown): ApplicationFailure | undefined {
  if (!(error instanceof ActivityFailure)) return undefined
  const { cause } = error
  if (cause instanceof ApplicationFailure) {
    return ApplicationFailure.nonRetryable(cause.message, cause.type ?? 'Unknown')
  }
  return ApplicationFailure.nonRetryable(
    'the history server, the store or the workers were out of reach for too long; start the import again to go on',
    'Unavailable',
  )
}

function shouldContinueAsNew(maxEvents = MAX_EVENTS): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo()
  return continueAsNewSuggested || historyLength >= maxEvents
}
