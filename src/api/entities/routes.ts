/** `/api/v1/entities`: the list, one entity, and what an operator can ask of them. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { controlView } from '../../activities/control/control-view.ts'
import { controlRecordOf } from '../../activities/control/turn.ts'
import { entityWorkflowId, HEALTH_STATES } from '../../domain/entity.ts'
import { parsePlace } from '../../domain/weather/place.ts'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { dryRunFlag } from '../zones/schemas.ts'
import { findEntity, listEntities } from './directory.ts'
import { tellFleet, tellWorkflow } from './operate.ts'
import { withoutSecrets } from './redact-config.ts'
import { EntityDetailSchema, EntityListSchema, EntityParams, FleetReportSchema, KindSchema } from './schemas.ts'
import { describeEntity, placeOf } from './view.ts'

const AcceptedSchema = z.object({ workflowId: z.string() }).openapi('Accepted')

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/entities',
  operationId: 'listEntities',
  tags: ['Entities'],
  summary: 'Every house, building and zone with its health and last reading',
  security: TOKEN_REQUIRED,
  request: { query: z.object({ kind: KindSchema.optional(), health: z.enum(HEALTH_STATES).optional() }) },
  responses: { 200: jsonAnswer(EntityListSchema, 'The entities, by kind and id'), ...problemAnswers(422, 503) },
})

const showRoute = createRoute({
  method: 'get',
  path: '/api/v1/entities/{kind}/{id}',
  operationId: 'showEntity',
  tags: ['Entities'],
  summary: 'One entity with its configuration, control and place',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams },
  responses: { 200: jsonAnswer(EntityDetailSchema, 'The entity'), ...problemAnswers(404, 503) },
})

const ENTITY_MESSAGES = {
  poll: { summary: 'Read the entity now', send: 'pollNow', operationId: 'pollEntity' },
  pause: { summary: 'Stop reading until resumed', send: 'pause', operationId: 'pauseEntity' },
  resume: { summary: 'Go on reading', send: 'resume', operationId: 'resumeEntity' },
} as const

const FLEET_MESSAGES = {
  pause: { summary: 'Pause every entity, or every one of a kind', operationId: 'pauseEntities' },
  resume: { summary: 'Resume every entity, or every one of a kind', operationId: 'resumeEntities' },
} as const

export function registerEntityRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { operations, application, now } = dependencies

  app.openapi(listRoute, async (context) => {
    const { kind, health } = context.req.valid('query')
    const { entities } = await listEntities(dependencies, kind)
    return context.json(
      { entities: entities.filter((entity) => health === undefined || entity.health === health) },
      200,
    )
  })

  app.openapi(showRoute, async (context) => {
    const sources = await findEntity(dependencies, context.req.valid('param'))
    const key = placeOf(sources)
    const coordinates = key === null ? undefined : parsePlace(key)
    return context.json(
      {
        ...describeEntity(sources, now()),
        config: sources.configured?.config == null ? null : withoutSecrets(sources.configured.config),
        control: controlView(await controlRecordOf(application, sources.ref.id)),
        place: key === null || coordinates === undefined ? null : { key, ...coordinates },
      },
      200,
    )
  })

  for (const [action, { summary, send, operationId }] of Object.entries(ENTITY_MESSAGES)) {
    const route = createRoute({
      method: 'post',
      path: `/api/v1/entities/{kind}/{id}/${action}`,
      operationId,
      tags: ['Operations'],
      summary,
      security: TOKEN_REQUIRED,
      request: { params: EntityParams },
      responses: { 202: jsonAnswer(AcceptedSchema, 'The workflow has the message'), ...problemAnswers(404, 409, 503) },
    })
    app.openapi(route, async (context) => {
      const { ref } = await findEntity(dependencies, context.req.valid('param'))
      await tellWorkflow(ref, (entity) => operations[send](entity))
      return context.json({ workflowId: entityWorkflowId(ref) }, 202)
    })
  }

  for (const action of ['pause', 'resume'] as const) {
    const route = createRoute({
      method: 'post',
      path: `/api/v1/entities/${action}`,
      ...FLEET_MESSAGES[action],
      tags: ['Operations'],
      security: TOKEN_REQUIRED,
      request: { query: z.object({ kind: KindSchema.optional(), dryRun: dryRunFlag }) },
      responses: { 202: jsonAnswer(FleetReportSchema, 'What came of it'), ...problemAnswers(422, 503) },
    })
    app.openapi(route, async (context) => {
      const { kind, dryRun } = context.req.valid('query')
      const { entities } = await listEntities(dependencies, kind)
      const report = dryRun
        ? { accepted: entities.map(({ kind, id }) => ({ kind, id })), refused: [] }
        : await tellFleet(entities, operations, (entity) => operations[action](entity))
      return context.json(report, 202)
    })
  }
}
