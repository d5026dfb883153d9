/** Adding houses, buildings and zones: whatever happens on the way, they are added in the end, or nothing of them is left. */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WorkflowFailedError, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CredentialsRejected, Unavailable } from '../../src/connectors/errors.ts'
import { type EntityKind, type EntityRef, entityWorkflowId } from '../../src/domain/entity.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import { newestAudit } from '../../src/store/application/audit.ts'
import { type OperationProgress, progress } from '../../src/workflows/progress-messages.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import { ABSENT, ADDED, OnboardingWorld, PASSWORD } from './onboarding-world.ts'
import { addSearchAttributes } from './support.ts'

type Run = WorkflowHandleWithFirstExecutionRunId<(input: unknown) => Promise<OperationProgress>>

const TYPE = { house: 'onboardHouse', building: 'onboardBuilding', zone: 'onboardZone' } as const
const HOUSE_STEPS = [
  'identifyHouse',
  'keepCredentials',
  'writeConfiguration',
  'startLoop',
  'endOnboarding',
  'lookForReading',
]
const ACTIVITIES: Readonly<Record<EntityKind, readonly string[]>> = {
  house: HOUSE_STEPS,
  building: ['identifyBuilding', 'discoverSignals', ...HOUSE_STEPS.slice(1)],
  zone: ['identifyZone', 'writeConfiguration', 'startLoop', 'endOnboarding'],
}

const prefix = `test-${randomUUID()}`
let environment: TestWorkflowEnvironment
let workflowBundle: { readonly codePath: string }
let world: OnboardingWorld
let endWorkers: () => Promise<void>

beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
  await addSearchAttributes(environment)
  workflowBundle = { codePath: await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles')) }
  endWorkers = await startWorkers()
})
afterAll(async () => {
  await endWorkers?.()
  await environment?.teardown()
})
beforeEach(async () => {
  world = await OnboardingWorld.create()
})
afterEach(() => world.remove())

/** One set of workers for all tests; activities are those of the present test's world. */
async function startWorkers(): Promise<() => Promise<void>> {
  const connection = environment.nativeConnection
  const sample = (await OnboardingWorld.create()).activities()
  const workers = await Promise.all([
    Worker.create({ connection, taskQueue: `${prefix}-workflows`, workflowBundle }),
    ...(['homeside', 'arrigo', 'pipelines', 'imports'] as const).map((queue) =>
      Worker.create({
        connection,
        taskQueue: `${prefix}-${queue}`,
        activities: Object.fromEntries(
          Object.keys(sample[queue]).map((name) => [
            name,
            (input: unknown) =>
              (world.activities()[queue] as unknown as Record<string, (i: unknown) => unknown>)[name]?.(input),
          ]),
        ),
      }),
    ),
  ])
  const running = workers.map((worker) => worker.run())
  return async () => {
    for (const worker of workers) worker.shutdown()
    await Promise.all(running)
  }
}

async function inputOf(kind: EntityKind): Promise<Record<string, unknown>> {
  if (kind === 'zone') {
    const preferences = { occupied_temp: 21, unoccupied_temp: 18 }
    const document = { name: world.zone.id, modbus_host: '127.0.0.1', modbus_port: 5020, preferences }
    return { reference: randomUUID(), document }
  }
  const reference = await world.keepAccount()
  return kind === 'house' ? { reference, importDays: 0 } : { reference, host: 'bms.example.com', importDays: 0 }
}

async function start(kind: EntityKind, change: object = {}): Promise<Run> {
  const input = { ...(await inputOf(kind)), ...change }
  return environment.client.workflow.start(TYPE[kind], {
    taskQueue: `${prefix}-workflows`,
    // References of different worlds are alike.
    workflowId: `onboard:${kind}:${world.number}-${input.reference}`,
    args: [input],
  }) as Promise<Run>
}

async function failureOf(run: Run): Promise<Error | undefined> {
  const error = await run.result().then(
    () => undefined,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(WorkflowFailedError)
  return (error as WorkflowFailedError).cause
}

/** A history with its payloads readable. */
function textOf(history: object): string {
  return JSON.stringify(history).replaceAll(/"data":"([^"]*)"/g, (_, data: string) =>
    Buffer.from(data, 'base64').toString('utf8'),
  )
}

/** Runs whose histories the last test looks through. */
const runs: { readonly workflowId: string; readonly history: Awaited<ReturnType<Run['fetchHistory']>> }[] = []

async function prove(run: Run): Promise<void> {
  runs.push({ workflowId: run.workflowId, history: await run.fetchHistory() })
}

