import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ReconcileReport, WeatherRefreshReport } from '../../src/activities/contract.ts'
import { RECONCILE_WORKFLOW_ID, restartSystemLoops, WEATHER_WORKFLOW_ID } from '../../src/runtime/temporal.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import { reconcileNow, refreshWeatherNow } from '../../src/workflows/messages.ts'
import { testServer } from '../support/servers.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import '../support/quiet-temporal.ts'

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

async function withPipelines(
  activities: Record<string, () => Promise<unknown>>,
  workflowType: string,
  body: (handle: WorkflowHandle) => Promise<void>,
): Promise<void> {
  const prefix = `test-${randomUUID()}`
  const connection = environment.nativeConnection
  const workflows = await Worker.create({
    connection,
    taskQueue: `${prefix}-workflows`,
    workflowBundle: { codePath },
  })
  const pipelines = await Worker.create({ connection, taskQueue: `${prefix}-pipelines`, activities })
  await workflows.runUntil(
    pipelines.runUntil(async () => {
      const handle = await environment.client.workflow.start(workflowType, {
        taskQueue: `${prefix}-workflows`,
        workflowId: `${workflowType}-${randomUUID()}`,
        args: [],
      })
      try {
        await body(handle)
        await Worker.runReplayHistory({ workflowBundle: { codePath } }, await handle.fetchHistory())
      } finally {
        // A loop left behind would keep the server's clock from skipping for the next test.
        await handle.terminate('test is over')
      }
    }),
  )
}

const report = (at: number): ReconcileReport => ({
  at: new Date(at).toISOString(),
  configured: 1,
  started: [],
  stopped: [],
  changed: [],
  misconfigured: [],
  refused: null,
})

test.skipIf(missing)(
  'reconciliation runs every minute, at once when asked, and a failed round does not end it',
  async () => {
    let rounds = 0
    const reconcile = async () => {
      rounds += 1
      if (rounds === 2) throw ApplicationFailure.nonRetryable('the folder cannot be listed')
      return report(rounds)
    }
    await withPipelines({ reconcile }, 'reconcileEntities', async (handle) => {
      await environment.sleep(5.5 * 60_000)
      expect(rounds).toBe(6)
      await handle.signal(reconcileNow)
      await environment.sleep('1 second')
      expect(rounds).toBe(7)
      expect(await handle.query('report')).toMatchObject({ configured: 1 })
    })
  },
)

test.skipIf(missing)('weather is asked for every ten minutes and at once when a place appears', async () => {
  let rounds = 0
  const round = async (): Promise<WeatherRefreshReport> => {
    rounds += 1
    return { places: 1, updated: 1, failed: [] }
  }
  await withPipelines({ refreshWeather: round }, 'refreshWeather', async (handle) => {
    await environment.sleep('31 minutes')
    expect(rounds).toBe(4)
    await handle.signal(refreshWeatherNow)
    await environment.sleep('1 second')
    expect(rounds).toBe(5)
  })
})

test.skipIf(missing)('a loop that somebody has ended is started again, one that runs is left alone', async () => {
  const { client } = environment
  const prefix = `test-${randomUUID()}`
  expect((await restartSystemLoops(client, prefix)).sort()).toEqual([RECONCILE_WORKFLOW_ID, WEATHER_WORKFLOW_ID])
  expect(await restartSystemLoops(client, prefix)).toEqual([])
  await client.workflow.getHandle(RECONCILE_WORKFLOW_ID).terminate('an operator')
  expect(await restartSystemLoops(client, prefix)).toEqual([RECONCILE_WORKFLOW_ID])
  for (const id of [RECONCILE_WORKFLOW_ID, WEATHER_WORKFLOW_ID]) await client.workflow.getHandle(id).terminate()
})
