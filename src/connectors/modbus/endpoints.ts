/** The endpoints of this process, one for each host and port, alive as long as somebody uses them. */
import { BadConfig } from '../errors.ts'
import { Endpoint, type EndpointOptions } from './endpoint.ts'

export interface EndpointRegistry {
  /**
   * The endpoint of host and port. Its options are those of the first user; every user calls `release` once.
   * @throws BadConfig for what cannot be a host or a port
   */
  acquire(host: string, port: number, options: EndpointOptions): Endpoint
  /** The last user's release closes the connection. */
  release(endpoint: Endpoint): void
  /** Names of all endpoints in use; for the test that none is left over. */
  inUse(): string[]
}

interface Shared {
  readonly endpoint: Endpoint
  users: number
}

export function createEndpointRegistry(): EndpointRegistry {
  const endpoints = new Map<string, Shared>()
  return {
    acquire(host, port, options) {
      const name = endpointName(host, port)
      const shared = endpoints.get(name) ?? { endpoint: new Endpoint(name, { host, port }, options), users: 0 }
      shared.users += 1
      endpoints.set(name, shared)
      return shared.endpoint
    },
    release({ name }) {
      const shared = endpoints.get(name)
      if (shared === undefined) return
      shared.users -= 1
      if (shared.users > 0) return
      endpoints.delete(name)
      shared.endpoint.close()
    },
    inUse: () => [...endpoints.keys()],
  }
}

export const processEndpoints: EndpointRegistry = createEndpointRegistry()

function endpointName(host: string, port: number): string {
  if (host === '' || /[\s/@]/.test(host)) throw new BadConfig(`${JSON.stringify(host)} is not a host name or address`)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new BadConfig(`${port} is not a TCP port`)
  return `${host.includes(':') ? `[${host}]` : host}:${port}`.toLowerCase()
}