const added = (entity: EntityRef) => (entity.kind === 'zone' ? { ...ADDED, credentials: false } : ADDED)

/** What a killed worker is to Temporal: an attempt that ended without a word. */
function crashOnce(activity: string, moment: 'before' | 'after') {
  let crashed = false
  world.interfere = (name, at) => {
    if (crashed || name !== activity || at !== moment) return
    crashed = true
    throw new Error('the worker was killed')
  }
}

/** Holds an activity until it is released. */
function holdAt(activity: string, moment: 'before' | 'after') {
  let release: () => void = () => undefined
  let reached: () => void = () => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const isReached = new Promise<void>((resolve) => {
    reached = resolve
  })
  world.interfere = async (name, at) => {
    if (name !== activity || at !== moment) return
    reached()
    await released
  }
  return { isReached, release: () => release() }
}

/**
 * Cancels, and waits until the workflow knows: the time-skipping server refuses a cancellation that meets the end of its
 * activity halfway.
 */
async function cancel(run: Run): Promise<void> {
  await run.cancel()
  await expect
    .poll(
      async () => {
        const { events } = await run.fetchHistory()
        const asked = (events ?? []).findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes != null)
        return (
          asked >= 0 && (events ?? []).slice(asked).some((event) => event.workflowTaskCompletedEventAttributes != null)
        )
      },
      { timeout: 10_000 },
    )
    .toBe(true)
}

describe('an on-boarding', () => {
  test('of a house takes its steps, tells them, and ends with a house that is read', async () => {
    const run = await start('house', {
      name: 'Villa Provsvar',
      lat: 56.67,
      lon: 12.86,
      importDays: 7,
      meterIds: ['735999000000000901'],
    })
    expect(await run.result()).toEqual({
      state: 'done',
      step: 'import history',
      steps: [
        { name: 'sign in', state: 'done', detail: 'Villa Provsvar' },
        { name: 'keep credentials', state: 'done', detail: null },
        { name: 'write configuration', state: 'done', detail: null },
        { name: 'start', state: 'done', detail: null },
        { name: 'first reading', state: 'done', detail: null },
        { name: 'import history', state: 'done', detail: '24 points' },
      ],
      entityId: world.house.id,
      percent: 100,
      error: null,
      waitingFor: null,
      dueAt: null,
    })
    expect(await world.traces(world.house)).toEqual(ADDED)
    expect((await world.config.get(world.house))?.config).toMatchObject({
      friendly_name: 'Villa Provsvar',
      location: { latitude: 56.67, longitude: 12.86 },
      meter_ids: ['735999000000000901'],
    })
    expect(await run.query(progress)).toMatchObject({ state: 'done', percent: 100 })
    await prove(run)
  })

  test('asks for the weather at its place once its loop runs, also where that was started already', async () => {
    const held = holdAt('writeConfiguration', 'after')
    const run = await start('house')
    await held.isReached
    await world.loops.reconcileNow()
    held.release()
    await run.result()
    expect(world.forecastFor).toContain(entityWorkflowId(world.house))
    await prove(run)
  })

  test('of a building configures the signals of the choice', async () => {
    const run = await start('building', { signals: { categories: ['heating'] } })
    const { steps } = await run.result()
    expect(steps[1]).toEqual({
      name: 'discover signals',
      state: 'done',
      detail: '1 of 2 analog signals are polled',
    })
    expect((await world.config.get(world.building))?.config).toMatchObject({
      friendly_name: 'Kvarnen',
      connection: { host: 'bms.example.com' },
      analog_signals: {
        'K1.AI_VS1_GT_TILL_1_Output': { fetch: true, field_name: 'vs1_supply_temp' },
        'K1.GT_UTE': { fetch: false },
      },
    })
    expect(await world.traces(world.building)).toEqual(ADDED)
    await prove(run)
  })

  test('of a zone waits for no reading: its device may not be up yet', async () => {
    world.reads = false
    const run = await start('zone')
    expect(await run.result()).toMatchObject({
      state: 'done',
      steps: [
        { name: 'write configuration', state: 'done' },
        { name: 'start', state: 'done' },
      ],
      entityId: world.zone.id,
    })
    expect(await world.traces(world.zone)).toEqual(added(world.zone))
    await prove(run)
  })
})

