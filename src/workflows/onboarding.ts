/**
 * The way every entity is added: find out what it is, keep its credentials, write its configuration, start its loop.
 * What fails or is cancelled before the loop is asked for is taken back, so that no half-added entity is left; from
 * then on the entity is added, and what comes after can only be told.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { FoundEntity, OnboardingActivities } from '../activities/onboarding-contract.ts'
import type { EntityKind } from '../domain/entity.ts'
import { importPast } from './import-past.ts'
import { SEARCH_ATTRIBUTES } from './messages.ts'
import { ownFailure, PASSING_FAILURES, patiently } from './patience.ts'
import { type OperationProgress, progress } from './progress-messages.ts'
import { type ActivityQueue, siblingQueue } from './queues.ts'
import { Steps } from './steps.ts'

export type OnboardingStep =
  | 'sign in'
  | 'discover signals'
  | 'keep credentials'
  | 'write configuration'
  | 'start'
  | 'first reading'
  | 'import history'

/** How long an outside system may be away before an on-boarding gives up. */
const PATIENCE_MS = 10 * 60_000
const FOR_EVER = null
/** A controller may take a minute to answer, and a second poll. */
const FIRST_READING_MS = 10 * 60_000
const LOOK_EVERY_MS = 1_000
const LOOK_LATER_EVERY_MS = 10_000
/** What takes longer than this is worth telling, and worth fewer looks. */
const LONG_MS = 15_000

export interface OnboardingPlan {
  readonly kind: EntityKind
  readonly steps: readonly [OnboardingStep, ...OnboardingStep[]]
  /** Under which the credentials are kept; null when the kind has none. */
  readonly reference: string | null
  /** Finds out what is to be added, as part of the first step. */
  readonly identify: (onboarding: Onboarding) => Promise<FoundEntity>
  /** Takes further steps before credentials are kept. */
  readonly prepare?: (onboarding: Onboarding, found: FoundEntity) => Promise<void>
}

interface Undoing {
  readonly step: OnboardingStep
  readonly undo: () => Promise<void>
}

export class Onboarding {
  readonly #plan: OnboardingPlan
  readonly #steps: Steps<OnboardingStep>
  readonly #undoings: Undoing[] = []
  #found: FoundEntity | undefined
  #waitingFor: string | null = null
  #outcome: Pick<OperationProgress, 'state' | 'error'> = { state: 'running', error: null }

