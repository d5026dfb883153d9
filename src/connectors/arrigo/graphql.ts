/**
 * GraphQL calls with a session: the token is renewed once when the server refuses it, answers are taken apart into what
 * is there and what is missing, and every way to fail becomes a typed error.
 */
import { redactSecrets } from '../../runtime/log.ts'
import { BadConfig, BadData, type BvproError, Unavailable } from '../errors.ts'
import { type HttpResponse, httpRequest } from '../http.ts'
import { parseJson } from '../json.ts'
import { untilAborted } from '../until-aborted.ts'
import type { ArrigoAddress } from './address.ts'
import { asObject, asText, type JsonObject } from './json.ts'

export interface BearerToken {
  readonly authToken: string
}

/** Where the token of a call comes from: the server's own sign-in, or another system that vouches for the caller. */
export interface TokenSession {
  current(): Promise<BearerToken>
  /** Another token than the one the server has just refused. */
  replace(refused: BearerToken): Promise<BearerToken>
  /** Gives up a token that was refused although it was new. */
  discard(refused: BearerToken): void
}

export interface GraphQlConnection {
  readonly address: ArrigoAddress
  /** Asked for every call, since credentials may change. */
  readonly session: () => Promise<TokenSession>
}

export interface GraphQlCall {
  /** For messages: what is asked for, such as `analogs`. */
  readonly what: string
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Called before every request. */
  readonly heartbeat?: (() => void) | undefined
}

export interface GraphQlProblem {
  readonly message: string
  /** Where in the answer something is missing; empty when the server refused the whole query. */
  readonly path: readonly (string | number)[]
}

/** What the server gave, and what it says about the rest. At least one of the two is not empty. */
export interface GraphQlAnswer {
  readonly data: JsonObject
  readonly problems: readonly GraphQlProblem[]
}

/** The server did not accept the query itself: it speaks another version of the schema. */
class QueryRefused extends BadData {
  readonly complaint: string

  constructor(what: string, complaint: string) {
    super(`Arrigo refused the query for ${what}: ${shortened(complaint)}`)
    this.complaint = complaint
  }
}

/** The query was accepted, and what it asks for could not be delivered. */
export class NotDelivered extends Unavailable {
  readonly complaint: string

  constructor(what: string, complaint: string) {
    super(`Arrigo could not deliver ${what}: ${shortened(complaint)}`)
    this.complaint = complaint
  }
}

/** What the server complained about; empty when the error is of another kind. */
export function complaintOf(error: unknown): string {
  return error instanceof QueryRefused || error instanceof NotDelivered ? error.complaint : ''
}

/** All complaints as one text, in full: the name that matters may stand behind a dump of the variables. */
export function complaintText(problems: readonly GraphQlProblem[]): string {
  return problems.map(({ message }) => message).join(' · ')
}

/** A complaint for an operator: its beginning and its end, where servers say what is wrong. */
export function shortened(complaint: string): string {
  return complaint.length <= 300 ? complaint : `${complaint.slice(0, 100)} … ${complaint.slice(-190)}`
}

/** Answers of full lists and history pages stay well below this. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** Servers repeat the variables of a query they refuse, hundreds of signal ids perhaps. */
const LONGEST_COMPLAINT = 20_000

/** How servers say "sign in again" within GraphQL instead of with HTTP 401. */
const TOKEN_COMPLAINT = /^(INVALID_AUTH_TOKEN|UNAUTHENTICATED|AUTH_NOT_AUTHENTICATED)$/

type Outcome = { readonly answer: GraphQlAnswer } | { readonly refusedBecause: string }

/**
 * Runs one operation. Partial data is returned together with the problems.
 * @throws QueryRefused, Unavailable, RateLimited, BadConfig, and what signing in throws
 */
export async function runOperation(connection: GraphQlConnection, call: GraphQlCall): Promise<GraphQlAnswer> {
  const session = await connection.session()
  const first = await untilAborted(session.current(), call.signal)
  const outcome = await post(connection, call, first)
  if ('answer' in outcome) return outcome.answer
  const second = await untilAborted(session.replace(first), call.signal)
  const repeated = await post(connection, call, second)
  if ('answer' in repeated) return repeated.answer
  session.discard(second)
  throw new Unavailable(`${connection.address.host} does not accept its own token (${repeated.refusedBecause})`)
}

async function post(connection: GraphQlConnection, call: GraphQlCall, session: BearerToken): Promise<Outcome> {
  const { query, variables = {}, timeoutMs, signal, heartbeat } = call
  heartbeat?.()
  const response = await httpRequest({
    url: connection.address.graphql,
    method: 'POST',
    headers: { authorization: `Bearer ${session.authToken}` },
    json: { query, variables },
    timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
    ...(signal === undefined ? {} : { signal }),
  })
  if (response.status === 401) {
    return { refusedBecause: response.headers.get('token-expired') === 'true' ? 'token expired' : 'HTTP 401' }
  }
  return understand(response, call.what, connection.address.host)
}

function understand({ status, text }: HttpResponse, what: string, host: string): Outcome {
  const body = parseJson(text)
  const { data, errors } = asObject(body)
  const listed = Array.isArray(errors) ? errors.map(asObject) : []
  if (listed.some(({ extensions }) => TOKEN_COMPLAINT.test(asText(asObject(extensions).code) ?? ''))) {
    return { refusedBecause: 'not authenticated' }
  }
  const problems = listed.map(problemOf)
  // Newer servers answer a query they do not understand with 400; what they say is worth reading.
  const readable = (status >= 200 && status < 300) || (status === 400 && problems.length > 0)
  if (!readable) throw failureOf(status, what, host)
  const hasData = data !== null && typeof data === 'object'
  if (!hasData && problems.length === 0) {
    throw new Unavailable(`${host} answered ${what} with something that is not GraphQL (HTTP ${status})`)
  }
  if (!hasData && problems.every(({ path }) => path.length === 0)) {
    throw new QueryRefused(what, complaintText(problems))
  }
  return { answer: { data: asObject(data), problems } }
}

function failureOf(status: number, what: string, host: string): BvproError {
  if (status === 403) return new BadConfig(`the Arrigo user has no right to ${what} at ${host} (HTTP 403)`)
  if (status === 404) return new BadConfig(`there is no Arrigo server at ${host} (HTTP 404); check connection.host`)
  return new Unavailable(`${host} refused ${what} (HTTP ${status})`)
}

function problemOf({ message, path }: JsonObject): GraphQlProblem {
  const steps: unknown[] = Array.isArray(path) ? path : []
  return {
    message: redactSecrets(
      (asText(message) ?? 'an error without text').replace(/\s+/g, ' ').slice(0, LONGEST_COMPLAINT),
    ),
    path: steps.filter((step) => typeof step === 'string' || typeof step === 'number'),
  }
}
