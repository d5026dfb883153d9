/**
 * Takes user names and passwords in. There is no way to get one out again: answers, problems and the log hold names
 * and references only.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { jsonAnswer, problemAnswers, TOKEN_REQUIRED } from './answers.ts'
import type { ApiDependencies } from './dependencies.ts'
import { reconcileSoon, requireContentType } from './entities/config-change.ts'
import { findEntity } from './entities/directory.ts'
import { EntityParams } from './entities/schemas.ts'
import { Problem } from './problem.ts'
import { dryRunFlag } from './zones/schemas.ts'

const PATH = '/api/v1/credentials'
const ENTITY_PATH = '/api/v1/entities/{kind}/{id}/credentials'

const username = z.string().min(1).max(500).openapi({ example: 'FC2000000001' })
const password = z.string().min(1).max(2000).openapi({ format: 'password', writeOnly: true })

const AccountSchema = z.strictObject({ username, password }).openapi('Account')

const ChangeSchema = z
  .strictObject({
    username: username.optional().openapi({ description: 'Left out = the present one stays.' }),
    password,
  })
  .openapi('CredentialChange')

const KeptSchema = z
  .object({ reference: z.string().openapi({ example: 'c0123456789abcdef' }) })
  .openapi('KeptCredentials', {
    description: 'Goes to an on-boarding in place of user name and password, within a day.',
  })

const ResealedSchema = z
  .object({ resealed: z.int().openapi({ description: 'How many were sealed with another key until now.' }) })
  .openapi('Resealed')

const keepRoute = createRoute({
  method: 'post',
  path: PATH,
  operationId: 'keepCredentials',
  tags: ['Credentials'],
  summary: 'Keep user name and password for an on-boarding, under a random reference',
  security: TOKEN_REQUIRED,
  request: { body: { required: true, content: { 'application/json': { schema: AccountSchema } } } },
  responses: { 201: jsonAnswer(KeptSchema, 'They are kept'), ...problemAnswers(400, 413, 415, 422, 503) },
})

const setRoute = createRoute({
  method: 'put',
  path: ENTITY_PATH,
  operationId: 'setCredentials',
  tags: ['Credentials'],
  summary: 'Replace the password, or user name and password, of a house or building',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    body: { required: true, content: { 'application/json': { schema: ChangeSchema } } },
  },
  responses: {
    204: { description: 'They are in force, and the loop has been woken' },
    ...problemAnswers(400, 404, 409, 413, 415, 422, 503),
  },
})

const resealRoute = createRoute({
  method: 'post',
  path: `${PATH}/reseal`,
  operationId: 'resealCredentials',
  tags: ['Credentials'],
  summary: 'Seal all credentials in the store with the present BVPRO_SECRETS_KEY',
  security: TOKEN_REQUIRED,
  request: { query: z.object({ dryRun: dryRunFlag }) },
  responses: { 200: jsonAnswer(ResealedSchema, 'All are sealed with it'), ...problemAnswers(422, 503) },
})

export type CredentialRouteDependencies = Pick<
  ApiDependencies,
  'application' | 'config' | 'credentials' | 'operations' | 'log'
>

export function registerCredentialRoutes(app: OpenAPIHono, dependencies: CredentialRouteDependencies): void {
  const { credentials, log } = dependencies

  app.use(PATH, requireContentType('POST', 'application/json'))
  app.use('/api/v1/entities/:kind/:id/credentials', requireContentType('PUT', 'application/json'))

  app.openapi(keepRoute, async (context) => {
    return context.json({ reference: await credentials.keep(context.req.valid('json')) }, 201)
  })

  app.openapi(setRoute, async (context) => {
    const change = context.req.valid('json')
    const { ref, configured } = await findEntity(dependencies, context.req.valid('param'))
    if (ref.kind === 'zone') throw new Problem(409, 'A zone has no user name and password.')
    if (configured === undefined) {
      throw new Problem(409, `${ref.kind} ${ref.id} has no configuration; restore it, or add it again.`)
    }
    const shared = sharedReference(configured.config)
    if (shared !== undefined) {
      throw new Problem(
        409,
        `${ref.kind} ${ref.id} uses shared credentials: change ${shared}_USERNAME and ${shared}_PASSWORD in .env.`,
      )
    }
    await credentials.set(ref, change, configured.origin)
    log.info('credentials.changed', { kind: ref.kind, id: ref.id })
    await reconcileSoon(dependencies, ref)
    return context.body(null, 204)
  })

  app.openapi(resealRoute, async (context) => {
    const { dryRun } = context.req.valid('query')
    const result = await credentials.reseal({ dryRun })
    if (!dryRun) log.info('credentials.resealed', { resealed: result.resealed })
    return context.json(result, 200)
  })
}

/** A building's `connection.credential_ref`, by which several share one account. */
function sharedReference(config: unknown): string | undefined {
  const { connection } = (config ?? {}) as { connection?: { credential_ref?: unknown } }
  return typeof connection?.credential_ref === 'string' ? connection.credential_ref : undefined
}
