/** Talks to a running BVPro over its REST API, for the commands that look at or act on entities. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { isErrno } from '../runtime/servers/file-lock.ts'
import { CommandFault } from './fault.ts'

/** What the command line gives, and where it gives nothing, this installation's own settings. */
export interface ClientOptions {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly environment: Pick<Environment, 'apiUrl' | 'port' | 'apiToken' | 'home'>
}

export interface ApiClient {
  readonly url: string
  /** GET; resolves with the answer's JSON. Throws `CommandFault` with a sentence for every failure. */
  get<T>(path: string): Promise<T>
  /** POST, with a JSON body when there is one; as `get`. */
  post<T>(path: string, body?: object): Promise<T>
  /** PATCH with a merge patch (RFC 7396); as `get`. */
  patch<T>(path: string, change: object): Promise<T>
  /** DELETE; as `get`. */
  delete<T>(path: string): Promise<T>
}

const TIMEOUT_MS = 30_000

/**
 * The given address, `BVPRO_URL`, or this machine's BVPro; without a trailing slash. Throws `CommandFault` for no
 * address.
 */
export function apiUrl({ url, environment }: Pick<ClientOptions, 'url' | 'environment'>): string {
  const text = url || environment.apiUrl || `http://127.0.0.1:${environment.port}`
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    throw new CommandFault(`"${text}" is no http address; give one such as http://127.0.0.1:8080 with --url.`, 2)
  }
  return text.replace(/\/+$/, '')
}

/**
 * The given token, `BVPRO_API_TOKEN`, or the one a BVPro on this machine keeps in a file; undefined when there is none.
 */
export function apiToken({ token, environment }: Pick<ClientOptions, 'token' | 'environment'>): string | undefined {
  const given = token || environment.apiToken
  if (given) return given
  const file = join(environment.home, 'data', 'api-token')
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    if (isErrno(error, 'EACCES')) {
      throw new CommandFault(`${file} belongs to another user; give the token in BVPRO_API_TOKEN.`)
    }
    throw error
  }
}

/** Connects on use; whatever goes wrong is a `CommandFault` with one sentence. */
export function createApiClient(options: ClientOptions): ApiClient {
  const url = apiUrl(options)
  const request = async <T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> => {
    const token = apiToken(options)
    let response: Response
    let text: string
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      text = await response.text()
    } catch (error) {
      throw unreachable(url, error)
    }
    if (response.status === 401 || response.status === 403) {
      throw new CommandFault(
        `BVPro at ${url} does not accept the token. Give its token in BVPRO_API_TOKEN, or run from its folder (BVPRO_HOME), where data/api-token is.`,
      )
    }
    const answer = parse(text)
    if (!response.ok) throw new CommandFault(describeProblem(url, response.status, answer))
    if (answer === undefined) throw new CommandFault(`${url} does not answer like BVPro: is this the right address?`)
    return answer as T
  }
  return {
    url,
    get: (path) => request('GET', path),
    post: (path, body) => request('POST', path, body),
    patch: (path, change) => request('PATCH', path, change),
    delete: (path) => request('DELETE', path),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Some other program's page, or a proxy's; the callers say so.
    return undefined
  }
}

/** The detail of an RFC 9457 problem document, or the bare status. */
function describeProblem(url: string, status: number, answer: unknown): string {
  if (typeof answer === 'object' && answer !== null) {
    const { title, detail } = answer as { title?: unknown; detail?: unknown }
    if (typeof detail === 'string') return detail
    if (typeof title === 'string') return title
  }
  return `${url} answered with status ${status}.`
}

function unreachable(url: string, error: unknown): CommandFault {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new CommandFault(`BVPro at ${url} did not answer within ${TIMEOUT_MS / 1000} s.`)
  }
  const cause = error instanceof Error ? error.cause : undefined
  if (isErrno(cause, 'ECONNREFUSED')) {
    return new CommandFault(
      `BVPro does not run at ${url}. Start it with "bvpro up", or name another address with --url or BVPRO_URL.`,
    )
  }
  const reason = cause instanceof Error ? cause.message : error instanceof Error ? error.message : String(error)
  return new CommandFault(`BVPro at ${url} cannot be reached: ${reason}`)
}
