/** The endpoints of this process, one for each host and port, alive as long as somebody uses them. */
import { BadConfig } from '../errors.ts'
import { Endpoint, type EndpointOptions } from './endpoint.ts'

interface Shared {
  readonly endpoint: Endpoint
  users: number
}

const endpoints = new Map<string, Shared>()

/**
 * The endpoint of host and port. Its options are those of the first user; every user calls {@link releaseEndpoint}
 * once.
 * @throws BadConfig for what cannot be a host or a port
 */
export function acquireEndpoint(host: string, port: number, options: EndpointOptions): Endpoint {
  const name = endpointName(host, port)
  const shared = endpoints.get(name) ?? { endpoint: new Endpoint(name, { host, port }, options), users: 0 }
  shared.users += 1
  endpoints.set(name, shared)
  return shared.endpoint
}

/** The last user's release closes the connection. */
export function releaseEndpoint({ name }: Endpoint): void {
  const shared = endpoints.get(name)
  if (shared === undefined) return
  shared.users -= 1
  if (shared.users > 0) return
  endpoints.delete(name)
  shared.endpoint.close()
}

/** Names of all endpoints in use; for the test that none is left over. */
export function endpointsInUse(): string[] {
  return [...endpoints.keys()]
}

function endpointName(host: string, port: number): string {
  if (host === '' || /[\s/@]/.test(host)) throw new BadConfig(`${JSON.stringify(host)} is not a host name or address`)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new BadConfig(`${port} is not a TCP port`)
  return `${host.includes(':') ? `[${host}]` : host}:${port}`.toLowerCase()
}
