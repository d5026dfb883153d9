/**
 * The access token that calls of Dropbox carry: made from a refresh token, or a plain one of an older installation.
 * A refusal is remembered until the operator gives another token: asking again would change nothing.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Logger, registerSecret } from '../../runtime/log.ts'
import { CredentialsMissing, CredentialsRejected, Unavailable } from '../errors.ts'
import { httpRequest } from '../http.ts'

/** What the operator has given; looked up at every call, so that a new token counts at once. */
export interface DropboxTokens {
  readonly appKey: string | undefined
  readonly appSecret: string | undefined
  readonly refreshToken: string | undefined
  readonly accessToken: string | undefined
}

export interface DropboxAccess {
  /** Rejects with `CredentialsMissing`, `CredentialsRejected`, `RateLimited` or `Unavailable`. */
  token(): Promise<string>
  /** Another one, because this one was refused. */
  tokenInsteadOf(refused: string): Promise<string>
  /** Remembers that the present tokens are good for nothing; the error to throw. */
  reject(reason: string): CredentialsRejected
}

export interface DropboxAccessOptions {
  readonly apiUrl: string
  readonly tokens: () => Promise<DropboxTokens>
  readonly log: Logger
  readonly now: () => number
}

const HINT = 'run "bvpro dropbox login"'
const ANSWER_MS = 30_000
/** A token that ends sooner than this is not begun with. */
const SPARE_MS = 300_000

const grantSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })
const refusalSchema = z.object({ error: z.string(), error_description: z.string().optional() })

interface Grant {
  readonly token: string
  readonly until: number
}

export function createDropboxAccess({ apiUrl, tokens, log, now }: DropboxAccessOptions): DropboxAccess {
  /** Of the tokens all the rest belongs to. */
  let identity = ''
  let grant: Promise<Grant> | undefined
  let refusal: CredentialsRejected | undefined

  async function present(): Promise<DropboxTokens> {
    const given = await tokens()
    const { appKey, appSecret, refreshToken, accessToken } = given
    const found = createHash('sha256').update(JSON.stringify([appKey, appSecret, refreshToken, accessToken]))
    const digest = found.digest('hex')
    if (digest !== identity) {
      identity = digest
      grant = undefined
      refusal = undefined
    }
    return given
  }

  function reject(reason: string): CredentialsRejected {
    const first = refusal === undefined
    refusal = new CredentialsRejected(`${reason}; ${HINT}`)
    if (first) log.error('energy.access_refused', { place: 'Dropbox', reason: refusal.message })
    return refusal
  }

  async function refresh({ appKey, appSecret, refreshToken }: DropboxTokens): Promise<Grant> {
    registerSecret(refreshToken ?? '')
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken ?? '',
      client_id: appKey ?? '',
      ...(appSecret === undefined ? {} : { client_secret: appSecret }),
    })
    const asked = identity
    const answer = await requestToken(apiUrl, form)
    if ('refused' in answer) {
      if (asked === identity) throw reject(`Dropbox does not accept the refresh token (${answer.refused})`)
      throw new CredentialsRejected('the Dropbox token was changed meanwhile')
    }
    return { token: answer.accessToken, until: now() + answer.expiresInMs }
  }

  async function token(): Promise<string> {
    const given = await present()
    if (refusal !== undefined) throw refusal
    if (given.refreshToken === undefined) {
      if (given.accessToken !== undefined) return given.accessToken
      throw new CredentialsMissing(`no Dropbox token is given; ${HINT}`)
    }
    if (grant !== undefined) {
      const known = await grant
      if (known.until - now() > SPARE_MS) return known.token
    }
    // One request, however many calls wait for it.
    const asked = refresh(given)
    grant = asked
    try {
      return (await asked).token
    } catch (error) {
      if (grant === asked) grant = undefined
      throw error
    }
  }

  return {
    token,
    async tokenInsteadOf(refused) {
      const { refreshToken } = await present()
      if (refreshToken === undefined) throw reject('Dropbox does not accept the access token')
      // Somebody else may have renewed it meanwhile.
      if (grant !== undefined && (await grant).token === refused) grant = undefined
      return token()
    },
    reject,
  }
}

export interface TokenAnswer {
  readonly accessToken: string
  readonly expiresInMs: number
  /** Only for a code. */
  readonly refreshToken: string | undefined
}

/**
 * Asks for a token. The secrets travel in the body, never in the address, which logs and proxies keep.
 * @returns the code of the refusal when Dropbox has judged and refused
 */
export async function requestToken(
  apiUrl: string,
  form: URLSearchParams,
): Promise<TokenAnswer | { readonly refused: string }> {
  const { status, text } = await httpRequest({
    url: `${apiUrl}/oauth2/token`,
    body: { type: 'application/x-www-form-urlencoded', content: form.toString() },
    timeoutMs: ANSWER_MS,
  })
  const answer = parse(text)
  const granted = grantSchema.extend({ refresh_token: z.string().optional() }).safeParse(answer)
  if (status === 200 && granted.success) {
    const { access_token: accessToken, expires_in: seconds, refresh_token: refreshToken } = granted.data
    registerSecret(accessToken)
    if (refreshToken !== undefined) registerSecret(refreshToken)
    return { accessToken, expiresInMs: seconds * 1000, refreshToken }
  }
  const refused = refusalSchema.safeParse(answer)
  if (status >= 400 && refused.success) return { refused: refused.data.error }
  throw new Unavailable(`Dropbox answered the request for a token with HTTP ${status} and no token`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Neither a token nor a refusal; told with the status.
    return undefined
  }
}
