/** `/api/v1/zones`: zones as people know them. The configuration files are the truth; these routes read and write them. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { ConfigConflict, ConfigInvalid } from '../../config/catalogue.ts'
import { parseZone, type ZoneConfig, zoneIdOf } from '../../config/zone.ts'
import { entityWorkflowId, formatProblems } from '../../domain/entity.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { condition, reconcileSoon, requireContentType } from '../entities/config-change.ts'
import { findEntity, listSources } from '../entities/directory.ts'
import { withoutSecrets } from '../entities/redact-config.ts'
import { ConfigDocumentSchema } from '../entities/schemas.ts'
import { describeEntity, type EntitySources } from '../entities/view.ts'
import { Problem } from '../problem.ts'
import { registerZoneCommands } from './commands.ts'
import { hostFault } from './modbus-host.ts'
import { registerZoneReadings } from './readings.ts'
import { RemovalSchema, removalOf, removeForGood, removeSoftly } from './removal.ts'
import { replacingPatch } from './replacing-patch.ts'
import {
  dryRunFlag,
  ETAG_HEADER,
  IfMatchHeader,
  ZONE_PATH,
  ZONES_PATH,
  ZONES_TAG,
  ZoneDetailSchema,
  ZoneDocumentSchema,
  ZoneListSchema,
  ZoneParams,
  type ZoneSchema,
} from './schemas.ts'
import { configuredZone, zoneRef } from './zone-of.ts'

/** A cycle ends within seconds; browsers and proxies wait longer than this. */
const LOOP_END_PATIENCE_MS = 20_000

const body = {
  required: true,
  content: { 'application/json': { schema: ZoneDocumentSchema } },
} as const

const listRoute = createRoute({
  method: 'get',
  path: ZONES_PATH,
  operationId: 'listZones',
  tags: [ZONES_TAG],
  summary: 'Every zone with its health, last reading and preferences',
  security: TOKEN_REQUIRED,
  responses: { 200: jsonAnswer(ZoneListSchema, 'The zones, by id'), ...problemAnswers(503) },
})

const showRoute = createRoute({
  method: 'get',
  path: ZONE_PATH,
  operationId: 'showZone',
  tags: [ZONES_TAG],
  summary: 'One zone with its configuration',
  security: TOKEN_REQUIRED,
  request: { params: ZoneParams },
  responses: {
    200: { ...jsonAnswer(ZoneDetailSchema, 'The zone'), headers: ETAG_HEADER },
    ...problemAnswers(404, 503),
  },
})

const DryRunSchema = z
  .object({ id: z.string(), config: ConfigDocumentSchema })
  .openapi('ZoneDryRun', { description: 'What would be configured, with all defaults.' })

const addRoute = createRoute({
  method: 'post',
  path: ZONES_PATH,
  operationId: 'addZone',
  tags: [ZONES_TAG],
  summary: 'Add a zone, whether its device is up yet or not',
  description:
    'The id is the name in lower case with dashes. The device must have a loopback or private address or be named in ' +
    '`BVPRO_MODBUS_HOSTS`.',
  security: TOKEN_REQUIRED,
  request: { query: z.object({ dryRun: dryRunFlag }), body },
  responses: {
    200: jsonAnswer(DryRunSchema, 'Dry run: nothing was written'),
    202: {
      ...jsonAnswer(
        z.object({ workflowId: z.string(), progressUrl: z.string(), id: z.string() }).openapi('ZoneAdded'),
        'The configuration is written; the workflow of the zone starts within a minute, usually at once',
      ),
      headers: ETAG_HEADER.extend({ Location: z.string() }),
    },
    ...problemAnswers(400, 409, 413, 415, 422),
  },
})

const replaceRoute = createRoute({
  method: 'put',
  path: ZONE_PATH,
  operationId: 'replaceZone',
  tags: [ZONES_TAG],
  summary: 'Replace the configuration of a zone',
  description:
    'What is left out gets its default; keys BVPro does not know are kept. To change parts, patch ' +
    '`/api/v1/entities/zone/{id}/config`. The id stays, whatever the name becomes.',
  security: TOKEN_REQUIRED,
  request: { params: ZoneParams, headers: IfMatchHeader, body },
  responses: {
    200: { ...jsonAnswer(ZoneDetailSchema, 'The zone as it is now'), headers: ETAG_HEADER },
    ...problemAnswers(400, 404, 409, 412, 413, 415, 422),
  },
})

