/** `…/config`: reading and editing a configuration with merge patches, guarded by ETags against lost updates. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { problemAnswers, TOKEN_REQUIRED } from '../answers.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'
import { refuseForeignHost } from '../zones/modbus-host.ts'
import { condition, reconcileSoon, requireContentType } from './config-change.ts'
import { refuseOtherCredentialTarget } from './credential-target.ts'
import { withoutSecrets } from './redact-config.ts'
import { ConfigDocumentSchema, EntityParams } from './schemas.ts'

const CONFIG_PATH = '/api/v1/entities/{kind}/{id}/config'
const ETAG_HEADER = z.object({ ETag: z.string().openapi({ description: 'Send it back as If-Match when editing.' }) })

const configAnswer = (description: string) => ({
  description,
  headers: ETAG_HEADER,
  content: { 'application/json': { schema: ConfigDocumentSchema } },
})

const readRoute = createRoute({
  method: 'get',
  path: CONFIG_PATH,
  operationId: 'readConfig',
  tags: ['Configuration'],
  summary: 'The configuration, without secrets',
  security: TOKEN_REQUIRED,
  request: { params: EntityParams },
  responses: { 200: configAnswer('The configuration'), ...problemAnswers(404, 409) },
})

const MergePatchSchema = z
  .record(z.string(), z.unknown())
  .openapi('MergePatch', { description: 'RFC 7396: the keys to change; null removes a key.' })

const patchRoute = createRoute({
  method: 'patch',
  path: CONFIG_PATH,
  operationId: 'patchConfig',
  tags: ['Configuration'],
  summary: 'Change parts of the configuration',
  security: TOKEN_REQUIRED,
  request: {
    params: EntityParams,
    headers: z.object({
      'if-match': z
        .string()
        .optional()
        .openapi({ description: 'The ETag that was read; 412 if it is no longer current.' }),
    }),
    body: {
      required: true,
      content: {
        'application/merge-patch+json': { schema: MergePatchSchema },
        'application/json': { schema: MergePatchSchema },
      },
    },
  },
  responses: { 200: configAnswer('The configuration as it is now'), ...problemAnswers(400, 404, 412, 413, 415, 422) },
})

function configOf(ref: EntityRef, configured: ConfiguredEntity | undefined): ConfiguredEntity {
  if (configured === undefined) throw new Problem(404, `There is no configuration file for ${ref.kind} ${ref.id}.`)
  return configured
}

/** The device a zone leads to now: its operator has put it there. */
function hostOf({ config }: ConfiguredEntity): string[] {
  const { modbus_host: host }: Readonly<Record<string, unknown>> = { ...config }
  return typeof host === 'string' ? [host] : []
}

export function registerConfigRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { config, modbusHosts } = dependencies

  app.openapi(readRoute, async (context) => {
    const ref = context.req.valid('param')
    const { config: document, etag, problems } = configOf(ref, await config.get(ref))
    const headers = { ETag: `"${etag}"` }
    if (document === null) throw new Problem(409, 'The configuration file has faults.', { errors: problems, headers })
    return context.json(withoutSecrets(document), 200, headers)
  })

  app.use('/api/v1/entities/:kind/:id/config', requireContentType('PATCH', 'application/merge-patch+json'))

  app.openapi(patchRoute, async (context) => {
    const ref = context.req.valid('param')
    const present = configOf(ref, await config.get(ref))
    let onlyIf = condition(context.req.valid('header')['if-match'], present)
    const patch = context.req.valid('json')
    if (ref.kind === 'zone') refuseForeignHost(patch, [...modbusHosts, ...hostOf(present)])
    if (ref.kind === 'building' && 'connection' in patch) {
      refuseOtherCredentialTarget(present, patch)
      // Judged against what was just read, so that no change in between slips past.
      onlyIf = { ifMatch: present.etag }
    }
    const changed = await config.patch(ref, patch, onlyIf)
    await reconcileSoon(dependencies, ref)
    return context.json(withoutSecrets(changed.config ?? {}), 200, { ETag: `"${changed.etag}"` })
  })
}