  constructor(plan: OnboardingPlan) {
    this.#plan = plan
    this.#steps = new Steps(plan.steps)
    setHandler(progress, () => this.#describe())
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.kind, value: plan.kind }])
  }

  /** Id of this on-boarding, by which activities know what it has done. */
  get id(): string {
    return workflowInfo().workflowId
  }

  /** @throws ApplicationFailure with the reason as its type, or the cancellation */
  async run(): Promise<OperationProgress> {
    let found: FoundEntity
    try {
      found = await this.#identify()
      await this.#plan.prepare?.(this, found)
      await this.#keepCredentials(found)
      await this.#writeAndStart(found)
    } catch (error) {
      await CancellationScope.nonCancellable(() => this.#takeBack(error))
      throw this.#failed(error)
    }
    try {
      await CancellationScope.nonCancellable(() => this.#letGo())
      await this.#awaitFirstReading(found)
      await this.#importPast(found)
    } catch (error) {
      this.#skipTheRest('cancelled; the entity stays')
      throw this.#failed(error)
    }
    this.#outcome = { state: 'done', error: null }
    log.info('onboarding.done', { ...found.entity })
    return this.#describe()
  }

  /** Takes one step of the plan. */
  readonly take = async <T>(
    step: OnboardingStep,
    work: () => Promise<T>,
    detail: (result: T) => string | null,
  ): Promise<T> => {
    this.#steps.begin(step)
    const result = await work()
    this.#steps.done(step, detail(result))
    return result
  }

  /** Runs an activity, waiting for what is away. */
  readonly perform = <T>(
    queue: ActivityQueue,
    work: (activities: OnboardingActivities) => Promise<T>,
    limitMs: number | null = PATIENCE_MS,
  ): Promise<T> => {
    const activities = proxyActivities<OnboardingActivities>({
      taskQueue: siblingQueue(workflowInfo().taskQueue, queue),
      startToCloseTimeout: '5 minutes',
      heartbeatTimeout: '10 seconds',
      // What it did must be over before it is taken back.
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      ...(limitMs === null ? {} : { scheduleToCloseTimeout: limitMs }),
      retry: {
        initialInterval: '1 second',
        maximumInterval: '30 seconds',
        nonRetryableErrorTypes: PASSING_FAILURES,
      },
    })
    return patiently({ limitMs, waiting: this.#wait }, () => work(activities))
  }

  async #identify(): Promise<FoundEntity> {
    const [first] = this.#plan.steps
    this.#steps.begin(first)
    const found = await this.#plan.identify(this)
    this.#found = found
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.entity, value: found.entity.id }])
    // A zone has nothing to sign in to: what it is, is found out on the way to its configuration.
    if (first !== 'write configuration') this.#steps.done(first, found.name)
    return found
  }

  readonly #wait = (reason: string | null): void => {
    this.#waitingFor = reason
  }

  async #keepCredentials({ entity }: FoundEntity): Promise<void> {
    const { reference } = this.#plan
    if (reference === null) return
    const held = { onboarding: this.id, entity, reference }
    this.#undoings.push({
      step: 'keep credentials',
      undo: () => this.perform('pipelines', ({ undoCredentials }) => undoCredentials(held), FOR_EVER),
    })
    await this.take(
      'keep credentials',
      () => this.perform('pipelines', ({ keepCredentials }) => keepCredentials(held)),
      () => null,
    )
  }

  async #writeAndStart(found: FoundEntity): Promise<void> {
    const { entity, returning } = found
    const held = { onboarding: this.id, entity, reference: this.#plan.reference }
    const write = (limitMs: number | null) =>
      this.take(
        'write configuration',
        () => this.perform('pipelines', ({ writeConfiguration }) => writeConfiguration(held), limitMs),
        (detail) => detail,
      )
    if (returning) {
      throwIfCancelled()
      // With the earlier configuration a pending purge is called off: there is no way back from here.
      await CancellationScope.nonCancellable(() => write(FOR_EVER))
    } else {
      this.#undoings.push({ step: 'write configuration', undo: () => this.#undoConfiguration(found) })
      await write(PATIENCE_MS)
      throwIfCancelled()
    }
    await CancellationScope.nonCancellable(() =>
      this.take(
        'start',
        () => this.#start(found),
        () => null,
      ),
    )
  }

  async #start({ entity }: FoundEntity): Promise<void> {
    const begunAt = Date.now()
    while (!(await this.perform('pipelines', ({ startLoop }) => startLoop(entity), FOR_EVER))) {
      await this.#lookAgain(begunAt, 'the reconciler starts the loop')
    }
    this.#wait(null)
  }

  async #undoConfiguration({ entity }: FoundEntity): Promise<void> {
    const held = { onboarding: this.id, entity }
    const begunAt = Date.now()
    while (!(await this.perform('pipelines', ({ undoConfiguration }) => undoConfiguration(held), FOR_EVER))) {
      await this.#lookAgain(begunAt, 'the reconciler ends the loop')
    }
    this.#wait(null)
  }

  /** Waits for a look at something that others bring about, and tells of it when it takes long. */
  async #lookAgain(begunAt: number, awaited: string): Promise<void> {
    const long = Date.now() - begunAt > LONG_MS
    if (long) this.#wait(awaited)
    await sleep(long ? LOOK_LATER_EVERY_MS : LOOK_EVERY_MS)
  }

  /** A vendor that cannot be read is a matter of the loop's health, not of whether the entity was added. */
  async #awaitFirstReading({ entity }: FoundEntity): Promise<void> {
    if (!this.#has('first reading')) return
    this.#steps.begin('first reading')
    const since = workflowInfo().runStartTime.getTime()
    const begunAt = Date.now()
    for (;;) {
      const { read, reason } = await this.perform(
        'pipelines',
        ({ lookForReading }) => lookForReading({ entity, since }),
        FOR_EVER,
      )
      if (read) break
      if (Date.now() - begunAt > FIRST_READING_MS) {
        this.#steps.fail('first reading', reason ?? 'none within ten minutes')
        this.#wait(null)
        return
      }
      await this.#lookAgain(begunAt, reason ?? 'the first reading')
    }
    this.#wait(null)
    this.#steps.done('first reading')
  }

  async #importPast({ entity, importDays }: FoundEntity): Promise<void> {
    if (!this.#has('import history')) return
    if (entity.kind === 'zone' || importDays === 0) {
      this.#steps.skip('import history', 'not wanted')
      return
    }
    this.#steps.begin('import history')
    const imported = await importPast({ kind: entity.kind, id: entity.id }, importDays)
    if (imported.state === 'done') this.#steps.done('import history', `${imported.rows} points`)
    else if (imported.state === 'running') this.#steps.skip('import history', 'another import of it runs already')
    else this.#steps.fail('import history', imported.reason)
  }

  async #takeBack(error: unknown): Promise<void> {
    const at = this.#steps.at
    if (isCancellation(error)) this.#steps.skip(at, 'cancelled')
    else this.#steps.fail(at, failureOf(error).message)
    this.#skipTheRest(null)
    // Told before it is taken back: that may have to wait for a store that is away.
    this.#outcome = { state: 'running', error: isCancellation(error) ? null : failureOf(error) }
    for (const { step, undo } of [...this.#undoings].reverse()) {
      await undo()
      if (step !== at || isCancellation(error)) this.#steps.undo(step)
    }
    await this.#letGo()
  }

  /** The reference is swept within a day, and the entity free once this workflow has ended, should this not succeed. */
  async #letGo(): Promise<void> {
    const entity = this.#found?.entity ?? null
    try {
      await this.perform('pipelines', ({ endOnboarding }) =>
        endOnboarding({ onboarding: this.id, entity, reference: this.#plan.reference }),
      )
    } catch (error) {
      log.warn('onboarding.reference_not_discarded', { reason: failureOf(error).message })
    }
  }

  #skipTheRest(detail: string | null): void {
    for (const name of this.#plan.steps) {
      const state = this.#steps.stateOf(name)
      if (state === 'pending' || state === 'running') this.#steps.skip(name, detail)
    }
  }

  /** Records how it ended. @returns what the workflow ends with */
  #failed(error: unknown): unknown {
    this.#wait(null)
    if (isCancellation(error)) {
      this.#outcome = { state: 'cancelled', error: null }
      log.info('onboarding.cancelled', { ...this.#found?.entity })
      return error
    }
    const { code, message } = failureOf(error)
    this.#outcome = { state: 'failed', error: { code, message } }
    return ApplicationFailure.nonRetryable(message, code)
  }

  #has(step: OnboardingStep): boolean {
    return this.#plan.steps.includes(step)
  }

  #describe(): OperationProgress {
    const told = this.#steps.describe()
    return {
      ...this.#outcome,
      ...told,
      percent: this.#outcome.state === 'done' ? 100 : told.percent,
      entityId: this.#found?.entity.id ?? null,
      waitingFor: this.#waitingFor,
      dueAt: null,
    }
  }
}

/** An activity that ended well although it was cancelled says nothing of it; what comes next could not be cancelled. */
function throwIfCancelled(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled before the start')
}

/** The typed failure of an activity, or that nothing answered in time. */
function failureOf(error: unknown): { readonly code: string; readonly message: string } {
  const failure = ownFailure(error)
  if (failure !== undefined) return { code: failure.type ?? 'Unknown', message: failure.message }
  const message = 'the stores or the workers were out of reach for too long; try again'
  return { code: 'Unavailable', message }
}