describe('the audit', () => {
  const entries = async (kind: EntityKind) =>
    (await newestAudit(world.application, 100))
      .filter(({ entity }) => entity.id === world[kind].id)
      .map(({ action, by, detail }) => ({ action, by, detail }))

  test.each(['house', 'building', 'zone'] as const)(
    'tells who added a %s, and where its steps are told',
    async (kind) => {
      const run = await start(kind, { by: 'Ann' })
      await run.result()
      expect(await entries(kind)).toEqual([{ action: 'onboarding.configured', by: 'Ann', detail: run.workflowId }])
      await prove(run)
    },
  )

  test('tells what was taken back, too', async () => {
    const held = holdAt('writeConfiguration', 'after')
    const run = await start('house')
    await held.isReached
    await cancel(run)
    held.release()
    await failureOf(run)
    expect((await entries('house')).map(({ action, by }) => `${action} by ${by}`)).toEqual([
      'onboarding.undone by unknown',
      'onboarding.configured by unknown',
    ])
    await prove(run)
  })
})

describe.each(['house', 'building', 'zone'] as const)('a worker killed while it adds a %s', (kind) => {
  const moments = ACTIVITIES[kind].flatMap((activity) => [['before', activity] as const, ['after', activity] as const])
  test.each(moments)('%s the effect of %s: it is added nevertheless, once', async (moment, activity) => {
    crashOnce(activity, moment)
    const run = await start(kind)
    expect(await run.result()).toMatchObject({ state: 'done', percent: 100 })
    expect(world.calls.filter((name) => name === activity).length).toBeGreaterThanOrEqual(2)
    expect(await world.traces(world[kind])).toEqual(added(world[kind]))
    await prove(run)
  })
})

describe.each(['house', 'building', 'zone'] as const)('the on-boarding of a %s that is cancelled', (kind) => {
  const all = ACTIVITIES[kind]
  const beforeStart = all.slice(0, all.indexOf('startLoop'))
  const fromStart = all.slice(all.indexOf('startLoop'))
  const moments = (activities: readonly string[]) =>
    activities.flatMap((activity) => [['before', activity] as const, ['after', activity] as const])

  test.each(moments(beforeStart))('%s the effect of %s leaves nothing', async (moment, activity) => {
    const held = holdAt(activity, moment)
    const run = await start(kind)
    await held.isReached
    await cancel(run)
    held.release()
    expect(await failureOf(run)).toBeInstanceOf(CancelledFailure)
    expect(await world.traces(world[kind])).toEqual(ABSENT)
    expect(await run.query(progress)).toMatchObject({ state: 'cancelled', error: null })
    await prove(run)
  })

  test.each(moments(fromStart))('%s the effect of %s leaves it added', async (moment, activity) => {
    const held = holdAt(activity, moment)
    const run = await start(kind)
    await held.isReached
    await cancel(run)
    held.release()
    const ended = await run.result().catch((error: WorkflowFailedError) => error.cause)
    // A zone has nothing left to do by then.
    if (kind === 'zone') expect(ended).toMatchObject({ state: 'done' })
    else expect(ended).toBeInstanceOf(CancelledFailure)
    expect(await world.traces(world[kind])).toEqual(added(world[kind]))
    await prove(run)
  })
})

describe('what was done is taken back', () => {
  const undoings = ['undoConfiguration', 'undoCredentials', 'endOnboarding']
  const moments = undoings.flatMap((activity) => [['before', activity] as const, ['after', activity] as const])

  test.each(moments)('also when the worker is killed %s the effect of %s', async (moment, activity) => {
    const held = holdAt('writeConfiguration', 'after')
    const run = await start('house')
    await held.isReached
    crashOnce(activity, moment)
    await cancel(run)
    held.release()
    expect(await failureOf(run)).toBeInstanceOf(CancelledFailure)
    expect(await world.traces(world.house)).toEqual(ABSENT)
    const { steps } = await run.query(progress)
    expect(steps.slice(0, 4).map(({ state }) => state)).toEqual(['done', 'undone', 'undone', 'skipped'])
  })

  test('the loop included, which the reconciler may have started already', async () => {
    const held = holdAt('writeConfiguration', 'after')
    const run = await start('house')
    await held.isReached
    await world.loops.reconcileNow()
    expect((await world.traces(world.house)).loop).toBe(true)
    await cancel(run)
    held.release()
    await failureOf(run)
    expect(await world.traces(world.house)).toEqual(ABSENT)
  })

  test('and credentials the entity had before come back', async () => {
    await world.credentials.set(world.house, { username: 'FC1', password: 'the-one-before' }, 'real')
    const held = holdAt('writeConfiguration', 'before')
    const run = await start('house')
    await held.isReached
    expect(await world.credentials.lookUp(world.house)).toMatchObject({ password: PASSWORD })
    await cancel(run)
    held.release()
    await failureOf(run)
    expect(await world.credentials.lookUp(world.house)).toEqual({ username: 'FC1', password: 'the-one-before' })
    expect(await world.traces(world.house)).toEqual({ ...ABSENT, credentials: true })
  })
})

