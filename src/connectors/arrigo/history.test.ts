import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BadData, Unavailable } from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import {
  createArrigoClient,
  createSessionRegistry,
  type HistoryPage,
  type HistoryRequest,
  planHistory,
} from './index.ts'
import { fixture, page, refusal, type ScriptedServer, startServer, USER } from './testing/server.ts'

const FROM = Date.UTC(2026, 0, 14)
const HOUR = 3_600_000
const DAY = 24 * HOUR
const OUTDOOR = 'MjEwMQ=='
const SUPPLY = 'MjEwMw=='

let server: ScriptedServer
beforeEach(async () => {
  server = await startServer()
})
afterEach(async () => {
  await server.close()
  resetCircuitBreakers()
})

const REQUEST: HistoryRequest = {
  signalIds: [OUTDOOR, SUPPLY],
  from: FROM,
  to: FROM + 5 * HOUR,
  resolutionSeconds: 3600,
}

function client() {
  const sessions = createSessionRegistry()
  return createArrigoClient({ host: server.url, credentials: async () => USER, sessions })
}
async function read(request: HistoryRequest, building = client()): Promise<HistoryPage[]> {
  const pages: HistoryPage[] = []
  for await (const one of building.history(request)) pages.push(one)
  return pages
}
const rows = (pages: readonly HistoryPage[]) => pages.flatMap((one) => one.rows)
const filters = () => server.received.flatMap(({ variables: { filter } }) => (filter === undefined ? [] : [filter]))
const row = (hour: number, more = {}) => ({
  signalId: OUTDOOR,
  time: new Date(FROM + hour * HOUR).toISOString(),
  value: hour,
  timeLength: 3600,
  ...more,
})

describe('the fixtures', () => {
  test('two pages, three spellings of time, a null and an unknown id', async () => {
    server.next(
      'AnalogHistory',
      { body: fixture('analogsHistory.json') },
      { body: fixture('analogsHistory-page2.json') },
    )
    const pages = await read(REQUEST)
    expect(rows(pages).filter(({ signalId }) => signalId === OUTDOOR)).toEqual(
      [-4, -4.4, -4.9, -5.2, -5.6].map((value, hour) => ({ signalId: OUTDOOR, time: FROM + hour * HOUR, value })),
    )
    expect(rows(pages).filter(({ signalId }) => signalId === SUPPLY)).toHaveLength(4)
    expect(pages.map(({ chunkDone }) => chunkDone)).toEqual([false, false, true])
    expect(pages[1]?.dropped).toMatchObject({ withoutValue: 1, unknownSignal: 1 })
    expect(server.received.at(-1)?.variables.after).toBe('NQ==')
  })

  test('an empty history is one finished chunk', async () => {
    server.answers.AnalogHistory = { body: fixture('analogsHistory-empty.json') }
    const pages = await read(REQUEST)
    expect(rows(pages)).toEqual([])
    expect(pages.at(-1)).toMatchObject({ chunk: 0, chunks: 1, chunkDone: true })
  })

  test('a server that does not know timeLengthComparer is asked without, from then on at once', async () => {
    server.answers.AnalogHistory = ({ variables: { filter } }) =>
      'timeLengthComparer' in (filter as object)
        ? { body: fixture('errors.json') }
        : page('analogsHistory', [row(0), row(1, { timeLength: 300 })])
    const building = client()
    const pages = await read(REQUEST, building)
    expect(rows(pages)).toHaveLength(1)
    expect(pages[0]?.dropped.otherResolution).toBe(1)
    await read(REQUEST, building)
    expect(filters().map((filter) => 'timeLengthComparer' in (filter as object))).toEqual([true, false, false])
  })
})

test('what a server does not know is found behind its dump of the variables, and told briefly', async () => {
  const dump = `Variable "$filter" got invalid value { signalId: ["${'MjEwMQ==", "'.repeat(200)}"] }`
  server.answers.AnalogHistory = ({ variables: { filter } }) =>
    'timeLengthComparer' in (filter as object)
      ? refusal(`${dump}; Field "timeLengthComparer" is not defined by type "AnalogEventFilter".`)
      : page('analogsHistory', [row(0)])
  expect(rows(await read(REQUEST))).toHaveLength(1)
  server.answers.AnalogHistory = refusal(`${dump}; Field "ranges" is not defined by type "AnalogEventFilter".`)
  const error = await read(REQUEST).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ type: 'BadData', message: expect.stringContaining('Field "ranges" is not defined') })
  expect((error as Error).message.length).toBeLessThan(400)
})

test('what is sent: one stored series, a range with zone, the signals', async () => {
  server.answers.AnalogHistory = page('analogsHistory', [])
  await read(REQUEST)
  expect(filters()).toEqual([
    {
      signalId: [OUTDOOR, SUPPLY],
      ranges: [{ from: '2026-01-14T00:00:00.000Z', to: '2026-01-14T05:00:00.000Z' }],
      timeLength: 3600,
      timeLengthComparer: 'equal',
    },
  ])
})

test('rows outside the range or without a readable time are dropped and counted; rows are ordered', async () => {
  server.answers.AnalogHistory = page('analogsHistory', [
    row(3),
    row(1),
    row(-1),
    row(5),
    row(2, { time: '0000-01-01T00:00:00Z' }),
    row(4, { value: '4,5' }),
  ])
  const [first] = await read(REQUEST)
  expect(first?.rows.map(({ value }) => value)).toEqual([1, 3, 4.5])
  expect(first?.dropped).toMatchObject({ outsideRange: 2, unreadableTime: 1 })
})

