/**
 * The five calls of the HomeSide portal. Status 200 is not success here: each answer is checked for what it must hold,
 * and every way in which the portal says "sign in again" becomes `SessionExpired`.
 */
import type { Credentials } from '../credentials/index.ts'
import { BadConfig, CredentialsRejected, Unavailable } from '../errors.ts'
import { type HttpResponse, httpRequest } from '../http.ts'
import { parseJson } from '../json.ts'
import { portalUrl } from './endpoint.ts'
import { SessionExpired } from './session-expired.ts'
import { parseVariables, type Variable } from './variables.ts'

export interface House {
  /** Slash path such as `38/Account/HEM_FJV_901/HEM_FJV_Villa_901`. */
  readonly clientId: string
  /** Last segment of the client id. */
  readonly houseId: string
  readonly name: string
}

/** The per-house token; all four parts are opaque. Valid only together with the query key it was obtained with. */
export interface BmsToken {
  readonly uid: string
  readonly extendUid: string
  readonly token: string
  readonly refreshToken: string
}

export interface HomeSidePortal {
  /** Signs in; the result is the query key. Throws CredentialsRejected or Unavailable. */
  authorize(credentials: Credentials): Promise<string>
  houses(queryKey: string): Promise<House[]>
  bmsToken(queryKey: string, clientId: string): Promise<BmsToken>
  /** All variables at once, never an empty list. */
  variables(queryKey: string, clientId: string, token: BmsToken, signal?: AbortSignal): Promise<Variable[]>
  /** One register, value as text. Resolves when the portal took it, which does not prove that the controller did. */
  save(queryKey: string, clientId: string, token: BmsToken, register: number, value: string): Promise<void>
}

export interface PortalOptions {
  readonly baseUrl: string
  readonly allowHttpHosts?: readonly string[]
  /** Per call, milliseconds; 30 s is common and normal for a slow but healthy portal. */
  readonly requestMs: number
}

/** A villa's list is some 50 kB; an answer beyond this is not one. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024

export function createPortal({ baseUrl, allowHttpHosts, requestMs }: PortalOptions): HomeSidePortal {
  async function post(path: string, queryKey: string | null, json: unknown, signal?: AbortSignal) {
    return httpRequest({
      url: portalUrl(baseUrl, path, allowHttpHosts),
      method: 'POST',
      // The bare key: the portal refuses it with `Bearer` in front.
      headers: queryKey === null ? {} : { authorization: queryKey },
      json,
      timeoutMs: requestMs,
      maxBytes: MAX_ANSWER_BYTES,
      ...(signal === undefined ? {} : { signal }),
    })
  }

  return {
    async authorize({ username, password }) {
      const response = await post('/api/v2/authorize/account', null, {
        user: { Account: 'homeside', UserName: username, Password: password },
        lang: 'sv',
      })
      if (response.status === 401) throw new CredentialsRejected('HomeSide refused user name and password')
      if (!isSuccess(response)) throw new Unavailable(`HomeSide could not sign in (HTTP ${response.status})`)
      const body = parseJson(response.text)
      if (!isObject(body)) throw new Unavailable('HomeSide answered the sign-in with something that is not its JSON')
      const queryKey = textAt(body, 'querykey')
      if (queryKey === '') throw new CredentialsRejected('HomeSide refused user name and password')
      return queryKey
    },

    async houses(queryKey) {
      const body = understand(await post('/api/v2/housefidlist', queryKey, {}), 'the list of houses')
      if (!Array.isArray(body)) throw expired('the list of houses is missing', 'HomeSide gave no list of houses')
      return body.flatMap((entry: unknown) => {
        const clientId = isObject(entry) ? textAt(entry, 'restapiurl').trim() : ''
        const houseId = lastSegment(clientId)
        return houseId === '' || !isObject(entry)
          ? []
          : [{ clientId, houseId, name: textAt(entry, 'name').trim() || houseId }]
      })
    },

    async bmsToken(queryKey, clientId) {
      const path = '/api/v2/housearrigobmsapi/getarrigobmstoken'
      const body = understand(await post(path, queryKey, { clientid: clientId }), 'access to the house')
      const token = isObject(body) ? textAt(body, 'token') : ''
      if (!isObject(body) || token === '') {
        throw expired('no token for the house', 'HomeSide gives no access to the house controller at present')
      }
      return {
        uid: textAt(body, 'uid'),
        extendUid: textAt(body, 'extendUid'),
        token,
        refreshToken: textAt(body, 'refreshToken'),
      }
    },

    async variables(queryKey, clientId, { uid, extendUid, token }, signal) {
      const request = { uid, clientid: clientId, extendUid, token }
      const response = await post('/api/v2/housearrigobmsapi/getducvariables', queryKey, request, signal)
      const body = understand(response, 'the variables')
      const list = isObject(body) && Array.isArray(body.variables) ? parseVariables(body.variables) : []
      if (list.length === 0) throw expired('the list of variables is empty', 'HomeSide gave no variables of the house')
      return list
    },

    async save(queryKey, clientId, { uid, token, refreshToken, extendUid }, register, value) {
      const response = await post('/api/v2/housearrigobmsapi/save', queryKey, {
        clientid: clientId,
        // JSON inside JSON: the portal wants this part as text.
        arrigoBMSTokenAndUid: JSON.stringify({ uid, token, refreshToken, extendUid }),
        input: [{ Name: `Cwl.Advise.A[${register}]`, Value: value }],
      })
      const body = understand(response, 'a write', { bodyMatters: false })
      // What a good answer holds is not established; a stated error is the one thing that can be read from it.
      if (isObject(body) && textAt(body, 'error') !== '') {
        throw expired('a write was answered with an error', 'HomeSide did not take the write')
      }
    },
  }
}

/** The house id is the last segment of the client id. */
export function lastSegment(clientId: string): string {
  return clientId.split('/').findLast((segment) => segment !== '') ?? ''
}

/**
 * Sorts an answer after sign-in: the body, or the typed error the answer stands for. The two known error texts are
 * looked for whatever status and shape they come in, because neither is established. Answers are never quoted.
 */
function understand(response: HttpResponse, what: string, { bodyMatters = true } = {}): unknown {
  const body = response.text.trim() === '' ? {} : parseJson(response.text)
  const complaint = isObject(body) ? textAt(body, 'error') : typeof body === 'string' ? body : ''
  const said = body === undefined ? response.text.slice(0, 1000) : complaint
  if (/method forbid+en/i.test(said)) {
    throw new BadConfig('HomeSide says that the account has no right to this client id; check house id and client id')
  }
  if (/no authorization header sent/i.test(said)) {
    throw expired('no authorization header sent', 'HomeSide does not accept its own session key')
  }
  if (response.status === 401) throw expired('HTTP 401', 'HomeSide does not accept its own session key (HTTP 401)')
  if (!isSuccess(response)) throw new Unavailable(`HomeSide refused ${what} (HTTP ${response.status})`)
  if (body === undefined && bodyMatters) {
    throw new Unavailable(`HomeSide answered ${what} with something that is not its JSON`)
  }
  return body
}

function expired(symptom: string, otherwise: string): SessionExpired {
  return new SessionExpired(symptom, new Unavailable(`${otherwise}, also after a new sign-in`))
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** The text under a key, untouched; numbers count as text, since the parts of a token are opaque. Empty when blank. */
function textAt(body: Record<string, unknown>, key: string): string {
  const value = body[key]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : ''
}
