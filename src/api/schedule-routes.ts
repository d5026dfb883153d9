/** `/api/v1/schedules`: what BVPro does by the clock, and running, pausing or resuming it by hand. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from './answers.ts'
import type { ApiDependencies } from './dependencies.ts'
import { Problem } from './problem.ts'
import { dryRunFlag } from './zones/schemas.ts'

/** A schedule of this installation as it stands on the Temporal server. Times are ISO 8601 UTC. */
export interface ScheduleView {
  readonly id: string
  /** A sentence for people. */
  readonly does: string
  readonly workflowType: string
  readonly paused: boolean
  /** What an operator has left with the schedule; null when nothing. */
  readonly note: string | null
  /** The next times it runs by itself, ascending; empty when it is paused or has no times. */
  readonly nextTimes: readonly string[]
  /** Workflow ids of runs that have not ended. */
  readonly running: readonly string[]
  /** The newest few, newest first. */
  readonly lastRuns: readonly ScheduledRun[]
}

export const RUN_STATES = ['running', 'done', 'failed', 'cancelled', 'terminated', 'timed out'] as const

export interface ScheduledRun {
  readonly workflowId: string
  /** When it was due. */
  readonly scheduledAt: string
  readonly startedAt: string
  /** Null when Temporal has forgotten the run. */
  readonly state: (typeof RUN_STATES)[number] | null
}

/**
 * Looks at and acts on the schedules of this installation, and no others of the namespace. All reject with `Unavailable`
 * when Temporal cannot be reached; those that take an id with `EntityNotFound` when there is no such schedule.
 */
export interface ScheduleOperations {
  list(): Promise<ScheduleView[]>
  get(id: string): Promise<ScheduleView>
  /** Runs it now, paused or not. `running` when a run of it has not ended yet: it is left as it is. */
  trigger(id: string): Promise<'triggered' | 'running'>
  /** Pausing what is paused replaces the note. */
  pause(id: string, note: string): Promise<void>
  resume(id: string, note: string): Promise<void>
}

export type ScheduleRouteDependencies = Pick<ApiDependencies, 'schedules'>

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })

const ScheduleSchema = z
  .object({
    id: z.string().openapi({ example: 'fillGaps' }),
    does: z.string().openapi({ description: 'What it does, for people.' }),
    workflowType: z.string(),
    paused: z.boolean(),
    note: z.string().nullable().openapi({ description: 'What an operator has left with it.' }),
    nextTimes: z.array(utcTime).openapi({ description: 'Ascending; empty when it is paused or has no times.' }),
    running: z.array(z.string()).openapi({ description: 'Workflow ids of runs that have not ended.' }),
    lastRuns: z
      .array(
        z.object({
          workflowId: z.string(),
          scheduledAt: utcTime.openapi({ description: 'When it was due.' }),
          startedAt: utcTime,
          state: z.enum(RUN_STATES).nullable().openapi({ description: 'Null when the run is forgotten.' }),
        }),
      )
      .openapi({ description: 'The newest few, newest first.' }),
  })
  .openapi('Schedule')

export const ScheduleListSchema = z.object({ schedules: z.array(ScheduleSchema) }).openapi('ScheduleList')

export const ScheduleActionSchema = z
  .object({
    action: z.enum(['trigger', 'pause', 'resume']),
    dryRun: z.boolean(),
    schedule: ScheduleSchema.openapi({
      description: 'As it stands now. A run that was triggered appears in it within a second.',
    }),
  })
  .openapi('ScheduleAction')

const ScheduleParams = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,63}$/)
    .openapi({ example: 'fillGaps' }),
})

const NoteSchema = z
  .strictObject({
    note: z.string().trim().min(1).max(500).optional().openapi({ description: 'Why, for whoever looks next.' }),
  })
  .openapi('ScheduleNote')

