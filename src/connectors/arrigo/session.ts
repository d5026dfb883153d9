/**
 * The session of one user on one Arrigo server: a short-lived token, the refresh token behind it, and the password
 * behind both. Whoever needs a token shares the one request that fetches it.
 */
import { type Logger, registerSecret } from '../../runtime/log.ts'
import type { Credentials } from '../credentials/index.ts'
import { BadConfig, CredentialsRejected, StoreUnavailable, Unavailable } from '../errors.ts'
import { type HttpResponse, httpRequest } from '../http.ts'
import { parseJson } from '../json.ts'
import type { ArrigoAddress } from './address.ts'
import { asNumber, asObject, asText } from './json.ts'
import type { KeptSession, SessionSlot, SharedSessions } from './shared-sessions.ts'

export interface Session {
  readonly authToken: string
  /** Undefined when the server gave none; then only the password leads to the next token. */
  readonly refreshToken: string | undefined
  /** The project the server opened. */
  readonly account: string | null
  /** From here on a new token is fetched first; milliseconds of the session's clock. */
  readonly usableUntil: number
}

export interface ArrigoSessionOptions {
  readonly address: ArrigoAddress
  readonly credentials: Credentials
  /** Project on the server; empty = the only one, or its default. */
  readonly account: string
  readonly requestMs: number
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
  readonly log: Logger
  /** Where other processes use the same session. */
  readonly shared?: { readonly sessions: SharedSessions; readonly identity: string } | undefined
}

/** What deployments use when their answer does not say. */
const DEFAULT_LIFE_SECONDS = 10_800
const LONGEST_MARGIN_MS = 5 * 60_000
const MARGIN_SHARE = 0.2

/** A refused password is not tried again at once, whoever asks: servers lock accounts. */
const FIRST_REFUSAL_MS = 60_000
const LONGEST_REFUSAL_MS = 15 * 60_000

const MAX_ANSWER_BYTES = 1024 * 1024

export class ArrigoSession {
  readonly #options: ArrigoSessionOptions
  #session: Session | undefined
  #renewal: Promise<Session> | undefined
  /** A token that was refused although it was new: from there only the password leads on. */
  #givenUp: string | undefined
  #refusal: { readonly error: CredentialsRejected; readonly until: number; readonly count: number } | undefined

  constructor(options: ArrigoSessionOptions) {
    this.#options = options
  }