describe('chunks', () => {
  const ninety = Array.from({ length: 90 }, (_, index) => `s${index}`)

  test('ninety signals for ninety days: no call may give 20,000 rows, nothing is left out or asked twice', () => {
    const request = { signalIds: ninety, from: FROM, to: FROM + 90 * DAY, resolutionSeconds: 3600 }
    const plan = planHistory(request)
    for (const { from, to, signalIds } of plan) expect(((to - from) / HOUR) * signalIds.length).toBeLessThan(20_000)
    const hours = plan.reduce((sum, { from, to, signalIds }) => sum + ((to - from) / HOUR) * signalIds.length, 0)
    expect(hours).toBe(90 * 90 * 24)
    expect(plan).toHaveLength(10)
    expect(plan.map(({ from }) => from)).toEqual([...plan.map(({ from }) => from)].sort((a, b) => a - b))
  })

  test('many signals are asked for in groups, window by window', () => {
    const signalIds = Array.from({ length: 450 }, (_, index) => `s${index}`)
    const plan = planHistory({ signalIds, from: FROM, to: FROM + 100 * HOUR, resolutionSeconds: 3600 })
    expect(
      plan.map(({ from, to, signalIds: { length } }) => [(from - FROM) / HOUR, (to - FROM) / HOUR, length]),
    ).toEqual([
      [0, 99, 200],
      [0, 99, 200],
      [0, 99, 50],
      [99, 100, 200],
      [99, 100, 200],
      [99, 100, 50],
    ])
  })

  test('nothing to ask for is no call', async () => {
    expect(planHistory({ ...REQUEST, signalIds: [] })).toEqual([])
    expect(await read({ ...REQUEST, to: FROM })).toEqual([])
    expect(server.received).toEqual([])
  })

  test.each([0, -300, 0.5, Number.NaN])('a resolution of %s s is refused', async (resolutionSeconds) => {
    await expect(read({ ...REQUEST, resolutionSeconds })).rejects.toThrow(BadData)
  })

  test('an import goes on after the chunks it has finished', async () => {
    server.answers.AnalogHistory = page('analogsHistory', [])
    const request = { signalIds: ninety, from: FROM, to: FROM + 20 * DAY, resolutionSeconds: 3600 }
    const chunks = planHistory(request).length
    const pages = await read({ ...request, skipChunks: chunks - 1 })
    expect(new Set(pages.map(({ chunk }) => chunk))).toEqual(new Set([chunks - 1]))
    expect(server.count('AnalogHistory')).toBe(1)
  })

  test('a chunk too heavy for the server is asked for in halves', async () => {
    server.answers.AnalogHistory = ({ variables: { filter } }) => {
      const [{ from, to }] = (filter as { ranges: [{ from: string; to: string }] }).ranges
      if (Date.parse(to) - Date.parse(from) > 2 * HOUR) {
        const errors = [{ message: 'Execution Timeout Expired.', path: ['analogsHistory'] }]
        return { body: { data: { analogsHistory: null }, errors } }
      }
      return page(
        'analogsHistory',
        Array.from({ length: 5 }, (_, hour) => row(hour)),
      )
    }
    expect(rows(await read(REQUEST)).map(({ value }) => value)).toEqual([0, 1, 2, 3, 4])
  })

  test('a server that never manages ends in an outage, after a bounded number of calls', async () => {
    const errors = [{ message: 'Execution Timeout Expired.', path: ['analogsHistory'] }]
    server.answers.AnalogHistory = { body: { data: { analogsHistory: null }, errors } }
    await expect(read({ ...REQUEST, to: FROM + 1000 * HOUR })).rejects.toThrow(Unavailable)
    expect(server.count('AnalogHistory')).toBeLessThan(10)
  })

  test('pages whose cursors lead nowhere are found out', async () => {
    server.answers.AnalogHistory = page('analogsHistory', [row(0)], { next: 'same' })
    await expect(read(REQUEST)).rejects.toThrow(/list of analogsHistory does not end/)
  })

  test('a history cut by the server is reported', async () => {
    server.answers.AnalogHistory = page('analogsHistory', [row(0)], { total: 9 })
    const [first] = await read(REQUEST)
    expect(first?.problems).toEqual(['Arrigo counts 9 analogsHistory and delivered 1'])
  })
})

describe('digital signals', () => {
  const digital: HistoryRequest = { signalIds: [OUTDOOR], from: FROM, to: FROM + 5 * HOUR, kind: 'digital' }

  test('come from their own history, without a comparer', async () => {
    server.answers.DigitalHistory = page('digitalsHistory', [row(1, { value: 1 }), row(2, { value: 0 })])
    expect(rows(await read(digital)).map(({ value }) => value)).toEqual([1, 0])
    expect(filters()[0]).not.toHaveProperty('timeLengthComparer')
  })

  test('may carry a state instead of a value', async () => {
    server.answers.DigitalHistory = ({ body }) =>
      /\bvalue\b/.test(String(body.query))
        ? refusal("Cannot query field 'value' on type 'DigitalEvent'.")
        : page('digitalsHistory', [
            row(1, { value: undefined, state: 'ON' }),
            row(2, { value: undefined, state: 'OFF' }),
          ])
    expect(rows(await read(digital)).map(({ value }) => value)).toEqual([1, 0])
  })
})
