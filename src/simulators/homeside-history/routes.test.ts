import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHomeSideHistory } from '../../connectors/homeside/history.ts'
import { resetCircuitBreakers } from '../../connectors/http.ts'
import type { HistoryRow } from '../../domain/history/row.ts'
import { silentLogger } from '../../runtime/log.ts'
import { PortalClient, post, send } from '../homeside/testing/portal-client.ts'
import { startTown, type Town } from '../town.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 15, 6, 10)
let clock = START
let town: Town
const ID = 'HEM_FJV_Villa_901'

beforeEach(async () => {
  clock = START
  resetCircuitBreakers()
  town = await open()
})
afterEach(() => town.close())

function open(): Promise<Town> {
  return startTown({ houses: 2, now: () => clock, pendingMs: 0, log: silentLogger })
}

function house(index = 0, of = town) {
  const found = of.houses[index]
  if (found === undefined) throw new Error('no house')
  return found
}

function historyOf(index = 0, of = town) {
  const { id, username, password } = house(index, of)
  return createHomeSideHistory({
    portalUrl: of.homesideUrl,
    historyUrl: of.homesideHistoryUrl,
    houseId: id,
    credentials: async () => ({ username, password }),
  })
}

async function series(short: string, from: number, to: number, seconds: number, of = town): Promise<HistoryRow[]> {
  const source = historyOf(0, of)
  const signal = (await source.signals()).find(({ name }) => name === `${ID}.${short}`)
  if (signal === undefined) throw new Error(`no signal ${short}`)
  const rows: HistoryRow[] = []
  const query = { signalIds: [signal.id], from, to, resolutionSeconds: seconds }
  for await (const batch of source.history(query)) rows.push(...batch.rows)
  return rows
}

async function signedIn(index = 0): Promise<PortalClient> {
  const client = new PortalClient(town.url, house(index))
  await client.signIn()
  return client
}

const graphQl = (query: string, variables: object, token: string) =>
  post(town.url, '/arrigo/api/graphql', { query, variables }, `Bearer ${token}`)

describe('signals', () => {
  test('are those of the house of the token, named as the history server names them', async () => {
    const signals = await historyOf().signals()
    expect(signals.map(({ name }) => name)).toEqual(
      expect.arrayContaining([`${ID}.GT_UTE`, `${ID}.MEAN_GT_RUM_1_Output`, `${ID}.VMM1_Energy`]),
    )
    expect(signals.find(({ name }) => name === `${ID}.VMM1_Energy`)?.unit).toBe('MWh')
  })

  test('a house without a heat meter has none of its signals', async () => {
    expect((await historyOf(1).signals()).filter(({ name }) => name.includes('VMM1'))).toEqual([])
  })
})

describe('the past', () => {
  test('hourly values reach back 60 days and end with the last full hour', async () => {
    const rows = await series('GT_UTE', START - 90 * DAY, START, 3600)
    expect(rows.at(-1)?.time).toBe(Date.UTC(2026, 0, 15, 5))
    expect(rows[0]?.time).toBeGreaterThanOrEqual(START - 60 * DAY)
    expect(rows.length).toBeGreaterThan(60 * 24 * 0.98)
    expect(rows.length).toBeLessThan(60 * 24)
  })

  test('goes over into what the portal shows now', async () => {
    const client = await signedIn()
    for (const [short, variable, tolerance] of [
      ['GT_UTE', 'AI_GT_UTE_Output', 0.5],
      ['MEAN_GT_RUM_1_Output', 'MEAN_GT_RUM_1_Output', 0.6],
      ['AI_VS1_GT_TILL_1_Output', 'AI_VS1_GT_TILL_1_Output', 2.5],
    ] as const) {
      const present = Number((await client.variable(variable)).value)
      const rows = await series(short, START - HOUR, START, 300)
      expect(Math.abs((rows.at(-1)?.value ?? 0) - present), short).toBeLessThan(tolerance)
    }
  })

  test('is the same in another town of the same seed, opened a day later, and grows with the clock', async () => {
    const range = [START - 3 * DAY, START - 2 * DAY] as const
    const before = await series('MEAN_GT_RUM_1_Output', ...range, 300)
    expect(before.length).toBeGreaterThan(280)
    clock += DAY
    const other = await open()
    try {
      expect(await series('MEAN_GT_RUM_1_Output', ...range, 300, other)).toEqual(before)
    } finally {
      await other.close()
    }
    expect((await series('GT_UTE', START, clock, 3600)).length).toBeGreaterThan(20)
  })

  test('the register of the heat meter only counts upwards', async () => {
    const rows = await series('VMM1_Energy', START - 5 * DAY, START, 3600)
    const values = rows.map(({ value }) => value)
    expect(values).toEqual([...values].sort((a, b) => a - b))
    expect(values.at(-1)).toBeGreaterThan(values[0] ?? 0)
  })

  test('a series nobody keeps is empty', async () => {
    expect(await series('GT_UTE', START - DAY, START, 900)).toEqual([])
  })
})

