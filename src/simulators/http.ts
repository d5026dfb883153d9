/** The little HTTP the simulated servers need: exact bodies and status codes, slow and broken answers on purpose. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { strikes, type TransportFaults } from './faults.ts'

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Without query. */
  readonly path: string
  /** Raw, still encoded, without `?`. */
  readonly query: string
  /** Aborts when the client has gone or the town closes. */
  readonly gone: AbortSignal
}

const MAX_BODY_BYTES = 256 * 1024

/** Only the part after the host is looked at, so that every base URL in front of it works. */
export function openExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const target = request.url ?? '/'
  const mark = target.indexOf('?')
  const controller = new AbortController()
  response.once('close', () => controller.abort())
  return {
    request,
    response,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    gone: controller.signal,
  }
}

/** The JSON body, or undefined when it is none or too long. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = chunk as Buffer
    size += bytes.byteLength
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(bytes)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

export function sendText(
  { response }: Exchange,
  status: number,
  body: string,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), ...headers })
  response.end(body)
}

export function sendJson(
  exchange: Exchange,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendText(exchange, status, JSON.stringify(value), 'application/json; charset=utf-8', headers)
}

/** Waits; false when the client has gone meanwhile. */
export async function pause(exchange: Exchange, milliseconds: number): Promise<boolean> {
  if (milliseconds <= 0) return !exchange.gone.aborted
  return delay(milliseconds, true, { signal: exchange.gone }).catch(() => false)
}

/** Lets slow, broken and dead servers happen. True when the exchange is over and nothing must be answered any more. */
export async function suffer(exchange: Exchange, faults: TransportFaults): Promise<boolean> {
  if (faults.slowMs !== undefined && !(await pause(exchange, faults.slowMs))) return true
  if (strikes(faults, 'connectionReset')) {
    exchange.request.socket.resetAndDestroy()
    return true
  }
  if (faults.down === undefined || faults.down === false) return false
  if (faults.down === 'refuse') exchange.request.socket.destroy()
  else sendText(exchange, faults.down === true ? 500 : faults.down, 'Internal Server Error', 'text/plain')
  return true
}
