/** Lets programs in: `Authorization: Bearer <token>`, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { Problem } from './problem.ts'

/** RFC 6750 §2.1, but any characters: a token that an operator made up need not be base64. The scheme ignores case. */
const BEARER = /^Bearer +(\S+) *$/i

/** Equal-length digests are compared, so neither content nor length of the token shows in the time taken. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest()
  return timingSafeEqual(digest(given), digest(expected))
}

function refusal(detail: string, challenge: string): Problem {
  return new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } })
}

/** @throws Problem 401 unless the request carries the administrator token. An empty token lets nobody in. */
export function requireToken(apiToken: string): MiddlewareHandler {
  return async (context, next) => {
    const header = context.req.header('Authorization')
    if (header === undefined) {
      throw refusal('Send the API token as "Authorization: Bearer <token>".', 'Bearer realm="bvpro"')
    }
    const given = BEARER.exec(header)?.[1]
    if (given === undefined || apiToken === '' || !sameSecret(given, apiToken)) {
      throw refusal('The API token is not valid.', 'Bearer realm="bvpro", error="invalid_token"')
    }
    await next()
  }
}
