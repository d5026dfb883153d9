import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { phaseSeconds } from '../../src/domain/time/cadence.ts'
import { configure, pause, pollNow, resume, SEARCH_ATTRIBUTES, status } from '../../src/workflows/messages.ts'
import { testServer } from '../support/servers.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import { failure, withHouse } from './support.ts'

const missing = (await testServer('time-skipping')) === undefined

let environment: TestWorkflowEnvironment

beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
})
afterAll(async () => {
  await environment?.teardown()
})

const MINUTE = 60_000

describe.skipIf(missing)('the rhythm', () => {
  test('polls at once, then every five minutes at the phase of its id', async () => {
    await withHouse(environment, { id: 'HEM_FJV_Villa_901' }, async ({ script }) => {
      await environment.sleep('61 minutes')
      const dues = script.polls.map(({ dueAt }) => dueAt)
      expect(dues.length).toBeGreaterThanOrEqual(13)
      const aligned = dues.slice(1)
      for (const due of aligned) expect((due / 1000) % 300).toBe(phaseSeconds('HEM_FJV_Villa_901', 300))
      for (let cycle = 1; cycle < aligned.length; cycle++) {
        expect((aligned[cycle] ?? 0) - (aligned[cycle - 1] ?? 0)).toBe(5 * MINUTE)
      }
    })
  })

  test('an ordinary cycle costs at most 12 history events', async () => {
    await withHouse(environment, {}, async ({ handle, script }) => {
      await environment.sleep('11 minutes')
      const before = { events: (await handle.fetchHistory()).events?.length ?? 0, polls: script.polls.length }
      await environment.sleep('100 minutes')
      const after = { events: (await handle.fetchHistory()).events?.length ?? 0, polls: script.polls.length }
      expect(after.polls - before.polls).toBe(20)
      expect((after.events - before.events) / 20).toBeLessThanOrEqual(12)
    })
  })

  test('pollNow runs a cycle beside the aligned ones', async () => {
    await withHouse(environment, {}, async ({ handle, script }) => {
      await environment.sleep('11 minutes')
      const polls = script.polls.length
      await handle.signal(pollNow)
      await environment.sleep('1 second')
      expect(script.polls.length).toBe(polls + 1)
    })
  })

  test('a changed poll interval takes effect with the next cycle', async () => {
    await withHouse(environment, { script: { onPoll: () => ({ pollSeconds: 60 }) } }, async ({ script }) => {
      await environment.sleep('10 minutes')
      expect(script.polls.length).toBeGreaterThanOrEqual(9)
    })
  })

  test('continue-as-new keeps the rhythm and the state', async () => {
    await withHouse(environment, { maxEvents: 60 }, async ({ handle, script }) => {
      await environment.sleep('121 minutes')
      const dues = script.polls.map(({ dueAt }) => dueAt)
      expect(new Set(dues).size).toBe(dues.length)
      expect(dues.length).toBeGreaterThanOrEqual(24)
      expect(dues.length).toBeLessThanOrEqual(26)
      const description = await environment.client.workflow.getHandle(handle.workflowId).describe()
      expect(description.runId).not.toBe(handle.firstExecutionRunId)
      expect(description.historyLength).toBeLessThan(90)
    })
  })
})

