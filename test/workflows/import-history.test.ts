import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Context } from '@temporalio/activity'
import { WorkflowFailedError, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  FillActivities,
  FillBatchInput,
  FilledSeries,
  ImportActivities,
  ImportChunkInput,
  ImportedChunk,
} from '../../src/activities/history-contract.ts'
import { type GapOperations, gapsWorkflowId } from '../../src/api/gap-routes.ts'
import { importRange } from '../../src/domain/history/plan.ts'
import { createGapOperations } from '../../src/runtime/imports.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import type { FillGapsInput, fillGaps } from '../../src/workflows/fill-gaps.ts'
import { fillGapsProgress, importProgress } from '../../src/workflows/history-messages.ts'
import type { ImportHistoryInput, importHistory } from '../../src/workflows/import-history.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'

Runtime.install({ logger: new DefaultLogger('ERROR') })

const NOW = Date.UTC(2026, 0, 15, 6, 10)
const DAY = 86_400_000

let environment: TestWorkflowEnvironment
let workflowBundle: { readonly codePath: string }

beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
  workflowBundle = { codePath: await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles')) }
})
afterAll(async () => {
  await environment?.teardown()
})

const CHUNK: ImportedChunk = { rows: 168, keptOut: 0, fields: { room_temperature: { values: 168 } }, problems: [] }

interface Script {
  readonly chunks: ImportChunkInput[]
  onChunk: (input: ImportChunkInput) => ImportedChunk | Promise<ImportedChunk>
  onPlan: () => void
}

function importActivities(script: Script): ImportActivities {
  return {
    async planImport({ days, resolutionMinutes }) {
      script.onPlan()
      return {
        range: importRange(NOW, days, resolutionMinutes),
        fields: ['room_temperature', 'outdoor_temperature'],
        missing: ['dh_power'],
        problems: [],
      }
    },
    async importChunk(input) {
      script.chunks.push(input)
      return script.onChunk(input)
    },
  }
}

async function withWorker(
  activities: Partial<ImportActivities & FillActivities>,
  body: (taskQueue: string) => Promise<void>,
): Promise<void> {
  const prefix = `test-${randomUUID()}`
  const connection = environment.nativeConnection
  const workflows = await Worker.create({ connection, taskQueue: `${prefix}-workflows`, workflowBundle })
  const imports = await Worker.create({ connection, taskQueue: `${prefix}-imports`, activities })
  await workflows.runUntil(imports.runUntil(() => body(`${prefix}-workflows`)))
}

async function withImport(
  given: Partial<ImportHistoryInput>,
  change: Partial<Script>,
  body: (handle: WorkflowHandleWithFirstExecutionRunId<typeof importHistory>, script: Script) => Promise<void>,
): Promise<void> {
  const script: Script = { chunks: [], onChunk: () => CHUNK, onPlan: () => undefined, ...change }
  await withWorker({ ...importActivities(script) }, async (taskQueue) => {
    const input: ImportHistoryInput = {
      kind: 'house',
      id: `HEM_FJV_Villa_${randomUUID().slice(0, 8)}`,
      days: 90,
      ...given,
    }
    const handle = await environment.client.workflow.start<typeof importHistory>('importHistory', {
      taskQueue,
      workflowId: `import:${input.kind}:${input.id}`,
      args: [input],
    })
    await body(handle, script)
    await replay(handle)
  })
}

/** Every test also proves that the workflow is deterministic, in all its runs. */
async function replay(handle: { readonly workflowId: string; readonly firstExecutionRunId: string }): Promise<void> {
  const { runId } = await environment.client.workflow.getHandle(handle.workflowId).describe()
  for (const run of new Set([handle.firstExecutionRunId, runId])) {
    const history = await environment.client.workflow.getHandle(handle.workflowId, run).fetchHistory()
    await Worker.runReplayHistory({ workflowBundle }, history, handle.workflowId)
  }
}

