/** The energy workflows as the API starts and sees them. */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { EnergyActivities, SeparatedEntity, SeparationInput } from '../../src/activities/energy-contract.ts'
import type { EnergyImportActivities } from '../../src/activities/energy-import-contract.ts'
import type { EnergyOperationProgress, EnergyOperations } from '../../src/api/energy/ports.ts'
import { createEnergyOperations } from '../../src/runtime/energy.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import { activityQueue, workflowQueue } from '../../src/workflows/queues.ts'
import '../support/quiet-temporal.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import { addSearchAttributes } from './support.ts'

const HOUSE = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const
const ID = `separate:house:${HOUSE.id}`
const RECALIBRATED = { accepted: true, kwPerK: 0.16, low: 0.15, high: 0.17, inForce: 0.16, reason: null }

let environment: TestWorkflowEnvironment
let operations: EnergyOperations
let stop: () => Promise<void>
let separated: SeparationInput[]
let listed: number
/** Answer of the separation. */
let onSeparate: (input: SeparationInput) => Promise<SeparatedEntity>
let onList: () => Promise<[]>

beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
  await addSearchAttributes(environment)
  const prefix = `energy-${randomUUID()}`
  const activities: EnergyActivities & EnergyImportActivities = {
    entitiesToSeparate: async () => ({ entities: [], next: null }),
    separateEnergy: async (input) => {
      separated.push(input)
      return onSeparate(input)
    },
    entitiesToRecalibrate: async () => ({ entities: [], next: null }),
    recalibrateEntity: async (entity) => ({ entity, ...RECALIBRATED }),
    forecastEnergy: async () => ({ issued: 0 }),
    listEnergyFiles: async () => {
      listed += 1
      return onList()
    },
    importEnergyFile: async () => {
      throw new Error('nothing is delivered here')
    },
    writeEnergyRequest: async () => ({ meters: 0 }),
  }
  const connection = environment.nativeConnection
  const { namespace } = environment.client.options
  const workers = await Promise.all([
    Worker.create({
      connection,
      namespace,
      taskQueue: workflowQueue(prefix),
      workflowBundle: { codePath: await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles')) },
    }),
    Worker.create({ connection, namespace, taskQueue: activityQueue(prefix, 'energy'), activities }),
  ])
  const running = workers.map((worker) => worker.run())
  stop = async () => {
    for (const worker of workers) worker.shutdown()
    await Promise.all(running)
  }
  operations = createEnergyOperations(environment.client, prefix)
}, 120_000)
afterAll(async () => {
  await stop?.()
  await environment?.teardown()
})
beforeEach(() => {
  separated = []
  listed = 0
  onSeparate = async ({ entity, days = [] }) => ({ entity, days, separable: true, method: 'smoother', reason: null })
  onList = async () => []
})

async function ended(workflowId: string): Promise<EnergyOperationProgress | undefined> {
  for (;;) {
    const progress = await operations.progress(workflowId)
    if (progress?.state !== 'running') return progress
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const NOTHING = { error: null, pipeline: null, separation: null, recalibration: null }

test('a separation is started with what was asked for, and tells its result', async () => {
  expect(await operations.startSeparation(HOUSE, { days: ['2026-01-09'], dryRun: true })).toBe('started')
  const separation = { entity: HOUSE, days: ['2026-01-09'], separable: true, method: 'smoother', reason: null }
  expect(await ended(ID)).toEqual({ ...NOTHING, state: 'done', step: 'done', separation })
  expect(separated).toEqual([{ entity: HOUSE, days: ['2026-01-09'], dryRun: true }])
})

test('one that runs is not started twice; called off from outside, it says so', async () => {
  let release: (() => void) | undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  onSeparate = async ({ entity }) => {
    await held
    return { entity, days: [], separable: true, method: null, reason: null }
  }
  expect(await operations.startSeparation(HOUSE, { dryRun: false })).toBe('started')
  expect(await operations.startSeparation(HOUSE, { dryRun: false })).toBe('running')
  expect(await operations.progress(ID)).toEqual({ ...NOTHING, state: 'running', step: 'separating' })
  await environment.client.workflow.getHandle(ID).terminate()
  expect(await operations.progress(ID)).toMatchObject({ state: 'failed', error: { code: 'Terminated' } })
  release?.()
})

test('a failure tells its type and its sentence', async () => {
  onSeparate = async () => {
    throw ApplicationFailure.nonRetryable('house HEM_FJV_Villa_901 has a fault', 'BadConfig')
  }
  await operations.startSeparation(HOUSE, { dryRun: false })
  expect(await ended(ID)).toMatchObject({
    state: 'failed',
    error: { code: 'BadConfig', message: 'house HEM_FJV_Villa_901 has a fault' },
  })
})

test('a recalibration tells what became of k', async () => {
  expect(await operations.startRecalibration(HOUSE)).toBe('started')
  const recalibration = { done: [{ entity: HOUSE, ...RECALIBRATED }], failures: [] }
  expect(await ended(`recalibrate:house:${HOUSE.id}`)).toEqual({
    ...NOTHING,
    state: 'done',
    step: 'done',
    recalibration,
  })
})

test('a look into the inbox can be followed, and says why it failed', async () => {
  const workflowId = await operations.startSync()
  expect(await ended(workflowId)).toMatchObject({ state: 'done', pipeline: { files: { imported: 0 }, failures: [] } })
  expect(listed).toBe(1)
  onList = async () => {
    throw ApplicationFailure.nonRetryable('Dropbox does not accept the refresh token', 'CredentialsRejected')
  }
  expect(await ended(await operations.startSync())).toMatchObject({
    state: 'failed',
    error: { code: 'CredentialsRejected', message: 'Dropbox does not accept the refresh token' },
  })
})

test('a workflow nobody knows has no progress', async () => {
  expect(await operations.progress('separate:house:nobody')).toBeUndefined()
})
