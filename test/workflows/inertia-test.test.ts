/**
 * The workflow of an inertia test with its activities scripted: what is done in which order, and that a house which is
 * lowered is given back however the test ends. Every history is replayed against the present code.
 */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  InertiaActivities,
  InertiaTestInput,
  InertiaTestRecord,
  PreparedTest,
  TestLook,
} from '../../src/activities/inertia-contract.ts'
import type { InertiaPlan } from '../../src/domain/inertia/plan.ts'
import type { InertiaState } from '../../src/domain/inertia/states.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import { abortTest, approveTest, testStatus } from '../../src/workflows/inertia-messages.ts'
import type { inertiaTest } from '../../src/workflows/inertia-test.ts'
import { testServer } from '../support/servers.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import { addSearchAttributes } from './support.ts'

const missing = (await testServer('time-skipping')) === undefined
let environment: TestWorkflowEnvironment
let codePath: string
beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
  codePath = await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles'))
})
afterAll(async () => {
  await environment?.teardown()
})

const HOUR = 3_600_000
const PLAN: Omit<InertiaPlan, 'startAt' | 'endAt'> = {
  coldest: -4,
  mildest: -3,
  curve: [50, 48, 46, 44, 42, 36, 33, 32, 27, 22],
  lowered: [-5, 0],
  cutK: 3,
  indoor: 21,
  lowestIndoor: 20.2,
  expectedDropK: 0.9,
  expectedBy: 'bound',
}

/** A house that can be held, and what was asked of it in order. */
class ScriptedHouse {
  readonly asked: string[] = []
  readonly states: InertiaState[] = []
  held = false
  ended: TestLook['ended'] = null
  /** The house ends the test by itself at this look. */
  endsAtLook = Number.POSITIVE_INFINITY
  looks = 0
  prepared: (now: number) => Partial<PreparedTest> = () => ({})
  /** Thrown by an activity as often as it says, before or after the activity has done its work. */
  readonly failing = new Map<string, { times: number; after: boolean; error: Error }>()

  fail(activity: keyof InertiaActivities, times: number, options: { after?: boolean; error?: Error } = {}): void {
    const { after = false, error = ApplicationFailure.create({ type: 'Unavailable', message: 'away' }) } = options
    this.failing.set(activity, { times, after, error })
  }

  activities(now: () => Promise<number>): InertiaActivities {
    const step = async <T>(name: keyof InertiaActivities, work: () => T | Promise<T>): Promise<T> => {
      const fault = this.failing.get(name)
      const strikes = fault !== undefined && fault.times > 0
      if (strikes) fault.times -= 1
      if (strikes && !fault.after) throw fault.error
      const result = await work()
      if (strikes) throw fault.error
      return result
    }
    return {
      prepareInertiaTest: () =>
        step('prepareInertiaTest', async () => {
          const at = await now()
          this.asked.push('prepare')
          return {
            objections: [],
            plan: { ...PLAN, startAt: at + 4 * HOUR, endAt: at + 14 * HOUR },
            ...this.prepared(at),
          }
        }),
      recordInertiaTest: (record) =>
        step('recordInertiaTest', () => {
          if (this.states.at(-1) !== record.state) this.states.push(record.state)
        }),
      askHouseToBeginTest: (_id, { by, window }) =>
        step('askHouseToBeginTest', async () => {
          if (!this.held) this.asked.push(`begin for ${by}`)
          this.held = true
          return { begunAt: await now(), until: window.endAt, startIndoor: 21, lowestIndoor: 20.2 }
        }),
      watchInertiaTest: () =>
        step('watchInertiaTest', () => {
          this.looks += 1
          if (this.held && this.looks >= this.endsAtLook) this.end('drop-reached', 'the room has fallen')
          return { held: this.held, ended: this.ended, indoor: 20.5, shiftK: -3 }
        }),
      askHouseToEndTest: (_id, { reason, detail }) =>
        step('askHouseToEndTest', () => {
          if (this.held) this.asked.push(`end: ${reason}`)
          if (this.held) this.end(reason, detail)
          return this.ended
        }),
      analyseInertiaTest: () =>
        step('analyseInertiaTest', () => {
          this.asked.push('analyse')
          return {
            grade: 'good',
            why: null,
            timeConstantHours: 80,
            standardErrorHours: 8,
            low: 65,
            high: 97,
            lagHours: 0,
            residualK: 0.02,
            dropK: 0.8,
            hours: 9,
            outdoorMean: -3.5,
            readings: 100,
          }
        }),
    }
  }

