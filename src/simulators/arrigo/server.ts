/**
 * The Arrigo server as seen from outside: five REST calls around the token, and GraphQL. Paths are taken in any case,
 * as the real server takes them.
 */
import { z } from 'zod'
import { strikes } from '../faults.ts'
import { type Exchange, sendJson, sendText, suffer } from '../http.ts'
import { runQuery, schemaFor } from './execute.ts'
import type { ArrigoFaults } from './faults.ts'
import { ArrigoSessions } from './sessions.ts'
import type { Site } from './site.ts'

export interface ArrigoServerOptions {
  readonly site: Site
  readonly username: string
  readonly password: string
  readonly account: string
  readonly tokenLifeSeconds: number
  readonly now: () => number
}

const ARRIGO_CALLS = ['login', 'probe', 'refresh', 'verify', 'logout', 'graphql'] as const
export type ArrigoCall = (typeof ARRIGO_CALLS)[number]

const API_PATH = '/arrigo/api'
const SERVER_VERSION = '1.4.43'

const loginBody = z.object({ username: z.string().min(1), password: z.string(), account: z.string().optional() })
const refreshBody = z.object({ refreshToken: z.string().min(1) })
const verifyBody = z.object({ authToken: z.string().min(1) })
const graphQlBody = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})

const ERROR_PAGE = '<!DOCTYPE html><html><body><h1>Server Error in &#39;/Arrigo&#39; Application.</h1></body></html>'

/** An answer with a JSON body, a page, or nothing. */
interface Reply {
  readonly status: number
  readonly json?: unknown
  readonly html?: string
  readonly headers?: Readonly<Record<string, string>>
}

export class ArrigoServer {
  readonly #options: ArrigoServerOptions
  readonly #sessions: ArrigoSessions
  readonly #counts = new Map<ArrigoCall, number>()

  constructor(options: ArrigoServerOptions) {
    this.#options = options
    this.#sessions = new ArrigoSessions(options.account, options.tokenLifeSeconds, options.now)
  }

