/** Tokens of the simulated Arrigo server: a short-lived one for calls, and one that rotates to refresh it. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto'

interface SessionAnswer {
  readonly authToken: string
  readonly refreshToken: string
  readonly expires_in: number
  readonly account: string
}

interface Issued {
  readonly refreshToken: string
  expiresAt: number
}

type TokenState = 'good' | 'expired' | 'unknown'

const REFRESH_LIFE_MS = 60 * 86_400_000
/** The oldest are forgotten, so that a client in a sign-in loop cannot fill the memory. */
const MOST_SESSIONS = 500

export class ArrigoSessions {
  readonly #account: string
  readonly #lifeSeconds: number
  readonly #now: () => number
  readonly #key = randomBytes(32)
  readonly #byAuthToken = new Map<string, Issued>()
  /** Refresh tokens that still live, with the end of their life. */
  readonly #refreshable = new Map<string, number>()

  constructor(account: string, lifeSeconds: number, now: () => number) {
    this.#account = account
    this.#lifeSeconds = lifeSeconds
    this.#now = now
  }

  issue(username: string): SessionAnswer {
    const now = this.#now()
    const refreshToken = randomUUID()
    const authToken = this.#sign(username, now)
    this.#byAuthToken.set(authToken, { refreshToken, expiresAt: now + this.#lifeSeconds * 1000 })
    this.#refreshable.set(refreshToken, now + REFRESH_LIFE_MS)
    for (const [old, { refreshToken: spent }] of this.#byAuthToken) {
      if (this.#byAuthToken.size <= MOST_SESSIONS) break
      this.#byAuthToken.delete(old)
      this.#refreshable.delete(spent)
    }
    return { authToken, refreshToken, expires_in: this.#lifeSeconds, account: this.#account }
  }

  state(authToken: string): TokenState {
    const issued = this.#byAuthToken.get(authToken)
    if (issued === undefined) return 'unknown'
    return issued.expiresAt > this.#now() ? 'good' : 'expired'
  }

  /** A new pair for a pair that belongs together; the refresh token dies, the auth token lives until it expires. */
  refresh(authToken: string, refreshToken: string, username: string): SessionAnswer | undefined {
    const issued = this.#byAuthToken.get(authToken)
    const end = this.#refreshable.get(refreshToken)
    if (issued?.refreshToken !== refreshToken || end === undefined || end <= this.#now()) return undefined
    this.#refreshable.delete(refreshToken)
    return this.issue(username)
  }

  /** Ends a refresh token, named itself or by its auth token. False when neither is known. */
  logOut({ authToken, refreshToken }: { readonly authToken?: string; readonly refreshToken?: string }): boolean {
    const spent = authToken === undefined ? refreshToken : this.#byAuthToken.get(authToken)?.refreshToken
    return spent !== undefined && this.#refreshable.delete(spent)
  }

  expireAll(): void {
    for (const issued of this.#byAuthToken.values()) issued.expiresAt = Number.NEGATIVE_INFINITY
  }

  /** A JSON Web Token (HS256), as the real server gives; nobody has to look inside. */
  #sign(username: string, now: number): string {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const seconds = Math.floor(now / 1000)
    const times = { nbf: seconds, iat: seconds, exp: seconds + this.#lifeSeconds }
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: username, jti: randomUUID(), ...times })}`
    return `${signed}.${createHmac('sha256', this.#key).update(signed).digest('base64url')}`
  }
}