  end(reason: string, detail: string): void {
    this.held = false
    this.ended = { testId: 'test-1', reason, detail }
  }
}

type Handle = Awaited<ReturnType<typeof start>>

function start(prefix: string, input: Partial<InertiaTestInput>) {
  return environment.client.workflow.start<typeof inertiaTest>('inertiaTest', {
    taskQueue: `${prefix}-workflows`,
    workflowId: `inertia:${prefix}`,
    args: [{ id: 'HEM_FJV_Villa_901', by: 'Ann', testId: 'test-1', ...input }],
  })
}

async function withTest(
  house: ScriptedHouse,
  input: Partial<InertiaTestInput>,
  body: (handle: Handle) => Promise<void>,
): Promise<void> {
  await addSearchAttributes(environment)
  const prefix = `test-${randomUUID()}`
  const connection = environment.nativeConnection
  const workflows = await Worker.create({
    connection,
    taskQueue: `${prefix}-workflows`,
    workflowBundle: { codePath },
  })
  const activities = await Worker.create({
    connection,
    taskQueue: `${prefix}-homeside`,
    activities: { ...house.activities(() => environment.currentTimeMs()) },
  })
  await workflows.runUntil(
    activities.runUntil(async () => {
      const handle = await start(prefix, input)
      try {
        await body(handle)
        const history = await handle.fetchHistory()
        await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, handle.workflowId)
      } finally {
        await handle.terminate('test is over').catch(() => undefined)
      }
    }),
  )
}

const stateOf = async (handle: Handle): Promise<InertiaTestRecord> => handle.query(testStatus)

async function until(handle: Handle, state: InertiaState): Promise<InertiaTestRecord> {
  for (let look = 0; look < 400; look += 1) {
    const record = await stateOf(handle)
    if (record.state === state) return record
    await environment.sleep('3 seconds')
  }
  throw new Error(`it is ${(await stateOf(handle)).state}, not ${state}`)
}

async function approve(handle: Handle): Promise<void> {
  await until(handle, 'proposed')
  await handle.executeUpdate(approveTest, { args: [{ by: 'Bob' }] })
}

async function refusal(update: Promise<unknown>): Promise<string | undefined> {
  const error = await update.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError)
  return (error as WorkflowUpdateFailedError).cause?.message
}

describe.skipIf(missing)('a test that is approved', () => {
  test('waits for its time, lowers, looks on, is restored, and measures', async () => {
    const house = new ScriptedHouse()
    house.endsAtLook = 20
    await withTest(house, {}, async (handle) => {
      await approve(handle)
      const approved = await until(handle, 'approved')
      expect(approved).toMatchObject({ approvedBy: 'Bob', plan: { cutK: 3, lowestIndoor: 20.2 } })
      expect(house.asked).toEqual(['prepare'])
      const record = await handle.result()
      expect(record).toMatchObject({
        state: 'done',
        end: { reason: 'drop-reached' },
        result: { timeConstantHours: 80, grade: 'good' },
      })
      expect((record.begunAt ?? 0) - (approved.plan?.startAt ?? 0)).toBeLessThan(60_000)
      expect(house.asked).toEqual(['prepare', 'begin for Bob', 'analyse'])
      expect(house.states).toEqual([
        'preparing',
        'proposed',
        'approved',
        'beginning',
        'lowered',
        'restoring',
        'analysing',
        'done',
      ])
      // One night is some hundreds of events, far from any limit.
      expect((await handle.fetchHistory()).events?.length).toBeLessThan(500)
    })
  })

  test('is ended for a house that does not end it itself', async () => {
    const house = new ScriptedHouse()
    await withTest(house, {}, async (handle) => {
      await approve(handle)
      const record = await handle.result()
      expect(record).toMatchObject({ state: 'done', end: { reason: 'time-is-up' } })
      expect((record.endedAt ?? 0) - (record.plan?.endAt ?? 0)).toBeLessThan(15 * 60_000)
      expect(house.asked).toEqual(['prepare', 'begin for Bob', 'end: time-is-up', 'analyse'])
      // Ten hours at a look in five minutes.
      expect((await handle.fetchHistory()).events?.length).toBeLessThan(2_000)
    })
  })

  test('of some minutes begins at once and is looked at more often', async () => {
    const house = new ScriptedHouse()
    await withTest(house, { hours: 0.1, force: true }, async (handle) => {
      house.prepared = (now) => ({ plan: { ...PLAN, startAt: now, endAt: now + 0.1 * HOUR } })
      await approve(handle)
      const record = await handle.result()
      expect(record.state).toBe('done')
      expect((record.endedAt ?? 0) - (record.begunAt ?? 0)).toBeLessThan(0.2 * HOUR)
      expect(house.looks).toBeGreaterThan(20)
    })
  })
})

