import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ReconcileReport, WeatherRefreshReport } from '../../src/activities/contract.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import { reconcileNow, refreshWeatherNow } from '../../src/workflows/messages.ts'
import type { reconcileEntities } from '../../src/workflows/reconcile-entities.ts'
import type { refreshWeather } from '../../src/workflows/refresh-weather.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'

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
  body: (taskQueue: string) => Promise<void>,
): Promise<void> {
  const prefix = `test-${randomUUID()}`
  const connection = environment.nativeConnection
  const workflows = await Worker.create({
    connection,
    taskQueue: `${prefix}-workflows`,
    workflowBundle: { codePath },
  })
  const pipelines = await Worker.create({ connection, taskQueue: `${prefix}-pipelines`, activities })
  await workflows.runUntil(pipelines.runUntil(() => body(`${prefix}-workflows`)))
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

test('reconciliation runs every minute, at once when asked, and a failed round does not end it', async () => {
  let rounds = 0
  const reconcile = async () => {
    rounds += 1
    if (rounds === 2) throw ApplicationFailure.nonRetryable('the folder cannot be listed')
    return report(rounds)
  }
  await withPipelines({ reconcile }, async (taskQueue) => {
    const handle = await environment.client.workflow.start<typeof reconcileEntities>('reconcileEntities', {
      taskQueue,
      workflowId: `reconcile-${randomUUID()}`,
      args: [],
    })
    await environment.sleep('5 minutes 30 seconds')
    expect(rounds).toBe(6)
    await handle.signal(reconcileNow)
    await environment.sleep('1 second')
    expect(rounds).toBe(7)
    expect(await handle.query('report')).toMatchObject({ configured: 1 })
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, await handle.fetchHistory())
    await handle.terminate()
  })
})

test('weather is asked for every ten minutes and at once when a place appears', async () => {
  let rounds = 0
  const round = async (): Promise<WeatherRefreshReport> => {
    rounds += 1
    return { places: 1, updated: 1, failed: [] }
  }
  await withPipelines({ refreshWeather: round }, async (taskQueue) => {
    const handle = await environment.client.workflow.start<typeof refreshWeather>('refreshWeather', {
      taskQueue,
      workflowId: `weather-${randomUUID()}`,
      args: [],
    })
    await environment.sleep('31 minutes')
    expect(rounds).toBe(4)
    await handle.signal(refreshWeatherNow)
    await environment.sleep('1 second')
    expect(rounds).toBe(5)
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, await handle.fetchHistory())
    await handle.terminate()
  })
})