describe('trouble', () => {
  test('a vendor that is away is waited for, and that is told', async () => {
    let attempts = 0
    const { houses } = world.vendors
    Object.defineProperty(world.vendors, 'houses', {
      get() {
        attempts += 1
        if (attempts < 4) throw new Unavailable('HomeSide does not answer (HTTP 503)')
        return houses
      },
    })
    const run = await start('house')
    await expect
      .poll(async () => (await run.query(progress)).waitingFor, { timeout: 10_000 })
      .toBe('HomeSide does not answer (HTTP 503)')
    expect(await run.result()).toMatchObject({ state: 'done', waitingFor: null })
    expect(attempts).toBe(4)
    await prove(run)
  })

  test('after ten minutes it is given up, and nothing is left', async () => {
    Object.defineProperty(world.vendors, 'houses', {
      get: () => {
        throw new Unavailable('HomeSide does not answer (HTTP 503)')
      },
    })
    const run = await start('house')
    expect(await failureOf(run)).toMatchObject({ type: 'Unavailable' })
    expect(await world.traces(world.house)).toEqual(ABSENT)
    expect(world.calls.filter((name) => name === 'identifyHouse').length).toBeGreaterThan(10)
  })

  test('refused credentials are tried once', async () => {
    world.vendors.username = 'somebody else'
    const reference = await world.credentials.keep({ username: 'FC2000000001', password: PASSWORD })
    const run = await start('house', { reference })
    expect(await failureOf(run)).toMatchObject({ type: new CredentialsRejected('').type })
    expect(world.calls.filter((name) => name === 'identifyHouse')).toHaveLength(1)
    expect(await run.query(progress)).toMatchObject({
      state: 'failed',
      error: { code: 'CredentialsRejected' },
      steps: [{ state: 'failed' }, { state: 'skipped' }, { state: 'skipped' }, { state: 'skipped' }, {}, {}],
    })
    await prove(run)
  })

  test('a reference nothing is kept under says how one comes to be', async () => {
    const failure = await failureOf(await start('house', { reference: 'c0000000000000bad' }))
    expect(failure).toMatchObject({
      type: 'CredentialsMissing',
      message: expect.stringContaining('bvpro credentials add'),
    })
  })

  test('an account with several houses needs one to be named', async () => {
    world.addNeighbour()
    const failure = await failureOf(await start('house'))
    expect(failure).toMatchObject({ type: 'choose', message: expect.stringContaining('Villa Lind') })
    const run = await start('house', { houseId: world.house.id })
    expect(await run.result()).toMatchObject({ state: 'done', entityId: world.house.id })
  })

  test.each(['house', 'building', 'zone'] as const)('a %s that is in service stays as it is', async (kind) => {
    await (await start(kind)).result()
    const before = await world.traces(world[kind])
    const failure = await failureOf(await start(kind))
    expect(failure).toMatchObject({ type: 'exists' })
    expect(await world.traces(world[kind])).toEqual(before)
  })

  test('two on-boardings of one house at a time: the second is refused and harms nothing', async () => {
    const held = holdAt('writeConfiguration', 'before')
    const first = await start('house')
    await held.isReached
    world.running.add(first.workflowId)
    const second = await start('house')
    expect(await failureOf(second)).toMatchObject({
      type: 'exists',
      message: expect.stringContaining(first.workflowId),
    })
    held.release()
    await first.result()
    expect(await world.traces(world.house)).toEqual(ADDED)
  })

  test('what a terminated on-boarding held can be added', async () => {
    await world.application.putDocument('onboarding', entityWorkflowId(world.house), {
      onboarding: 'onboard:house:terminated',
      origin: 'real',
      returning: false,
      document: {},
    })
    expect(await (await start('house')).result()).toMatchObject({ state: 'done' })
    expect(await world.traces(world.house)).toEqual(ADDED)
  })

  test('inputs typed by hand are judged with every fault', async () => {
    const failure = await failureOf(await start('house', { lat: 95, importDays: -1, nmae: 'Villa Ek' }))
    expect(failure).toMatchObject({ type: 'BadConfig' })
    for (const path of ['lat', 'importDays', 'nmae']) expect(failure?.message).toContain(path)
    expect(await world.traces(world.house)).toEqual(ABSENT)
  })

  test('a first reading that does not come is told, and the house stays', async () => {
    world.reads = false
    const run = await start('house')
    await world.application.putStatus(world.house, { reason: 'the controller does not answer' })
    expect(await run.result()).toMatchObject({
      state: 'done',
      steps: [{}, {}, {}, {}, { name: 'first reading', state: 'failed', detail: 'the controller does not answer' }, {}],
    })
    expect((await world.traces(world.house)).loop).toBe(true)
  })

  test('an import that fails is told, and the house stays', async () => {
    world.importFailure = ApplicationFailure.nonRetryable('the history server has no such house', 'EntityNotFound')
    const run = await start('house', { importDays: 7 })
    expect(await run.result()).toMatchObject({
      state: 'done',
      steps: [{}, {}, {}, {}, {}, { state: 'failed', detail: 'the history server has no such house' }],
    })
    expect(await world.traces(world.house)).toEqual(ADDED)
    await prove(run)
  })

  test('no history is imported when none is wanted', async () => {
    const run = await start('house')
    expect((await run.result()).steps.at(-1)).toEqual({
      name: 'import history',
      state: 'skipped',
      detail: 'not wanted',
    })
    expect(world.imports).toBe(0)
  })
})

