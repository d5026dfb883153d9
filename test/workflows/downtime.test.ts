/** A loop that nobody runs for a while, as after a crash of everything. On a real server, whose clock nobody skips. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { phaseSeconds } from '../../src/domain/time/cadence.ts'
import { registerSearchAttributes } from '../../src/runtime/temporal.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import type { house } from '../../src/workflows/house.ts'
import { testServer } from '../support/servers.ts'
import { startDevServer, type TestDevServer } from '../support/temporal.ts'
import { type ScriptedLoop, scriptedActivities } from './support.ts'

const binary = await testServer('temporal')
const ID = 'HEM_FJV_Villa_901'
const POLL_SECONDS = 2

describe.skipIf(binary === undefined)('a loop without a worker', () => {
  let server: TestDevServer
  let connection: NativeConnection
  let client: Client

  beforeAll(async () => {
    server = await startDevServer()
    connection = await NativeConnection.connect({ address: server.address })
    client = new Client({ connection: await Connection.connect({ address: server.address }) })
    await registerSearchAttributes(client)
  })
  afterAll(async () => {
    await client?.connection.close()
    await connection?.close()
    await server?.remove()
  })

  test('stamps its first values afterwards with the last due time, not with one long gone', async () => {
    const codePath = await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles'))
    const script: ScriptedLoop = {
      polls: [],
      failedCycles: [],
      pauses: [],
      onPoll: () => ({ pollSeconds: POLL_SECONDS }),
      onOpen: () => ({ pollSeconds: POLL_SECONDS }),
    }
    const worker = () =>
      Worker.create({
        connection,
        taskQueue: 'downtime-workflows',
        workflowBundle: { codePath },
      })
    const activities = await Worker.create({
      connection,
      taskQueue: 'downtime-homeside',
      activities: { ...scriptedActivities(script) },
    })
    await activities.runUntil(async () => {
      const handle = await client.workflow.start<typeof house>('house', {
        taskQueue: 'downtime-workflows',
        workflowId: `house:${ID}`,
        args: [{ id: ID }],
      })
      const cycles = (count: number) =>
        expect.poll(() => script.polls.length, { timeout: 30_000 }).toBeGreaterThan(count)
      await (await worker()).runUntil(() => cycles(2))
      const before = script.polls.length
      await delay(4 * POLL_SECONDS * 1000)
      const backAt = Date.now()
      await (await worker()).runUntil(() => cycles(before))

      const first = script.polls[before]?.dueAt ?? 0
      expect(first).toBeGreaterThan(backAt - POLL_SECONDS * 1000)
      expect((first / 1000) % POLL_SECONDS).toBe(phaseSeconds(ID, POLL_SECONDS))
      const history = await handle.fetchHistory()
      await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, handle.workflowId)
      await handle.terminate('test is over')
    })
  })
})
