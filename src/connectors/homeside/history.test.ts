import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HistoryRow } from '../../domain/history/row.ts'
import { BadConfig, CredentialsRejected, Unavailable } from '../errors.ts'
import type { HistorySource } from '../history-source.ts'
import { resetCircuitBreakers } from '../http.ts'
import { createHomeSideHistory } from './history.ts'
import { ACCOUNT, type FakePortal, fixture, startPortal } from './testing/portal.ts'

interface Asked {
  readonly authorization: string | undefined
  readonly query: string
  readonly variables: { readonly first?: number; readonly after?: string; readonly filter?: Record<string, unknown> }
}

/** A history server that plays the fixtures: a GraphQL answer with two pages, and a token that has to be the portal's. */
interface HistoryServer {
  readonly url: string
  readonly asked: Asked[]
  loginStatus: number
  /** Token accepted at present. */
  token: string
  /** Answers for the next queries, in order; afterwards the fixtures again. */
  readonly next: unknown[]
  close(): Promise<void>
}

const SIGNAL = 'aW52ZW50ZWQtYW5hbG9nLTE='
const FROM = Date.UTC(2026, 0, 14)
const RANGE = { signalIds: [SIGNAL], from: FROM, to: FROM + 3_600_000, resolutionSeconds: 300 }

async function startHistoryServer(): Promise<HistoryServer> {
  const server: Server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      response.setHeader('content-type', 'application/json')
      if (request.url === '/arrigo/api/login' && request.method === 'GET') {
        response.writeHead(history.loginStatus).end(JSON.stringify(fixture('history-login.json')))
        return
      }
      if (request.url !== '/arrigo/api/graphql') {
        response.writeHead(404).end()
        return
      }
      const { authorization } = request.headers
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Omit<Asked, 'authorization'>
      history.asked.push({ authorization, ...body })
      if (authorization !== `Bearer ${history.token}`) {
        response.writeHead(401).end('{}')
        return
      }
      const page = body.variables.after === undefined ? 'history-page-1.json' : 'history-page-2.json'
      const ordinary = body.query.includes('analogsHistory') ? page : 'history-signals.json'
      response.end(JSON.stringify(history.next.shift() ?? fixture(ordinary)))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const history: HistoryServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    loginStatus: 200,
    token: 'INVENTED-bms-token-1',
    next: [],
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return history
}

let portal: FakePortal
let server: HistoryServer
let password: string

beforeEach(async () => {
  resetCircuitBreakers()
  password = ACCOUNT.password
  portal = await startPortal({ houses: 'houselist.json', variables: 'variables-901.json' })
  server = await startHistoryServer()
})
afterEach(async () => {
  await server.close()
  await portal.close()
})

function open(historyUrl = server.url): HistorySource {
  return createHomeSideHistory({
    portalUrl: portal.url,
    historyUrl,
    houseId: 'HEM_FJV_Villa_901',
    credentials: async () => ({ ...ACCOUNT, password }),
  })
}

async function rowsOf(source: HistorySource, query = RANGE): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = []
  for await (const batch of source.history(query)) rows.push(...batch.rows)
  return rows
}

test('signals: the token of the portal goes as a bearer, the names and units come as they are', async () => {
  const signals = await open().signals()
  expect(signals).toHaveLength(15)
  expect(signals[0]).toEqual({ id: SIGNAL, name: 'HEM_FJV_Villa_901.GT_UTE', unit: '°C' })
  expect(server.asked).toMatchObject([{ authorization: 'Bearer INVENTED-bms-token-1' }])
})

describe('history', () => {
  test('follows the cursor to the last page and drops values that are null', async () => {
    const rows = await rowsOf(open())
    expect(rows.map(({ time, value }) => [(time - FROM) / 60_000, value])).toEqual([
      [0, -4.1],
      [5, -4.12],
      [15, -4.2],
      [20, -4.18],
    ])
    expect(server.asked.map(({ variables }) => variables.after)).toEqual([undefined, 'INVENTED-cursor-1'])
    expect(server.asked[0]?.variables.filter).toEqual({
      signalId: [SIGNAL],
      ranges: [{ from: '2026-01-14T00:00:00.000Z', to: '2026-01-14T01:00:00.000Z' }],
      timeLength: 300,
      timeLengthComparer: 'equal',
    })
  })

  test('a server that does not know the comparer is asked without it, and not asked again', async () => {
    server.next.push(fixture('history-error.json'))
    const source = open()
    expect(await rowsOf(source)).toHaveLength(4)
    await rowsOf(source)
    const comparers = server.asked.map(({ variables }) => variables.filter?.timeLengthComparer)
    expect(comparers).toEqual(['equal', undefined, undefined, undefined, undefined])
  })

  test('rows of another series are not taken for the one asked for', async () => {
    expect(await rowsOf(open(), { ...RANGE, resolutionSeconds: 3600 })).toEqual([])
  })

  test('a list that is cut is said so', async () => {
    const last = fixture<{ data: { analogsHistory: { totalCount: number } } }>('history-page-2.json')
    last.data.analogsHistory.totalCount = 9
    server.next.push(fixture('history-page-1.json'), last)
    const problems: string[] = []
    for await (const batch of open().history(RANGE)) problems.push(...batch.problems)
    expect(problems).toEqual([expect.stringContaining('9')])
  })
})

describe('the session', () => {
  test('a token the history server refuses is replaced by signing in again, once', async () => {
    const source = open()
    await source.signals()
    server.token = 'INVENTED-bms-token-2'
    expect(await rowsOf(source)).toHaveLength(4)
    expect(portal.count('authorize')).toBe(2)
  })

  test('a server that refuses new tokens as well is out of order, not a reason to try for ever', async () => {
    server.token = 'another system altogether'
    await expect(open().signals()).rejects.toBeInstanceOf(Unavailable)
    expect(portal.count('authorize')).toBe(2)
  })

  test('refused credentials are refused credentials', async () => {
    password = 'wrong'
    await expect(open().signals()).rejects.toBeInstanceOf(CredentialsRejected)
    expect(server.asked).toEqual([])
  })
})

describe('the server', () => {
  test('an address without a history server is a fault of the configuration; no token is sent there', async () => {
    server.loginStatus = 404
    await expect(open().signals()).rejects.toThrow(/HOMESIDE_HISTORY_URL/)
    expect(server.asked).toEqual([])
  })

  test('one that is starting is waited for by the caller', async () => {
    server.loginStatus = 503
    await expect(open().signals()).rejects.toBeInstanceOf(Unavailable)
  })

  test('no token goes over plain HTTP to a foreign host', async () => {
    await expect(open('http://history.example').signals()).rejects.toBeInstanceOf(BadConfig)
    expect(portal.received).toEqual([])
  })
})
