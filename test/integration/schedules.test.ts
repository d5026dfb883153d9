/** BVPro's schedules on a real Temporal server: made, changed with the settings, and left to operators. */
import { Client, Connection, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BadConfig, EntityNotFound, Unavailable } from '../../src/connectors/errors.ts'
import type { ScheduleDeclaration } from '../../src/runtime/declared-schedules.ts'
import { createScheduleOperations, ensureSchedule } from '../../src/runtime/schedules.ts'
import { testServer } from '../support/servers.ts'
import { startDevServer, type TestDevServer } from '../support/temporal.ts'

const PREFIX = 'test'
const FILL: ScheduleDeclaration = {
  id: 'fillGaps',
  does: 'Finds holes and fills them.',
  times: [
    { hour: 7, minute: 30 },
    { hour: 12, minute: 0 },
  ],
  catchUpHours: 12,
  workflowType: 'fillGaps',
  args: [{}],
}
const BY_HAND: ScheduleDeclaration = {
  id: 'byHand',
  does: 'Runs when somebody asks.',
  times: [],
  catchUpHours: 1,
  workflowType: 'fillGaps',
  args: [{ days: 3 }],
  paused: true,
}

describe.skipIf((await testServer('temporal')) === undefined)('schedules', () => {
  let server: TestDevServer
  let connection: Connection
  let client: Client

  beforeAll(async () => {
    server = await startDevServer()
    connection = await Connection.connect({ address: server.address })
    client = new Client({ connection })
  })
  afterAll(async () => {
    await connection?.close()
    await server?.remove()
  })
  afterEach(async () => {
    for (const id of ['fillGaps', 'byHand']) {
      await client.schedule
        .getHandle(id)
        .delete()
        .catch((error: unknown) => {
          if (!(error instanceof ScheduleNotFoundError)) throw error
        })
    }
  })

  const ensure = (declaration: ScheduleDeclaration, prefix = PREFIX) => ensureSchedule(client, prefix, declaration)
  const describeIt = (id: string) => client.schedule.getHandle(id).describe()
  const operations = () => createScheduleOperations(client, PREFIX, async () => [FILL, BY_HAND])

  test('a missing one is made: Swedish times, no overlap, a catch-up window of its own', async () => {
    expect(await ensure(FILL)).toBe('created')
    const { spec, policies, action, state, info } = await describeIt('fillGaps')
    expect(spec.timezone).toBe('Europe/Stockholm')
    expect(spec.calendars?.map(({ hour, minute }) => [hour[0]?.start, minute[0]?.start ?? 0])).toEqual([
      [7, 30],
      [12, 0],
    ])
    expect(policies).toMatchObject({ overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 12 * 3_600_000 })
    expect(action).toMatchObject({ workflowType: 'fillGaps', taskQueue: 'test-workflows', args: [{}] })
    expect(state.paused).toBe(false)
    const stockholm = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm', timeStyle: 'short' })
    expect(new Set(info.nextActionTimes.map((time) => stockholm.format(time)))).toEqual(new Set(['07:30', '12:00']))
    expect(await ensure(FILL)).toBe('unchanged')
  })

  test('several workers at once make one', async () => {
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => ensure(FILL)))
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
  })

  test("changed times are taken over; an operator's pause and note stay", async () => {
    await ensure(FILL)
    await client.schedule.getHandle('fillGaps').pause('the history server is rebuilt')
    expect(await ensure({ ...FILL, times: [{ hour: 5, minute: 5 }] })).toBe('updated')
    const { spec, state } = await describeIt('fillGaps')
    expect(spec.calendars?.map(({ hour, minute }) => [hour[0]?.start, minute[0]?.start])).toEqual([[5, 5]])
    expect(state).toMatchObject({ paused: true, note: 'the history server is rebuilt' })
    expect(await ensure({ ...FILL, times: [{ hour: 5, minute: 5 }] })).toBe('unchanged')
  })

  test('a task that is switched off keeps its schedule, without times', async () => {
    await ensure(FILL)
    expect(await ensure({ ...FILL, times: [] })).toBe('updated')
    expect((await describeIt('fillGaps')).info.nextActionTimes).toEqual([])
    expect(await ensure(FILL)).toBe('updated')
    expect((await describeIt('fillGaps')).info.nextActionTimes).not.toEqual([])
  })

  test('what an operator has edited stays until the declaration changes', async () => {
    await ensure(FILL)
    const handle = client.schedule.getHandle('fillGaps')
    await handle.update((previous) => ({ ...previous, spec: { calendars: [{ hour: 3 }] } }))
    expect(await ensure(FILL)).toBe('unchanged')
    expect((await describeIt('fillGaps')).spec.calendars).toHaveLength(1)
  })

  test('one made by a version that left no mark is brought up to date', async () => {
    await client.schedule.create({
      scheduleId: 'fillGaps',
      spec: { calendars: [{ hour: 7, minute: 30 }] },
      action: { type: 'startWorkflow', workflowType: 'fillGaps', taskQueue: 'test-workflows' },
    })
    expect(await ensure(FILL)).toBe('updated')
    expect((await describeIt('fillGaps')).policies.catchupWindow).toBe(12 * 3_600_000)
  })

  test("one of the same id that is somebody else's is left alone, unseen, and told of", async () => {
    await ensure(FILL, 'other')
    const failure = ensure({ ...FILL, times: [] })
    await expect(failure).rejects.toThrow(BadConfig)
    await expect(failure).rejects.toThrow('other-workflows')
    expect(await operations().list()).toEqual([])
    await expect(operations().trigger('fillGaps')).rejects.toThrow(EntityNotFound)
    await expect(operations().pause('fillGaps', 'no')).rejects.toThrow(EntityNotFound)
    expect((await describeIt('fillGaps')).state.paused).toBe(false)
  })

  test('the list holds what is declared: times, pause and note, in the order of declaration', async () => {
    await ensure(FILL)
    await ensure(BY_HAND)
    const [fill, byHand] = await operations().list()
    expect(fill).toMatchObject({
      id: 'fillGaps',
      does: FILL.does,
      paused: false,
      note: null,
      running: [],
      lastRuns: [],
    })
    expect(fill?.nextTimes.length).toBeGreaterThan(1)
    expect([...(fill?.nextTimes ?? [])].sort()).toEqual(fill?.nextTimes)
    expect(byHand).toMatchObject({ id: 'byHand', paused: true, nextTimes: [] })
  })

  test('triggering runs it, paused or not, and not twice at once', async () => {
    await ensure(BY_HAND)
    expect(await operations().trigger('byHand')).toBe('triggered')
    await expect.poll(async () => (await operations().get('byHand')).running, { timeout: 10_000 }).toHaveLength(1)
    const { running, lastRuns } = await operations().get('byHand')
    expect(lastRuns).toMatchObject([{ workflowId: running[0], state: 'running' }])
    expect(await operations().trigger('byHand')).toBe('running')
    const { type, taskQueue } = await client.workflow.getHandle(running[0] ?? '').describe()
    expect([type, taskQueue]).toEqual(['fillGaps', 'test-workflows'])
    await client.workflow.getHandle(running[0] ?? '').terminate()
    expect(await operations().get('byHand')).toMatchObject({ running: [], lastRuns: [{ state: 'terminated' }] })
    expect(await operations().trigger('byHand')).toBe('triggered')
  })

  test('pausing and resuming is what the next look finds', async () => {
    await ensure(FILL)
    await operations().pause('fillGaps', 'the history server is rebuilt')
    expect(await operations().get('fillGaps')).toMatchObject({
      paused: true,
      note: 'the history server is rebuilt',
      nextTimes: [],
    })
    await operations().resume('fillGaps', 'it is back')
    expect(await operations().get('fillGaps')).toMatchObject({ paused: false, note: 'it is back' })
  })

  test('an id that is not declared is not ours, whoever has made it', async () => {
    await expect(operations().trigger('somebodyElses')).rejects.toThrow(EntityNotFound)
  })

  test('without a server it is unavailable', async () => {
    const lost = await Connection.connect({ address: server.address })
    const away = createScheduleOperations(new Client({ connection: lost }), PREFIX, async () => [FILL])
    await lost.close()
    await expect(away.list()).rejects.toThrow(Unavailable)
  })
})