describe('a customer who returns', () => {
  async function wasHereBefore(): Promise<void> {
    await world.config.create(world.house, {
      customer_id: world.house.id,
      friendly_name: 'Villa Ek',
      comfort: { target_indoor_temp: 20.5 },
      learned: { thermal_time_constant: 71 },
    })
    await world.config.setAside(world.house)
    await world.application.putStatus(world.house, { offboarding: true })
  }

  test('gets the earlier configuration with what was learned, changed by what is given now', async () => {
    await wasHereBefore()
    const run = await start('house', { lat: 56.7, lon: 12.9, meterIds: ['735999000000000902'] })
    const { steps } = await run.result()
    expect(steps[2]).toEqual({
      name: 'write configuration',
      state: 'done',
      detail: 'its earlier configuration is back',
    })
    expect(world.restored).toEqual([entityWorkflowId(world.house)])
    expect((await world.config.get(world.house))?.config).toMatchObject({
      friendly_name: 'Villa Ek',
      comfort: { target_indoor_temp: 20.5 },
      learned: { thermal_time_constant: 71 },
      location: { latitude: 56.7, longitude: 12.9 },
      meter_ids: ['735999000000000902'],
    })
    expect(await world.traces(world.house)).toEqual(ADDED)
    await prove(run)
  })

  test.each(['before', 'after'] as const)('is back also when the worker is killed %s it was', async (moment) => {
    await wasHereBefore()
    crashOnce('writeConfiguration', moment)
    await (await start('house')).result()
    expect(await world.traces(world.house)).toEqual(ADDED)
    expect(await world.config.findAside(world.house)).toBeUndefined()
  })

  test('is not half back when it is cancelled: before the return not at all, from then on wholly', async () => {
    await wasHereBefore()
    const early = holdAt('keepCredentials', 'after')
    const cancelledEarly = await start('house')
    await early.isReached
    await cancel(cancelledEarly)
    early.release()
    await failureOf(cancelledEarly)
    expect(await world.traces(world.house)).toEqual({ ...ABSENT, row: true })
    expect(await world.config.findAside(world.house)).toBeDefined()

    const late = holdAt('writeConfiguration', 'before')
    const cancelledLate = await start('house')
    await late.isReached
    await cancel(cancelledLate)
    late.release()
    await failureOf(cancelledLate)
    expect(await world.traces(world.house)).toEqual(ADDED)
  })

  test('whose earlier file has a fault is told before anything is touched', async () => {
    await wasHereBefore()
    const failure = await failureOf(await start('house', { meterIds: ['not a number'] }))
    expect(failure).toMatchObject({ type: 'BadConfig', message: expect.stringContaining('meterIds') })
    expect(world.restored).toEqual([])
  })
})

test('all these runs are deterministic, and no password is in the history of any', async () => {
  expect(runs.length).toBeGreaterThan(60)
  for (const { history } of runs) {
    const payloads = textOf(history)
    expect(payloads).toContain('onboard:')
    expect(payloads).not.toContain(PASSWORD)
  }
  const failed: unknown[] = []
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, runs)) {
    if (error !== undefined) failed.push(error)
  }
  expect(failed).toEqual([])
})
