/** `/api/v1/entities/{kind}/{id}/import`: fetches the past of a house or building from its vendor. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import { IMPORT_RESOLUTIONS, LONGEST_IMPORT_DAYS } from '../domain/history/plan.ts'
import type { ImportProgress } from '../workflows/history-messages.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from './answers.ts'
import type { ApiDependencies } from './dependencies.ts'
import { findEntity } from './entities/directory.ts'
import { EntityParams } from './entities/schemas.ts'
import { Problem } from './problem.ts'

export interface ImportWish {
  readonly days: number
  readonly resolutionMinutes: number
  readonly dryRun: boolean
}

/** Starts and looks at the workflow `importHistory` of an entity, whose id is `import:<kind>:<id>`. */
export interface ImportOperations {
  /**
   * Starts an import. `running` when one of this entity has not ended yet: it is left as it is. Rejects with
   * `Unavailable` when Temporal cannot be reached.
   */
  startImport(entity: EntityRef, wish: ImportWish): Promise<'started' | 'running'>
  /**
   * The query `progress` of the newest import of the entity, also after its end; undefined when none is known. Rejects
   * with `Unavailable` when Temporal cannot be reached or no worker answers.
   */
  importProgress(entity: EntityRef): Promise<ImportProgress | undefined>
}

export type ImportRouteDependencies = Pick<ApiDependencies, 'application' | 'config' | 'now' | 'imports'>

/** Id of the workflow that imports an entity's history. */
export function importWorkflowId(entity: EntityRef): string {
  return `import:${entityWorkflowId(entity)}`
}

const WishSchema = z
  .strictObject({
    days: z.int().min(1).max(LONGEST_IMPORT_DAYS).default(90).openapi({ description: 'How far back.' }),
    resolutionMinutes: z
      .literal(IMPORT_RESOLUTIONS)
      .default(60)
      .openapi({ description: 'Minutes between two points.' }),
    dryRun: z.boolean().default(false).openapi({ description: 'Look and count, write nothing.' }),
  })
  .openapi('ImportWish')

const AcceptedSchema = z.object({ workflowId: z.string(), progressUrl: z.string() }).openapi('ImportAccepted', {
  example: {
    workflowId: 'import:house:HEM_FJV_Villa_901',
    progressUrl: '/api/v1/entities/house/HEM_FJV_Villa_901/import',
  },
})

const FieldCountSchema = z.object({
  values: z.int(),
  outOfRange: z.int().optional().openapi({ description: 'Values left out because they cannot be true.' }),
  stuck: z.int().optional().openapi({ description: 'Values left out because the sensor did not move for a day.' }),
})

const utcTime = z.string().openapi({ format: 'date-time', example: '2026-01-10T07:05:00Z' })

const ProgressSchema = z
  .object({
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    step: z.string().openapi({ description: 'What it is at, for people.' }),
    percent: z.int(),
    chunksDone: z.int(),
    chunksTotal: z.int().openapi({ description: '0 until it is known.' }),
    rows: z.int().openapi({ description: 'Points that stand in the store, or would in a dry run.' }),
    keptOut: z.int().openapi({ description: 'Points left out because readings were polled in their time.' }),
    fields: z.record(z.string(), FieldCountSchema),
    from: utcTime.nullable(),
    to: utcTime.nullable(),
    resolutionMinutes: z.int(),
    dryRun: z.boolean(),
    issues: z.array(z.string()).openapi({ description: 'What an operator should know of the data.' }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .openapi('ImportProgress')

const PATH = '/api/v1/entities/{kind}/{id}/import'

const startRoute = createRoute({
  method: 'post',
  path: PATH,
  operationId: 'importHistory',
  tags: ['History'],
  summary: "Import an entity's past from its vendor",
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    body: { required: false, content: { 'application/json': { schema: WishSchema } } },
  },
  responses: {
    202: jsonAnswer(AcceptedSchema, 'The import has begun'),
    ...problemAnswers(400, 404, 409, 413, 422, 503),
  },
})

const progressRoute = createRoute({
  method: 'get',
  path: PATH,
  operationId: 'importProgress',
  tags: ['History'],
  summary: 'How far the newest import of an entity is, or how it ended',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams },
  responses: { 200: jsonAnswer(ProgressSchema, 'The progress'), ...problemAnswers(404, 503) },
})

export function registerImportRoutes(app: OpenAPIHono, dependencies: ImportRouteDependencies): void {
  const { imports } = dependencies

  app.openapi(startRoute, async (context) => {
    const { ref, configured } = await findEntity(dependencies, context.req.valid('param'))
    if (ref.kind === 'zone') throw new Problem(409, 'A zone has no vendor that remembers its past.')
    if (configured?.config == null) {
      throw new Problem(409, `The configuration of ${ref.kind} ${ref.id} is missing or has a fault; mend it first.`)
    }
    // Without a body the validator hands on an empty object, without defaults.
    const wish = WishSchema.parse(context.req.valid('json') ?? {})
    if ((await imports.startImport(ref, wish)) === 'running') {
      throw new Problem(409, `An import of ${ref.kind} ${ref.id} runs already; wait for its end, or cancel it.`)
    }
    const progressUrl = PATH.replace('{kind}', ref.kind).replace('{id}', encodeURIComponent(ref.id))
    return context.json({ workflowId: importWorkflowId(ref), progressUrl }, 202)
  })

  app.openapi(progressRoute, async (context) => {
    const { ref } = await findEntity(dependencies, context.req.valid('param'))
    const progress = await imports.importProgress(ref)
    if (progress === undefined) throw new Problem(404, `No import of ${ref.kind} ${ref.id} is known.`)
    return context.json({ ...progress, issues: [...progress.issues], fields: { ...progress.fields } }, 200)
  })
}
