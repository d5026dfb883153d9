/**
 * Takes an entity out of service: gives control back, stops its loop, removes configuration and credentials, and deletes
 * its data, at once or after days of grace. Until the deletion begins it can be called off, and the entity comes back.
 */
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common'
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type {
  DeletedSeries,
  OffboardingActivities,
  ReleaseActivities,
  RemovalMode,
} from '../activities/offboarding-contract.ts'
import { ENTITY_KINDS, type EntityRef } from '../domain/entity.ts'
import { DEFAULT_GRACE_DAYS } from './grace.ts'
import { SEARCH_ATTRIBUTES } from './messages.ts'
import { abandonControl, type Person, purgeNow, restore, tryNow } from './offboarding-messages.ts'
import { type OperationProgress, progress } from './progress-messages.ts'
import { siblingQueue } from './queues.ts'
import { Steps } from './steps.ts'

const LONGEST_GRACE_DAYS = 3_650
const DAY_MS = 86_400_000

const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 300_000
/** What somebody who abandons control grants an attempt that is under way. */
const LAST_ATTEMPT_MS = 30_000
/** A write that was under way when the loop ended is over by then. */
const LOOK_AGAIN_MS = 5_000
const LOOKS_AT_MOST = 10
const MAX_EVENTS = 3_000

/** Also typed by hand for the `temporal` command: all but `kind` and `id` may be left out. */
export interface OffboardEntityInput extends EntityRef {
  /** Default `soft`. */
  readonly mode?: RemovalMode
  /** Days until the data of a soft removal are deleted; default 30, fractions count. */
  readonly graceDays?: number
  /** Go on when the heat curve cannot be given back. */
  readonly abandonControl?: boolean
  /** Nothing but bringing back what a workflow that is gone has removed. */
  readonly restore?: boolean
  /** Who asked, for the audit. */
  readonly by?: string
}

const RELEASE = 'release control'
const STOP = 'stop loop'
const TAKE_OUT = 'remove configuration and credentials'
const GRACE = 'grace period'
const DELETE = 'delete data'
const RECORD = 'record'
type StepName = typeof RELEASE | typeof STOP | typeof TAKE_OUT | typeof GRACE | typeof DELETE | typeof RECORD