/** An activity that goes on until it is told to stop, and says so. */
async function untilCancelled(cancelled: () => void): Promise<never> {
  const beat = setInterval(() => Context.current().heartbeat(), 200)
  try {
    return await Context.current().cancelled
  } catch (error) {
    cancelled()
    throw error
  } finally {
    clearInterval(beat)
  }
}

describe('an import', () => {
  test('goes through all weeks, the newest first, and ends with what it did', async () => {
    await withImport({}, {}, async (handle, { chunks }) => {
      expect(await handle.result()).toMatchObject({
        state: 'done',
        percent: 100,
        chunksDone: 13,
        chunksTotal: 13,
        rows: 13 * 168,
        fields: { room_temperature: { values: 13 * 168 } },
        from: '2025-10-17T05:00:00Z',
        to: '2026-01-15T05:00:00Z',
        dryRun: false,
        issues: ['the history has no signal for dh_power'],
        error: null,
      })
      const { to } = importRange(NOW, 90, 60)
      expect(chunks[0]?.range).toEqual({ from: to - 7 * DAY, to })
      expect(chunks.map(({ range }) => range.to)).toEqual(chunks.map((_, index) => to - index * 7 * DAY))
    })
  })

  test('tells how far it has come', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const onChunk = async ({ range }: ImportChunkInput) => {
      if (range.to < importRange(NOW, 90, 60).to - 20 * DAY) await held
      return CHUNK
    }
    await withImport({}, { onChunk }, async (handle, { chunks }) => {
      while (chunks.length < 4) await new Promise((resolve) => setTimeout(resolve, 50))
      expect(await handle.query(importProgress)).toMatchObject({
        state: 'running',
        step: 'importing 2025-12-18 to 2025-12-25',
        percent: 23,
        chunksDone: 3,
        chunksTotal: 13,
        rows: 3 * 168,
      })
      release()
      await handle.result()
    })
  })

  test('hands the wish for a dry run and its resolution to every chunk', async () => {
    await withImport({ days: 10, dryRun: true, resolutionMinutes: 15 }, {}, async (handle, { chunks }) => {
      expect(await handle.result()).toMatchObject({ dryRun: true, resolutionMinutes: 15, chunksTotal: 2 })
      expect(chunks).toMatchObject([
        { dryRun: true, resolutionMinutes: 15 },
        { dryRun: true, resolutionMinutes: 15 },
      ])
    })
  })

  test('continue-as-new goes on with the next chunk and keeps what was counted', async () => {
    await withImport({ maxEvents: 30 }, {}, async (handle, { chunks }) => {
      const result = await environment.client.workflow.getHandle<typeof importHistory>(handle.workflowId).result()
      expect(result).toMatchObject({ state: 'done', chunksDone: 13, rows: 13 * 168 })
      expect(new Set(chunks.map(({ range }) => range.from)).size).toBe(13)
      expect(chunks).toHaveLength(13)
      const { runId } = await environment.client.workflow.getHandle(handle.workflowId).describe()
      expect(runId).not.toBe(handle.firstExecutionRunId)
    })
  })
})

