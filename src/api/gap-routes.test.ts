import { OpenAPIHono } from '@hono/zod-openapi'
import { beforeEach, describe, expect, test } from 'vitest'
import { Unavailable } from '../connectors/errors.ts'
import { silentLogger } from '../runtime/log.ts'
import type { FillGapsProgress } from '../workflows/history-messages.ts'
import { type FillWish, type GapOperations, registerGapRoutes } from './gap-routes.ts'
import { Problem, toProblem } from './problem.ts'
import { fakeDependencies } from './testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from './testing/request.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = '/api/v1/gaps/fill'
const REFERENCE = '1f0c2b9a'
const PROGRESS: FillGapsProgress = {
  state: 'done',
  days: 14,
  dryRun: false,
  report: {
    looked: 12,
    withHoles: 1,
    before: { holes: 2, minutes: 150 },
    after: { holes: 1, minutes: 30 },
    fromHistory: 25,
    fromObservations: 0,
    worst: [
      {
        key: `house:${ID}`,
        before: { holes: 2, minutes: 150 },
        after: { holes: 1, minutes: 30 },
        fromHistory: 25,
        fromObservations: 0,
        reason: 'the history of the vendor has no values for it',
      },
    ],
  },
  error: null,
}

let started: FillWish[]
let asked: string[]
let progress: FillGapsProgress | undefined
let fault: Error | undefined
let fakes: ReturnType<typeof fakeDependencies>

beforeEach(() => {
  started = []
  asked = []
  progress = undefined
  fault = undefined
  fakes = fakeDependencies()
  fakes.addHouse()
})

function ask(path: string, init?: Parameters<ReturnType<typeof asker>>[1]) {
  const gaps: GapOperations = {
    async startFill(wish) {
      if (fault !== undefined) throw fault
      started.push(wish)
      return REFERENCE
    },
    async fillProgress(reference) {
      if (fault !== undefined) throw fault
      asked.push(reference)
      return progress
    },
  }
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw new Problem(result.target === 'param' ? 404 : 422, result.error.message)
    },
  })
  app.onError((error, context) => toProblem(error, context, silentLogger).toResponse())
  registerGapRoutes(app, { ...fakes.dependencies, gaps })
  return asker(app)(path, init)
}

const post = (body?: unknown) =>
  ask(PATH, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  })

describe('starting', () => {
  test('without a body looks at everything of the last 14 days', async () => {
    const response = await post()
    expect(response.status).toBe(202)
    expect(await jsonOf(response)).toEqual({
      workflowId: `gaps:${REFERENCE}`,
      progressUrl: `${PATH}/${REFERENCE}`,
    })
    expect(started).toEqual([{ days: 14, dryRun: false }])
  })

  test('hands on the entities, the days and the dry run', async () => {
    const entities = [{ kind: 'house', id: ID }]
    expect((await post({ entities, days: 30, dryRun: true })).status).toBe(202)
    expect(started).toEqual([{ entities, days: 30, dryRun: true }])
  })

  test('entities that are not configured are all named, and nothing is started', async () => {
    const response = await post({
      entities: [
        { kind: 'house', id: 'nobody' },
        { kind: 'house', id: ID },
        { kind: 'zone', id: 'attic' },
      ],
    })
    expect(response.status).toBe(422)
    expect((await jsonOf<ProblemAnswer & { errors: unknown }>(response)).errors).toEqual([
      { path: 'entities.0', message: 'there is no house nobody' },
      { path: 'entities.2', message: 'there is no zone attic' },
    ])
    expect(started).toEqual([])
  })

  test.each([
    [{ days: 0 }],
    [{ days: 1.5 }],
    [{ days: 4000 }],
    [{ entities: [] }],
    [{ entities: [{ kind: 'ship', id: ID }] }],
    [{ entities: [{ kind: 'house', id: '../.env' }] }],
    [{ entities: ID }],
    [{ dryrun: true }],
  ])('%j is refused', async (body) => {
    expect((await post(body)).status).toBe(422)
    expect(started).toEqual([])
  })

  test('without Temporal it is 503', async () => {
    fault = new Unavailable('the Temporal server cannot be reached')
    expect((await post()).status).toBe(503)
  })
})

describe('progress', () => {
  test('is that of the workflow: holes before and after', async () => {
    progress = PROGRESS
    const response = await ask(`${PATH}/${REFERENCE}`)
    expect(response.status).toBe(200)
    expect(await jsonOf(response)).toEqual(PROGRESS)
    expect(asked).toEqual([REFERENCE])
  })

  test('of a run nobody knows is 404', async () => {
    expect((await ask(`${PATH}/${REFERENCE}`)).status).toBe(404)
  })

  test('of what cannot be a reference is 404, and Temporal is not asked', async () => {
    expect((await ask(`${PATH}/reconcile`)).status).toBe(404)
    expect(asked).toEqual([])
  })

  test('without a worker it is 503', async () => {
    fault = new Unavailable('no worker answers')
    expect((await ask(`${PATH}/${REFERENCE}`)).status).toBe(503)
  })
})