  /** A session whose token should be good: the known one, else refreshed, else by signing in. */
  async current(): Promise<Session> {
    if (this.#session !== undefined && this.#options.now() < this.#session.usableUntil) return this.#session
    return this.#renew()
  }

  /** Another session than the one the server has just refused; callers that met the same refusal share it. */
  async replace(refused: Session): Promise<Session> {
    return this.#session === undefined || this.#session === refused ? this.#renew() : this.current()
  }

  /** Gives up a session that was refused although it was new, so that the next one comes by password. */
  discard(refused: Session): void {
    if (this.#session === refused) this.#session = undefined
    this.#givenUp = refused.authToken
  }

  #renew(): Promise<Session> {
    this.#renewal ??= this.#obtain().finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  async #obtain(): Promise<Session> {
    const { shared, requestMs } = this.#options
    if (shared === undefined) return this.#renewFrom(this.#session)
    try {
      // A refresh that is refused, and the sign-in after it.
      return await shared.sessions.alone(shared.identity, 2 * requestMs, (slot) => this.#renewTogether(slot))
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      const { address, log } = this.#options
      log.warn('arrigo.session_not_shared', { host: address.host, reason: error.message })
      // Refreshing would take the session from the others; without a refresh token, this process stays alone.
      this.#session = { ...(await this.#signIn()), refreshToken: undefined }
      return this.#session
    }
  }

  /** Takes over what another process has renewed meanwhile, else renews for all. */
  async #renewTogether(slot: SessionSlot): Promise<Session> {
    const previous = this.#session
    const found = await slot.read()
    const kept = found === undefined || found.authToken === this.#givenUp ? undefined : this.#take(found)
    if (kept !== undefined && kept.authToken !== previous?.authToken && this.#options.now() < kept.usableUntil) {
      this.#session = kept
      return kept
    }
    try {
      const renewed = await this.#renewFrom(kept)
      if (!(await slot.write(this.#keep(renewed)))) this.#session = { ...renewed, refreshToken: undefined }
      return this.#session ?? renewed
    } catch (error) {
      // As in this process, so for all: a refresh token whose answer was lost may be spent.
      const spent = this.#session
      if (spent !== undefined && spent.refreshToken === undefined) await slot.write(this.#keep(spent))
      throw error
    }
  }

  async #renewFrom(previous: Session | undefined): Promise<Session> {
    const refreshed =
      previous?.refreshToken === undefined ? undefined : await this.#refresh(previous, previous.refreshToken)
    if (refreshed === undefined) this.#session = undefined
    this.#session = refreshed ?? (await this.#signIn())
    const { address, log } = this.#options
    if (previous !== undefined) {
      log.debug('arrigo.session_renewed', { host: address.host, by: refreshed === undefined ? 'sign-in' : 'refresh' })
    }
    return this.#session
  }

  #take({ authToken, refreshToken, account, usableUntil }: KeptSession): Session {
    registerSecret(authToken)
    if (refreshToken !== null) registerSecret(refreshToken)
    const left = usableUntil - Date.now()
    return { authToken, refreshToken: refreshToken ?? undefined, account, usableUntil: this.#options.now() + left }
  }

  #keep({ authToken, refreshToken, account, usableUntil }: Session): KeptSession {
    const left = Math.max(0, usableUntil - this.#options.now())
    return { authToken, refreshToken: refreshToken ?? null, account, usableUntil: Date.now() + left }
  }

  /**
   * Undefined when the server does not accept the pair any more. The old token goes along even when it has expired, and
   * both tokens of the answer replace the old ones.
   */
  async #refresh(previous: Session, refreshToken: string): Promise<Session | undefined> {
    try {
      const response = await this.#post(this.#options.address.refresh, { refreshToken }, previous.authToken)
      return isSuccess(response) ? this.#readSession(response) : undefined
    } catch (error) {
      // The server may have changed both tokens before its answer was lost: the password leads on from here.
      this.#session = { ...previous, refreshToken: undefined, usableUntil: Number.NEGATIVE_INFINITY }
      throw error
    }
  }

  async #signIn(): Promise<Session> {
    const { address, now } = this.#options
    if (this.#refusal !== undefined && now() < this.#refusal.until) throw this.#refusal.error
    const response = await this.#post(address.login, this.#loginForm())
    if (response.status === 401 || response.status === 403 || response.status === 409)
      throw this.#refuse(response.status)
    if (response.status === 400) {
      throw new BadConfig(
        `${address.host} does not understand the sign-in (HTTP 400); check host and connection.account`,
      )
    }
    if (response.status === 404) {
      throw new BadConfig(`there is no Arrigo server at ${address.host} (HTTP 404); check connection.host`)
    }
    const session = isSuccess(response) ? this.#readSession(response) : undefined
    if (session === undefined) {
      throw new Unavailable(`${address.host} answered the sign-in with HTTP ${response.status} and no token`)
    }
    this.#refusal = undefined
    return session
  }

  #refuse(status: number): CredentialsRejected {
    const { address, now } = this.#options
    const count = (this.#refusal?.count ?? 0) + 1
    const reason =
      status === 401
        ? 'refused user name and password'
        : `does not let this user in (HTTP ${status}): the user is blocked, or has to change the password`
    const error = new CredentialsRejected(`${address.host} ${reason}`)
    const waitMs = Math.min(FIRST_REFUSAL_MS * 2 ** (count - 1), LONGEST_REFUSAL_MS)
    this.#refusal = { error, until: now() + waitMs, count }
    return error
  }

  /** The form the vendor's own web page sends; the server is known to take it. */
  #loginForm() {
    const { account, credentials } = this.#options
    return {
      account,
      username: credentials.username,
      password: credentials.password,
      newPassword: '',
      remember: true,
      currentPhase: 'LoginIn',
      configAccount: false,
      passwordExpirePanel: false,
      passwordRequirementsNotMet: false,
      requestPassword: false,
      passwordLoading: false,
    }
  }

  #post(url: string, json: unknown, authToken?: string): Promise<HttpResponse> {
    return httpRequest({
      url,
      method: 'POST',
      headers: authToken === undefined ? {} : { authorization: `Bearer ${authToken}` },
      json,
      timeoutMs: this.#options.requestMs,
      maxBytes: MAX_ANSWER_BYTES,
    })
  }

  /** Undefined when the answer holds no token. Its life counts from now on our own clock, not on the server's. */
  #readSession({ text }: HttpResponse): Session | undefined {
    const body = asObject(parseJson(text))
    const authToken = asText(body.authToken)
    const refreshToken = asText(body.refreshToken) ?? undefined
    if (authToken === null) return undefined
    registerSecret(authToken)
    if (refreshToken !== undefined) registerSecret(refreshToken)
    const stated = asNumber(body.expires_in)
    const lifeMs = 1000 * (stated !== null && stated > 0 ? stated : DEFAULT_LIFE_SECONDS)
    const marginMs = Math.min(LONGEST_MARGIN_MS, MARGIN_SHARE * lifeMs)
    const account = asText(body.account) ?? this.#session?.account ?? null
    return { authToken, refreshToken, account, usableUntil: this.#options.now() + lifeMs - marginMs }
  }
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300
}
