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
  const host = new URL(request.url).host
  try {
    return await breakerOf(host).execute(() => send(request, host))
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
    const response = await fetch(request.url, {
      method: request.method ?? (request.json === undefined ? 'GET' : 'POST'),
      headers: {
        accept: 'application/json',
        'user-agent': 'bvpro/0.1 (+https://github.com/bvpro/bvpro)',
        ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
      signal,
      // A redirect would carry the body, a password perhaps, to whatever host it names.
      redirect: 'manual',
    })
    const text = await readBounded(response, request.maxBytes ?? 32 * 1024 * 1024, host)
    if (response.status === 429) {
      const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'))
      throw new RateLimited(
        `${host} asks for fewer requests (HTTP 429)`,
        retryAfterMs === undefined ? {} : { retryAfterMs },
      )
    }
    if (response.status >= 500) throw new Unavailable(`${host} answered HTTP ${response.status}`)
    return { status: response.status, headers: response.headers, text }
  } catch (error) {
    if (error instanceof BvproError) throw error
    if (request.signal?.aborted) throw error
    if (deadline.aborted) throw new Unavailable(`${host} did not answer within ${request.timeoutMs / 1000} s`)
    throw new Unavailable(`${host} cannot be reached: ${networkReason(error)}`)
  }
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
  return cause instanceof Error ? cause.name : 'unknown network error'
}

function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