export async function offboardEntity(input: OffboardEntityInput): Promise<OperationProgress> {
  const { kind, id } = input
  const entity: EntityRef = { kind, id }
  const wish = {
    hard: input.mode === 'hard',
    abandon: input.abandonControl === true,
    restore: input.restore === true,
    cancelled: false,
    by: input.by ?? 'unknown',
  }
  const steps = new Steps<StepName>([RELEASE, STOP, TAKE_OUT, GRACE, DELETE, RECORD])
  let outcome: Pick<OperationProgress, 'state' | 'error'> = { state: 'running', error: null }
  let waitingFor: string | null = null
  let dueAt: number | null = null
  let beyondReturn = false
  /** How often somebody has asked for an attempt at once. */
  let hurries = 0
  const describe = (): OperationProgress => ({
    ...outcome,
    ...steps.describe(),
    ...(outcome.state === 'done' ? { percent: 100 } : {}),
    entityId: id,
    waitingFor,
    dueAt: dueAt === null ? null : isoSeconds(dueAt),
  })
  const wantedBack = () => !beyondReturn && (wish.restore || wish.cancelled)

  setHandler(progress, describe)
  setHandler(
    restore,
    (person) => {
      wish.restore = true
      wish.by = person?.by ?? wish.by
    },
    {
      validator: (_person: Person | undefined) => {
        if (!beyondReturn) return
        throw ApplicationFailure.nonRetryable('the data are being deleted already; nothing can be restored', 'TooLate')
      },
    },
  )
  setHandler(purgeNow, (person) => {
    wish.hard = true
    wish.by = person?.by ?? wish.by
  })
  setHandler(abandonControl, (person) => {
    wish.abandon = true
    wish.by = person?.by ?? wish.by
  })
  setHandler(tryNow, () => {
    hurries += 1
  })
  // Whoever cancels wants the entity to keep its data, so there is work to be done after a cancellation.
  CancellationScope.current().cancelRequested.catch(() => {
    wish.cancelled = true
  })

  const info = workflowInfo()
  const common = { heartbeatTimeout: '10 seconds', retry: { maximumAttempts: 1 } } as const
  const activities = proxyActivities<OffboardingActivities>({
    ...common,
    taskQueue: siblingQueue(info.taskQueue, 'pipelines'),
    startToCloseTimeout: '10 minutes',
  })
  const { askForRelease } = proxyActivities<ReleaseActivities>({
    ...common,
    taskQueue: siblingQueue(info.taskQueue, 'homeside'),
    startToCloseTimeout: '6 minutes',
  })

  /**
   * Repeats an activity until it succeeds, saying meanwhile what it waits for: an off-boarding never ends half-way.
   * Undefined when `enough` says between two attempts that it need not succeed any more.
   */
  async function persist<T>(work: () => Promise<T>, enough: () => boolean = () => false): Promise<T | undefined> {
    const step = steps.at
    const tell = (what: string | null) => {
      // An attempt that nobody waits for any more has nothing to tell of the steps after it.
      if (steps.at === step) waitingFor = what
    }
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      // Counted from before the attempt: who asks while it fails has not been heard yet.
      const asked = hurries
      try {
        const result = await work()
        tell(null)
        return result
      } catch (error) {
        const failure = causeOf(error)
        if (failure === undefined || failure.type === 'EntityNotFound') throw failure ?? error
        const trouble = step === RELEASE ? `the heat curve cannot be given back: ${failure.message}` : failure.message
        tell(`${trouble}; tried again in ${Math.round(retryMs / 1000)} s`)
      }
      await condition(() => enough() || hurries > asked, retryMs)
      if (enough()) return undefined
      await renewIfLong()
    }
  }

  async function renewIfLong(): Promise<void> {
    const { continueAsNewSuggested, historyLength } = workflowInfo()
    // Later steps never take so long, and what they have done is found again.
    if (steps.at !== RELEASE || !(continueAsNewSuggested || historyLength >= MAX_EVENTS)) return
    await condition(allHandlersFinished)
    const mode = wish.hard ? 'hard' : 'soft'
    await continueAsNew<typeof offboardEntity>({ ...input, mode, abandonControl: wish.abandon, by: wish.by })
  }

  async function giveControlBack(): Promise<void> {
    steps.begin(RELEASE)
    if (kind !== 'house') {
      steps.skip(RELEASE, `a ${kind} has no heat curve`)
      return
    }
    let attempted = false
    const released = persist(
      () =>
        askForRelease(entity).finally(() => {
          attempted = true
        }),
      () => wantedBack() || (wish.abandon && attempted),
    )
    released.catch(() => undefined)
    const result = await Promise.race([
      released,
      condition(wantedBack).then(() => undefined),
      condition(() => wish.abandon)
        .then(() => sleep(LAST_ATTEMPT_MS))
        .then(() => undefined),
    ])
    waitingFor = null
    if (result === 'released') steps.done(RELEASE, 'the heat curve is as it was before, read back from the controller')
    else if (result === 'not_held') steps.skip(RELEASE, 'BVPro does not hold the heat curve')
    else if (!wantedBack()) {
      await persist(() => activities.recordAbandonedControl({ entity, by: wish.by }))
      steps.skip(RELEASE, `abandoned by ${wish.by}: the controller may still run on a curve of BVPro`)
    }
  }

  /** @returns whether it was gone through to the end */
  async function takeAway(): Promise<boolean> {
    if (wantedBack()) return false
    const mode = wish.hard ? 'hard' : 'soft'
    const opened = await persist(() => activities.openRemoval({ entity, mode, by: wish.by }), wantedBack)
    if (opened === undefined || wantedBack()) return false
    await giveControlBack()
    if (wantedBack()) return false

    steps.begin(STOP)
    await persist(() => activities.stopLoop(entity), wantedBack)
    steps.done(STOP)
    if (wantedBack()) return false

    steps.begin(TAKE_OUT)
    const purgeAfter = wish.hard ? null : purgeTime(input.graceDays, opened.purgeAfter)
    const taken = await persist(
      () => activities.takeOut({ entity, mode: wish.hard ? 'hard' : 'soft', purgeAfter, by: wish.by }),
      wantedBack,
    )
    steps.done(TAKE_OUT, taken === undefined ? null : leftOver(taken.leftInEnvironment))
    if (wantedBack()) return false

    if (purgeAfter === null) steps.skip(GRACE)
    else {
      steps.begin(GRACE)
      dueAt = purgeAfter
      const over = () => wish.hard || wantedBack()
      while (!over() && Date.now() < purgeAfter) await condition(over, purgeAfter - Date.now())
      dueAt = null
      if (wantedBack()) return false
      steps.done(GRACE, wish.hard ? `ended early by ${wish.by}` : null)
    }

    steps.begin(DELETE)
    beyondReturn = true
    const series = await deleteUntilNothingIsLeft()
    if (series === undefined) {
      beyondReturn = false
      steps.skip(DELETE, 'it is configured again: its data stay')
      return false
    }
    const rows = series.reduce((sum, one) => sum + one.rows, 0)
    steps.done(DELETE, `${rows} rows of ${series.length} measurements deleted, none left when read back`)

    steps.begin(RECORD)
    await persist(() => activities.concludeRemoval({ entity, by: wish.by, series }))
    steps.done(RECORD)
    return true
  }

  /** Undefined when the entity was configured again meanwhile. */
  async function deleteUntilNothingIsLeft(): Promise<readonly DeletedSeries[] | undefined> {
    const rows = new Map<string, number>()
    for (let look = 1; look <= LOOKS_AT_MOST; look += 1) {
      const report = await persist(() => activities.deleteStored(entity))
      if (report === undefined || report.outcome === 'configured_again') return undefined
      for (const one of report.series) rows.set(one.measurement, (rows.get(one.measurement) ?? 0) + one.rows)
      // The last look found nothing that had come after the look before.
      if (look > 1 && report.series.length === 0) break
      await sleep(LOOK_AGAIN_MS)
    }
    return [...rows].map(([measurement, count]) => ({ measurement, rows: count }))
  }

  async function bringBack(): Promise<void> {
    dueAt = null
    waitingFor = null
    const result = await persist(() => activities.restoreEntity({ entity, by: wish.by }))
    await persist(() => activities.wakeReconciler())
    for (const step of [GRACE, TAKE_OUT, STOP] as const) {
      if (steps.stateOf(step) === 'done' || steps.stateOf(step) === 'running') steps.undo(step)
    }
    if (result?.restored !== true) {
      throw ApplicationFailure.nonRetryable(`there is nothing of ${kind} ${id} to be restored`, 'EntityNotFound')
    }
  }

  try {
    refuseBadInput(input)
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.kind, value: kind },
      { key: SEARCH_ATTRIBUTES.entity, value: id },
    ])
    await CancellationScope.nonCancellable(async () => {
      if (await takeAway()) {
        outcome = { state: 'done', error: null }
        return
      }
      await bringBack()
      outcome = { state: 'cancelled', error: null }
    })
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error
    outcome = { state: 'failed', error: { code: error.type ?? 'Unknown', message: error.message } }
    steps.fail(steps.at, error.message)
    throw error
  }
  if (wish.cancelled && describe().state === 'cancelled') throw new CancelledFailure('the removal was cancelled')
  return describe()
}