const removeRoute = createRoute({
  method: 'delete',
  path: ZONE_PATH,
  operationId: 'removeZone',
  tags: [ZONES_TAG],
  summary: 'Remove a zone, keeping its data, or delete it with its data',
  description: 'A soft removal can be undone with `POST /api/v1/entities/zone/{id}/restore`; a hard one cannot.',
  security: TOKEN_REQUIRED,
  request: {
    params: ZoneParams,
    query: z.object({ mode: z.enum(['soft', 'hard']).default('soft'), dryRun: dryRunFlag }),
  },
  responses: {
    200: jsonAnswer(RemovalSchema, 'Dry run: what would be removed'),
    202: jsonAnswer(
      RemovalSchema.extend({ workflowId: z.string(), restoreUrl: z.string().nullable() }).openapi('ZoneRemoved'),
      'Out of service; after a hard removal the data are gone',
    ),
    ...problemAnswers(404, 422, 503),
  },
})

const RestoredSchema = z.object({ workflowId: z.string() }).openapi('ZoneRestored')

const restoreRoute = createRoute({
  method: 'post',
  path: '/api/v1/entities/zone/{id}/restore',
  operationId: 'restoreZone',
  tags: [ZONES_TAG],
  summary: 'Undo a soft removal',
  security: TOKEN_REQUIRED,
  request: { params: ZoneParams, query: z.object({ dryRun: dryRunFlag }) },
  responses: {
    200: jsonAnswer(RestoredSchema, 'Dry run: it could be restored'),
    202: jsonAnswer(RestoredSchema, 'The configuration is back; the workflow starts within a minute, usually at once'),
    ...problemAnswers(404, 409, 422),
  },
})

type ZoneAnswer = z.infer<typeof ZoneSchema>
type Document = z.output<typeof ZoneDocumentSchema>

function describeZone(sources: EntitySources, now: number): ZoneAnswer {
  const config = (sources.configured?.config ?? null) as ZoneConfig | null
  return {
    ...describeEntity(sources, now),
    modbus_host: config?.modbus_host ?? null,
    modbus_port: config?.modbus_port ?? null,
    unit_id: config?.unit_id ?? null,
    control_enabled: config?.control_enabled ?? null,
    preferences: config === null ? null : { ...config.preferences },
  }
}

function describeZoneInFull(sources: EntitySources, now: number) {
  const config = sources.configured?.config ?? null
  return { ...describeZone(sources, now), config: config === null ? null : withoutSecrets(config) }
}

/**
 * The configuration a document stands for.
 * @throws ConfigInvalid with every fault of it, those of its `id` and its device among them
 */
function judge(document: Document, id: string | undefined, modbusHosts: readonly string[]): ZoneConfig {
  const parsed = parseZone(document, id === undefined ? {} : { id })
  const host = parsed.problems.some(({ path }) => path === 'modbus_host') ? undefined : hostFault(document, modbusHosts)
  const problems = [
    ...parsed.problems,
    ...(host === undefined ? [] : [{ path: 'modbus_host', message: host }]),
    ...(document.id === undefined || document.id === id
      ? []
      : [{ path: 'id', message: `expected ${JSON.stringify(id)} or no id, found ${JSON.stringify(document.id)}` }]),
  ]
  if (parsed.config !== null && problems.length === 0) return parsed.config
  throw new ConfigInvalid(`not a valid zone: ${formatProblems(problems).join('; ')}`, problems)
}

/** The id is the name of the file and does not belong into it. */
function withoutId({ id: _, ...document }: Document): Document {
  return document
}

