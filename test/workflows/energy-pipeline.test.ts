/** The daily pipeline and the look into the inbox: what goes on when a file or an entity fails, and what is looked at again. */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { DueEntities, EnergyActivities } from '../../src/activities/energy-contract.ts'
import type { EnergyFile, EnergyImportActivities } from '../../src/activities/energy-import-contract.ts'
import type { EntityRef } from '../../src/domain/entity.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import { type EnergyProgress, energyDelivered } from '../../src/workflows/energy-messages.ts'
import { activityQueue, workflowQueue } from '../../src/workflows/queues.ts'
import '../support/quiet-temporal.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import { addSearchAttributes } from './support.ts'

const EK = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const
const KVARNEN = { kind: 'building', id: 'TE901_KVARNEN' } as const

let environment: TestWorkflowEnvironment
let codePath: string
let prefix: string
let calls: string[]
let activities: EnergyActivities & EnergyImportActivities
let workers: Worker[]
let running: Promise<void>[]

beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
  await addSearchAttributes(environment)
  codePath = await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles'))
})
afterAll(() => environment?.teardown())

beforeEach(async () => {
  prefix = `pipeline-${randomUUID()}`
  calls = []
  activities = working()
  const connection = environment.nativeConnection
  const { namespace } = environment.client.options
  const told = Object.keys(activities) as (keyof typeof activities)[]
  workers = await Promise.all([
    Worker.create({ connection, namespace, taskQueue: workflowQueue(prefix), workflowBundle: { codePath } }),
    Worker.create({
      connection,
      namespace,
      taskQueue: activityQueue(prefix, 'energy'),
      // Looked up at each call, so that a test can put in its own.
      activities: Object.fromEntries(
        told.map((name) => [name, (...args: never[]) => (activities[name] as (...given: never[]) => unknown)(...args)]),
      ),
    }),
  ])
  running = workers.map((worker) => worker.run())
})
afterEach(async () => {
  for (const worker of workers) worker.shutdown()
  await Promise.all(running)
})

function file(name: string): EnergyFile {
  return { inbox: 'main', name, bytes: 10, revision: 'r1' }
}

/** One file, two entities with due days, everything done at once. */
function working(): typeof activities {
  let due: readonly EntityRef[] = [KVARNEN, EK]
  return {
    async listEnergyFiles() {
      calls.push('list')
      return [file('energy_20260110.txt')]
    },
    async importEnergyFile({ name, inbox, revision }) {
      calls.push(`import ${name}`)
      const counts = { added: 48, corrected: 0, unchanged: 0, superseded: 0, missing: 0, refused: 1 }
      return { inbox, name, revision, ...counts, touched: [] }
    },
    async writeEnergyRequest() {
      calls.push('request')
      return { meters: 2 }
    },
    async entitiesToSeparate(): Promise<DueEntities> {
      const entities = due
      due = []
      return { entities, next: null }
    },
    async separateEnergy({ entity }) {
      calls.push(`separate ${entity.id}`)
      return { entity, days: ['2026-01-09'], separable: true, method: 'smoother', reason: null }
    },
    async entitiesToRecalibrate() {
      return { entities: [EK], next: null }
    },
    async recalibrateEntity(entity) {
      calls.push(`recalibrate ${entity.id}`)
      return { entity, accepted: true, kwPerK: 0.16, low: 0.15, high: 0.17, inForce: 0.16, reason: null }
    },
    async forecastEnergy() {
      calls.push('forecast')
      return { issued: 2 }
    },
  }
}

async function start(type: 'dailyEnergy' | 'checkEnergyInbox') {
  return environment.client.workflow.start<() => Promise<EnergyProgress>>(type, {
    taskQueue: workflowQueue(prefix),
    workflowId: `${type}-${randomUUID()}`,
    args: [],
  })
}

test('every morning: files, request, splits, heat losses, forecast, in this order; the run replays', async () => {
  const handle = await start('dailyEnergy')
  expect(await handle.result()).toMatchObject({
    state: 'done',
    files: { imported: 1, failed: 0, hoursAdded: 48, rowsRefused: 1 },
    separated: { entities: 2, days: 2, notSeparable: 0 },
    recalibrated: { accepted: 1, kept: 0 },
    failures: [],
  })
  expect(calls.slice(0, 3)).toEqual(['list', 'import energy_20260110.txt', 'request'])
  expect(calls.slice(3, 5).sort()).toEqual([`separate ${EK.id}`, `separate ${KVARNEN.id}`])
  expect(calls.slice(5)).toEqual([`recalibrate ${EK.id}`, 'forecast'])
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, await handle.fetchHistory())
})

test('a file and an entity that fail keep no other one waiting, and are told of', async () => {
  const whole = activities
  activities = {
    ...whole,
    listEnergyFiles: async () => [file('broken.txt'), file('good.txt')],
    async importEnergyFile(given) {
      if (given.name === 'broken.txt') throw ApplicationFailure.nonRetryable('it cannot be read', 'BadData')
      return whole.importEnergyFile(given)
    },
    async separateEnergy(input) {
      if (input.entity.id === EK.id) throw ApplicationFailure.nonRetryable('no configuration', 'BadConfig')
      return whole.separateEnergy(input)
    },
  }
  const progress = await (await start('dailyEnergy')).result()
  expect(progress).toMatchObject({ state: 'done', files: { imported: 1, failed: 1 }, separated: { entities: 1 } })
  expect(progress.failures).toEqual([
    { what: 'broken.txt', message: 'it cannot be read' },
    { what: `house:${EK.id}`, message: 'no configuration' },
  ])
})

test('an inbox that cannot be reached for long is told as the end of the run', async () => {
  activities = {
    ...activities,
    listEnergyFiles: async () => {
      throw ApplicationFailure.create({ message: 'the folder cannot be used: EACCES', type: 'Unavailable' })
    },
  }
  const handle = await start('checkEnergyInbox')
  await expect(handle.result()).rejects.toThrow()
  expect(await handle.query('progress')).toMatchObject({
    state: 'failed',
    error: { code: 'Unavailable', message: 'the folder cannot be used: EACCES' },
  })
})

test('what is delivered while the inbox is looked at is not left until the next hour', async () => {
  const whole = activities
  let looks = 0
  activities = {
    ...whole,
    async listEnergyFiles() {
      looks += 1
      if (looks === 1) {
        await handle.signal(energyDelivered)
        return []
      }
      return [file('late.txt')]
    },
  }
  const handle = await start('checkEnergyInbox')
  expect(await handle.result()).toMatchObject({ state: 'done', files: { imported: 1 } })
  expect(looks).toBe(2)
})

test('an entity that somebody else is separating is left to them', async () => {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const whole = activities
  activities = {
    ...whole,
    async separateEnergy(input) {
      if (input.days !== undefined) await held
      return whole.separateEnergy(input)
    },
  }
  const other = await environment.client.workflow.start('separateEntity', {
    taskQueue: workflowQueue(prefix),
    workflowId: `separate:house:${EK.id}`,
    args: [{ entity: EK, days: ['2026-01-01'] }],
  })
  try {
    const progress = await (await start('dailyEnergy')).result()
    expect(progress).toMatchObject({ state: 'done', separated: { entities: 1 }, failures: [] })
  } finally {
    release()
    await other.result()
  }
})
