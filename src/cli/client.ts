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
  /** POST, with a JSON body when there is one; as `get`. @param limitMs for answers that BVPro needs a vendor for */
  post<T>(path: string, body?: object, limitMs?: number): Promise<T>
  /** POST of a file's content as it is; as `get`. */
  upload<T>(path: string, type: string, content: Uint8Array): Promise<T>
  /** PATCH with a merge patch (RFC 7396); as `get`. */
  patch<T>(path: string, change: object): Promise<T>
  /** PUT; as `get`. Without a type, of what has no answer. */
  put<T = void>(path: string, body: object): Promise<T>
  /** DELETE; as `get`. */
  delete<T>(path: string): Promise<T>
}

const TIMEOUT_MS = 30_000
/** A big file over a slow line. */
const UPLOAD_MS = 600_000
/** What BVPro itself may take to sign in at a vendor, and some more. */
export const SIGN_IN_MS = 90_000
/** And to read all pages of a big building. */
export const DISCOVERY_MS = 300_000

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
  const request = async <T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    limitMs = TIMEOUT_MS,
    contentType = 'application/json',
  ): Promise<T> => {
    const token = apiToken(options)
    let response: Response
    let text: string
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        ...(body === undefined
          ? {}
          : { body: body instanceof Uint8Array ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body) }),
        signal: AbortSignal.timeout(limitMs),
      })
      text = await response.text()
    } catch (error) {
      throw unreachable(url, error, limitMs)
    }
    if (response.status === 401 || response.status === 403) {
      throw new CommandFault(
        `BVPro at ${url} does not accept the token. Give its token in BVPRO_API_TOKEN, or run from its folder (BVPRO_HOME), where data/api-token is.`,
      )
    }
    if (response.status === 204) return undefined as T
    const answer = parse(text)
    if (!response.ok) throw new CommandFault(describeProblem(url, response.status, answer))
    if (answer === undefined) throw new CommandFault(`${url} does not answer like BVPro: is this the right address?`)
    return answer as T
  }
  return {
    url,
    get: (path) => request('GET', path),
    post: (path, body, limitMs) => request('POST', path, body, limitMs),
    upload: (path, type, content) => request('POST', path, content, UPLOAD_MS, type),
    patch: (path, change) => request('PATCH', path, change),
    put: <T>(path: string, body: object) => request<T>('PUT', path, body),
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

/** The detail of an RFC 9457 problem document with every fault it does not name itself, or the bare status. */
function describeProblem(url: string, status: number, answer: unknown): string {
  if (typeof answer === 'object' && answer !== null) {
    const { title, detail, errors } = answer as { title?: unknown; detail?: unknown; errors?: unknown }
    if (typeof detail === 'string') return [detail, ...faultsBeside(detail, errors)].join('\n  ')
    if (typeof title === 'string') return title
  }
  return `${url} answered with status ${status}.`
}

function faultsBeside(detail: string, errors: unknown): readonly string[] {
  if (!Array.isArray(errors)) return []
  return errors
    .map((fault: { path?: unknown; message?: unknown }) => `${fault.path}: ${fault.message}`)
    .filter((sentence) => !detail.includes(sentence))
}

function unreachable(url: string, error: unknown, limitMs: number): CommandFault {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new CommandFault(`BVPro at ${url} did not answer within ${limitMs / 1000} s.`)
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
