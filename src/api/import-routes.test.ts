import { OpenAPIHono } from '@hono/zod-openapi'
import { beforeEach, describe, expect, test } from 'vitest'
import { Unavailable } from '../connectors/errors.ts'
import type { EntityRef } from '../domain/entity.ts'
import { silentLogger } from '../runtime/log.ts'
import type { ImportProgress } from '../workflows/history-messages.ts'
import { type ImportOperations, type ImportWish, registerImportRoutes } from './import-routes.ts'
import { Problem, toProblem } from './problem.ts'
import { fakeDependencies } from './testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from './testing/request.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${ID}/import`
const PROGRESS: ImportProgress = {
  state: 'running',
  step: 'importing 2026-01-01 to 2026-01-08',
  percent: 23,
  chunksDone: 3,
  chunksTotal: 13,
  rows: 504,
  keptOut: 2,
  fields: { room_temperature: { values: 504, outOfRange: 1 } },
  from: '2025-10-17T05:00:00Z',
  to: '2026-01-15T05:00:00Z',
  resolutionMinutes: 60,
  dryRun: false,
  issues: ['room_temperature: 1 values outside what is plausible were left out'],
  error: null,
}

let started: (EntityRef & ImportWish)[]
let running: boolean
let progress: ImportProgress | undefined
let fault: Error | undefined
let fakes: ReturnType<typeof fakeDependencies>

beforeEach(() => {
  started = []
  running = false
  progress = undefined
  fault = undefined
  fakes = fakeDependencies()
  fakes.addHouse()
})

function ask(path: string, init?: Parameters<ReturnType<typeof asker>>[1]) {
  const imports: ImportOperations = {
    async startImport({ kind, id }, wish) {
      if (fault !== undefined) throw fault
      if (running) return 'running'
      started.push({ kind, id, ...wish })
      return 'started'
    },
    async importProgress() {
      if (fault !== undefined) throw fault
      return progress
    },
  }
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw new Problem(result.target === 'param' ? 404 : 422, result.error.message)
    },
  })
  app.onError((error, context) => toProblem(error, context, silentLogger).toResponse())
  registerImportRoutes(app, { ...fakes.dependencies, imports })
  return asker(app)(path, init)
}

const post = (body?: unknown, path = PATH) =>
  ask(path, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  })

describe('starting', () => {
  test('answers 202 with the workflow and where to look', async () => {
    const response = await post({ days: 30, resolutionMinutes: 15, dryRun: true })
    expect(response.status).toBe(202)
    expect(await jsonOf(response)).toEqual({ workflowId: `import:house:${ID}`, progressUrl: PATH })
    expect(started).toEqual([{ kind: 'house', id: ID, days: 30, resolutionMinutes: 15, dryRun: true }])
  })

  test('without a body imports 90 days of hours', async () => {
    expect((await post()).status).toBe(202)
    expect(started).toEqual([{ kind: 'house', id: ID, days: 90, resolutionMinutes: 60, dryRun: false }])
  })

  test.each([[{ days: 0 }], [{ days: 1.5 }], [{ days: 90_000 }], [{ resolutionMinutes: 7 }], [{ dryrun: true }]])(
    '%j is refused',
    async (body) => {
      expect((await post(body)).status).toBe(422)
      expect(started).toEqual([])
    },
  )

  test('one that runs already is not disturbed', async () => {
    running = true
    const response = await post()
    expect(response.status).toBe(409)
    expect((await jsonOf<ProblemAnswer>(response)).detail).toContain('runs already')
  })

  test('a zone, an unknown house and one with a broken file are refused', async () => {
    fakes.config.put({ kind: 'zone', id: 'hall' }, { name: 'Hall' })
    fakes.config.putBroken({ kind: 'house', id: 'B' }, [{ path: 'comfort', message: 'expected an object' }])
    expect((await post({}, '/api/v1/entities/zone/hall/import')).status).toBe(409)
    expect((await post({}, '/api/v1/entities/house/B/import')).status).toBe(409)
    expect((await post({}, '/api/v1/entities/house/nobody/import')).status).toBe(404)
  })

  test('without Temporal it is 503', async () => {
    fault = new Unavailable('the Temporal server cannot be reached')
    expect((await post()).status).toBe(503)
  })
})

describe('progress', () => {
  test('is that of the workflow', async () => {
    progress = PROGRESS
    const response = await ask(PATH)
    expect(response.status).toBe(200)
    expect(await jsonOf(response)).toEqual(PROGRESS)
  })

  test('of an entity never imported is 404', async () => {
    expect((await ask(PATH)).status).toBe(404)
  })
})
