/** Puts the app behind a socket and takes it away again without leaving connections hanging. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Env, Hono } from 'hono'
import { StartupFault } from '../runtime/servers/startup-fault.ts'

export interface ListenOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

export interface RunningServer {
  /** Where to reach it from this machine, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** Refuses new connections, lets answers under way finish for a moment, then ends every connection. */
  close(): Promise<void>
}

/** How long answers under way may take once the server is to close. */
const CLOSING_GRACE_MS = 2000

function listenFault(error: NodeJS.ErrnoException, { host, port }: ListenOptions): Error {
  if (error.code === 'EADDRINUSE') {
    const advice = 'End the program that uses it, or choose another port with BVPRO_PORT.'
    return new StartupFault(`Port ${port} on ${host} is already in use. ${advice}`, { cause: error })
  }
  if (error.code === 'EACCES') {
    return new StartupFault(
      `Port ${port} on ${host} may not be used by this user. Choose another port with BVPRO_PORT.`,
      {
        cause: error,
      },
    )
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new StartupFault(`${host} is not an address of this machine, so BVPro cannot listen on it.`, {
      cause: error,
    })
  }
  return error
}

/** An address to type into a browser here; "all addresses" is not one. */
function reachableUrl({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const impatience = setTimeout(() => server.closeAllConnections(), CLOSING_GRACE_MS)
    server.close((error) => {
      clearTimeout(impatience)
      if (error === undefined) resolve()
      else reject(error)
    })
    server.closeIdleConnections()
  })
}

/**
 * Listens and resolves when connections are accepted.
 * @throws StartupFault for the operator when the port or the address cannot be used
 */
export function serveApi(app: Pick<Hono<Env>, 'fetch'>, { host, port }: ListenOptions): Promise<RunningServer> {
  // Without an own factory the adaptor makes a plain node:http server, whose type the union of adaptors hides.
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(listenFault(error, { host, port }))
    server.once('error', refuse)
    server.listen(port, host, () => {
      server.off('error', refuse)
      let closing: Promise<void> | undefined
      resolve({
        url: reachableUrl(server.address() as AddressInfo),
        close: () => {
          closing ??= closeServer(server)
          return closing
        },
      })
    })
  })
}