/** @param patienceMs how long a loop may take to end before a hard removal gives up */
export function registerZoneRoutes(
  app: OpenAPIHono,
  dependencies: ApiDependencies,
  patienceMs = LOOP_END_PATIENCE_MS,
): void {
  const { config, modbusHosts, now, log } = dependencies

  app.openapi(listRoute, async (context) => {
    const { sources } = await listSources(dependencies, 'zone')
    return context.json({ zones: sources.map((one) => describeZone(one, now())) }, 200)
  })

  app.openapi(showRoute, async (context) => {
    const sources = await findEntity(dependencies, zoneRef(context.req.valid('param').id))
    const { configured } = sources
    const headers: Record<string, string> = configured === undefined ? {} : { ETag: `"${configured.etag}"` }
    return context.json(describeZoneInFull(sources, now()), 200, headers)
  })

  app.use(ZONES_PATH, requireContentType('POST', 'application/json'))
  app.openapi(addRoute, async (context) => {
    const document = context.req.valid('json')
    const { name } = document
    const id = typeof name === 'string' && zoneIdOf(name) !== '' ? zoneIdOf(name) : undefined
    const judged = judge(document, id, modbusHosts)
    const ref = zoneRef(zoneIdOf(judged.name))
    if ((await config.get(ref)) !== undefined) throw taken(ref.id)
    if ((await config.findAside(ref)) !== undefined) {
      const detail = `A zone with the id ${ref.id} was removed and its data are kept. Restore it, or delete it with mode=hard.`
      throw new Problem(409, detail)
    }
    if (context.req.valid('query').dryRun) return context.json({ id: ref.id, config: withoutSecrets(judged) }, 200)
    const { etag } = await createOrRefuse(ref, withoutId(document))
    log.info('zone.added', { id: ref.id, host: judged.modbus_host, port: judged.modbus_port })
    await reconcileSoon(dependencies, ref)
    const progressUrl = `/api/v1/entities/zone/${ref.id}`
    return context.json({ workflowId: entityWorkflowId(ref), progressUrl, id: ref.id }, 202, {
      ETag: `"${etag}"`,
      Location: `${ZONES_PATH}/${ref.id}`,
    })
  })

  async function createOrRefuse(ref: ReturnType<typeof zoneRef>, document: Document) {
    try {
      return await config.create(ref, document)
    } catch (error) {
      // Somebody else was quicker.
      throw error instanceof ConfigConflict ? taken(ref.id, error) : error
    }
  }

  app.use('/api/v1/zones/:id', requireContentType('PUT', 'application/json'))
  app.openapi(replaceRoute, async (context) => {
    const { id } = context.req.valid('param')
    const ref = zoneRef(id)
    const present = await configuredZone(dependencies, id)
    const onlyIf = condition(context.req.valid('header')['if-match'], present)
    if (present.config === null) {
      const detail = `The configuration file has faults. Repair it, or patch /api/v1/entities/zone/${id}/config.`
      throw new Problem(409, detail, { errors: present.problems })
    }
    const { modbus_host: presentHost } = present.config as ZoneConfig
    const document = context.req.valid('json')
    judge(document, id, [...modbusHosts, presentHost])
    const patch = replacingPatch({ ...present.config }, withoutId(document))
    const changed = await config.patch(ref, patch, { ifMatch: present.etag, ...onlyIf })
    log.info('zone.replaced', { id })
    await reconcileSoon(dependencies, ref)
    const sources = await findEntity(dependencies, ref)
    return context.json(describeZoneInFull(sources, now()), 200, { ETag: `"${changed.etag}"` })
  })

  app.openapi(removeRoute, async (context) => {
    const { id } = context.req.valid('param')
    const { mode, dryRun } = context.req.valid('query')
    const ref = zoneRef(id)
    const removal = await removalOf(dependencies, ref, mode)
    if (dryRun) return context.json(removal, 200)
    const workflowId = entityWorkflowId(ref)
    if (mode === 'soft') {
      await removeSoftly(dependencies, ref)
      log.info('zone.removed', { id, mode })
      return context.json({ ...removal, workflowId, restoreUrl: `/api/v1/entities/zone/${id}/restore` }, 202)
    }
    const series = await removeForGood(dependencies, ref, patienceMs)
    log.info('zone.removed', { id, mode, rows: series.reduce((sum, { rows }) => sum + rows, 0) })
    return context.json({ ...removal, series, workflowId, restoreUrl: null }, 202)
  })

  app.openapi(restoreRoute, async (context) => {
    const { id } = context.req.valid('param')
    const ref = zoneRef(id)
    if ((await config.get(ref)) !== undefined)
      throw new Problem(409, `Zone ${id} is in service; there is nothing to restore.`)
    if ((await config.findAside(ref)) === undefined) throw new Problem(404, `No removed zone has the id ${id}.`)
    if (context.req.valid('query').dryRun) return context.json({ workflowId: entityWorkflowId(ref) }, 200)
    await config.bringBack(ref)
    log.info('zone.restored', { id })
    await reconcileSoon(dependencies, ref)
    return context.json({ workflowId: entityWorkflowId(ref) }, 202)
  })

  registerZoneReadings(app, dependencies)
  registerZoneCommands(app, dependencies)
}

function taken(id: string, cause?: unknown): Problem {
  return new Problem(409, `There is a zone with the id ${id} already; give this one another name.`, { cause })
}
