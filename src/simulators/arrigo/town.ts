/**
 * The commercial side of the simulated town alone: the simulated Arrigo server on a real socket of its own. It holds
 * one building, and others that are there to be added.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLogger, type Logger } from '../../runtime/log.ts'
import { openExchange, readJson, sendText } from '../http.ts'
import type { OfficeDocument } from './demo-building.ts'
import { type SimulatedArrigo, type SimulatedArrigoOptions, simulateArrigo } from './simulated-arrigo.ts'

export interface ArrigoTownOptions extends SimulatedArrigoOptions {
  /** 0 (default) takes a free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  readonly log?: Logger
  /** Further sites on the same server; each needs a user name of its own. */
  readonly spareSites?: readonly SimulatedArrigoOptions[]
}

/** What somebody needs to know to add a site. */
export type SpareSite = Pick<SimulatedArrigo, 'username' | 'password' | 'building'>

export interface ArrigoTown extends Omit<SimulatedArrigo, 'handle' | 'serves' | 'demoBuilding'> {
  /** For `connection.host`. */
  readonly url: string
  readonly spareSites: readonly SpareSite[]
  /** The building's configuration as discovery would write it now. */
  demoBuilding(): OfficeDocument
  close(): Promise<void>
}

/** Longer than clients keep idle connections, so that none meets a connection closed under its hands by accident. */
const KEEP_ALIVE_MS = 75_000

/** Starts the server. Throws when the port is taken. */
export async function startArrigoTown(options: ArrigoTownOptions = {}): Promise<ArrigoTown> {
  const log = options.log ?? createLogger('warn')
  const { handle, serves, demoBuilding, ...arrigo } = simulateArrigo(options)
  const main = { handle, serves }
  const spareSites = (options.spareSites ?? []).map((site) => simulateArrigo(site))
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const exchange = openExchange(request, response)
    const body = request.method === 'POST' ? await readJson(request) : undefined
    const site = spareSites.find((spare) => spare.serves(exchange, body)) ?? main
    if (!(await site.handle(exchange, body))) sendText(exchange, 404, 'Not Found', 'text/plain')
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A client that leaves in the middle of its request is its own business.
      if (request.destroyed && !request.complete) return
      log.error('town.request_failed', { path: request.url, reason: String(error) })
      if (!response.headersSent) response.writeHead(500).end()
    })
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...arrigo,
    url,
    spareSites: spareSites.map(({ username, password, building }) => ({ username, password, building })),
    demoBuilding: () => demoBuilding(url),
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
