/**
 * A HomeSide portal for tests: a real HTTP server that plays the fixtures, checks what it is sent as strictly as the
 * real one, and can be told to misbehave.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const CALLS = {
  authorize: '/api/v2/authorize/account',
  houses: '/api/v2/housefidlist',
  token: '/api/v2/housearrigobmsapi/getarrigobmstoken',
  variables: '/api/v2/housearrigobmsapi/getducvariables',
  save: '/api/v2/housearrigobmsapi/save',
} as const
export type Call = keyof typeof CALLS

export interface Entry {
  variable: string
  path?: string
  value: number | boolean | string | null
  type: string
  timestamp?: string
}

export interface ReceivedRequest {
  readonly call: Call
  readonly authorization: string | undefined
  readonly body: Record<string, unknown>
}

/** What a scripted answer may be: JSON with a status, or the bare response to do anything with. */
export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status?: number; readonly text: string }
  | ((response: ServerResponse) => void)

export interface FakePortal {
  readonly url: string
  readonly received: ReceivedRequest[]
  /** What the house controller holds at present; writes change it. */
  entries: Entry[]
  /** Answers for the next requests of a call, in order; afterwards the portal behaves again. */
  next(call: Call, ...answers: Answer[]): void
  /** The answer to every further request of a call, until set to undefined. */
  always(call: Call, answer: Answer | undefined): void
  /** All query keys and tokens die now. */
  expireSessions(): void
  /** Called with every accepted write; returning false keeps the controller from taking it. */
  onWrite: (register: string, value: string) => boolean
  count(call: Call): number
  close(): Promise<void>
}

export const ACCOUNT = { username: 'FC2000000001', password: 'invented pass word' }

export function fixture<T = unknown>(name: string): T {
  const file = new URL(`../../../../test/fixtures/homeside/${name}`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

export function fixtureEntries(name: string): Entry[] {
  return fixture<{ variables: Entry[] }>(name).variables
}

/** Never answers, so that the caller has to give up. */
export const hang: Answer = () => {}
export const resetConnection: Answer = (response) => response.socket?.resetAndDestroy()

export async function startPortal(options: { houses: string; variables: string }): Promise<FakePortal> {
  const houses = fixture<{ restapiurl: string }[]>(options.houses)
  const received: ReceivedRequest[] = []
  const scripted = new Map<Call, Answer[]>()
  const standing = new Map<Call, Answer>()
  let signIns = 0
  let queryKey: string | undefined
  let token: Record<string, string> | undefined

  function behave(call: Call, body: Record<string, unknown>, authorization: string | undefined): Answer {
    if (call === 'authorize') {
      const user = body.user as Record<string, unknown> | undefined
      const known = user?.Account === 'homeside' && user.UserName === ACCOUNT.username
      if (!known || user.Password !== ACCOUNT.password) return { json: fixture('authorize-no-querykey.json') }
      signIns += 1
      queryKey = `INVENTED-querykey-${signIns}`
      token = undefined
      return { json: { querykey: queryKey } }
    }
    if (authorization === undefined) return { json: fixture('error-no-authorization.json') }
    if (queryKey === undefined || authorization !== queryKey) return { status: 401, json: {} }
    if (call === 'houses') return { json: houses }
    if (!houses.some(({ restapiurl }) => restapiurl === body.clientid)) {
      return { json: fixture('error-wrong-clientid.json') }
    }
    if (call === 'token') {
      token = {
        uid: `INVENTED-uid-${signIns}`,
        extendUid: `INVENTED-extend-uid-${signIns}`,
        token: `INVENTED-bms-token-${signIns}`,
        refreshToken: `INVENTED-refresh-token-${signIns}`,
      }
      return { json: token }
    }
    if (call === 'variables') {
      const { uid, extendUid, token: bms } = body
      const live = token !== undefined && uid === token.uid && extendUid === token.extendUid && bms === token.token
      return live ? { json: { variables: portal.entries } } : { json: fixture('variables-empty.json') }
    }
    return save(body)
  }

  function save(body: Record<string, unknown>): Answer {
    const inner = body.arrigoBMSTokenAndUid
    if (typeof inner !== 'string') return { status: 400, json: {} }
    const parts = JSON.parse(inner) as Record<string, string>
    const genuine = Object.entries(token ?? { none: '' }).every(([key, value]) => parts[key] === value)
    if (!genuine) return { status: 401, json: {} }
    const [pair] = body.input as { Name: string; Value: unknown }[]
    // The real portal lets a write to a variable's name time out.
    if (pair === undefined || !/^Cwl\.Advise\.A\[\d+\]$/.test(pair.Name)) return hang
    if (typeof pair.Value !== 'string') return { status: 400, json: {} }
    const { Name: register, Value: value } = pair
    if (portal.onWrite(register, value)) {
      portal.entries = portal.entries.map((entry) =>
        entry.path === register ? { ...entry, value: /^(True|False)$/.test(value) ? value === 'True' : +value } : entry,
      )
    }
    return { json: {} }
  }

  const server = createServer((request, response) => {
    void handle(request, response)
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const call = (Object.keys(CALLS) as Call[]).find((name) => CALLS[name] === request.url)
    if (call === undefined || request.method !== 'POST') {
      response.writeHead(404).end()
      return
    }
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>
    const { authorization } = request.headers
    received.push({ call, authorization, body })
    const answer = scripted.get(call)?.shift() ?? standing.get(call) ?? behave(call, body, authorization)
    if (typeof answer === 'function') return answer(response)
    const isJson = 'json' in answer
    response.writeHead(answer.status ?? 200, { 'content-type': isJson ? 'application/json' : 'text/html' })
    response.end(isJson ? JSON.stringify(answer.json) : answer.text)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const portal: FakePortal = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    entries: fixtureEntries(options.variables),
    next(call, ...answers) {
      scripted.set(call, [...(scripted.get(call) ?? []), ...answers])
    },
    always(call, answer) {
      if (answer === undefined) standing.delete(call)
      else standing.set(call, answer)
    },
    expireSessions() {
      queryKey = undefined
      token = undefined
    },
    onWrite: () => true,
    count: (call) => received.filter((request) => request.call === call).length,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return portal
}
