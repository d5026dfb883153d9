/** Plain requests to the simulated Arrigo server, for its own tests. */
import { readFileSync } from 'node:fs'
import type { ArrigoTown } from '../town.ts'

export const fixtureText = (name: string) =>
  readFileSync(new URL(`../../../../test/fixtures/arrigo/${name}`, import.meta.url), 'utf8')

export function post(town: ArrigoTown, path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${town.url}/arrigo/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

export interface Tokens {
  readonly authToken: string
  readonly refreshToken: string
  readonly expires_in: number
  readonly account: string
}
export async function logIn(town: ArrigoTown): Promise<Tokens> {
  const response = await post(town, 'login', { username: town.username, password: town.password })
  return (await response.json()) as Tokens
}
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

interface Page<T> {
  readonly totalCount: number
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly endCursor: string | null
  }
  readonly items: readonly T[]
  readonly edges: readonly { readonly cursor: string; readonly node: T }[]
}
interface Signal {
  readonly id: string
  readonly name: string
  readonly value: number | null
  readonly unit: string
  readonly signalText: string | null
}
interface Alarm {
  readonly name: string
  readonly status: string
  readonly alarmTime: string
  readonly eventTime: string
}
interface StoredEvent {
  readonly signalId: string
  readonly time: string
  readonly value: number | null
}
/** Everything a test may have asked for; which part is there follows from its query. */
export interface Data {
  readonly analogs: Page<Signal>
  readonly digitals: Page<Signal>
  readonly alarms: Page<Alarm>
  readonly analogsHistory: Page<StoredEvent>
  readonly digitalsHistory: Page<StoredEvent>
  readonly folder: { readonly folders: Page<{ readonly name: string }>; readonly publishedVariableLists: unknown }
  readonly data: { readonly variables: readonly { readonly type: string; readonly value: unknown }[] }
  readonly setData: boolean
}
interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly data: Data
  readonly errors: readonly { readonly message: string; readonly path?: readonly (string | number)[] }[] | undefined
}
export async function ask(town: ArrigoTown, query: string, variables: object = {}, token?: string): Promise<Answer> {
  const { authToken } = token === undefined ? await logIn(town) : { authToken: token }
  const response = await post(town, 'graphql', { query, variables }, bearer(authToken))
  const text = await response.text()
  const { data, errors } = JSON.parse(text.startsWith('{') ? text : '{}') as Answer
  return { status: response.status, headers: response.headers, data, errors }
}
