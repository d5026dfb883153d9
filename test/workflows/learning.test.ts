/** The runs over all houses that learn and forecast: one house that fails, long lists, imports that come meanwhile. */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EvaluatedSavings, SavingsActivities } from '../../src/activities/savings-contract.ts'
import type { LearnedHouse, ThermalActivities } from '../../src/activities/thermal-contract.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import type { forecastIndoor } from '../../src/workflows/forecast-indoor.ts'
import type { learnThermal } from '../../src/workflows/learn-thermal.ts'
import '../support/quiet-temporal.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'

let environment: TestWorkflowEnvironment
let workflowBundle: { readonly codePath: string }

beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
  workflowBundle = { codePath: await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles')) }
})
afterAll(async () => {
  await environment?.teardown()
})

interface Town {
  readonly houses: readonly string[]
  readonly learned: string[]
  readonly forecast: (readonly string[] | null)[]
  readonly lists: { onlyNew: boolean; after: string | null }[]
  readonly told: (string | null)[]
  onTell: (after: string | null) => EvaluatedSavings
  onLearn: (house: string) => LearnedHouse['outcome'] | Promise<LearnedHouse['outcome']>
}

const NONE_TOLD: EvaluatedSavings = { houses: 0, days: 0, failed: 0, next: null }

function townOf(houses: readonly string[]): Town {
  return { houses, learned: [], forecast: [], lists: [], told: [], onTell: () => NONE_TOLD, onLearn: () => 'fitted' }
}

/** Two houses in an answer. */
function activities(town: Town): ThermalActivities & SavingsActivities {
  return {
    async housesToLearn(onlyNew, after) {
      town.lists.push({ onlyNew, after })
      const rest = town.houses.filter((house) => after === null || house > after)
      return { houses: rest.slice(0, 2), next: rest.length > 2 ? (rest[1] ?? null) : null }
    },
    async learnHouse(house) {
      town.learned.push(house)
      const outcome = await town.onLearn(house)
      return { house, outcome, version: outcome === 'none' ? null : 'rc2', reason: 'It is so.' }
    },
    async forecastIndoor(houses) {
      town.forecast.push(houses)
      return { issued: houses?.length ?? 5, scored: 3, without: 0 }
    },
    async evaluateSavings(after) {
      town.told.push(after)
      return town.onTell(after)
    },
  }
}

async function run<T>(town: Town, work: (taskQueue: string) => Promise<T>): Promise<T> {
  const prefix = `test-${randomUUID()}`
  const { nativeConnection: connection } = environment
  const workflows = await Worker.create({ connection, taskQueue: `${prefix}-workflows`, workflowBundle })
  const learning = await Worker.create({
    connection,
    taskQueue: `${prefix}-learning`,
    activities: { ...activities(town) },
  })
  return workflows.runUntil(learning.runUntil(work(`${prefix}-workflows`)))
}

const learn = (taskQueue: string, args: Parameters<typeof learnThermal> = [{}]) =>
  environment.client.workflow.execute<typeof learnThermal>('learnThermal', {
    taskQueue,
    workflowId: randomUUID(),
    args,
  })

test('every house is learned, page by page, and forecast as soon as it is fitted', async () => {
  const town = townOf(['A', 'B', 'C', 'D', 'E'])
  town.onLearn = (house) => (house === 'C' ? 'kept' : house === 'D' ? 'none' : 'fitted')
  const report = await run(town, (queue) => learn(queue))
  expect(report).toEqual({ fitted: 3, kept: 1, none: 1, forecasts: 3, failures: [] })
  expect([...town.learned].sort()).toEqual(['A', 'B', 'C', 'D', 'E'])
  expect(town.forecast.map((houses) => houses?.join()).sort()).toEqual(['A', 'B', 'E'])
  expect(town.lists).toEqual([
    { onlyNew: false, after: null },
    { onlyNew: false, after: 'B' },
    { onlyNew: false, after: 'D' },
  ])
})

