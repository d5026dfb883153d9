/** The loop of one entity: wait until it is due or somebody asks, read and store, remember how it went, for ever. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common'
import {
  ActivityCancellationType,
  allHandlersFinished,
  condition,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import {
  type BookkeepingActivities,
  POLL_ATTEMPTS,
  type PollActivities,
  type PollInput,
  type PollResult,
  type ZoneRequest,
} from '../activities/contract.ts'
import type { ControlMode, EntityKind, EntityRef, Health } from '../domain/entity.ts'
import { deriveHealth } from '../domain/health.ts'
import type { CompactReading } from '../domain/reading.ts'
import { nextDue, phaseSeconds, refusedCredentialsDelay } from '../domain/time/cadence.ts'
import { configure, type LoopStatus, pause, pollNow, resume, SEARCH_ATTRIBUTES, status } from './messages.ts'
import { type ActivityQueue, siblingQueue } from './queues.ts'

/** A run is renewed after a day or this many events, whichever comes first; the server suggests it at about 4,000. */
const MAX_EVENTS = 3_500
const MAX_RUN_MS = 24 * 3600 * 1000

/** A run must not begin without knowing whether the entity is paused; it waits for the store as long as it takes. */
const OPENING = {}
/** A record is worth a minute; the loop must not stand still because the application store does. */
const RECORDING = { scheduleToCloseTimeout: '1 minute' } as const

export interface LoopInput {
  readonly id: string
  /** Set by continue-as-new only; a first run asks the store. */
  readonly state?: LoopState
  /** Own event limit, for tests. */
  readonly maxEvents?: number
}

/** What the next step needs, and no more: the rest lives in the application store. */
export interface LoopState {
  pollSeconds: number
  mode: ControlMode
  paused: boolean
  registeredAt: number
  lastPollAt: number | null
  lastGoodAt: number | null
  failures: number
  /** Consecutive refusals of the credentials; they alone slow the loop down. */
  refusals: number
  reason: string | null
  reasonCode: string | null
  carried: readonly CompactReading[]
}

/** What differs between the kinds. */
export interface LoopKind {
  readonly kind: EntityKind
  /** Queue of the kind's vendor, so that one vendor hanging delays no other. */
  readonly queue: ActivityQueue
  readonly poll: keyof PollActivities
  /** A person's request to hand to the next cycle, and what to do once a cycle has taken it. */
  readonly pendingRequest?: () => ZoneRequest | undefined
  readonly requestTaken?: (request: ZoneRequest) => void
  /** Continues the loop in a new run of its own workflow type. */
  readonly renew: (input: LoopInput) => Promise<never>
}

export class EntityLoop {
  readonly #kind: LoopKind
  readonly #entity: EntityRef
  readonly #maxEvents: number
  readonly #firstRun: boolean
  #state: LoopState
  #pollRequested = false
  #pauseToRecord = false
  #dueAt: number | null = null
  #publishedHealth: Health | undefined
  #publishedMode: ControlMode | undefined