describe.skipIf(missing)('a test that does not come to pass', () => {
  test('is refused with every sentence that speaks against it', async () => {
    const house = new ScriptedHouse()
    house.prepared = () => ({
      plan: null,
      objections: [
        { about: 'safety', code: 'TooCold', sentence: 'it is 19.0 °C indoors' },
        { about: 'quality', code: 'Weather', sentence: 'the sun shines' },
      ],
    })
    await withTest(house, {}, async (handle) => {
      const record = await handle.result()
      expect(record).toMatchObject({
        state: 'refused',
        end: { detail: 'it is 19.0 °C indoors; the sun shines' },
      })
      expect(house.asked).toEqual(['prepare'])
    })
  })

  test('force passes over what makes the result worse only', async () => {
    const house = new ScriptedHouse()
    house.prepared = () => ({ objections: [{ about: 'quality', code: 'Weather', sentence: 'the sun shines' }] })
    await withTest(house, { force: true }, async (handle) => {
      expect((await until(handle, 'proposed')).objections).toHaveLength(1)
    })
  })

  test('expires when nobody approves it, not later than half its window', async () => {
    const house = new ScriptedHouse()
    await withTest(house, {}, async (handle) => {
      const { expiresAt, plan } = await until(handle, 'proposed')
      expect(expiresAt).toBe((plan?.endAt ?? 0) - 5 * HOUR)
      expect((await handle.result()).state).toBe('expired')
      expect(house.asked).toEqual(['prepare'])
    })
  })

  test('is declined by abort, before and after its approval', async () => {
    for (const approved of [false, true]) {
      const house = new ScriptedHouse()
      await withTest(house, {}, async (handle) => {
        if (approved) await approve(handle)
        else await until(handle, 'proposed')
        await handle.executeUpdate(abortTest, { args: [{ by: 'Eve' }] })
        expect(await handle.result()).toMatchObject({ state: 'declined', end: { detail: 'aborted by Eve' } })
        expect(house.asked).toEqual(['prepare'])
      })
    }
  })

  test('is refused by the house at its start', async () => {
    const house = new ScriptedHouse()
    const error = ApplicationFailure.create({ type: 'ControlRefused', message: 'somebody holds the heat curve' })
    house.fail('askHouseToBeginTest', 99, { error })
    await withTest(house, {}, async (handle) => {
      await approve(handle)
      expect(await handle.result()).toMatchObject({
        state: 'refused',
        end: { reason: 'ControlRefused', detail: 'somebody holds the heat curve' },
      })
    })
  })

  test('with a wish beyond its limits fails at once', async () => {
    await withTest(new ScriptedHouse(), { hours: 99 }, async (handle) => {
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'BadInput' } })
    })
  })
})

