/** `/api/v1/gaps/fill`: finds holes in the data and fills them now, beside the schedule that does it twice a day. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { ENTITY_ID } from '../config/field.ts'
import { ENTITY_KINDS, type EntityRef } from '../domain/entity.ts'
import type { FillGapsProgress } from '../workflows/history-messages.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from './answers.ts'
import type { ApiDependencies } from './dependencies.ts'
import { Problem } from './problem.ts'

export interface FillWish {
  /** Only these and the weather of their places; everything when absent. */
  readonly entities?: readonly EntityRef[]
  readonly days: number
  readonly dryRun: boolean
}

/** Starts and looks at runs of the workflow `fillGaps` that somebody has asked for. */
export interface GapOperations {
  /**
   * Starts a run; the answer is the reference it is found under, its workflow id being `gaps:<reference>`. Rejects with
   * `Unavailable` when Temporal cannot be reached.
   */
  startFill(wish: FillWish): Promise<string>
  /**
   * How far a run is or how it ended; undefined when none is known by that reference. Rejects with `Unavailable` when
   * Temporal cannot be reached or no worker answers.
   */
  fillProgress(reference: string): Promise<FillGapsProgress | undefined>
}

export type GapRouteDependencies = Pick<ApiDependencies, 'config' | 'gaps'>

/** Id of the workflow of one run. */
export function gapsWorkflowId(reference: string): string {
  return `gaps:${reference}`
}

/** How far back holes are looked for; stations keep about four months, vendors mostly a year. */
const LONGEST_DAYS = 366
/** Beyond this, leaving the list away is meant. */
const MOST_ENTITIES = 1000

const WishSchema = z
  .strictObject({
    entities: z
      .array(z.strictObject({ kind: z.enum(ENTITY_KINDS), id: z.string().regex(ENTITY_ID, 'not an entity id') }))
      .min(1)
      .max(MOST_ENTITIES)
      .optional()
      .openapi({ description: 'Only these and the weather of their places; everything when absent.' }),
    days: z.int().min(1).max(LONGEST_DAYS).default(14).openapi({ description: 'How far back to look.' }),
    dryRun: z.boolean().default(false).openapi({ description: 'Look and count, write nothing.' }),
  })
  .openapi('FillWish')

const AcceptedSchema = z.object({ workflowId: z.string(), progressUrl: z.string() }).openapi('FillAccepted', {
  example: { workflowId: 'gaps:1f0c2b9a', progressUrl: '/api/v1/gaps/fill/1f0c2b9a' },
})

const SummarySchema = z.object({ holes: z.int(), minutes: z.int() })

const ProgressSchema = z
  .object({
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    days: z.int(),
    dryRun: z.boolean(),
    report: z.object({
      looked: z.int().openapi({ description: 'Series looked at: entities, and places for their weather.' }),
      withHoles: z.int(),
      before: SummarySchema,
      after: SummarySchema.openapi({ description: 'What is left, or would be in a dry run.' }),
      fromHistory: z.int().openapi({ description: "Points put in from vendors' histories." }),
      fromObservations: z.int().openapi({ description: 'Points put in from weather stations.' }),
      worst: z
        .array(
          z.object({
            key: z.string().openapi({ example: 'house:HEM_FJV_Villa_901' }),
            before: SummarySchema,
            after: SummarySchema,
            fromHistory: z.int(),
            fromObservations: z.int(),
            reason: z.string().nullable().openapi({ description: 'Why something is left.' }),
          }),
        )
        .openapi({ description: 'Series with the most left to fill, most first.' }),
    }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .openapi('FillProgress')

const PATH = '/api/v1/gaps/fill'

const startRoute = createRoute({
  method: 'post',
  path: PATH,
  operationId: 'fillGaps',
  tags: ['History'],
  summary: 'Find holes in the data and fill them now',
  security: TOKEN_REQUIRED,
  request: { body: { required: false, content: { 'application/json': { schema: WishSchema } } } },
  responses: {
    202: jsonAnswer(AcceptedSchema, 'The filling has begun'),
    ...problemAnswers(400, 413, 422, 503),
  },
})

const progressRoute = createRoute({
  method: 'get',
  path: `${PATH}/{reference}`,
  operationId: 'fillGapsProgress',
  tags: ['History'],
  summary: 'How far a filling is, or how it ended: holes before and after',
  security: TOKEN_REQUIRED,
  request: {
    params: z.object({
      reference: z
        .string()
        .regex(/^[0-9a-f]{8}$/)
        .openapi({ example: '1f0c2b9a' }),
    }),
  },
  responses: { 200: jsonAnswer(ProgressSchema, 'The progress'), ...problemAnswers(404, 503) },
})

export function registerGapRoutes(app: OpenAPIHono, { config, gaps }: GapRouteDependencies): void {
  app.openapi(startRoute, async (context) => {
    // Without a body the validator hands on an empty object, without defaults.
    const { entities, ...wish } = WishSchema.parse(context.req.valid('json') ?? {})
    if (entities !== undefined) {
      const found = await Promise.all(entities.map((ref) => config.get(ref)))
      const errors = entities.flatMap(({ kind, id }, index) =>
        found[index] === undefined ? [{ path: `entities.${index}`, message: `there is no ${kind} ${id}` }] : [],
      )
      const [first] = errors
      if (first !== undefined) throw new Problem(422, `${first.path}: ${first.message}`, { errors })
    }
    const reference = await gaps.startFill({ ...wish, ...(entities === undefined ? {} : { entities }) })
    return context.json({ workflowId: gapsWorkflowId(reference), progressUrl: `${PATH}/${reference}` }, 202)
  })

  app.openapi(progressRoute, async (context) => {
    const { reference } = context.req.valid('param')
    const progress = await gaps.fillProgress(reference)
    if (progress === undefined) throw new Problem(404, `No filling of gaps is known as ${reference}.`)
    const { report, ...rest } = progress
    return context.json({ ...rest, report: { ...report, worst: report.worst.map((series) => ({ ...series })) } }, 200)
  })
}