describe.skipIf(missing)('trouble', () => {
  test('a failed cycle does not end the loop, and health tells of it until it recovers', async () => {
    let down = false
    const onPoll = () => {
      if (down) throw failure('Unavailable', 'the portal does not answer')
      return {}
    }
    await withHouse(environment, { script: { onPoll } }, async ({ handle, script }) => {
      await environment.sleep('6 minutes')
      expect(await handle.query(status)).toMatchObject({ health: 'ok', failures: 0 })
      down = true
      await environment.sleep('6 minutes')
      expect(await handle.query(status)).toMatchObject({ health: 'degraded', reasonCode: 'Unavailable' })
      await environment.sleep('20 minutes')
      expect(await handle.query(status)).toMatchObject({ health: 'offline', reason: 'the portal does not answer' })
      expect((await handle.describe()).typedSearchAttributes.get(SEARCH_ATTRIBUTES.health)).toBe('offline')
      down = false
      await environment.sleep('6 minutes')
      expect(await handle.query(status)).toMatchObject({ health: 'ok', failures: 0, reason: null })
      expect((await handle.describe()).typedSearchAttributes.get(SEARCH_ATTRIBUTES.health)).toBe('ok')
      expect(script.failedCycles).toEqual([])
    })
  })

  test('refused credentials are tried ever more rarely; changed ones at once', async () => {
    let accepted = false
    const onPoll = () => {
      if (!accepted) throw failure('CredentialsRejected', 'HomeSide refused user name and password')
      return {}
    }
    await withHouse(environment, { script: { onPoll } }, async ({ handle, script }) => {
      await environment.sleep('5 hours')
      const gaps = script.polls.slice(1).map(({ dueAt }, index) => (dueAt - (script.polls[index]?.dueAt ?? 0)) / MINUTE)
      expect(gaps.slice(0, 4).map(Math.round)).toEqual([5, 10, 20, 40])
      for (const gap of gaps.slice(4)) expect(Math.round(gap)).toBe(60)
      expect(await handle.query(status)).toMatchObject({ health: 'offline', reasonCode: 'CredentialsRejected' })
      accepted = true
      await handle.signal(configure)
      await environment.sleep('1 second')
      expect(await handle.query(status)).toMatchObject({ health: 'ok' })
    })
  })

  test('readings the store refuses are carried to the next cycles', async () => {
    let refusing = true
    await withHouse(
      environment,
      {
        script: {
          onPoll: ({ dueAt, carried }) =>
            refusing
              ? {
                  unstored: [...carried, { time: dueAt, fields: { room_temperature: 21 } }],
                  storeProblem: 'database is locked',
                }
              : {},
        },
      },
      async ({ handle, script }) => {
        await environment.sleep('16 minutes')
        expect(await handle.query(status)).toMatchObject({
          reasonCode: 'StoreUnavailable',
          reason: 'database is locked',
        })
        const refused = script.polls.map(({ dueAt }) => dueAt)
        refusing = false
        await environment.sleep('5 minutes')
        expect(script.polls.at(-1)?.carried.map(({ time }) => time)).toEqual(refused)
        expect(await handle.query(status)).toMatchObject({ health: 'ok', carriedReadings: 0 })
      },
    )
  })

  test('a cycle whose activity could not record its own failure is recorded by the loop, and the next one runs', async () => {
    let broken = true
    const onPoll = async () => {
      if (broken) throw new Error('crashed before it could record anything')
      return {}
    }
    await withHouse(environment, { script: { onPoll } }, async ({ handle, script }) => {
      await environment.sleep('4 minutes')
      expect(script.failedCycles[0]).toMatchObject({ dueAt: script.polls[0]?.dueAt, reasonCode: 'Error' })
      broken = false
      await environment.sleep('6 minutes')
      expect(await handle.query(status)).toMatchObject({ health: 'ok' })
    })
  })
})

describe.skipIf(missing)('pause', () => {
  test('stops polling until resume, and both are recorded', async () => {
    await withHouse(environment, {}, async ({ handle, script }) => {
      await environment.sleep('6 minutes')
      await handle.signal(pause)
      await environment.sleep('1 second')
      const polls = script.polls.length
      await environment.sleep('2 hours')
      expect(script.polls.length).toBe(polls)
      expect(await handle.query(status)).toMatchObject({ paused: true, nextPollAt: null })
      await handle.signal(resume)
      await environment.sleep('1 second')
      expect(script.polls.length).toBe(polls + 1)
      expect(script.pauses).toEqual([true, false])
    })
  })

  test('a run started after Terminate stays paused when the store says so', async () => {
    await withHouse(environment, { script: { onOpen: () => ({ paused: true }) } }, async ({ handle, script }) => {
      await environment.sleep('1 hour')
      expect(script.polls).toEqual([])
      await handle.signal(resume)
      await environment.sleep('1 second')
      expect(script.polls).toHaveLength(1)
    })
  })
})
