/** `DELETE /api/v1/entities/{kind}/{id}` and `…/restore`: taking an entity out of service, and bringing it back. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import { removalWorkflowId } from '../removals.ts'
import {
  assertRestorable,
  beginRemoval,
  beginRestore,
  RemovalAcceptedSchema,
  type RemovalParts,
  RemovalQuery,
  RemovalSchema,
  removalOf,
} from './removal.ts'
import { EntityParams } from './schemas.ts'

const removeRoute = createRoute({
  method: 'delete',
  path: '/api/v1/entities/{kind}/{id}',
  operationId: 'removeEntity',
  tags: ['Coming and going'],
  summary: 'Remove an entity, with or without days in which it can be restored',
  description:
    'Gives control back, stops the loop, removes configuration and credentials, and deletes the data at once or after ' +
    'the days of grace. With `mode=hard` a removal that waits is ended, with `abandonControl=true` one that cannot ' +
    'give the heat curve back goes on.',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams, query: RemovalQuery },
  responses: {
    200: jsonAnswer(RemovalSchema, 'Dry run: what would go'),
    202: jsonAnswer(RemovalAcceptedSchema, 'The removal has begun, or was told to go on'),
    ...problemAnswers(404, 409, 422, 503),
  },
})

const restoreRoute = createRoute({
  method: 'post',
  path: '/api/v1/entities/{kind}/{id}/restore',
  operationId: 'restoreEntity',
  tags: ['Coming and going'],
  summary: 'Call a removal off whose data are not being deleted yet',
  description: 'Credentials that were deleted stay deleted: the entity waits for new ones.',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams, query: RemovalQuery.pick({ dryRun: true }) },
  responses: {
    200: jsonAnswer(z.object({ workflowId: z.string() }).openapi('Restorable'), 'Dry run: it could be restored'),
    202: jsonAnswer(RemovalAcceptedSchema, 'It is being restored'),
    ...problemAnswers(404, 409, 422, 503),
  },
})

export function registerRemovalRoutes(app: OpenAPIHono, dependencies: RemovalParts): void {
  app.openapi(removeRoute, async (context) => {
    const ref = context.req.valid('param')
    const wish = context.req.valid('query')
    const removal = await removalOf(dependencies, ref, wish)
    if (wish.dryRun) return context.json(removal, 200)
    return context.json(await beginRemoval(dependencies, ref, wish), 202)
  })

  app.openapi(restoreRoute, async (context) => {
    const ref = context.req.valid('param')
    await assertRestorable(dependencies, ref)
    if (context.req.valid('query').dryRun) return context.json({ workflowId: removalWorkflowId(ref) }, 200)
    return context.json(await beginRestore(dependencies, ref), 202)
  })
}
