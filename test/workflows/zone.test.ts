import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ZoneRequest } from '../../src/activities/contract.ts'
import { requestZone } from '../../src/workflows/messages.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import { failure, withLoop } from './support.ts'

let environment: TestWorkflowEnvironment

beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
})
afterAll(async () => {
  await environment?.teardown()
})

const HOUR = 3_600_000

async function override(requestId: string, temperature: number): Promise<ZoneRequest> {
  const now = await environment.currentTimeMs()
  return { type: 'override', requestId, temperature, until: now + 2 * HOUR, by: 'an operator' }
}
const soon = async () => (await environment.currentTimeMs()) + 60_000

test('a wish for a setpoint is handed to a cycle at once, and to no other once it was taken', async () => {
  await withLoop('zone', environment, {}, async ({ handle, script }) => {
    await environment.sleep('6 minutes')
    const polls = script.polls.length
    const request = await override('one', 22.5)
    await handle.executeUpdate(requestZone, { args: [{ request, expiresAt: await soon() }] })
    await environment.sleep('11 minutes')
    const requests = script.polls.slice(polls).map((poll) => poll.request)
    expect(requests[0]).toEqual(request)
    expect(requests.slice(1).every((later) => later === undefined)).toBe(true)
  })
})

test('a wish no cycle could take waits for the next one, also over a renewed run', async () => {
  let offline = true
  const onPoll = () => {
    if (offline) throw failure('Unavailable', 'the device does not answer')
    return {}
  }
  await withLoop('zone', environment, { maxEvents: 40, script: { onPoll } }, async ({ handle, script }) => {
    const request = await override('two', 19)
    await handle.executeUpdate(requestZone, { args: [{ request, expiresAt: await soon() }] })
    await environment.sleep('50 minutes')
    offline = false
    const polls = script.polls.length
    await environment.sleep('6 minutes')
    expect(script.polls[polls]?.request).toEqual(request)
    await environment.sleep('5 minutes')
    expect(script.polls.at(-1)?.request).toBeUndefined()
    const { runId } = await environment.client.workflow.getHandle(handle.workflowId).describe()
    expect(runId).not.toBe(handle.firstExecutionRunId)
  })
})

test('a wish that arrives after its caller has given up is refused', async () => {
  await withLoop('zone', environment, {}, async ({ handle, script }) => {
    const request = await override('three', 22)
    const expiresAt = (await environment.currentTimeMs()) - 1
    await expect(handle.executeUpdate(requestZone, { args: [{ request, expiresAt }] })).rejects.toThrow()
    await environment.sleep('6 minutes')
    expect(script.polls.every((poll) => poll.request === undefined)).toBe(true)
  })
})