  constructor(kind: LoopKind, input: LoopInput) {
    this.#kind = kind
    this.#entity = { kind: kind.kind, id: input.id }
    this.#maxEvents = input.maxEvents ?? MAX_EVENTS
    this.#firstRun = input.state === undefined
    this.#state = input.state ?? {
      pollSeconds: 300,
      mode: 'monitor',
      paused: false,
      registeredAt: Date.now(),
      lastPollAt: null,
      lastGoodAt: null,
      failures: 0,
      refusals: 0,
      reason: null,
      reasonCode: null,
      carried: [],
    }
    setHandler(status, () => this.#status())
    setHandler(pollNow, () => this.wake())
    setHandler(configure, () => {
      this.#state.refusals = 0
      this.#pollRequested = true
    })
    setHandler(pause, () => this.#setPaused(true))
    setHandler(resume, () => this.#setPaused(false))
  }

  /** Run a cycle now, beside the aligned ones. */
  wake(): void {
    this.#pollRequested = true
  }

  async run(): Promise<never> {
    if (this.#firstRun) await this.#open()
    else this.#dueAt = this.#nextDue()
    this.#publish()
    for (;;) {
      await this.#waitForCycle()
      if (this.#pauseToRecord) await this.#recordPause()
      if (!this.#state.paused && this.#isDue()) await this.#cycle()
      this.#publish()
      if (this.#shouldContinueAsNew()) {
        await condition(allHandlersFinished)
        await this.#kind.renew({ id: this.#entity.id, state: this.#state, maxEvents: this.#maxEvents })
      }
    }
  }

  /** A run that was started, terminated or reset from outside takes up what the store remembers, and polls at once. */
  async #open(): Promise<void> {
    const remembered = await this.#bookkeeping(OPENING).openEntity(this.#entity)
    // A pause that arrived while the store was asked is newer than what the store said.
    const paused = this.#pauseToRecord ? this.#state.paused : remembered.paused
    this.#state = { ...this.#state, ...remembered, paused }
    this.#pollRequested = true
  }

  async #waitForCycle(): Promise<void> {
    const woken = () => this.#pauseToRecord || (this.#pollRequested && !this.#state.paused)
    if (this.#state.paused) {
      this.#dueAt = null
      await condition(() => this.#pauseToRecord || !this.#state.paused)
      return
    }
    this.#dueAt ??= this.#nextDue()
    const wait = this.#dueAt - Date.now()
    if (wait > 0 && !woken()) await condition(woken, wait)
  }

  #isDue(): boolean {
    return this.#pollRequested || (this.#dueAt !== null && this.#dueAt <= Date.now())
  }

  async #cycle(): Promise<void> {
    const now = Date.now()
    const dueAt = this.#cycleTime(now)
    this.#pollRequested = false
    try {
      const request = this.#kind.pendingRequest?.()
      const result = await this.#poll({
        id: this.#entity.id,
        dueAt,
        carried: this.#state.carried,
        ...(request === undefined ? {} : { request }),
      })
      if (request !== undefined) this.#kind.requestTaken?.(request)
      const stored = result.unstored.length === 0
      this.#state = {
        ...this.#state,
        pollSeconds: result.pollSeconds,
        mode: result.mode,
        carried: result.unstored,
        lastPollAt: dueAt,
        lastGoodAt: stored ? dueAt : this.#state.lastGoodAt,
        failures: stored ? 0 : this.#state.failures + 1,
        refusals: 0,
        reason: stored ? (result.concern?.reason ?? null) : result.storeProblem,
        reasonCode: stored ? (result.concern?.reasonCode ?? null) : 'StoreUnavailable',
      }
    } catch (error) {
      if (isCancellation(error)) throw error
      await this.#recordFailure(dueAt, error)
    }
    this.#dueAt = this.#nextDue()
  }

  /** A requested poll is stamped with the present second, an aligned one with its due time. */
  #cycleTime(now: number): number {
    if (this.#dueAt === null || this.#dueAt > now) return Math.floor(now / 1000) * 1000
    const { pollSeconds } = this.#state
    const lastDue = nextDue(now, pollSeconds, phaseSeconds(this.#entity.id, pollSeconds)) - pollSeconds * 1000
    // After hours without a server or a worker, the values of now must not stand at a time long gone.
    return lastDue > this.#dueAt && patched('cycle-time-after-downtime') ? lastDue : this.#dueAt
  }

  async #recordFailure(dueAt: number, error: unknown): Promise<void> {
    const { reason, reasonCode, recorded } = describeFailure(error)
    this.#state.lastPollAt = dueAt
    this.#state.failures += 1
    this.#state.reason = reason
    this.#state.reasonCode = reasonCode
    this.#state.refusals = reasonCode === 'CredentialsRejected' ? this.#state.refusals + 1 : 0
    log.warn('cycle.failed', { ...this.#entity, reasonCode })
    if (recorded) return
    try {
      await this.#bookkeeping(RECORDING).recordFailedCycle({ entity: this.#entity, dueAt, reason, reasonCode })
    } catch (failure) {
      // Health is derived from the age of the last reading as well; polling goes on without this record.
      if (isCancellation(failure)) throw failure
      log.warn('cycle.not_recorded', { ...this.#entity, reasonCode })
    }
  }

  #poll(input: PollInput): Promise<PollResult> {
    const activities = proxyActivities<PollActivities>({
      taskQueue: siblingQueue(workflowInfo().taskQueue, this.#kind.queue),
      // One attempt may log in, wait a minute for pending values and read twice at 30 s each.
      startToCloseTimeout: '4 minutes',
      heartbeatTimeout: '10 seconds',
      // A loop that was stopped is over when nothing writes any more: what is deleted then must not come back.
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      // A cycle no worker took in time is given up: its reading would carry a time it was not read at.
      scheduleToCloseTimeout: Math.max(this.#state.pollSeconds, 60) * 1000,
      retry: {
        initialInterval: '2 seconds',
        backoffCoefficient: 3,
        maximumInterval: '30 seconds',
        maximumAttempts: POLL_ATTEMPTS,
      },
    })
    return activities[this.#kind.poll](input)
  }

  #bookkeeping(limits: { readonly scheduleToCloseTimeout?: string }) {
    return proxyActivities<BookkeepingActivities>({
      taskQueue: siblingQueue(workflowInfo().taskQueue, this.#kind.queue),
      startToCloseTimeout: '10 seconds',
      retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
      ...limits,
    })
  }

  #setPaused(paused: boolean): void {
    if (this.#state.paused === paused) return
    this.#state.paused = paused
    this.#pauseToRecord = true
    if (!paused) this.#pollRequested = true
  }

  async #recordPause(): Promise<void> {
    const { paused } = this.#state
    try {
      await this.#bookkeeping(RECORDING).recordPaused({ entity: this.#entity, paused })
      this.#pauseToRecord = this.#state.paused !== paused
    } catch (failure) {
      // Left to be recorded in the next round: a new run has to know of it.
      if (isCancellation(failure)) throw failure
      log.warn('pause.not_recorded', { ...this.#entity, paused })
    }
  }

  #nextDue(): number {
    const { pollSeconds, refusals } = this.#state
    if (refusals > 0) return Date.now() + refusedCredentialsDelay(refusals, pollSeconds)
    return nextDue(Date.now(), pollSeconds, phaseSeconds(this.#entity.id, pollSeconds))
  }

  /** Search attributes cost an event each time, so they are written only when they change. */
  #publish(): void {
    const { health } = this.#health()
    if (health === this.#publishedHealth && this.#state.mode === this.#publishedMode) return
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.health, value: health },
      { key: SEARCH_ATTRIBUTES.mode, value: this.#state.mode },
    ])
    this.#publishedHealth = health
    this.#publishedMode = this.#state.mode
  }

  #health() {
    return deriveHealth({ ...this.#state, problems: [], offboarding: false }, Date.now())
  }

  #shouldContinueAsNew(): boolean {
    const { continueAsNewSuggested, historyLength, runStartTime } = workflowInfo()
    return (
      continueAsNewSuggested || historyLength >= this.#maxEvents || Date.now() - runStartTime.getTime() >= MAX_RUN_MS
    )
  }

  #status(): LoopStatus {
    const { pollSeconds, mode, paused, failures, lastPollAt, lastGoodAt, carried } = this.#state
    return {
      id: this.#entity.id,
      ...this.#health(),
      mode,
      paused,
      pollSeconds,
      failures,
      lastPollAt: isoOrNull(lastPollAt),
      lastGoodAt: isoOrNull(lastGoodAt),
      nextPollAt: paused ? null : isoOrNull(this.#dueAt),
      carriedReadings: carried.length,
    }
  }
}

/** Failures of the activity's own making are already in the status row; time-outs are not. */
function describeFailure(error: unknown): { reason: string; reasonCode: string; recorded: boolean } {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof ApplicationFailure) {
    return { reason: cause.message, reasonCode: cause.type ?? 'Unknown', recorded: cause.details?.[0] === 'recorded' }
  }
  if (cause instanceof TimeoutFailure) {
    return {
      reason: 'the cycle did not end in time, or no worker took it',
      reasonCode: 'CycleTimedOut',
      recorded: false,
    }
  }
  return { reason: error instanceof Error ? error.message : String(error), reasonCode: 'Unknown', recorded: false }
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
