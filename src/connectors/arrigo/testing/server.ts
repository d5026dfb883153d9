/**
 * A scripted Arrigo server for tests: a real HTTP server that keeps tokens like the real one, and answers GraphQL
 * operations with what the test lays out.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly path: string
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  /** Name of the GraphQL operation; empty for other calls. */
  readonly operation: string
  readonly body: Record<string, unknown>
  readonly variables: Record<string, unknown>
}

export interface Scripted {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, unless it is a text. */
  readonly body?: unknown
}

/** What to answer; a function may look at the request, or take the response into its own hands and return undefined. */
export type Answer = Scripted | ((request: Received, response: ServerResponse) => Scripted | undefined)

export interface ScriptedServer {
  readonly url: string
  readonly received: Received[]
  /** Standing answers by path (`login`, `login/refresh`) or by name of the GraphQL operation. */
  answers: Record<string, Answer>
  /** Answers for the next requests of one kind, in order; afterwards the standing one holds again. */
  next(kind: string, ...answers: Answer[]): void
  /** Tokens the GraphQL endpoint accepts; filled by the standing answers of login and refresh. */
  readonly valid: Set<string>
  /** Seconds named in the next sessions. */
  expiresIn: number | undefined
  count(kind: string): number
  close(): Promise<void>
}

export const USER = { username: ' demo operator ', password: 'not a password' }

export function fixture<T = unknown>(name: string): T {
  const file = new URL(`../../../../test/fixtures/arrigo/${name}`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

/** A page of a connection in the shape of the fixtures. */
export function page(
  list: string,
  items: readonly unknown[],
  { next, total, shape = 'items' }: { next?: string; total?: number; shape?: 'items' | 'edges' } = {},
): Scripted {
  const connection = {
    ...(total === undefined ? {} : { totalCount: total }),
    pageInfo: { hasNextPage: next !== undefined, endCursor: next ?? null },
    ...(shape === 'items' ? { items } : { edges: items.map((node) => ({ cursor: 'x', node })) }),
  }
  return { body: { data: { [list]: connection } } }
}

export const refusal = (message: string, status = 200): Scripted => ({ status, body: { errors: [{ message }] } })

export const reset: Answer = (_request, response) => {
  response.socket?.resetAndDestroy()
  return undefined
}

export async function startServer(): Promise<ScriptedServer> {
  const received: Received[] = []
  const scripted = new Map<string, Answer[]>()
  const valid = new Set<string>()
  let issued = 0

  const session = (): Scripted => {
    issued += 1
    const authToken = `invented-auth-token-${issued}`
    valid.add(authToken)
    const life = server.expiresIn === undefined ? {} : { expires_in: server.expiresIn }
    return { body: { authToken, refreshToken: `invented-refresh-token-${issued}`, account: 'DemoLocal', ...life } }
  }

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const entry = await read(request)
    received.push(entry)
    const kind = entry.operation === '' ? entry.path : entry.operation
    const queue = scripted.get(kind) ?? []
    const token = entry.authorization?.replace(/^Bearer /, '')
    const stranger = entry.path === 'graphql' && (token === undefined || !valid.has(token))
    const answer: Answer = stranger ? { status: 401 } : (queue.shift() ?? server.answers[kind] ?? { status: 404 })
    const {
      status = 200,
      headers = {},
      body,
    } = (typeof answer === 'function' ? answer(entry, response) : answer) ?? { status: 0 }
    if (status === 0) return
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body))
  }

  const http = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: ScriptedServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    received,
    valid,
    answers: { login: () => session(), 'login/refresh': () => session() },
    expiresIn: undefined,
    next(kind, ...answers) {
      scripted.set(kind, [...(scripted.get(kind) ?? []), ...answers])
    },
    count: (kind) => received.filter(({ path, operation }) => path === kind || operation === kind).length,
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}

async function read(request: IncomingMessage): Promise<Received> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
  const query = typeof body.query === 'string' ? body.query : ''
  return {
    path: (request.url ?? '').replace(/^\/arrigo\/api\//, ''),
    authorization: request.headers.authorization,
    contentType: request.headers['content-type'],
    operation: /^(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? '',
    body,
    variables: (body.variables ?? {}) as Record<string, unknown>,
  }
}
