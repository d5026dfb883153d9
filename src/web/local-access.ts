/**
 * Lets a browser on this machine see the pages and nobody else, for as long as there is no sign-in. All three must
 * hold: the socket comes from loopback, the Host is a loopback name (a foreign name that resolves to 127.0.0.1 would
 * let any web site read the pages), and no proxy has passed the request on from elsewhere.
 */
import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i
const LOOPBACK_ADDRESS = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i

/** What proxies add to a request they pass on. */
const PROXY_HEADERS = ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'Via']

/** Address of the other end of the socket; undefined when there is no socket to ask, which is not loopback. */
function remoteAddress(context: Context): string | undefined {
  const incoming: Partial<IncomingMessage> | undefined = context.env?.incoming
  return incoming?.socket?.remoteAddress
}

/** Whether a request comes from a browser of this machine itself, and not by way of a proxy on it. */
export function isLocalAccess(context: Context): boolean {
  if (!LOOPBACK_ADDRESS.test(remoteAddress(context) ?? '')) return false
  if (!LOOPBACK_HOST.test(context.req.header('Host') ?? '')) return false
  return PROXY_HEADERS.every((name) => context.req.header(name) === undefined)
}
