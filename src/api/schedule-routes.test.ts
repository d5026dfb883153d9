import { OpenAPIHono } from '@hono/zod-openapi'
import { beforeEach, describe, expect, test } from 'vitest'
import { Unavailable } from '../connectors/errors.ts'
import { silentLogger } from '../runtime/log.ts'
import { Problem, toProblem } from './problem.ts'
import { registerScheduleRoutes, type ScheduleView } from './schedule-routes.ts'
import { FakeSchedules } from './testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from './testing/request.ts'

const VIEW: ScheduleView = {
  id: 'fillGaps',
  does: 'Finds holes and fills them.',
  workflowType: 'fillGaps',
  paused: false,
  note: null,
  nextTimes: ['2026-01-10T11:00:00Z', '2026-01-11T06:30:00Z'],
  running: [],
  lastRuns: [
    {
      workflowId: 'fillGaps-2026-01-10T06:30:00Z',
      scheduledAt: '2026-01-10T06:30:00Z',
      startedAt: '2026-01-10T06:30:01Z',
      state: 'done',
    },
  ],
}

let schedules: FakeSchedules
let ask: ReturnType<typeof asker>

beforeEach(() => {
  schedules = new FakeSchedules()
  schedules.views = [VIEW]
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw new Problem(result.target === 'param' ? 404 : 422, result.error.message)
    },
  })
  app.onError((error, context) => toProblem(error, context, silentLogger).toResponse())
  registerScheduleRoutes(app, { schedules })
  ask = asker(app)
})

const post = (path: string, body?: unknown) =>
  ask(`/api/v1/schedules/${path}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  })

test('the list tells what each does, when it ran and when it runs', async () => {
  const response = await ask('/api/v1/schedules')
  expect(response.status).toBe(200)
  expect(await jsonOf(response)).toEqual({ schedules: [VIEW] })
})

describe('acting', () => {
  test('trigger runs it now, paused or not', async () => {
    schedules.views = [{ ...VIEW, paused: true }]
    const response = await post('fillGaps/trigger')
    expect(response.status).toBe(202)
    expect(await jsonOf(response)).toMatchObject({ action: 'trigger', dryRun: false, schedule: { id: 'fillGaps' } })
    expect(schedules.changes).toEqual(['trigger fillGaps'])
  })

  test('a run that has not ended is not doubled, in a dry run neither', async () => {
    schedules.views = [{ ...VIEW, running: ['fillGaps-2026-01-10T07:00:00Z'] }]
    const response = await post('fillGaps/trigger')
    expect(response.status).toBe(409)
    expect((await jsonOf<ProblemAnswer>(response)).detail).toContain('has not ended yet')
    expect((await post('fillGaps/trigger?dryRun=true')).status).toBe(409)
    expect(schedules.changes).toEqual([])
  })

  test('pause keeps the note, resume clears the pause', async () => {
    const paused = await post('fillGaps/pause', { note: 'the history server is rebuilt' })
    expect(paused.status).toBe(200)
    expect(await jsonOf(paused)).toMatchObject({
      action: 'pause',
      schedule: { paused: true, note: 'the history server is rebuilt' },
    })
    const resumed = await post('fillGaps/resume')
    expect(await jsonOf(resumed)).toMatchObject({ action: 'resume', schedule: { paused: false } })
    expect(schedules.changes).toEqual([
      'pause fillGaps: the history server is rebuilt',
      'resume fillGaps: resumed over the API',
    ])
  })

  test.each(['trigger', 'pause', 'resume'])(
    'a dry run of %s answers as it stands and changes nothing',
    async (action) => {
      const response = await post(`fillGaps/${action}?dryRun=true`)
      expect(response.status).toBe(200)
      expect(await jsonOf(response)).toEqual({ action, dryRun: true, schedule: VIEW })
      expect(schedules.changes).toEqual([])
    },
  )
})

describe('refused', () => {
  test.each(['trigger', 'pause', 'resume', 'trigger?dryRun=true', 'pause?dryRun=true'])(
    '%s of a schedule that is not ours is 404',
    async (action) => {
      expect((await post(`somebodyElses/${action}`)).status).toBe(404)
      expect(schedules.changes).toEqual([])
    },
  )

  test.each([[{ note: '' }], [{ note: 7 }], [{ reason: 'x' }]])('the body %j is 422', async (body) => {
    expect((await post('fillGaps/pause', body)).status).toBe(422)
    expect(schedules.changes).toEqual([])
  })

  test('without Temporal everything is 503', async () => {
    schedules.fault = new Unavailable('the Temporal server cannot be reached')
    expect((await ask('/api/v1/schedules')).status).toBe(503)
    expect((await post('fillGaps/trigger')).status).toBe(503)
  })
})