  /** How often each call has been made. */
  counts(): Readonly<Record<ArrigoCall, number>> {
    const count = (call: ArrigoCall) => [call, this.#counts.get(call) ?? 0] as const
    return Object.fromEntries(ARRIGO_CALLS.map(count)) as Record<ArrigoCall, number>
  }

  expireTokens(): void {
    this.#sessions.expireAll()
  }

  /** Whether a request is meant for this site: it signs in as its user, or shows one of its tokens. */
  serves(exchange: Exchange, body: unknown): boolean {
    const token = bearer(exchange) ?? verifyBody.safeParse(body).data?.authToken
    if (token !== undefined) return this.#sessions.state(token) !== 'unknown'
    return loginBody.safeParse(body).data?.username === this.#options.username
  }

  /** Answers when the path is one of the API's; false otherwise. @param body the JSON of a POST */
  async handle(exchange: Exchange, body: unknown): Promise<boolean> {
    const path = exchange.path.toLowerCase().replace(/\/+$/, '')
    if (path !== API_PATH && !path.startsWith(`${API_PATH}/`)) return false
    const { method = 'GET' } = exchange.request
    const isJson = /^application\/json\b/i.test(exchange.request.headers['content-type'] ?? '')
    if (await suffer(exchange, this.#faults)) return true
    const call = `${method} ${path.slice(API_PATH.length)}`
    send(exchange, method === 'POST' && !isJson ? { status: 415 } : await this.#reply(call, body, bearer(exchange)))
    return true
  }

  async #reply(call: string, body: unknown, authToken: string | undefined): Promise<Reply> {
    switch (call) {
      case 'GET ':
        return { status: 200, html: '<!DOCTYPE html><title>GraphQL Playground</title>' }
      case 'GET /login':
        this.#count('probe')
        return { status: 200, json: { mainProject: this.#options.account, serviceStatus: 'Running' } }
      case 'POST /login':
        return this.#login(body)
      case 'POST /login/refresh':
        return this.#refresh(body, authToken)
      case 'POST /login/verify':
        return this.#verify(body)
      case 'POST /logout':
        return this.#logOut(body, authToken)
      case 'POST /graphql':
        return this.#graphQl(body, authToken)
      default:
        return { status: 404 }
    }
  }

  get #faults(): ArrigoFaults {
    return this.#options.site.faults
  }

  #login(body: unknown): Reply {
    this.#count('login')
    const { username, password, account } = this.#options
    if (this.#faults.loginStatus !== undefined) return { status: this.#faults.loginStatus }
    const form = loginBody.safeParse(body).data
    if (form === undefined) return { status: 400 }
    const sameAccount = (form.account ?? '') === '' || form.account === account
    const right = form.username === username && form.password === password && sameAccount
    if (!right || this.#faults.wrongPassword === true) return { status: 401 }
    return { status: 200, json: this.#sessions.issue(username) }
  }

  #refresh(body: unknown, authToken: string | undefined): Reply {
    this.#count('refresh')
    const claim = refreshBody.safeParse(body).data
    if (claim === undefined) return { status: 400 }
    if (authToken === undefined || this.#faults.refreshRefused === true) return { status: 401 }
    const renewed = this.#sessions.refresh(authToken, claim.refreshToken, this.#options.username)
    return renewed === undefined ? { status: 401 } : { status: 200, json: renewed }
  }

  #verify(body: unknown): Reply {
    this.#count('verify')
    const token = verifyBody.safeParse(body).data?.authToken
    return { status: token !== undefined && this.#sessions.state(token) === 'good' ? 204 : 400 }
  }

  /** The bearer wins when both tokens are given. */
  #logOut(body: unknown, authToken: string | undefined): Reply {
    this.#count('logout')
    const refreshToken = refreshBody.safeParse(body).data?.refreshToken
    if (authToken !== undefined) return { status: this.#sessions.logOut({ authToken }) ? 204 : 401 }
    if (refreshToken === undefined) return { status: 400 }
    return { status: this.#sessions.logOut({ refreshToken }) ? 204 : 401 }
  }

  async #graphQl(body: unknown, authToken: string | undefined): Promise<Reply> {
    this.#count('graphql')
    const faults = this.#faults
    if (strikes(faults, 'htmlError')) return { status: 500, html: ERROR_PAGE }
    this.#countDownToExpiry(faults)
    const state = authToken === undefined ? 'unknown' : this.#sessions.state(authToken)
    const expired = state === 'expired' || strikes(faults, 'tokenExpired')
    if (expired) return { status: 401, headers: { 'token-expired': 'true' } }
    if (state === 'unknown' || strikes(faults, 'unauthorized')) return { status: 401 }
    const request = graphQlBody.safeParse(body).data
    if (request === undefined) return { status: 400, json: { errors: [{ message: 'Must provide query string.' }] } }
    const { understood, body: json } = await runQuery(schemaFor(faults), this.#options.site.root(), {
      query: request.query,
      variables: request.variables ?? {},
      operationName: request.operationName ?? null,
    })
    return { status: understood ? 200 : (faults.refusalStatus ?? 200), json }
  }

  #countDownToExpiry(faults: ArrigoFaults): void {
    if (faults.expireAfterCalls === undefined) return
    if (faults.expireAfterCalls > 0) faults.expireAfterCalls -= 1
    else {
      delete faults.expireAfterCalls
      this.#sessions.expireAll()
    }
  }

  #count(call: ArrigoCall): void {
    this.#counts.set(call, (this.#counts.get(call) ?? 0) + 1)
  }
}

function send(exchange: Exchange, { status, json, html, headers = {} }: Reply): void {
  const named = { 'x-arrigo-version': SERVER_VERSION, ...headers }
  if (json !== undefined) sendJson(exchange, status, json, named)
  else if (html !== undefined) sendText(exchange, status, html, 'text/html; charset=utf-8', named)
  else if (!exchange.response.destroyed) {
    // A 204 must not say how long its body is.
    exchange.response.writeHead(status, status === 204 ? named : { 'content-length': 0, ...named })
    exchange.response.end()
  }
}

function bearer({ request }: Exchange): string | undefined {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
}
