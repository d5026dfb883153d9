/** What every route that changes a configuration file shares: the condition it is made on, and telling the loops of it. */
import type { MiddlewareHandler } from 'hono'
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import type { EntityRef } from '../../domain/entity.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem, reasonOf } from '../problem.ts'

/** Strong entity tags of an `If-Match` (RFC 9110 §13.1.1); weak ones are left out, they never match strongly. */
function strongTags(header: string): string[] {
  return [...header.matchAll(/(W\/)?"([^"]*)"/g)].flatMap(([, weak, tag = '']) => (weak === undefined ? [tag] : []))
}

/**
 * The ETag to hand to the store as a condition; nothing when the caller set none.
 * @throws Problem 412 when the configuration is no longer the one the caller has seen
 */
export function condition(
  ifMatch: string | undefined,
  configured: Pick<ConfiguredEntity, 'etag'>,
): { readonly ifMatch?: string } {
  if (ifMatch === undefined || ifMatch.trim() === '*') return {}
  if (strongTags(ifMatch).includes(configured.etag)) return { ifMatch: configured.etag }
  throw new Problem(412, 'The configuration has changed since it was read. Read it again and repeat the change.', {
    headers: { ETag: `"${configured.etag}"` },
  })
}

/** Never rejects: the file is as wanted, and the loops learn of it at the next reconciliation, a minute later at most. */
export async function reconcileSoon(
  { operations, log }: Pick<ApiDependencies, 'operations' | 'log'>,
  { kind, id }: EntityRef,
): Promise<void> {
  try {
    await operations.reconcileNow()
  } catch (error) {
    log.warn('api.reconcile_deferred', { kind, id, reason: reasonOf(error) })
  }
}

/** @throws Problem 415 when a request of that method does not say what its body is */
export function requireContentType(method: 'POST' | 'PUT' | 'PATCH', mediaType: string): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.method === method && context.req.header('Content-Type') === undefined) {
      throw new Problem(415, `Send the body as ${mediaType}.`)
    }
    await next()
  }
}