describe.skipIf(missing)('messages', () => {
  test('a test is approved once, and neither approved nor aborted when it is over', async () => {
    const house = new ScriptedHouse()
    house.endsAtLook = 3
    await withTest(house, {}, async (handle) => {
      await approve(handle)
      expect(await refusal(handle.executeUpdate(approveTest, { args: [{ by: 'Eve' }] }))).toContain(
        'nothing to approve',
      )
      expect((await handle.result()).approvedBy).toBe('Bob')
      await expect(handle.executeUpdate(abortTest, { args: [undefined] })).rejects.toThrow()
    })
  })
})

describe.skipIf(missing)('a house that is lowered is given back', () => {
  test('when somebody aborts, and what was measured until then is told', async () => {
    const house = new ScriptedHouse()
    await withTest(house, {}, async (handle) => {
      await approve(handle)
      await environment.sleep('5 hours')
      await until(handle, 'lowered')
      await handle.executeUpdate(abortTest, { args: [{ by: 'Eve' }] })
      const record = await handle.result()
      expect(record).toMatchObject({ state: 'done', end: { reason: 'aborted', detail: 'aborted by Eve' } })
      expect(house.asked).toEqual(['prepare', 'begin for Bob', 'end: aborted', 'analyse'])
      expect(house.held).toBe(false)
    })
  })

  test.each<[string, InertiaState, string | undefined]>([
    ['proposed', 'proposed', undefined],
    ['approved', 'approved', undefined],
    ['lowered', 'lowered', '5 hours'],
  ])('when the workflow is cancelled while it is %s', async (_, state, wait) => {
    const house = new ScriptedHouse()
    await withTest(house, {}, async (handle) => {
      if (state !== 'proposed') await approve(handle)
      if (wait !== undefined) await environment.sleep(wait)
      await until(handle, state)
      await handle.cancel()
      const error: unknown = await handle.result().catch((failure: unknown) => failure)
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure)
      expect(house.held).toBe(false)
      expect(house.states.at(-1)).toBe('cancelled')
      if (state === 'lowered') expect(house.asked).toContain('end: cancelled')
    })
  })

  test('when the portal is away for hours: it goes on trying', async () => {
    const house = new ScriptedHouse()
    house.fail('askHouseToEndTest', 100)
    await withTest(house, {}, async (handle) => {
      await approve(handle)
      await environment.sleep('5 hours')
      await until(handle, 'lowered')
      await handle.executeUpdate(abortTest, { args: [{ by: 'Eve' }] })
      expect((await until(handle, 'restoring')).waitingFor).toContain('its own heat curve')
      expect((await handle.result()).state).toBe('done')
      expect(house.held).toBe(false)
    })
  })

  test('when the house has taken the curve and the answer was lost for good', async () => {
    const house = new ScriptedHouse()
    house.fail('askHouseToBeginTest', 999, { after: true })
    await withTest(house, {}, async (handle) => {
      await approve(handle)
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError)
      expect(house.asked).toEqual(['prepare', 'begin for Bob', 'end: aborted'])
      expect(house.held).toBe(false)
    })
  })

  test.each<keyof InertiaActivities>([
    'prepareInertiaTest',
    'recordInertiaTest',
    'askHouseToBeginTest',
    'watchInertiaTest',
    'askHouseToEndTest',
    'analyseInertiaTest',
  ])('when %s dies before or after it has done its work', async (activity) => {
    for (const after of [false, true]) {
      const house = new ScriptedHouse()
      house.endsAtLook = 5
      house.fail(activity, 3, { after })
      await withTest(house, {}, async (handle) => {
        await approve(handle)
        expect((await handle.result()).state).toBe('done')
        expect(house.held).toBe(false)
      })
    }
  })

  test('when its house is not there to be looked at: the test goes on until its time', async () => {
    const house = new ScriptedHouse()
    house.fail('watchInertiaTest', 999)
    await withTest(house, {}, async (handle) => {
      await approve(handle)
      expect(await handle.result()).toMatchObject({ end: { reason: 'time-is-up' } })
      expect(house.held).toBe(false)
    })
  })
})
