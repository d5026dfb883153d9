/**
 * One way to speak HTTP with outside systems: a deadline on every call, a circuit breaker per host,
 * typed errors, and no secret in any message.
 */
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
} from 'cockatiel'
import { BvproError, RateLimited, Unavailable } from './errors.ts'

export interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is; instead of `json`. */
  readonly body?: { readonly type: string; readonly content: string | Uint8Array }
  /** Whole call including the body, milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Answers above this size are refused; default 32 MiB. */
  readonly maxBytes?: number
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** An answer whose body is read in pieces, so that its size does not matter. */
export interface HttpStream {
  readonly status: number
  readonly headers: Headers
  /** Rejects with `Unavailable` when the connection breaks or stands still. Has to be read or left with `break`. */
  readonly pieces: AsyncIterable<Uint8Array>
}

const BREAKER_THRESHOLD = 8
const BREAKER_INITIAL_MS = 2_000
const BREAKER_MAX_MS = 60_000

const breakers = new Map<string, CircuitBreakerPolicy>()

/** The breaker counts outages only: a refused password or an unknown place says nothing about the host. */
function breakerOf(host: string): CircuitBreakerPolicy {
  let breaker = breakers.get(host)
  if (breaker === undefined) {
    breaker = circuitBreaker(
      handleWhen((error) => error instanceof Unavailable),
      {
        halfOpenAfter: new ExponentialBackoff({ initialDelay: BREAKER_INITIAL_MS, maxDelay: BREAKER_MAX_MS }),
        breaker: new ConsecutiveBreaker(BREAKER_THRESHOLD),
      },
    )
    breakers.set(host, breaker)
  }
  return breaker
}

/** Forgets all circuit states; for tests that reuse a port. */
export function resetCircuitBreakers(): void {
  breakers.clear()
}

/**
 * Sends a request and reads the whole answer. Any status below 500 except 429 is an answer and is returned, redirects
 * too: they are never followed.
 * @throws Unavailable on network errors, time-outs, 5xx and an open circuit; RateLimited on 429.
 */
export async function httpRequest(request: HttpRequest): Promise<HttpResponse> {
  return throughBreaker(request, (host) => send(request, host))
}

/**
 * As {@link httpRequest}, but the body comes in pieces. `timeoutMs` is the time for the beginning of the answer, and
 * then for every piece.
 */
export async function httpStream(request: HttpRequest): Promise<HttpStream> {
  return throughBreaker(request, (host) => open(request, host))
}

async function throughBreaker<T>({ url }: HttpRequest, work: (host: string) => Promise<T>): Promise<T> {
  const host = new URL(url).host
  try {
    return await breakerOf(host).execute(() => work(host))
  } catch (error) {
    if (error instanceof BrokenCircuitError) {
      throw new Unavailable(`${host} has failed ${BREAKER_THRESHOLD} times in a row; waiting before the next attempt`)
    }
    throw error
  }
}

async function send(request: HttpRequest, host: string): Promise<HttpResponse> {
  const deadline = AbortSignal.timeout(request.timeoutMs)
  const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal])
  try {
    const response = await fetchOnce(request, signal)
    const text = await readBounded(response, request.maxBytes ?? 32 * 1024 * 1024, host)
    assertAnswered(response, host)
    return { status: response.status, headers: response.headers, text }
  } catch (error) {
    throw typedFailure(error, request, deadline, host)
  }
}

async function open(request: HttpRequest, host: string): Promise<HttpStream> {
  const watch = new Stopwatch(request.timeoutMs)
  const signal = request.signal === undefined ? watch.signal : AbortSignal.any([watch.signal, request.signal])
  try {
    const response = await fetchOnce(request, signal)
    assertAnswered(response, host)
    return { status: response.status, headers: response.headers, pieces: piecesOf(response, request, watch, host) }
  } catch (error) {
    watch.end()
    throw typedFailure(error, request, watch.signal, host)
  }
}

async function* piecesOf(
  { body }: Response,
  request: HttpRequest,
  watch: Stopwatch,
  host: string,
): AsyncIterable<Uint8Array> {
  try {
    if (body === null) return
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
      // Whoever takes the pieces may take their time.
      watch.end()
      yield piece
      watch.restart()
    }
  } catch (error) {
    throw typedFailure(error, request, watch.signal, host)
  } finally {
    watch.end()
  }
}

/** Aborts when nobody has restarted or ended it for a time. */
class Stopwatch {
  readonly #controller = new AbortController()
  readonly #limitMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(limitMs: number) {
    this.#limitMs = limitMs
    this.restart()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  restart(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(), this.#limitMs)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

function fetchOnce(request: HttpRequest, signal: AbortSignal): Promise<Response> {
  const { url, method, headers, json, body } = request
  const content = json === undefined ? body : { type: 'application/json', content: JSON.stringify(json) }
  return fetch(url, {
    method: method ?? (content === undefined ? 'GET' : 'POST'),
    headers: {
      accept: 'application/json',
      'user-agent': 'bvpro/0.1 (+https://github.com/bvpro/bvpro)',
      ...(content === undefined ? {} : { 'content-type': content.type }),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content.content as NonNullable<RequestInit['body']> }),
    signal,
    // A redirect would carry the body, a password perhaps, to whatever host it names.
    redirect: 'manual',
  })
}

function assertAnswered({ status, headers }: Response, host: string): void {
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(headers.get('retry-after'))
    throw new RateLimited(
      `${host} asks for fewer requests (HTTP 429)`,
      retryAfterMs === undefined ? {} : { retryAfterMs },
    )
  }
  if (status >= 500) throw new Unavailable(`${host} answered HTTP ${status}`)
}

function typedFailure(error: unknown, request: HttpRequest, deadline: AbortSignal, host: string): unknown {
  if (error instanceof BvproError) return error
  if (request.signal?.aborted) return error
  if (deadline.aborted) return new Unavailable(`${host} did not answer within ${request.timeoutMs / 1000} s`)
  return new Unavailable(`${host} cannot be reached: ${networkReason(error)}`)
}

async function readBounded(response: Response, maxBytes: number, host: string): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxBytes) throw new Unavailable(`${host} answered with more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Undici hides the useful part (`ECONNRESET`, `ENOTFOUND`) in `cause`; its text never holds the URL. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (cause !== null && typeof cause === 'object' && 'code' in cause && typeof cause.code === 'string')
    return cause.code
  // The Fetch standard refuses ports of other protocols, and its error has no code.
  if (cause instanceof Error && cause.message === 'bad port') return 'its port is reserved for something else than HTTP'
  return cause instanceof Error ? cause.name : 'unknown network error'
}

function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
