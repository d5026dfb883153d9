/** Tokens of the simulated Dropbox: codes with PKCE, refresh tokens that do not rotate, access tokens that end. */
import { createHash, randomBytes } from 'node:crypto'

export interface AppCredentials {
  readonly appKey: string
  readonly appSecret: string
}

type TokenAnswer = { readonly status: number; readonly body: object }

const LASTS_SECONDS = 14_400
const SCOPES = ['account_info.read', 'files.content.read', 'files.content.write', 'files.metadata.read']

export class Tokens {
  readonly #app: AppCredentials
  readonly #now: () => number
  readonly #codes = new Map<string, string>()
  readonly #refresh = new Set<string>()
  readonly #access = new Map<string, number>()
  /** How often a token was asked for. */
  asked = 0

  constructor(app: AppCredentials, now: () => number) {
    this.#app = app
    this.#now = now
  }

  /**
   * What a person does in the browser: opens the address and allows access.
   * @returns the code Dropbox shows
   */
  allow(authorizeUrl: string): string {
    const { searchParams: asked } = new URL(authorizeUrl)
    const wanted: Record<string, string> = {
      client_id: this.#app.appKey,
      response_type: 'code',
      token_access_type: 'offline',
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(wanted)) {
      if (asked.get(name) !== value) throw new Error(`Dropbox would show an error: ${name} is ${asked.get(name)}`)
    }
    const unknown = (asked.get('scope') ?? '').split(' ').filter((scope) => !SCOPES.includes(scope))
    if (unknown.length > 0) throw new Error(`Dropbox would show an error: unknown scopes ${unknown.join(', ')}`)
    const code = token('code')
    this.#codes.set(code, asked.get('code_challenge') ?? '')
    return code
  }

  /** A refresh token as a login long ago has left it. */
  issueRefresh(): string {
    const issued = token('refresh')
    this.#refresh.add(issued)
    return issued
  }

  issueAccess(): string {
    const issued = token('sl')
    this.#access.set(issued, this.#now() + LASTS_SECONDS * 1000)
    return issued
  }

  /** The user takes the app's access away. */
  revokeAll(): void {
    this.#refresh.clear()
    this.#access.clear()
  }

  /** All access tokens end, as they do after four hours. */
  expireAccess(): void {
    for (const issued of this.#access.keys()) this.#access.set(issued, 0)
  }

  judge(access: string): 'good' | 'expired' | 'invalid' {
    const until = this.#access.get(access)
    if (until === undefined) return 'invalid'
    return until > this.#now() ? 'good' : 'expired'
  }

  exchange(form: URLSearchParams): TokenAnswer {
    this.asked += 1
    const given = (name: string) => form.get(name) ?? ''
    if (given('client_id') !== this.#app.appKey)
      return refused('invalid_client_id: Invalid client_id', 'invalid_client')
    const secret = form.get('client_secret')
    if (secret !== null && secret !== this.#app.appSecret)
      return refused('Invalid client_id or client_secret', 'invalid_client')
    switch (given('grant_type')) {
      case 'refresh_token':
        if (!this.#refresh.has(given('refresh_token'))) return refused('refresh token is invalid or revoked')
        return granted({ access_token: this.issueAccess() })
      case 'authorization_code': {
        const challenge = this.#codes.get(given('code'))
        this.#codes.delete(given('code'))
        if (challenge === undefined) return refused("code doesn't exist or has expired")
        if (createHash('sha256').update(given('code_verifier')).digest('base64url') !== challenge) {
          return refused('invalid code verifier')
        }
        const own = { access_token: this.issueAccess(), refresh_token: this.issueRefresh() }
        return granted({ ...own, scope: SCOPES.join(' '), uid: '4711', account_id: 'dbid:AAAAinvented' })
      }
      default:
        return refused(`grant_type: unknown ${given('grant_type')}`, 'unsupported_grant_type')
    }
  }
}

function granted(body: object): TokenAnswer {
  return { status: 200, body: { token_type: 'bearer', expires_in: LASTS_SECONDS, ...body } }
}

function refused(description: string, error = 'invalid_grant'): TokenAnswer {
  return { status: 400, body: { error, error_description: description } }
}

function token(kind: string): string {
  return `${kind}.${randomBytes(24).toString('base64url')}`
}
