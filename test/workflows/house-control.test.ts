/** What people ask of the loop of a house: validated, done once, answered, and followed by a cycle. */
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  ControlOutcome,
  ModeRequest,
  SetpointRequest,
  TakeRequest,
} from '../../src/activities/control-contract.ts'
import type { BeginTestRequest, EndTestRequest } from '../../src/activities/inertia-contract.ts'
import { optionsOf } from '../../src/domain/inertia/wish.ts'
import { beginTest, endTest, setMode, setSetpoint, takeControl } from '../../src/workflows/house-messages.ts'
import { releaseControl } from '../../src/workflows/offboarding-messages.ts'
import { testServer } from '../support/servers.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import { withHouse } from './support.ts'

const missing = (await testServer('time-skipping')) === undefined

let environment: TestWorkflowEnvironment
beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
})
afterAll(async () => {
  await environment?.teardown()
})

const HELD: ControlOutcome = {
  control: { state: 'held', leaseUntil: null, baselineAt: null, steerable: null },
  mode: 'monitor',
}
const request = { requestId: 'r1', by: 'Ann' }

/** Remembers what was asked of the house, as `take r1`. */
function askedHouse() {
  const asked: string[] = []
  const remember = (kind: string) => async (_id: string, wish?: { requestId: string }) => {
    asked.push(`${kind} ${wish?.requestId ?? 'of the loop'}`)
    return HELD
  }
  return {
    asked,
    activities: {
      takeControl: remember('take') as (id: string, wish: TakeRequest) => Promise<ControlOutcome>,
      setSetpoint: remember('setpoint') as (id: string, wish: SetpointRequest) => Promise<ControlOutcome>,
      setMode: remember('mode') as (id: string, wish: ModeRequest) => Promise<ControlOutcome>,
      releaseHouse: async (id: string, wish?: { requestId: string }) => {
        await remember('release')(id, wish)
        return 'released'
      },
    },
  }
}

const soon = async () => (await environment.currentTimeMs()) + 60_000

async function refusal(update: Promise<unknown>): Promise<string | undefined> {
  const error = await update.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError)
  const { cause } = error as WorkflowUpdateFailedError
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined
}

describe.skipIf(missing)('an update', () => {
  test('is done by one activity, answered with what was verified, and followed by a cycle', async () => {
    const { asked, activities } = askedHouse()
    await withHouse(environment, { activities }, async ({ handle, script }) => {
      await environment.sleep('6 minutes')
      const polls = script.polls.length
      const args: [TakeRequest & { expiresAt: number }] = [{ ...request, force: false, expiresAt: await soon() }]
      expect(await handle.executeUpdate(takeControl, { args })).toEqual(HELD)
      await environment.sleep('1 second')
      expect(asked).toEqual(['take r1'])
      expect(script.polls.length).toBe(polls + 1)
    })
  })

  test('that comes too late, or wishes what cannot be, is refused before anything is done', async () => {
    const { asked, activities } = askedHouse()
    await withHouse(environment, { activities }, async ({ handle }) => {
      const expiresAt = await soon()
      const late = { ...request, force: false, expiresAt: expiresAt - 120_000 }
      expect(await refusal(handle.executeUpdate(takeControl, { args: [late] }))).toBe('Expired')
      const hot = { ...request, temperature: 40, expiresAt }
      expect(await refusal(handle.executeUpdate(setSetpoint, { args: [hot] }))).toBe('ControlRefused')
      const turbo = { ...request, mode: 'turbo' as 'rules', force: false, expiresAt }
      expect(await refusal(handle.executeUpdate(setMode, { args: [turbo] }))).toBe('ControlRefused')
      expect(asked).toEqual([])
    })
  })

  test('that a rule refuses fails with its type and its sentence, and the loop goes on', async () => {
    const activities = {
      takeControl: async () => {
        throw ApplicationFailure.create({ type: 'ControlRefused', message: 'the house is not steerable' })
      },
    }
    await withHouse(environment, { activities }, async ({ handle, script }) => {
      const args: [TakeRequest & { expiresAt: number }] = [{ ...request, force: false, expiresAt: await soon() }]
      expect(await refusal(handle.executeUpdate(takeControl, { args }))).toBe('ControlRefused')
      await environment.sleep('11 minutes')
      expect(script.polls.length).toBeGreaterThanOrEqual(3)
    })
  })

  test('of the same id is done once', async () => {
    const { asked, activities } = askedHouse()
    await withHouse(environment, { activities }, async ({ handle }) => {
      const args: [SetpointRequest & { expiresAt: number }] = [{ ...request, temperature: 21, expiresAt: await soon() }]
      for (let time = 0; time < 2; time += 1) await handle.executeUpdate(setSetpoint, { args, updateId: 'r1' })
      expect(asked).toEqual(['setpoint r1'])
    })
  })

  test('of off-boarding and one of a person both give the curve back', async () => {
    const { asked, activities } = askedHouse()
    await withHouse(environment, { activities }, async ({ handle }) => {
      const expiresAt = await soon()
      expect(await handle.executeUpdate(releaseControl, { args: [{ expiresAt }] })).toBe('released')
      expect(await handle.executeUpdate(releaseControl, { args: [{ expiresAt, request }] })).toBe('released')
      expect(asked).toEqual(['release of the loop', 'release r1'])
    })
  })

  test('of an inertia test is done by one activity, in the run it began in and in the one after it', async () => {
    const asked: string[] = []
    const activities = {
      beginInertiaTest: async (_id: string, wish: BeginTestRequest) => {
        asked.push(`begin ${wish.testId}`)
        return { begunAt: 1, until: 2, startIndoor: 21, lowestIndoor: 20 }
      },
      endInertiaTest: async (_id: string, wish: EndTestRequest) => {
        asked.push(`end ${wish.testId}: ${wish.reason}`)
        return { testId: wish.testId, reason: wish.reason, detail: wish.detail }
      },
    }
    await withHouse(environment, { activities, maxEvents: 60 }, async ({ handle, script }) => {
      await environment.sleep('6 minutes')
      const window = { startAt: 1, endAt: 2, coldest: -3, mildest: -3 }
      const begin = { testId: 't1', by: 'Ann', options: optionsOf({}), window, silenceMs: 900_000 }
      const begun = await handle.executeUpdate(beginTest, { args: [{ ...begin, expiresAt: await soon() }] })
      expect(begun).toMatchObject({ startIndoor: 21 })
      const { runId } = await handle.describe()
      const polls = script.polls.length
      await environment.sleep('2 hours')
      expect(script.polls.length).toBeGreaterThan(polls + 10)
      expect((await environment.client.workflow.getHandle(handle.workflowId).describe()).runId).not.toBe(runId)
      const end: EndTestRequest = { testId: 't1', reason: 'aborted', detail: 'aborted by Ann' }
      const present = environment.client.workflow.getHandle(handle.workflowId)
      const late = { ...end, expiresAt: (await soon()) - 120_000 }
      expect(await refusal(present.executeUpdate(endTest, { args: [late] }))).toBe('Expired')
      expect(await present.executeUpdate(endTest, { args: [{ ...end, expiresAt: await soon() }] })).toEqual(end)
      expect(asked).toEqual(['begin t1', 'end t1: aborted'])
    })
  })
})
