/** An Arrigo server that is not the town's: the vendor's schema executed by graphql-js over rows computed on the spot. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { buildSchema, graphql } from 'graphql'

const SCHEMA = new URL('../fixtures/arrigo/schema.graphql', import.meta.url)
const HOUR_MS = 3_600_000
/** This server never gives more at a time, whatever is asked for. */
const PAGE_LIMIT = 5_000
const TOKEN = 'independent-auth-token'

export interface IndependentArrigoOptions {
  readonly signals: number
  /** Every signal has a stored value at each of these times, epoch milliseconds, ascending. */
  readonly times: readonly number[]
  /** How long a page of history takes. */
  readonly pageMs: number
}

export interface HistoryAsked {
  readonly from: number
  readonly to: number
}

interface PageArguments {
  readonly first?: number
  readonly after?: string
}

interface HistoryArguments extends PageArguments {
  readonly filter: { readonly signalId: string[]; readonly ranges: { readonly from: string; readonly to: string }[] }
}

export const signalName = (index: number) => `Verket${1 + (index % 7)}.AI_GT_${index}_Output`
export const signalId = (index: number) => Buffer.from(String(1000 + index)).toString('base64')
/** What signal `index` had at a time; exact in four decimals. */
export const storedValue = (index: number, time: number) => 20 + (index % 50) / 10 + ((time / HOUR_MS) % 24) / 100

export async function startIndependentArrigo(options: IndependentArrigoOptions) {
  const { signals, times, pageMs } = options
  const asked: HistoryAsked[] = []

  function page<T>(rows: readonly T[], { first = PAGE_LIMIT, after }: PageArguments) {
    const start = after === undefined ? 0 : Number(Buffer.from(after, 'base64').toString())
    const items = rows.slice(start, start + Math.min(first, PAGE_LIMIT))
    const end = start + items.length
    return {
      totalCount: rows.length,
      pageInfo: {
        hasNextPage: end < rows.length,
        hasPreviousPage: start > 0,
        endCursor: Buffer.from(String(end)).toString('base64'),
      },
      items,
      edges: items.map((node, index) => ({ node, cursor: Buffer.from(String(start + index + 1)).toString('base64') })),
    }
  }

  const analogs = Array.from({ length: signals }, (_, index) => ({
    id: signalId(index),
    name: signalName(index),
    unit: '°C',
    value: storedValue(index, times.at(-1) ?? 0),
  }))
  const indexOf = new Map(analogs.map(({ id }, index) => [id, index]))

  const root = {
    analogs: (args: PageArguments) => page(analogs, args),
    digitals: (args: PageArguments) => page([], args),
    alarms: (args: PageArguments) => page([], args),
    async analogsHistory(args: HistoryArguments) {
      await delay(pageMs)
      const [range] = args.filter.ranges
      const from = Date.parse(range?.from ?? '')
      const to = Date.parse(range?.to ?? '')
      if (args.after === undefined) asked.push({ from, to })
      const rows = args.filter.signalId.flatMap((id) => {
        const index = indexOf.get(id)
        if (index === undefined) return []
        return times
          .filter((time) => time >= from && time <= to)
          .map((time) => ({
            signalId: id,
            time: new Date(time).toISOString(),
            value: storedValue(index, time),
            reliability: 1,
            timeLength: 3600,
          }))
      })
      return page(rows, args)
    },
  }

  const schema = buildSchema(readFileSync(SCHEMA, 'utf8'))
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    void (async () => {
      const body = await readBody(request)
      if (/\/login$/.test(request.url ?? '')) {
        return answer(200, {
          authToken: TOKEN,
          refreshToken: 'independent-refresh',
          expires_in: 10_800,
          account: 'Main',
        })
      }
      if (request.headers.authorization !== `Bearer ${TOKEN}`) return answer(401, {})
      const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> }
      answer(
        200,
        await graphql({ schema, source: query, rootValue: root, ...(variables && { variableValues: variables }) }),
      )
    })().catch((error: unknown) => answer(500, { message: String(error) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