test('a house that cannot be learned keeps no other one waiting, and is told of', async () => {
  const town = townOf(['A', 'B', 'C'])
  town.onLearn = (house) => {
    if (house === 'A') throw ApplicationFailure.nonRetryable('the profile of A has a fault', 'BadConfig')
    return 'fitted'
  }
  const report = await run(town, (queue) => learn(queue))
  expect(report).toMatchObject({ fitted: 2, failures: [{ house: 'A', message: 'the profile of A has a fault' }] })
})

test('a run goes on where one before it has ended, and counts on', async () => {
  const town = townOf(['A', 'B', 'C'])
  const done = { fitted: 2, kept: 0, none: 0, forecasts: 2, failures: [] }
  const report = await run(town, (queue) => learn(queue, [{ after: 'B', done }]))
  expect(report).toEqual({ ...done, fitted: 3, forecasts: 3 })
  expect(town.learned).toEqual(['C'])
})

test('houses that are named are learned without asking which', async () => {
  const town = townOf(['A', 'B', 'C'])
  await run(town, (queue) => learn(queue, [{ houses: ['B'] }]))
  expect([town.learned, town.lists]).toEqual([['B'], []])
})

test('an import that is told meanwhile has new houses looked at once more', async () => {
  const town = townOf(['A'])
  await run(town, async (taskQueue) => {
    const handle = await environment.client.workflow.start<typeof learnThermal>('learnThermal', {
      taskQueue,
      workflowId: randomUUID(),
      args: [{}],
    })
    town.onLearn = async (): Promise<LearnedHouse['outcome']> => {
      if (town.learned.length === 1) await handle.signal('imported')
      return 'fitted'
    }
    await handle.result()
  })
  expect(town.learned).toEqual(['A', 'A'])
  expect(town.lists.map(({ onlyNew }) => onlyNew)).toEqual([false, true])
})

test('the hourly run forecasts all houses first, then learns the new ones', async () => {
  const town = townOf(['A'])
  const report = await run(town, (taskQueue) =>
    environment.client.workflow.execute<typeof forecastIndoor>('forecastIndoor', {
      taskQueue,
      workflowId: randomUUID(),
    }),
  )
  expect(report).toMatchObject({ forecasts: { issued: 5, scored: 3 }, learned: { fitted: 1, forecasts: 1 } })
  expect(town.forecast).toEqual([null, ['A']])
  expect(town.lists).toEqual([{ onlyNew: true, after: null }])
})

test('the hourly run leaves what it has not begun with in forty minutes to the next one', async () => {
  const town = townOf(['A', 'B', 'C', 'D', 'E', 'F'])
  town.onLearn = (house) => {
    if (town.learned.filter((one) => one === house).length > 1) return 'fitted'
    throw ApplicationFailure.create({ message: 'the store is away', nextRetryDelay: '25 minutes' })
  }
  const report = await run(town, (taskQueue) =>
    environment.client.workflow.execute<typeof forecastIndoor>('forecastIndoor', {
      taskQueue,
      workflowId: randomUUID(),
    }),
  )
  expect(report.learned).toMatchObject({ fitted: 4, failures: [] })
  expect(new Set(town.learned)).toEqual(new Set(['A', 'B', 'C', 'D']))
})

test('what steering has saved is told after the models are learned, page by page', async () => {
  const town = townOf(['A'])
  town.onTell = (after) => ({ ...NONE_TOLD, next: after === null ? 'A' : null })
  await run(town, (queue) => learn(queue))
  expect(town.told).toEqual([null, 'A'])
})

test('savings that cannot be told cost nobody the models', async () => {
  const town = townOf(['A'])
  town.onTell = () => {
    throw ApplicationFailure.nonRetryable('the store is away')
  }
  expect(await run(town, (queue) => learn(queue))).toMatchObject({ fitted: 1, failures: [] })
})