/** @throws ApplicationFailure for an input that somebody has mistyped */
function refuseBadInput({ kind, id, mode, graceDays }: OffboardEntityInput): void {
  const faults = [
    ...(ENTITY_KINDS.includes(kind) ? [] : [`kind must be one of ${ENTITY_KINDS.join(', ')}`]),
    ...(typeof id === 'string' && id !== '' ? [] : ['id must be the id of an entity']),
    ...(mode === undefined || mode === 'soft' || mode === 'hard' ? [] : ['mode must be soft or hard']),
    ...(graceDays === undefined || (graceDays >= 0 && graceDays <= LONGEST_GRACE_DAYS)
      ? []
      : [`graceDays must be a number from 0 to ${LONGEST_GRACE_DAYS}`]),
  ]
  if (faults.length > 0) throw ApplicationFailure.nonRetryable(faults.join('; '), 'BadInput')
}

/** A removal taken up again keeps its day, unless somebody says another one. Epoch milliseconds. */
function purgeTime(graceDays: number | undefined, known: number | null): number {
  if (graceDays === undefined && known !== null) return known
  return Date.now() + (graceDays ?? DEFAULT_GRACE_DAYS) * DAY_MS
}

function leftOver(names: readonly string[]): string | null {
  return names.length === 0 ? null : `to be removed by hand from the process environment: ${names.join(', ')}`
}

/** The typed failure of an activity, or that it ran out of time; undefined for what is not an activity's. */
function causeOf(error: unknown): ApplicationFailure | undefined {
  if (!(error instanceof ActivityFailure)) return undefined
  const { cause } = error
  if (cause instanceof ApplicationFailure) {
    return ApplicationFailure.nonRetryable(cause.message, cause.type ?? 'Unknown')
  }
  return ApplicationFailure.nonRetryable('no worker has ended the step in time', 'Unavailable')
}

function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