describe('as a server', () => {
  const HISTORY = `query History($first: Int!, $after: String, $filter: AnalogEventFilter) {
    analogsHistory(first: $first, after: $after, filter: $filter) {
      totalCount pageInfo { hasNextPage endCursor } items { signalId time value reliability timeLength }
    }
  }`
  interface Page {
    readonly data: {
      readonly analogsHistory: {
        readonly totalCount: number
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
        readonly items: { readonly signalId: string; readonly time: string; readonly value: number | null }[]
      }
    }
  }

  test('pages are cut where they are asked to be, values that are null included', async () => {
    const client = await signedIn()
    const filter = {
      ranges: [{ from: new Date(START - 2 * DAY).toISOString(), to: new Date(START).toISOString() }],
      timeLength: 3600,
    }
    const rows: Page['data']['analogsHistory']['items'] = []
    let after: string | undefined
    let pages = 0
    let total = 0
    do {
      const answer = await graphQl(HISTORY, { first: 100, after, filter }, client.bms.token)
      const { totalCount, pageInfo, items } = (answer.json as Page).data.analogsHistory
      rows.push(...items)
      total = totalCount
      after = pageInfo.hasNextPage ? pageInfo.endCursor : undefined
      pages += 1
    } while (after !== undefined)
    expect(rows).toHaveLength(total)
    expect(pages).toBe(Math.ceil(total / 100))
    expect(new Set(rows.map(({ signalId, time }) => `${signalId} ${time}`)).size).toBe(total)
    expect(rows.some(({ value }) => value === null)).toBe(true)
  })

  test('a token that was replaced, or is none, is refused', async () => {
    const client = await signedIn()
    const old = client.bms.token
    await client.token()
    expect((await graphQl('{ analogs { totalCount } }', {}, old)).status).toBe(401)
    expect((await graphQl('{ analogs { totalCount } }', {}, 'invented')).status).toBe(401)
    expect((await send('GET', `${town.url}/arrigo/api/login`)).json).toMatchObject({ serviceStatus: 'Running' })
  })

  test('trouble: away, refusing once, without the comparer, cut short', async () => {
    town.setFault('history', { down: 503 })
    await expect(historyOf().signals()).rejects.toThrow('503')
    town.setFault('history', { unauthorized: 1 })
    expect(await historyOf().signals()).toHaveLength(16)
    town.setFault('history', { comparerRejected: true })
    expect((await series('GT_UTE', START - DAY, START, 3600)).length).toBeGreaterThan(20)
    town.setFault('history', { truncated: ['analogsHistory'] })
    const client = await signedIn()
    const cut = await graphQl(HISTORY, { first: 100, filter: { timeLength: 3600 } }, client.bms.token)
    const { totalCount, pageInfo, items } = (cut.json as Page).data.analogsHistory
    expect([items.length, pageInfo.hasNextPage, totalCount > 100]).toEqual([100, false, true])
  })
})