const TAGS = ['Schedules']

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/schedules',
  operationId: 'listSchedules',
  tags: TAGS,
  summary: 'What BVPro does by the clock: next times, last runs, paused or not',
  security: TOKEN_REQUIRED,
  responses: { 200: jsonAnswer(ScheduleListSchema, 'The schedules'), ...problemAnswers(503) },
})

const triggerRoute = createRoute({
  method: 'post',
  path: '/api/v1/schedules/{id}/trigger',
  operationId: 'triggerSchedule',
  tags: TAGS,
  summary: 'Run a schedule now, paused or not',
  security: TOKEN_REQUIRED,
  request: { params: ScheduleParams, query: z.object({ dryRun: dryRunFlag }) },
  responses: {
    200: jsonAnswer(ScheduleActionSchema, 'What would be done'),
    202: jsonAnswer(ScheduleActionSchema, 'Triggered'),
    ...problemAnswers(404, 409, 422, 503),
  },
})

const noteRequest = {
  params: ScheduleParams,
  query: z.object({ dryRun: dryRunFlag }),
  body: { required: false, content: { 'application/json': { schema: NoteSchema } } },
}

const pauseRoute = createRoute({
  method: 'post',
  path: '/api/v1/schedules/{id}/pause',
  operationId: 'pauseSchedule',
  tags: TAGS,
  summary: 'Let the times of a schedule pass until it is resumed',
  security: TOKEN_REQUIRED,
  request: noteRequest,
  responses: { 200: jsonAnswer(ScheduleActionSchema, 'Paused'), ...problemAnswers(400, 404, 413, 422, 503) },
})

const resumeRoute = createRoute({
  method: 'post',
  path: '/api/v1/schedules/{id}/resume',
  operationId: 'resumeSchedule',
  tags: TAGS,
  summary: 'Let a schedule run by the clock again',
  security: TOKEN_REQUIRED,
  request: noteRequest,
  responses: { 200: jsonAnswer(ScheduleActionSchema, 'Resumed'), ...problemAnswers(400, 404, 413, 422, 503) },
})

export function registerScheduleRoutes(app: OpenAPIHono, { schedules }: ScheduleRouteDependencies): void {
  app.openapi(listRoute, async (context) => context.json({ schedules: (await schedules.list()).map(answerOf) }, 200))

  app.openapi(triggerRoute, async (context) => {
    const { id } = context.req.valid('param')
    const { dryRun } = context.req.valid('query')
    const before = await schedules.get(id)
    const outcome = dryRun ? (before.running.length > 0 ? 'running' : 'triggered') : await schedules.trigger(id)
    if (outcome === 'running')
      throw new Problem(409, `A run of ${id} has not ended yet; wait for its end, or cancel it.`)
    const answer = { action: 'trigger' as const, dryRun, schedule: answerOf(await schedules.get(id)) }
    return dryRun ? context.json(answer, 200) : context.json(answer, 202)
  })

  app.openapi(pauseRoute, async (context) => {
    const { id } = context.req.valid('param')
    const { dryRun } = context.req.valid('query')
    const { note = 'paused over the API' } = NoteSchema.parse(context.req.valid('json') ?? {})
    if (!dryRun) await schedules.pause(id, note)
    return context.json({ action: 'pause' as const, dryRun, schedule: answerOf(await schedules.get(id)) }, 200)
  })

  app.openapi(resumeRoute, async (context) => {
    const { id } = context.req.valid('param')
    const { dryRun } = context.req.valid('query')
    const { note = 'resumed over the API' } = NoteSchema.parse(context.req.valid('json') ?? {})
    if (!dryRun) await schedules.resume(id, note)
    return context.json({ action: 'resume' as const, dryRun, schedule: answerOf(await schedules.get(id)) }, 200)
  })
}

function answerOf({ nextTimes, running, lastRuns, ...rest }: ScheduleView): z.infer<typeof ScheduleSchema> {
  return { ...rest, nextTimes: [...nextTimes], running: [...running], lastRuns: lastRuns.map((run) => ({ ...run })) }
}