describe('trouble', () => {
  test('a passing outage is waited for', async () => {
    let failures = 0
    const onChunk = () => {
      failures += 1
      if (failures < 4) throw ApplicationFailure.create({ type: 'Unavailable', message: 'HTTP 503' })
      return CHUNK
    }
    await withImport({ days: 7 }, { onChunk }, async (handle) => {
      expect(await handle.result()).toMatchObject({ state: 'done', chunksDone: 1, rows: 168 })
    })
  })

  test('refused credentials end it with their reason', async () => {
    const onPlan = () => {
      throw ApplicationFailure.nonRetryable('HomeSide refused user name and password', 'CredentialsRejected')
    }
    await withImport({}, { onPlan }, async (handle) => {
      const failure = await handle.result().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(WorkflowFailedError)
      expect((failure as WorkflowFailedError).cause).toMatchObject({ type: 'CredentialsRejected' })
      expect(await handle.query(importProgress)).toMatchObject({
        state: 'failed',
        error: { code: 'CredentialsRejected', message: 'HomeSide refused user name and password' },
      })
    })
  })

  test('an outage without end ends it after hours, not never', async () => {
    const onChunk = () => {
      throw ApplicationFailure.create({ type: 'Unavailable', message: 'HTTP 503' })
    }
    await withImport({ days: 7 }, { onChunk }, async (handle) => {
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError)
      expect(await handle.query(importProgress)).toMatchObject({ state: 'failed', error: { code: 'Unavailable' } })
    })
  })

  test('cancelled, it ends only when its activity has ended, and starts no other', async () => {
    const events: string[] = []
    let begun: () => void = () => undefined
    const running = new Promise<void>((resolve) => {
      begun = resolve
    })
    const onChunk = () => {
      begun()
      return untilCancelled(() => events.push('activity ended'))
    }
    await withImport({}, { onChunk }, async (handle, { chunks }) => {
      await running
      await handle.cancel()
      const failure = await handle.result().catch((error: unknown) => error)
      events.push('workflow ended')
      expect((failure as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure)
      expect(events).toEqual(['activity ended', 'workflow ended'])
      expect(chunks).toHaveLength(1)
      expect(await handle.query(importProgress)).toMatchObject({ state: 'cancelled', chunksDone: 0, error: null })
    })
  })

  test('a killed attempt hands what it had done to the next one', async () => {
    const resumed: unknown[] = []
    const onChunk = async (): Promise<ImportedChunk> => {
      const { info } = Context.current()
      resumed.push(info.heartbeatDetails)
      if (info.attempt > 1) return CHUNK
      Context.current().heartbeat({ doneUntil: 42 })
      // From here on it is never heard of again, as after a kill.
      return new Promise<never>((_, reject) => {
        Context.current().cancelled.catch(reject)
      })
    }
    await withImport({ days: 7 }, { onChunk }, async (handle) => {
      expect(await handle.result()).toMatchObject({ state: 'done' })
      expect(resumed).toEqual([undefined, { doneUntil: 42 }])
    })
  })
})

