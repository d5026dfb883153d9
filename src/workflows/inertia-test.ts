/**
 * Measures how slowly a house cools down: proposes a test, waits for a person to approve it, has the loop of the house
 * lower its heat curve, looks on, has it given back, and works out the time constant. Whatever ends it, the house has
 * its own curve back before it is over; where it is ended from outside, the loop of the house gives it back by itself.
 */
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common'
import {
  type ActivityOptions,
  CancellationScope,
  condition,
  log,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow'
import type { InertiaActivities, InertiaTestInput, InertiaTestRecord } from '../activities/inertia-contract.ts'
import type { TestEndReason } from '../domain/inertia/hold.ts'
import { decisive } from '../domain/inertia/preconditions.ts'
import { FINAL_INERTIA_STATES } from '../domain/inertia/states.ts'
import { faultsOf, optionsOf } from '../domain/inertia/wish.ts'
import { abortTest, approveTest, type TestPerson, testStatus } from './inertia-messages.ts'
import { SEARCH_ATTRIBUTES } from './messages.ts'
import { siblingQueue } from './queues.ts'

const HOUR_MS = 3_600_000
/** A long test is looked at every five minutes, a short one some sixty times. */
const LOOKS = 60
const MOST_OFTEN_MS = 15_000
const LEAST_OFTEN_MS = 300_000
/** The house does without anybody looking for three looks, within these limits. */
const SHORTEST_SILENCE_MS = 60_000
const LONGEST_SILENCE_MS = 900_000
/** The house ends a test itself; it is asked to when it has not by then. */
const OVERDUE_MS = 120_000

/** What may be repeated as often as it likes passes by itself; a rule that refuses does not. */
const RETRY = {
  initialInterval: '2 seconds',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
  nonRetryableErrorTypes: ['ControlRefused', 'Expired'],
} satisfies ActivityOptions['retry']

interface Stop {
  readonly reason: Extract<TestEndReason, 'aborted' | 'cancelled'>
  readonly detail: string
}

export async function inertiaTest(input: InertiaTestInput): Promise<InertiaTestRecord> {
  const { id } = input
  const faults = [...(typeof id === 'string' && id !== '' ? [] : ['id must be the id of a house']), ...faultsOf(input)]
  if (faults.length > 0) throw ApplicationFailure.nonRetryable(faults.join('; '), 'BadInput')
  const options = optionsOf(input)
  let record: InertiaTestRecord = {
    testId: input.testId ?? uuid4(),
    house: id,
    state: 'preparing',
    options,
    requestedAt: Date.now(),
    requestedBy: input.by ?? 'unknown',
    objections: [],
    plan: null,
    expiresAt: null,
    approvedAt: null,
    approvedBy: null,
    begunAt: null,
    startIndoor: null,
    lowestIndoor: null,
    look: null,
    endedAt: null,
    end: null,
    waitingFor: null,
    result: null,
  }
  const { testId } = record
  let stop: Stop | null = null
  const stopping = (): Stop | null => stop
  const stopped = () => stop !== null

  setHandler(testStatus, () => record)
  setHandler(
    approveTest,
    (person) => {
      record = { ...record, approvedAt: Date.now(), approvedBy: person?.by ?? 'unknown' }
      return record
    },
    { validator: refuseApproval },
  )
  setHandler(
    abortTest,
    (person) => {
      stop ??= { reason: 'aborted', detail: `aborted by ${person?.by ?? 'unknown'}` }
      return record
    },
    { validator: refuseAbort },
  )
  // A house that is lowered has to be given back, so there is work to be done after a cancellation.
  CancellationScope.current().cancelRequested.catch(() => {
    stop ??= { reason: 'cancelled', detail: 'the workflow was cancelled' }
  })
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.kind, value: 'house' },
    { key: SEARCH_ATTRIBUTES.entity, value: id },
  ])

  const asking = activitiesWith({ startToCloseTimeout: '5 minutes', scheduleToCloseTimeout: '10 minutes' })
  const giving = activitiesWith({ startToCloseTimeout: '5 minutes', scheduleToCloseTimeout: '2 days' })
  const short = activitiesWith({ startToCloseTimeout: '30 seconds', scheduleToCloseTimeout: '2 minutes' })
  const computing = activitiesWith({ startToCloseTimeout: '2 minutes', scheduleToCloseTimeout: '6 hours' })

  function refuseApproval(_person: TestPerson | undefined): void {
    if (record.state === 'proposed' && record.approvedAt === null && !stopped()) return
    throw ApplicationFailure.nonRetryable(`the test is ${record.state}; there is nothing to approve`, 'ControlRefused')
  }

  function refuseAbort(_person: TestPerson | undefined): void {
    if (!FINAL_INERTIA_STATES.includes(record.state)) return
    throw ApplicationFailure.nonRetryable(`the test is over already: ${record.state}`, 'ControlRefused')
  }

  /** Moves the test on and keeps it. That the store is away for a while must not hold a restore up. */
  async function become(change: Partial<InertiaTestRecord>): Promise<void> {
    record = { ...record, ...change }
    try {
      await short.recordInertiaTest(record)
    } catch (error) {
      log.warn('inertia.not_recorded', { id, testId, state: record.state, reason: causeOf(error).message })
    }
  }

  async function propose(): Promise<boolean> {
    await become({})
    const { objections, plan } = await asking.prepareInertiaTest(id, options)
    const decided = decisive(objections, options.force)
    if (decided.length > 0 || plan === null) {
      const said = decided.map(({ sentence }) => sentence).join('; ')
      await become({ state: 'refused', objections, end: { reason: 'refused', detail: said || 'too little is known' } })
      return false
    }
    const latest = options.force ? Number.POSITIVE_INFINITY : plan.endAt - (options.hours * HOUR_MS) / 2
    const expiresAt = Math.min(Date.now() + options.approvalHours * HOUR_MS, latest)
    await become({ state: 'proposed', objections, plan, expiresAt, waitingFor: 'somebody to approve it' })
    return true
  }

  async function approval(): Promise<boolean> {
    const wait = (record.expiresAt ?? 0) - Date.now()
    if (wait > 0) await condition(() => record.approvedAt !== null || stopped(), wait)
    if (await calledOff()) return false
    if (record.approvedAt === null) {
      const detail = 'nobody approved it in time'
      await become({ state: 'expired', end: { reason: 'expired', detail }, waitingFor: null })
      return false
    }
    await become({ state: 'approved', waitingFor: 'its time' })
    const untilStart = (record.plan?.startAt ?? 0) - Date.now()
    if (untilStart > 0) await condition(stopped, untilStart)
    return !(await calledOff())
  }

  async function calledOff(): Promise<boolean> {
    const end = stopping()
    if (end === null) return false
    await become({ state: end.reason === 'aborted' ? 'declined' : 'cancelled', end, waitingFor: null })
    return true
  }

  const lookMs = Math.min(LEAST_OFTEN_MS, Math.max(MOST_OFTEN_MS, (options.hours * HOUR_MS) / LOOKS))
  const silenceMs = Math.min(LONGEST_SILENCE_MS, Math.max(SHORTEST_SILENCE_MS, 3 * lookMs))

  async function begin(): Promise<boolean> {
    const { plan, approvedBy } = record
    if (plan === null) return false
    await become({ state: 'beginning', waitingFor: null })
    // Where the weather does not count, nor does the time it was proposed for.
    const startAt = options.force ? Date.now() : plan.startAt
    const endAt = options.force ? Date.now() + options.hours * HOUR_MS : plan.endAt
    const window = { startAt, endAt, coldest: plan.coldest, mildest: plan.mildest }
    try {
      const by = approvedBy ?? 'unknown'
      const begun = await asking.askHouseToBeginTest(id, { testId, by, options, window, silenceMs })
      const { begunAt, startIndoor, lowestIndoor } = begun
      await become({ state: 'lowered', begunAt, startIndoor, lowestIndoor, plan: { ...plan, ...window } })
      return true
    } catch (error) {
      const { type, message } = causeOf(error)
      // It may have been taken all the same: an answer can be lost on its way.
      await giveBack({ reason: 'aborted', detail: message })
      const state = type === 'ControlRefused' ? 'refused' : 'failed'
      await become({ state, end: { reason: type ?? 'Unknown', detail: message }, waitingFor: null })
      if (state === 'failed') throw ApplicationFailure.nonRetryable(message, type ?? 'Unknown')
      return false
    }
  }

  async function lookOn(): Promise<void> {
    const overdueAt = (record.plan?.endAt ?? 0) + OVERDUE_MS + lookMs
    while (!stopped() && Date.now() < overdueAt) {
      try {
        const look = await short.watchInertiaTest(id, testId)
        record = { ...record, look }
      } catch (error) {
        // The house gives up by itself when nobody has looked for too long.
        log.warn('inertia.not_watched', { id, testId, reason: causeOf(error).message })
      }
      if (record.look?.held === false) return
      await condition(stopped, lookMs)
    }
  }

  async function giveBack(why: { readonly reason: TestEndReason; readonly detail: string }) {
    try {
      return await giving.askHouseToEndTest(id, { testId, ...why })
    } catch (error) {
      const { message } = causeOf(error)
      await become({ state: 'failed', endedAt: Date.now(), end: { reason: 'not-restored', detail: message } })
      throw ApplicationFailure.nonRetryable(
        `the heat curve of ${id} could not be given back in two days; its loop goes on trying: ${message}`,
        'ControlNotRestored',
      )
    }
  }

  async function restore(): Promise<void> {
    await become({ state: 'restoring', waitingFor: 'the house to confirm its own heat curve' })
    const ended = await giveBack(stopping() ?? { reason: 'time-is-up', detail: 'its time was up' })
    const end =
      ended === null
        ? { reason: 'lost', detail: 'the house was not held any more' }
        : { reason: ended.reason, detail: ended.detail }
    await become({ endedAt: Date.now(), end, state: 'analysing', waitingFor: null })
  }

  async function conclude(): Promise<void> {
    const { begunAt, endedAt } = record
    if (begunAt === null || endedAt === null) return
    try {
      const result = await computing.analyseInertiaTest(id, { begunAt, endedAt })
      await become({ state: stopping()?.reason === 'cancelled' ? 'cancelled' : 'done', result })
    } catch (error) {
      const { type, message } = causeOf(error)
      await become({ state: 'failed' })
      throw ApplicationFailure.nonRetryable(`the test could not be analysed: ${message}`, type ?? 'Unknown')
    }
  }

  await CancellationScope.nonCancellable(async () => {
    try {
      if (!(await propose())) return
    } catch (error) {
      const { type, message } = causeOf(error)
      await become({ state: 'failed', end: { reason: type ?? 'Unknown', detail: message } })
      throw ApplicationFailure.nonRetryable(message, type ?? 'Unknown')
    }
    if (!(await approval()) || !(await begin())) return
    await lookOn()
    await restore()
    await conclude()
  })
  if (record.state === 'cancelled') throw new CancelledFailure('the inertia test was cancelled')
  return record
}

function activitiesWith(limits: Pick<ActivityOptions, 'startToCloseTimeout' | 'scheduleToCloseTimeout'>) {
  return proxyActivities<InertiaActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'homeside'),
    heartbeatTimeout: '10 seconds',
    retry: RETRY,
    ...limits,
  })
}

/** The typed failure of an activity, or that none came in time. */
function causeOf(error: unknown): ApplicationFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof ApplicationFailure) return cause
  if (!(error instanceof ActivityFailure)) throw error
  return ApplicationFailure.nonRetryable('no worker has done it in time', 'Unavailable')
}
