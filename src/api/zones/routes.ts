/** `/api/v1/zones`: zones as people know them. The configuration files are the truth; these routes read and write them. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { keptAside } from '../../activities/onboarding/identify.ts'
import { ConfigInvalid } from '../../config/catalogue.ts'
import { parseZone, type ZoneConfig, zoneIdOf } from '../../config/zone.ts'
import { formatProblems } from '../../domain/entity.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { condition, reconcileSoon, requireContentType } from '../entities/config-change.ts'
import { findEntity, listSources } from '../entities/directory.ts'
import { withoutSecrets } from '../entities/redact-config.ts'
import { beginRemoval, RemovalAcceptedSchema, RemovalQuery, RemovalSchema, removalOf } from '../entities/removal.ts'
import { ConfigDocumentSchema } from '../entities/schemas.ts'
import { describeEntity, type EntitySources } from '../entities/view.ts'
import { addZone } from '../onboarding/add-zone.ts'
import { progressUrlOf } from '../onboarding/ports.ts'
import { Problem } from '../problem.ts'
import { registerZoneCommands } from './commands.ts'
import { hostFault } from './modbus-host.ts'
import { registerZoneReadings } from './readings.ts'
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
        'The on-boarding has begun. Usually the configuration is written already and the ETag is there',
      ),
      headers: ETAG_HEADER.partial().extend({ Location: z.string() }),
    },
    ...problemAnswers(400, 409, 413, 415, 422, 503),
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
  summary: 'Remove a zone, with or without days in which it can be restored',
  description:
    'The same as `DELETE /api/v1/entities/zone/{id}`. Until its data are deleted it can be restored with ' +
    '`POST /api/v1/entities/zone/{id}/restore`.',
  security: TOKEN_REQUIRED,
  request: { params: ZoneParams, query: RemovalQuery },
  responses: {
    200: jsonAnswer(RemovalSchema, 'Dry run: what would go'),
    202: jsonAnswer(
      RemovalSchema.extend({
        ...RemovalAcceptedSchema.shape,
        restoreUrl: z.string().nullable(),
      }).openapi('ZoneRemoved'),
      'The removal has begun, or was told to go on',
    ),
    ...problemAnswers(404, 409, 422, 503),
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

export function registerZoneRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
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
    if ((await config.findAside(ref)) !== undefined) throw new Problem(409, keptAside(ref.id).message)
    if (context.req.valid('query').dryRun) return context.json({ id: ref.id, config: withoutSecrets(judged) }, 200)
    const workflowId = await addZone(dependencies, withoutId(document))
    log.info('zone.added', { id: ref.id, host: judged.modbus_host, port: judged.modbus_port })
    const added = await config.get(ref)
    const headers: Record<string, string> = { Location: `${ZONES_PATH}/${ref.id}` }
    if (added !== undefined) headers.ETag = `"${added.etag}"`
    return context.json({ workflowId, progressUrl: progressUrlOf(workflowId), id: ref.id }, 202, headers)
  })

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
    const ref = zoneRef(id)
    const wish = context.req.valid('query')
    const removal = await removalOf(dependencies, ref, wish)
    if (wish.dryRun) return context.json(removal, 200)
    const accepted = await beginRemoval(dependencies, ref, wish)
    const restoreUrl = wish.mode === 'soft' ? `/api/v1/entities/zone/${id}/restore` : null
    return context.json({ ...removal, ...accepted, restoreUrl }, 202)
  })

  registerZoneReadings(app, dependencies)
  registerZoneCommands(app, dependencies)
}

function taken(id: string, cause?: unknown): Problem {
  return new Problem(409, `There is a zone with the id ${id} already; give this one another name.`, { cause })
}