describe('filling holes', () => {
  const filled = (key: string, left: number): FilledSeries => ({
    key,
    before: { holes: 2, minutes: 100 },
    after: { holes: left === 0 ? 0 : 1, minutes: left },
    fromHistory: 10,
    fromObservations: 1,
    reason: null,
  })

  async function withFill(
    input: FillGapsInput,
    onBatch: (input: FillBatchInput) => { next: string | null; series: FilledSeries[] },
    body: (handle: WorkflowHandleWithFirstExecutionRunId<typeof fillGaps>, batches: FillBatchInput[]) => Promise<void>,
  ): Promise<void> {
    const batches: FillBatchInput[] = []
    const fillBatch: FillActivities['fillBatch'] = async (batch) => {
      batches.push(batch)
      return { looked: 25, ...onBatch(batch) }
    }
    await withWorker({ fillBatch }, async (taskQueue) => {
      const handle = await environment.client.workflow.start<typeof fillGaps>('fillGaps', {
        taskQueue,
        workflowId: `fill-gaps-${randomUUID()}`,
        args: [input],
      })
      await body(handle, batches)
      await replay(handle)
    })
  }

  test('batch after batch, and a report of before and after with the worst first', async () => {
    const answers: Record<string, { next: string | null; series: FilledSeries[] }> = {
      null: { next: 'house:B', series: [filled('house:A', 0), filled('house:B', 20)] },
      'house:B': { next: 'house:D', series: [filled('house:C', 50)] },
      'house:D': { next: null, series: [] },
    }
    const onBatch = ({ after }: FillBatchInput) => answers[String(after)] ?? { next: null, series: [] }
    await withFill({}, onBatch, async (handle, batches) => {
      expect(await handle.result()).toMatchObject({
        looked: 75,
        withHoles: 3,
        before: { holes: 6, minutes: 300 },
        after: { holes: 2, minutes: 70 },
        fromHistory: 30,
        fromObservations: 3,
        worst: [{ key: 'house:C' }, { key: 'house:B' }],
      })
      expect(batches.map(({ after, days, dryRun }) => [after, days, dryRun])).toEqual([
        [null, 14, false],
        ['house:B', 14, false],
        ['house:D', 14, false],
      ])
      expect(await handle.query(fillGapsProgress)).toMatchObject({ state: 'done' })
    })
  })

  test('continue-as-new goes on behind the last batch', async () => {
    const onBatch = ({ after }: FillBatchInput) => {
      const number = after === null ? 0 : Number(after)
      return { next: number < 9 ? String(number + 1) : null, series: [] }
    }
    await withFill({ maxEvents: 20, dryRun: true }, onBatch, async (handle, batches) => {
      const result = await environment.client.workflow.getHandle<typeof fillGaps>(handle.workflowId).result()
      expect(result.looked).toBe(250)
      expect(batches.map(({ after }) => after)).toEqual([null, '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    })
  })

  test('a store that stays away ends the run; the next one finds the rest', async () => {
    const onBatch = () => {
      throw ApplicationFailure.create({ type: 'StoreUnavailable', message: 'the disk is full' })
    }
    await withFill({}, onBatch, async (handle, batches) => {
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError)
      expect(batches.length).toBe(8)
      expect(await handle.query(fillGapsProgress)).toMatchObject({
        state: 'failed',
        error: { code: 'StoreUnavailable', message: 'the disk is full' },
      })
    })
  })

  describe('on demand', () => {
    const start = (onBatch: FillActivities['fillBatch'], body: (gaps: GapOperations) => Promise<void>) =>
      withWorker({ fillBatch: onBatch }, (taskQueue) =>
        body(createGapOperations(environment.client, taskQueue.replace(/-workflows$/, ''))),
      )
    const wish = { entities: [{ kind: 'house', id: 'A' }], days: 30, dryRun: true } as const

    test('hands the wish on, and its progress tells before and after', async () => {
      const batches: FillBatchInput[] = []
      const onBatch = async (batch: FillBatchInput) => {
        batches.push(batch)
        return { looked: 2, next: null, series: [filled('house:A', 20)] }
      }
      await start(onBatch, async (gaps) => {
        const reference = await gaps.startFill(wish)
        await environment.client.workflow.getHandle(gapsWorkflowId(reference)).result()
        expect(batches).toEqual([{ after: null, ...wish }])
        expect(await gaps.fillProgress(reference)).toMatchObject({
          state: 'done',
          days: 30,
          dryRun: true,
          report: { looked: 2, before: { holes: 2, minutes: 100 }, after: { holes: 1, minutes: 20 } },
          error: null,
        })
      })
    })

    test('one that was terminated does not look as if it ran', async () => {
      let begun = () => {}
      const running = new Promise<void>((resolve) => {
        begun = resolve
      })
      const onBatch = () => {
        begun()
        return new Promise<never>((_, reject) => {
          Context.current().cancelled.catch(reject)
        })
      }
      await start(onBatch, async (gaps) => {
        const reference = await gaps.startFill(wish)
        await running
        expect(await gaps.fillProgress(reference)).toMatchObject({ state: 'running', error: null })
        await environment.client.workflow.getHandle(gapsWorkflowId(reference)).terminate('by the test')
        expect(await gaps.fillProgress(reference)).toMatchObject({ state: 'failed', error: { code: 'Terminated' } })
      })
    })

    test('a reference nobody knows has no progress', async () => {
      await start(
        async () => ({ looked: 0, next: null, series: [] }),
        async (gaps) => expect(await gaps.fillProgress('00000000')).toBeUndefined(),
      )
    })
  })
})
